"""Which part decides whether LPA or ANT uses less energy, and what a factor of 2.2 would need."""

from __future__ import annotations

from math import prod

from lpasim.cost.buffers import BufferPrice, price_buffers
from lpasim.reports.report import Report
from lpasim.reports.reproduction.ant_prices import priced_as_ant
from lpasim.reports.reproduction.case import (
    AREA,
    AVERAGE,
    NETWORKS,
    OWN,
    PES64,
    Case,
    Results,
    accelerator,
    geometric_mean,
)
from lpasim.reports.reproduction.published import published
from lpasim.reports.reproduction.words import DESIGNS, WORKLOADS, listed

OTHERS = ("adaptivfloat", "ant", "bitfusion")
COMPUTE = ("pe_array", "decoders")
FITTING = {"resnet50": AVERAGE, "vit_b": OWN}
"""Words with which LPA's latency comes nearest to its bar."""


def energy_findings(results: Results) -> tuple[str, ...]:
    """Say what decides the energies, in numbers."""
    return (_bars(), *(_decides(results, net) for net in NETWORKS), _own_model(results), _claim(results))


def _bars() -> str:
    """Return what the poster's bars say by themselves."""
    known = published()
    pairs = [(known[f"energy.{net}.lpa"].value, known[f"energy.{net}.ant"].value) for net in NETWORKS]
    more = " and ".join(f"{100 * (lpa / ant - 1):.0f} %" for lpa, ant in pairs)
    return f"By the poster's bars LPA uses more energy than ANT: {more} more on ResNet-50 and ViT-B."


def _decides(results: Results, network: str) -> str:
    """Return, part by part, by how much LPA exceeds ANT under the prices of ANT's simulator."""
    known, words = published(), FITTING[network]
    shown = "shipped" if words == OWN else "needed"
    base = priced_as_ant(results[Case(network, "adaptivfloat", AREA)])
    lpa = priced_as_ant(results[Case(network, "lpa", AREA, words)]).parts()
    ant = priced_as_ant(results[Case(network, "ant", AREA)]).parts()
    more = {part: (lpa[part] - ant[part]) / base.total for part in lpa}
    parts = ", ".join(f"{part} {value:+.2f}" for part, value in more.items())
    bars = known[f"energy.{network}.lpa"].value - known[f"energy.{network}.ant"].value
    printed = {name: known[f"ant_dram.{network}.{name}"].value for name in ("ant", "adaptivfloat")}
    missing = bars - sum(more.values())
    missing = bars - sum(more.values())
    return (
        f"LPA less ANT on {WORKLOADS[network]}, over AdaptivFloat, by the prices of ANT's simulator and with the bits "
        f"whose latency is nearest (the {shown} ones): {parts}; together {bars - missing:+.2f} (bars: {bars:+.2f}). "
        "The buffers speak for ANT: LPA's activations have 8 bits, and that simulator fetches them for every MAC. For "
        f"the bars' difference LPA must use {missing:.2f} more. Traffic may be it: that simulator prints "
        f"a DRAM part of {printed['adaptivfloat']:.2f} for AdaptivFloat's 8 bits and {printed['ant']:.2f} for ANT's 4; "
        f"here they are {base.dram / base.total:.2f} and {ant['dram'] / base.total:.2f}."
    )


def _own_model(results: Results) -> str:
    """Return what decides in this model, 64 PEs each: components of the difference, and the price of a partial sum."""
    totals = {words: 1 / _mean_ratio(results, "ant", words) for words in (OWN, AVERAGE)}
    largest, repriced = [], []
    for network in NETWORKS:
        lpa, ant, base = (results[Case(network, name)].summary for name in ("lpa", "ant", "adaptivfloat"))
        mine, theirs = lpa["component_energy_mj"], ant["component_energy_mj"]
        more = {part: (mine[part] - theirs[part]) / base["energy_mj"] for part in mine}
        parts = ", ".join(
            f"{p.replace('_', ' ')} {more[p]:+.2f}" for p in sorted(more, key=lambda p: -abs(more[p]))[:3]
        )
        largest.append(f"{parts} on {WORKLOADS[network]}")
        other = lpa["energy_mj"] - mine["output_buffer"] + _output_mj(results[Case(network, "lpa")], "ant")
        repriced.append(f"{other / ant['energy_mj']:.2f}")
    prices = {name: _output_price(name).read_pj_per_bit for name in ("lpa", "ant")}
    return (
        f"In this model (A) LPA uses {totals[OWN]:.2f} times ANT's energy with the shipped bits and "
        f"{totals[AVERAGE]:.2f} times with the needed ones. The largest differences with the shipped bits, LPA less "
        f"ANT over AdaptivFloat: {'; '.join(largest)}. By CACTI a bit of a partial sum costs {prices['lpa']:.3f} pJ to "
        f"read at LPA's wide port and {prices['ant']:.3f} at ANT's; at ANT's price LPA would use "
        f"{listed(repriced)} times ANT's energy."
    )


def _output_price(design: str) -> BufferPrice:
    return price_buffers(accelerator(design, PES64, OWN).hardware)["output_buffer"]


def _output_mj(report: Report, design: str) -> float:
    """Return the energy of a run's output buffer at another design's price a bit [mJ]."""
    actions, price = report.result.actions, _output_price(design)
    read, written = actions.output_buffer_read_bits, actions.output_buffer_write_bits
    return (read * price.read_pj_per_bit + written * price.write_pj_per_bit) * 1e-9


def _claim(results: Results) -> str:
    """Return what "2.2x" could be of."""
    known, claim = published(), published()["energy_efficiency"].value
    bars = geometric_mean(1 / known[f"energy.{net}.lpa"].value for net in NETWORKS)
    all_bars = prod(
        (known[f"energy.{net}.{other}"].value if other != "adaptivfloat" else 1.0) / known[f"energy.{net}.lpa"].value
        for net in NETWORKS
        for other in OTHERS
    ) ** (1 / (len(NETWORKS) * len(OTHERS)))
    needed = " and ".join(f"{known[f'energy.{net}.ant'].value / claim:.2f}" for net in NETWORKS)
    mine, compute, shipped = (
        _list({other: _mean_ratio(results, other, words, parts) for other in OTHERS})
        for words, parts in ((AVERAGE, ()), (AVERAGE, COMPUTE), (OWN, ()))
    )
    return (
        f"{claim} times the energy efficiency: the bars give {bars:.2f} over AdaptivFloat (mean of two networks) and "
        f"{all_bars:.2f} over all three baselines; over ANT, LPA's bars would have to be {needed}. This model, 64 PEs: "
        f"with the needed bits {mine} in all and {compute} in PEs and decoders; with the shipped bits {shipped} in "
        f"all. What would have to change for {claim} over ANT are thus the bits of the weights; no mean of the bars "
        "reaches it."
    )


def _list(values: dict[str, float]) -> str:
    return ", ".join(f"{value:.2f} over {DESIGNS[name]}" for name, value in values.items())


def _mean_ratio(results: Results, other: str, words: str, parts: tuple[str, ...] = ()) -> float:
    """Return another design's energy over LPA's, 64 PEs each: all of it, or of some components."""
    return geometric_mean(
        _energy(results, Case(net, other, PES64), parts) / _energy(results, Case(net, "lpa", PES64, words), parts)
        for net in NETWORKS
    )


def _energy(results: Results, case: Case, parts: tuple[str, ...]) -> float:
    summary = results[case].summary
    return sum(summary["component_energy_mj"][part] for part in parts) if parts else float(summary["energy_mj"])
