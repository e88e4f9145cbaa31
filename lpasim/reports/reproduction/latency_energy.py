"""Latency and energy over AdaptivFloat's: the bars of LPA's poster, and what ANT's authors publish of their own."""

from __future__ import annotations

from dataclasses import dataclass

from lpasim.reports.reproduction.ant_cycles import cycles_by_formula
from lpasim.reports.reproduction.ant_prices import priced_as_ant
from lpasim.reports.reproduction.case import (
    AREA,
    AVERAGE,
    EDGE,
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
CASES = (
    *(
        Case(network, design, way.surroundings, way.words if design in way.designs else OWN)
        for way in WAYS.values()
        for network in NETWORKS
        for design in (BASE, *way.designs)
    ),
    *(Case("resnet18", design, AREA) for design in (BASE, *RIVALS)),
    *(Case(network, "lpa", PES64, AVERAGE) for network in NETWORKS),
)


def settings() -> tuple[Setting, ...]:
    """Return the settings; A is the model as it comes."""
    grid = accelerator("lpa", AREA, OWN).hardware.array
    bits = f"{published_weight_bits():.2f}"
    return (
        Setting("A", "64 PEs", "64 PEs each, one image, LPDDR4 at 12.8 GB/s, bits of the shipped traces and presets"),
        Setting(
            "B",
            "one area",
            f"the arrays of ANT's comparison, 0.327 mm2 each (LPA {grid.rows} x {grid.cols}), 64 images, 64 GB/s",
        ),
        Setting("C", "one image", "the arrays of B, one image, LPDDR4 at 12.8 GB/s"),
        Setting("D", "B, needed bits", f"B with LPA's weights at the {bits} bits that its throughput implies"),
        Setting("E", "C, needed bits", f"C with LPA's weights at {bits} bits"),
        Setting("F", "B, ANT's prices", "cycles and traffic of B, priced by the rules of ANT's simulator"),
        Setting("G", "D, ANT's prices", "cycles and traffic of D, priced by the rules of ANT's simulator"),
        Setting(
            "H",
            "ANT's formula",
            "cycles by the formula of ANT's simulator for the arrays of B: nothing fills, drains or waits, and products of "
            "two activations are left out",
        ),
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
    "E": "as C, with the weights that LPA's published throughput needs; 8-bit activations keep the memory busy",
}
ANT_B = "the same arrays and bits; here the array fills, drains and waits, and ViT-B has the products inside attention"
ANT_H = "without those: what is left are two digits of rounding, and ViT-B's patch embedding, which that list lacks"
ENERGY_REASONS = {
    "A": "no published price list: PEs priced after an RTL prototype, CACTI 7, 8 pJ/bit of DRAM",
    "B": "as A, with 0.7 pJ/bit of DRAM and fast, leaking SRAM; operands are shared in the array, as they are in B's cycles",
    "D": "as B, with the weights that LPA's published throughput needs",
    "F": "every MAC fetches its operands from the buffers, and DRAM has background power",
    "G": "as F, with the weights that LPA's published throughput needs",
}


def _latency_findings(results: Results) -> tuple[str, ...]:
    known, arrays = published(), accelerator("lpa", AREA, OWN).hardware
    base = accelerator(BASE, AREA, OWN).hardware
    lanes = {net: base.pes / arrays.pes / known[f"latency.{net}.lpa"].value for net in NETWORKS}
    edge = [
        abs(latency_ratio(results, Case(net, design, EDGE)) / known[f"latency.{net}.{design}"].value - 1)
        for net in NETWORKS
        for design in RIVALS
    ]
    lpa = {
        letter: {
            net: latency_ratio(results, Case(net, "lpa", WAYS[letter].surroundings, WAYS[letter].words))
            for net in NETWORKS
        }
        for letter in "CDE"
    }
    return (
        "The bars of ANT and BitFusion follow from three assumptions: arrays of one area, one image, and a memory of "
        f"12.8 GB/s (setting C): all four within {100 * max(edge):.0f} %. With a batch of 64 and 64 GB/s (setting B) "
        "the model gives what ANT's authors publish instead.",
        f"LPA's bars do not follow from its own throughput. At equal area they need {lanes['resnet50']:.2f} "
        f"({8 / lanes['resnet50']:.1f} bits) and {lanes['vit_b']:.2f} ({8 / lanes['vit_b']:.1f} bits) weights a cycle "
        f"and PE on ResNet-50 and ViT-B with no cycle lost; the published throughput is {published_lanes():.2f}.",
        f"ViT-B follows with the shipped bits (C: {lpa['C']['vit_b']:.2f}, published "
        f"{known['latency.vit_b.lpa'].value:.2f}) and not with the needed ones (E: {lpa['E']['vit_b']:.2f}). "
        f"ResNet-50 is the other way round: {lpa['C']['resnet50']:.2f} with the shipped bits, "
        f"{lpa['D']['resnet50']:.2f} with the needed ones at 64 GB/s and {lpa['E']['resnet50']:.2f} at 12.8 GB/s "
        f"(published {known['latency.resnet50.lpa'].value:.2f}). What would have to change: the bits of ResNet-50 "
        "alone.",
    )
