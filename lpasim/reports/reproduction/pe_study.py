"""The study of PEs: LPA with lanes of one width only, standard posits, and AdaptivFloat."""

from __future__ import annotations

from lpasim.reports.reproduction.areas import compute_area_um2, prototype_lpa_um2, prototype_scale
from lpasim.reports.reproduction.case import (
    AVERAGE,
    NETWORKS,
    OWN,
    PES,
    PES64,
    Case,
    Results,
    accelerator,
    geometric_mean,
)
from lpasim.reports.reproduction.published import constants, published
from lpasim.reports.reproduction.study import Row, Setting, Study
from lpasim.reports.reproduction.throughput import density

MIXED = ("lpa", "posit")
"""Designs with lanes for 2, 4 and 8 bits."""
DESIGNS = ("lpa", "lpa-8", "lpa-2", "posit", "adaptivfloat")
CASES = tuple(
    Case(network, design, PES64, words)
    for design in DESIGNS
    for words in ((OWN, AVERAGE) if design in MIXED else (OWN,))
    for network in NETWORKS
)
QUANTITY = "density"
SETTINGS = (
    Setting("A", "shipped words", "bits of the shipped traces where the lanes take them"),
    Setting("B", "needed words", "LPA and posit with weights of the average that LPA's published throughput implies"),
    Setting("C", "and RTL areas", "as B, with LPA's and LPA-8's PEs as large as in the prototype of lpa.yaml"),
)
REASONS = {
    "lpa": "the throughput differs (see `throughput`); the area is the published one",
    "lpa-8": "circular: its area is 64 GOPS over the published density; the rest is utilization",
    "lpa-2": "circular: its area is 256 GOPS over the published density; the rest is utilization",
    "posit": "circular: its area is 203.4 GOPS over the published density; the throughput differs as LPA's does",
    "adaptivfloat": "8 bits everywhere; the area is the published one",
}
OTHER_AREA = "areas of a prototype, scaled so that its INT4 MAC is ANT's PE"


def pe_study(results: Results) -> Study:
    """Compare densities of kinds of PEs."""
    rows = []
    speeds = {}
    for letter, words in (("A", OWN), ("B", AVERAGE)):
        for design in DESIGNS:
            cases = [Case(net, design, PES64, words if design in MIXED else OWN) for net in NETWORKS]
            speeds[letter, design] = geometric_mean(results[case].summary["throughput_gops"] for case in cases)
            rows.append(_row(design, letter, density(design, speeds[letter, design]), REASONS[design]))
    other = {"lpa": prototype_lpa_um2(), "lpa-8": _prototype_lpa8_um2()}
    for design, um2 in other.items():
        rows.append(_row(design, "C", speeds["B", design] * 1e3 / um2, OTHER_AREA))
    return Study("pe-study", "Density by kind of PE, 64 PEs each", SETTINGS, tuple(rows), _findings(other))


def _row(design: str, letter: str, value: float, reason: str) -> Row:
    circular = letter != "C" and reason.startswith("circular")
    return Row(QUANTITY, "mean", design, letter, published()[f"pe_density.{design}"], value, reason, None, circular)


def _prototype_lpa8_um2() -> float:
    """Return the compute area of LPA-8 with the prototype's PEs and decoders [um2]."""
    parts, chip = constants("prototype_um2"), accelerator("lpa-8", PES64, OWN).hardware
    decoders = chip.decoder.count(chip.array.rows, chip.array.cols)
    return prototype_scale() * (PES * parts["lpa-8"].value + decoders * parts["decoder"].value)


def _findings(other: dict[str, float]) -> tuple[str, ...]:
    known = published()
    implied = PES * 1e3 / known["pe_density.lpa-8"].value / compute_area_um2("lpa")
    posit, lpa = (accelerator(design, PES64, OWN).hardware.pe.area_um2 for design in ("posit", "lpa"))
    return (
        "Three of the five areas are this study's own densities turned round (calibrated, see below): that their "
        "densities come back says only that the array is busy.",
        f"What can be checked is a ratio: one 8-bit lane takes {implied:.2f} of the compute area of 2/4/8 lanes as "
        f"published, {other['lpa-8'] / other['lpa']:.2f} in the prototype.",
        f"Posit's published density with {known['throughput.lpa'].value} GOPS makes its PE {posit / lpa:.1f} times "
        "LPA's; nothing here can confirm that.",
    )
