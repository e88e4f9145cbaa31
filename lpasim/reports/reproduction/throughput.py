"""Throughput and density: what the shipped workloads give, and which words the published figures need."""

from __future__ import annotations

from collections.abc import Callable

from lpasim.reports.reproduction.areas import compute_area_um2
from lpasim.reports.reproduction.case import (
    AVERAGE,
    NETWORKS,
    OF_ANT,
    OWN,
    PES,
    PES64,
    Case,
    Results,
    geometric_mean,
    published_lanes,
    published_weight_bits,
)
from lpasim.reports.reproduction.published import published
from lpasim.reports.reproduction.study import Row, Setting, Study
from lpasim.reports.reproduction.weightings import share_of_macs, weighted_peak_gops
from lpasim.reports.reproduction.widths import average_weight_bits
from lpasim.reports.reproduction.words import WORKLOADS, listed, share

DESIGNS = ("lpa", "ant", "bitfusion", "adaptivfloat")
CHANGED = {"lpa": AVERAGE, "bitfusion": OF_ANT}
"""Words of setting B; the other designs keep theirs."""
CASES = tuple(
    Case(network, design, PES64, words)
    for design in DESIGNS
    for words in dict.fromkeys((OWN, CHANGED.get(design, OWN)))
    for network in NETWORKS
)
RATIOS = ("ant", "bitfusion")
RATIO_TARGET = 0.05
QUANTITY, DENSITY, RATIO, OTHER = "throughput", "density", "density of LPA over", "throughput by other means"
WEIGHTED = {"C": "MACs", "D": "weights", "E": "layers"}
"""Settings that average the speeds of layers in a way that no run does."""
MEAN = "mean"
"""Published averages do not say of what; here it is the geometric mean of the networks of the poster's bars."""


def settings() -> tuple[Setting, ...]:
    """Return the model as it comes, with the words that the published figures need, and other means of the former."""
    bits = published_weight_bits()
    change = (
        f"weights of LPA assigned so that they have {bits:.2f} bits on average over the MACs, which the published "
        "throughput implies (declared, not searched for); BitFusion with the bits of ANT"
    )
    return (
        Setting("A", "shipped words", "bits of the shipped traces and presets"),
        Setting("B", "needed words", change),
        *(
            Setting(letter, f"by {by}", f"as A, all lanes busy, and the speeds of the layers averaged by {by}")
            for letter, by in WEIGHTED.items()
        ),
    )


def throughput(results: Results) -> Study:
    """Compare throughput, density and its ratios."""
    choices = {"A": dict.fromkeys(DESIGNS, OWN), "B": dict.fromkeys(DESIGNS, OWN) | CHANGED}
    known = published()
    rows, gops = [], {}
    for letter, words in choices.items():
        for design in DESIGNS:
            reason = _reasons(results)[design, letter]
            speeds = {net: _gops(results, Case(net, design, PES64, words[design])) for net in NETWORKS}
            speeds[MEAN] = gops[letter, design] = geometric_mean(speeds.values())
            of = known[f"throughput.{design}"]
            echo = design == "adaptivfloat"
            rows += [
                Row(QUANTITY, net, design, letter, of, speed, reason, circular=echo) for net, speed in speeds.items()
            ]
    rows += [_density_row(design, letter, speed) for (letter, design), speed in gops.items()]
    rows += [_ratio_row(other, letter, gops) for letter in choices for other in RATIOS]
    rows += [_weighted_row(results, design, letter) for letter in WEIGHTED for design in DESIGNS[:-1]]
    title = "Throughput and density, 64 PEs each"
    return Study("throughput", title, settings(), tuple(rows), _findings(results, gops))


def density(design: str, gops: float) -> float:
    """Return operations per area of PEs and decoders [TOPS/mm2]."""
    return gops * 1e3 / compute_area_um2(design)


def _gops(results: Results, case: Case) -> float:
    return float(results[case].summary["throughput_gops"])


def _density_row(design: str, letter: str, gops: float) -> Row:
    reason = "the throughput above over an area that is the published one"
    return Row(DENSITY, MEAN, design, letter, published()[f"density.{design}"], density(design, gops), reason)


def _ratio_row(other: str, letter: str, gops: dict[tuple[str, str], float]) -> Row:
    ratio = density("lpa", gops[letter, "lpa"]) / density(other, gops[letter, other])
    reason = {
        ("ant", "A"): "LPA's weights are wider here than its published throughput needs",
        ("bitfusion", "A"): "near by coincidence: both designs are about half as fast as published",
        ("ant", "B"): "with the words that the published throughputs need, their ratio follows",
        ("bitfusion", "B"): "the same; with BitFusion's published throughput in place of ANT's mean it would be "
        f"{density('lpa', gops['B', 'lpa']) / published()['density.bitfusion'].value:.2f}",
    }[other, letter]
    return Row(RATIO, MEAN, other, letter, published()[f"density_ratio.{other}"], ratio, reason, RATIO_TARGET)


def _weighted_row(results: Results, design: str, letter: str) -> Row:
    speed = geometric_mean(weighted_peak_gops(results[Case(net, design)], WEIGHTED[letter]) for net in NETWORKS)
    reason = "not a speed that a run can have: only cycles weight layers as time does"
    return Row(OTHER, MEAN, design, letter, published()[f"throughput.{design}"], speed, reason)


def _reasons(results: Results) -> dict[tuple[str, str], str]:
    """Say, by design and setting, why simulated and published differ."""
    bits = {net: average_weight_bits(results[Case(net, "lpa")].trace) for net in NETWORKS}
    assigned = {net: average_weight_bits(results[Case(net, "lpa", words=AVERAGE)].trace) for net in NETWORKS}
    narrow = {net: share_of_macs(results[Case(net, "bitfusion")], 4) for net in NETWORKS}
    lpa = f"the weights have {_each(bits, _two)} bits over the MACs, and the published figure needs "
    reasons = {
        ("lpa", "A"): f"{lpa}{published_weight_bits():.2f}: ours come from a search on smaller networks",
        ("lpa", "B"): f"weights assigned: {_each(assigned, _two)} bits over the MACs; the rest is idle lanes",
        ("bitfusion", "A"): f"4 bits in {_each(narrow, share)} of the MACs, as ANT's authors publish for "
        f"BitFusion; the published figure needs {share(needed_share('bitfusion'))}",
        ("bitfusion", "B"): "with the bits of ANT, on PEs that are ANT's: the published figure agrees with such a run",
    }
    for letter in ("A", "B"):
        reasons["ant", letter] = "the published figure lies between the two networks; their mean comes near it"
        reasons["adaptivfloat", letter] = (
            "8 bits everywhere, and a clock with which 64 PEs do 64 GOPS; what is missing is filling and draining"
        )
    return reasons


def needed_share(design: str) -> float:
    """Return the share of MACs at 4 bits, the others at 8, for the published throughput of 64 4-bit PEs."""
    slowest, fastest = PES / 4, PES
    return (1 / slowest - 1 / published()[f"throughput.{design}"].value) / (1 / slowest - 1 / fastest)


def _findings(results: Results, gops: dict[tuple[str, str], float]) -> tuple[str, ...]:
    others = [_weighted_row(results, "lpa", letter).simulated for letter in WEIGHTED]
    ratio, needed = (
        {other: density("lpa", gops[letter, "lpa"]) / density(other, gops[letter, other]) for other in RATIOS}
        for letter in ("A", "B")
    )
    return (
        _needed_bits(),
        f"No way to weight the layers brings the shipped words near it (C to E): at most {max(others):.0f} GOPS.",
        _mix_of_ant(results),
        f"With the shipped words LPA does {ratio['ant']:.2f} times ANT's operations per area and "
        f"{ratio['bitfusion']:.2f} times BitFusion's. What would have to change for 1.91 and 1.95 are the bits "
        f"alone: B gives {needed['ant']:.2f} and {needed['bitfusion']:.2f}. The aim was {share(RATIO_TARGET)}.",
        _table_against_bars(),
    )


def _needed_bits() -> str:
    """Return what LPA's published throughput says of the bits of weights, and two mixtures that have them."""
    lanes = published_lanes()
    with_4, with_8 = (lanes - 2) / 2, (lanes - 1) / 3
    of_2_and_4, of_2_and_8 = (f"{share(part, 1)} ({share(part * 4 / lanes, 1)})" for part in (with_4, with_8))
    return (
        f"{published()['throughput.lpa'].value} GOPS are {lanes:.3f} weights a cycle and PE. A PE takes 8 bits of "
        f"weights a cycle at every width, so their mean over the MACs must be 8 / {lanes:.3f} = "
        f"{published_weight_bits():.2f} bits, however it is mixed. Cycles (MACs) at 2 bits: {of_2_and_4} if the others "
        f"are at 4, {of_2_and_8} if they are at 8."
    )


def _mix_of_ant(results: Results) -> str:
    """Return what ANT's published throughput says of its mix of 4 and 8 bits."""
    value = published()["throughput.ant"].value
    slowest, fastest = PES / 4, PES
    shares = {net: share_of_macs(results[Case(net, "ant")], 4) for net in NETWORKS}
    return (
        f"ANT's {value} GOPS are {share((value - slowest) / (fastest - slowest), 1)} of the cycles at 4 bits, or "
        f"{share(needed_share('ant'), 1)} of the MACs. With the bits that its authors publish, 4 bits have "
        f"{_each(shares, share)} of the MACs: the mean of the two networks lies nearby."
    )


def _table_against_bars() -> str:
    """Return why throughputs and latency bars of the poster cannot be of the same arrays."""
    known = published()
    ant, af = (known[f"throughput.{design}"].value for design in ("ant", "adaptivfloat"))
    at_equal_area = []
    for design, name in (("ant", "ANT"), ("bitfusion", "BitFusion"), ("lpa", "LPA")):
        ratio = known["density.adaptivfloat"].value / known[f"density.{design}"].value
        bars = listed(f"{known[f'latency.{net}.{design}'].value:.2f}" for net in NETWORKS)
        at_equal_area.append(f"{ratio:.2f} for {name} (bars: {bars})")
    return (
        f"Throughputs and latency bars of the poster are not of the same arrays: with 64 PEs each, ANT ({ant} GOPS) is "
        f"{af / ant:.2f} times slower than AdaptivFloat ({af}), while its bar on ResNet-50 says that it takes "
        f"{known['latency.resnet50.ant'].value:.2f} of the time. At equal area the throughputs give "
        f"{listed(at_equal_area)}."
    )


def _each(values: dict[str, float], form: Callable[[float], str]) -> str:
    return f"{listed(map(form, values.values()))} ({listed(WORKLOADS[name] for name in values)})"


def _two(number: float) -> str:
    return f"{number:.2f}"
