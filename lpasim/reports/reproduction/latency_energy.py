"""Latency and energy over AdaptivFloat's: the bars of LPA's poster, and what ANT's authors publish of their own."""

from __future__ import annotations

from dataclasses import dataclass
from math import ceil

from lpasim.reports.reproduction.ant_cycles import cycles_by_formula
from lpasim.reports.reproduction.ant_prices import priced_as_ant
from lpasim.reports.reproduction.case import (
    AREA,
    AVERAGE,
    EDGE,
    NARROW,
    NETWORKS,
    OWN,
    PES64,
    Case,
    Results,
    accelerator,
    published_lanes,
    published_weight_bits,
)
from lpasim.reports.reproduction.energy_claims import energy_findings
from lpasim.reports.reproduction.published import published
from lpasim.reports.reproduction.study import Row, Setting, Study
from lpasim.reports.reproduction.words import WORKLOADS, listed, share

BASE, RIVALS = "adaptivfloat", ("ant", "bitfusion")
DESIGNS = (*RIVALS, "lpa")
OF_ANT_ALONE = ("resnet18", *NETWORKS)
"""Networks of ANT's own comparison that are here."""
TARGET = 0.10
LATENCY, ENERGY = "latency over AdaptivFloat", "energy over AdaptivFloat"
ANT_LATENCY, ANT_ENERGY = "ANT's own: latency", "ANT's own: energy"


@dataclass(frozen=True, slots=True)
class Way:
    """How a setting is simulated and priced.

    Attributes
    ----------
    designs : tuple of str
        Those that the setting changes.
    as_ant : bool
        Whether energies are priced as ANT's simulator does.
    latency, energy : bool
        Which of the two is compared.
    """

    surroundings: str
    words: str = OWN
    designs: tuple[str, ...] = DESIGNS
    as_ant: bool = False
    latency: bool = True
    energy: bool = True


WAYS = {
    "A": Way(PES64),
    "B": Way(AREA),
    "C": Way(EDGE, energy=False),
    "D": Way(AREA, AVERAGE, ("lpa",)),
    "E": Way(EDGE, AVERAGE, ("lpa",), energy=False),
    "F": Way(AREA, as_ant=True, latency=False),
    "G": Way(AREA, AVERAGE, ("lpa",), as_ant=True, latency=False),
}
NARROWED = Case("resnet50", "lpa", EDGE, NARROW)
CASES = (
    *(
        Case(network, design, way.surroundings, way.words if design in way.designs else OWN)
        for way in WAYS.values()
        for network in NETWORKS
        for design in (BASE, *way.designs)
    ),
    *(Case("resnet18", design, AREA) for design in (BASE, *RIVALS)),
    *(Case(network, "lpa", PES64, AVERAGE) for network in NETWORKS),
    NARROWED,
)


def settings() -> tuple[Setting, ...]:
    """Return the settings; A is the model as it comes."""
    wide, edge = (accelerator("lpa", where, OWN).hardware for where in (AREA, EDGE))
    fast, slow = (f"{chip.dram.bandwidth_gbps:g} GB/s" for chip in (wide, edge))
    grid, bits = f"{wide.array.rows} x {wide.array.cols}", f"{published_weight_bits():.2f}"
    formula = (
        "cycles by the formula of ANT's simulator for the arrays of B: nothing fills, drains or waits, and products of "
        "two activations are left out"
    )
    return (
        Setting("A", "64 PEs", f"64 PEs each, one image, DRAM of {slow}, bits of the shipped traces and presets"),
        Setting("B", "one area", f"arrays of one area, those of ANT's comparison (LPA {grid}), 64 images, {fast}"),
        Setting("C", "one image", f"the arrays of B, one image, DRAM of {slow}"),
        Setting("D", "B, needed bits", f"B with LPA's weights at the {bits} bits that its throughput implies"),
        Setting("E", "C, needed bits", f"C with LPA's weights at {bits} bits"),
        Setting("F", "B, ANT's prices", "cycles and traffic of B, priced by the rules of ANT's simulator"),
        Setting("G", "D, ANT's prices", "cycles and traffic of D, priced by the rules of ANT's simulator"),
        Setting("H", "ANT's formula", formula),
    )


def latency_energy(results: Results) -> Study:
    """Compare latencies and energies over AdaptivFloat's."""
    rows = [*_rows(results, latency=True), *_rows(results, latency=False), *_rows_of_ant(results)]
    title = "Latency and energy over AdaptivFloat's"
    findings = (*_latency_findings(results), *energy_findings(results))
    return Study("latency-energy", title, settings(), tuple(rows), findings)


def latency_ratio(results: Results, case: Case) -> float:
    """Return a latency over AdaptivFloat's in the same surroundings."""
    return results[case].result.cycles / results[_base(case)].result.cycles


def energy_ratio(results: Results, case: Case, as_ant: bool = False) -> float:
    """Return an energy over AdaptivFloat's in the same surroundings."""
    if as_ant:
        return priced_as_ant(results[case]).total / priced_as_ant(results[_base(case)]).total
    return float(results[case].summary["energy_mj"] / results[_base(case)].summary["energy_mj"])


def _base(case: Case) -> Case:
    return Case(case.network, BASE, case.surroundings)


def _rows(results: Results, latency: bool) -> list[Row]:
    rows = []
    for letter, way in WAYS.items():
        if not (way.latency if latency else way.energy):
            continue
        for network in NETWORKS:
            for design in way.designs:
                case = Case(network, design, way.surroundings, way.words)
                of = published()[f"{'latency' if latency else 'energy'}.{network}.{design}"]
                value = latency_ratio(results, case) if latency else energy_ratio(results, case, way.as_ant)
                reasons = LATENCY_REASONS if latency else ENERGY_REASONS
                target = TARGET if latency else None
                rows.append(
                    Row(LATENCY if latency else ENERGY, network, design, letter, of, value, reasons[letter], target)
                )
    return rows


def _rows_of_ant(results: Results) -> list[Row]:
    known, rows = published(), []
    for network in OF_ANT_ALONE:
        for design in RIVALS:
            case = Case(network, design, AREA)
            of = known[f"ant_latency.{network}.{design}"]
            rows.append(Row(ANT_LATENCY, network, design, "B", of, latency_ratio(results, case), ANT_B, TARGET))
            formula = cycles_by_formula(results[case]) / cycles_by_formula(results[_base(case)])
            rows.append(Row(ANT_LATENCY, network, design, "H", of, formula, ANT_H, TARGET))
            for letter in ("B", "F"):
                of = known[f"ant_energy.{network}.{design}"]
                value = energy_ratio(results, case, WAYS[letter].as_ant)
                rows.append(Row(ANT_ENERGY, network, design, letter, of, value, ENERGY_REASONS[letter]))
    return rows


LATENCY_REASONS = {
    "A": "64 PEs each are not what the bars show: 64 PEs of 4 bits are 16 of 8 bits",
    "B": "equal areas, as in ANT's comparison; ANT's bars on the poster are longer than those of ANT's authors",
    "C": "as B, with a memory that also makes ANT and BitFusion wait",
    "D": "as B, with the weights that LPA's published throughput needs",
    "E": "as C, with the weights that LPA's published throughput needs; now the memory is busy with activations",
}
ANT_B = "the same arrays and bits; here the array fills, drains and waits, and ViT-B has the products inside attention"
ANT_H = "without those: what is left are two digits of rounding, and ViT-B's patch embedding, which that list lacks"
ENERGY_REASONS = {
    "A": "no published price list: PEs priced after an RTL prototype, CACTI 7, 8 pJ/bit of DRAM",
    "B": "as A, with 0.7 pJ/bit of DRAM and fast, leaking SRAM; the array shares operands, as it does in B's cycles",
    "D": "as B, with the weights that LPA's published throughput needs",
    "F": "every MAC fetches its operands from the buffers, and DRAM has background power",
    "G": "as F, with the weights that LPA's published throughput needs",
}


def _latency_findings(results: Results) -> tuple[str, ...]:
    edge = [
        abs(latency_ratio(results, Case(net, design, EDGE)) / published()[f"latency.{net}.{design}"].value - 1)
        for net in NETWORKS
        for design in RIVALS
    ]
    slow = accelerator("lpa", EDGE, OWN).hardware.dram.bandwidth_gbps
    return (
        "The bars of ANT and BitFusion follow from three assumptions: arrays of one area, one image, and a memory of "
        f"{slow:g} GB/s (C): all four within {ceil(100 * max(edge))} %. With 64 images and the memory of ANT's "
        "comparison (B) the model gives what ANT's authors publish instead.",
        _implied_by_bars(),
        _bars_of_lpa(results),
    )


def _implied_by_bars() -> str:
    """Return with which weights LPA's bars agree at equal area, and that its throughput needs others."""
    peer, array = (accelerator(design, AREA, OWN).hardware for design in (BASE, "lpa"))
    lanes = {net: peer.pes / array.pes / published()[f"latency.{net}.lpa"].value for net in NETWORKS}
    each = listed(f"{count:.2f} weights a cycle and PE ({8 / count:.1f} bits)" for count in lanes.values())
    return (
        f"LPA's bars do not follow from its own throughput. At equal area, with no cycle lost, they need {each} on "
        f"{listed(WORKLOADS[net] for net in lanes)}; the published throughput is {published_lanes():.2f}."
    )


def _bars_of_lpa(results: Results) -> str:
    """Return which setting gives which of LPA's bars."""
    found = {
        (letter, net): f"{latency_ratio(results, Case(net, 'lpa', WAYS[letter].surroundings, WAYS[letter].words)):.2f}"
        for letter in "CDE"
        for net in NETWORKS
    }
    narrow = latency_ratio(results, NARROWED)
    bars = {net: f"{published()[f'latency.{net}.lpa'].value:.2f}" for net in NETWORKS}
    return (
        f"ViT-B follows with the shipped bits (C: {found['C', 'vit_b']}, published {bars['vit_b']}) and not with the "
        f"needed ones (E: {found['E', 'vit_b']}). ResNet-50 is the other way round: {found['C', 'resnet50']} with the "
        f"shipped bits, {found['D', 'resnet50']} with the needed ones and the faster memory (D), "
        f"{found['E', 'resnet50']} with the slower one (E), published {bars['resnet50']}. In the setting of the other "
        f"five bars, C, its weights would have to have {published_weight_bits():.2f} bits and its activations 4: "
        f"{narrow:.2f}. The aim was {share(TARGET)} for each bar; no one setting gives all six."
    )
