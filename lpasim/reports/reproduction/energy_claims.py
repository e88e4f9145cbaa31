"""Which part decides whether LPA or ANT uses less energy, and what a factor of 2.2 would need."""

from __future__ import annotations

from math import prod

from lpasim.reports.reproduction.ant_prices import priced_as_ant
from lpasim.reports.reproduction.case import AREA, AVERAGE, NETWORKS, OWN, PES64, Case, Results, geometric_mean
from lpasim.reports.reproduction.published import published

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
    base = priced_as_ant(results[Case(network, "adaptivfloat", AREA)])
    lpa = priced_as_ant(results[Case(network, "lpa", AREA, words)]).parts()
    ant = priced_as_ant(results[Case(network, "ant", AREA)]).parts()
    more = {part: (lpa[part] - ant[part]) / base.total for part in lpa}
    parts = ", ".join(f"{part} {value:+.2f}" for part, value in more.items())
    bars = known[f"energy.{network}.lpa"].value - known[f"energy.{network}.ant"].value
    printed = {name: known[f"ant_dram.{network}.{name}"].value for name in ("ant", "adaptivfloat")}
    return (
        f"LPA less ANT on {network}, over AdaptivFloat, by the prices of ANT's simulator and with the bits whose latency "
        f"is nearest ({words}): {parts}; together {sum(more.values()):+.2f} (bars: {bars:+.2f}). The buffers speak for "
        "ANT: LPA's activations have 8 bits, and that simulator fetches them for every MAC. For the bars' difference "
        f"LPA must use {bars - sum(more.values()):.2f} more. Traffic may be it: that simulator prints a DRAM part of "
        f"{printed['adaptivfloat']:.2f} for AdaptivFloat's 8 bits and {printed['ant']:.2f} for ANT's 4; here they are "
        f"{base.dram / base.total:.2f} and {ant['dram'] / base.total:.2f}."
    )


def _own_model(results: Results) -> str:
    """Return the ratio to ANT in this model, with the shipped and the needed bits."""
    totals = {words: _mean_ratio(results, "ant", words) for words in (OWN, AVERAGE)}
    compute = _mean_ratio(results, "ant", AVERAGE, COMPUTE)
    return (
        f"In this model (A) LPA needs {1 / totals[OWN]:.2f} times ANT's energy with the shipped bits and "
        f"{1 / totals[AVERAGE]:.2f} times with the needed ones ({1 / compute:.2f} times in PEs and decoders alone): the "
        "order of the poster's bars turns round because PEs share operands here, and DRAM costs what LPDDR4 does."
    )


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
    mine = {other: _mean_ratio(results, other, AVERAGE) for other in OTHERS}
    compute = {other: _mean_ratio(results, other, AVERAGE, COMPUTE) for other in OTHERS}
    return (
        f"{claim} times the energy efficiency: the bars give {bars:.2f} over AdaptivFloat (means of two networks) and "
        f"{all_bars:.2f} over all three baselines; over ANT, LPA's bars would have to be {needed}. With the needed bits "
        f"and 64 PEs this model gives {_list(mine)} in all, {_list(compute)} in PEs and decoders; the shipped bits give "
        f"{_list({other: _mean_ratio(results, other, OWN) for other in OTHERS})} in all. What would have to change for "
        f"{claim} over ANT is thus the bits of the weights; the bars do not hold it over any baseline on average."
    )


def _list(values: dict[str, float]) -> str:
    return ", ".join(f"{value:.2f} over {name}" for name, value in values.items())


def _mean_ratio(results: Results, other: str, words: str, parts: tuple[str, ...] = ()) -> float:
    """Return another design's energy over LPA's, 64 PEs each: all of it, or of some components."""
    return geometric_mean(
        _energy(results, Case(net, other, PES64), parts) / _energy(results, Case(net, "lpa", PES64, words), parts)
        for net in NETWORKS
    )


def _energy(results: Results, case: Case, parts: tuple[str, ...]) -> float:
    summary = results[case].summary
    return sum(summary["component_energy_mj"][part] for part in parts) if parts else float(summary["energy_mj"])
