"""Throughput and density: what the shipped workloads give, and which words the published figures need."""

from __future__ import annotations

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
from lpasim.reports.reproduction.weightings import WEIGHTINGS, share_of_macs, weighted_peak_gops
from lpasim.reports.reproduction.widths import average_weight_bits

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
QUANTITY, DENSITY, RATIO = "throughput", "density", "density of LPA over"
MEAN = "mean"
"""Published averages do not say of what; here it is the geometric mean of the networks of the poster's bars."""


def settings() -> tuple[Setting, Setting]:
    """Return the model as it comes, and with the words that the published figures need."""
    bits = published_weight_bits()
    change = (
        f"weights of LPA assigned so that they have {bits:.2f} bits on average over the MACs, which the published "
        "throughput implies (declared, not searched for); BitFusion with the bits of ANT"
    )
    return Setting("A", "shipped words", "bits of the shipped traces and presets"), Setting("B", "needed words", change)


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
            rows += [Row(QUANTITY, net, design, letter, of, speed, reason) for net, speed in speeds.items()]
    rows += [_density_row(design, letter, speed) for (letter, design), speed in gops.items()]
    rows += [_ratio_row(other, letter, gops) for letter in choices for other in RATIOS]
    rows += [_weighted_row(results, design, by) for by in WEIGHTINGS for design in DESIGNS[:-1]]
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
        "A": "follows from the throughputs: LPA's weights are wider here than the published figure needs",
        "B": "with the words that the published throughputs need, their ratio follows",
    }[letter]
    return Row(RATIO, MEAN, other, letter, published()[f"density_ratio.{other}"], ratio, reason, RATIO_TARGET)


def _weighted_row(results: Results, design: str, by: str) -> Row:
    speed = geometric_mean(weighted_peak_gops(results[Case(net, design)], by) for net in NETWORKS)
    reason = "all lanes busy, shipped words; only a mean by cycles is a speed that a run can have"
    return Row(f"mean by {by}", MEAN, design, "A", published()[f"throughput.{design}"], speed, reason)


def _reasons(results: Results) -> dict[tuple[str, str], str]:
    """Say, by design and setting, why simulated and published differ."""
    bits = {net: average_weight_bits(results[Case(net, "lpa")].trace) for net in NETWORKS}
    assigned = {net: average_weight_bits(results[Case(net, "lpa", words=AVERAGE)].trace) for net in NETWORKS}
    narrow = {net: share_of_macs(results[Case(net, "bitfusion")], 4) for net in NETWORKS}
    lpa = f"the weights have {_each(bits, '.2f')} bits over the MACs, and the published figure needs "
    reasons = {
        ("lpa", "A"): f"{lpa}{published_weight_bits():.2f}: ours come from a search on smaller networks",
        ("lpa", "B"): f"weights assigned: {_each(assigned, '.2f')} bits over the MACs; the rest is idle lanes",
        ("bitfusion", "A"): f"4 bits in {_each(narrow, '.0%')} of the MACs, as ANT's authors publish for "
        f"BitFusion; the published figure needs {needed_share('bitfusion'):.0%}",
        ("bitfusion", "B"): "with the bits of ANT, on PEs that are ANT's: the published figure is that of such a run",
    }
    for letter in ("A", "B"):
        reasons["ant", letter] = "the published figure lies between the two networks; their mean comes near it"
        reasons["adaptivfloat", letter] = "8 bits everywhere: what is missing is filling and draining the array"
    return reasons


def needed_share(design: str) -> float:
    """Return the share of MACs at 4 bits, the others at 8, for the published throughput of 64 4-bit PEs."""
    slowest, fastest = PES / 4, PES
    return (1 / slowest - 1 / published()[f"throughput.{design}"].value) / (1 / slowest - 1 / fastest)


def _findings(results: Results, gops: dict[tuple[str, str], float]) -> tuple[str, ...]:
    lanes, bits, known = published_lanes(), published_weight_bits(), published()
    ant, af = known["throughput.ant"].value, known["throughput.adaptivfloat"].value
    shares = {net: share_of_macs(results[Case(net, "ant")], 4) for net in NETWORKS}
    by_layers = geometric_mean(weighted_peak_gops(results[Case(net, "lpa")], "layers") for net in NETWORKS)
    ratio = {o: density("lpa", gops["A", "lpa"]) / density(o, gops["A", o]) for o in RATIOS}
    return (
        f"{known['throughput.lpa'].value} GOPS are {lanes:.3f} weights a cycle and PE. A PE takes 8 bits of weights a "
        f"cycle at every width, so their mean over the MACs must be 8 / {lanes:.3f} = {bits:.2f} bits, however it is "
        f"mixed: of 2 and 4 bits, {(lanes - 2) / 2:.1%} of the cycles ({(lanes - 2) / 2 * 4 / lanes:.1%} of the MACs) "
        f"at 2 bits; of 2 and 8 bits, {(lanes - 1) / 3:.1%} ({(lanes - 1) / 3 * 4 / lanes:.1%}).",
        f"No way to weight the layers brings the shipped words near it: the mean over the layers gives "
        f"{by_layers:.0f} GOPS.",
        f"ANT's {ant} GOPS are {(ant - 16) / 48:.1%} of the cycles at 4 bits, or {needed_share('ant'):.1%} of the "
        f"MACs. With the bits that its authors publish, 4 bits have {_each(shares, '.1%')} of the MACs: the mean of "
        "the two networks lies nearby.",
        f"With the shipped words LPA does {ratio['ant']:.2f} times ANT's operations per area and "
        f"{ratio['bitfusion']:.2f} times BitFusion's. What would have to change for 1.91 and 1.95: the bits alone "
        "(setting B).",
        f"Table and bars of the poster are not of the same arrays: with 64 PEs each, ANT ({ant} GOPS) is "
        f"{af / ant:.2f} times slower than AdaptivFloat ({af}), while its bar on ResNet-50 says that it takes "
        f"{known['latency.resnet50.ant'].value} of the time. At equal area the table's figures give "
        f"{known['density.adaptivfloat'].value / known['density.ant'].value:.2f} for ANT, "
        f"{known['density.adaptivfloat'].value / known['density.bitfusion'].value:.2f} for BitFusion (bars: "
        f"{known['latency.resnet50.bitfusion'].value}, {known['latency.vit_b.bitfusion'].value}) and "
        f"{known['density.adaptivfloat'].value / known['density.lpa'].value:.2f} for LPA (bars: "
        f"{known['latency.resnet50.lpa'].value}, {known['latency.vit_b.lpa'].value}).",
    )


def _each(values: dict[str, float], form: str) -> str:
    return " and ".join(f"{value:{form}}" for value in values.values()) + f" ({' and '.join(values)})"
