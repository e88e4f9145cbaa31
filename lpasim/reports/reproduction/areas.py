"""Compute areas: those of the model follow from the published totals, and a prototype gives the only other opinion."""

from __future__ import annotations

from lpasim.cost import area
from lpasim.reports.reproduction.case import OWN, PES, PES64, Case, Results, accelerator
from lpasim.reports.reproduction.published import constants, published
from lpasim.reports.reproduction.study import Row, Setting, Study
from lpasim.reports.reproduction.words import share

CASES: tuple[Case, ...] = ()
"""No cycles are needed."""
DESIGNS = ("lpa", "ant", "bitfusion", "adaptivfloat")
QUANTITY = "compute area"
MODEL = Setting("A", "the model", "areas of PEs and decoders as in the presets")
PROTOTYPE = Setting(
    "B",
    "RTL prototype",
    "LPA's PE and decoder as synthesized in the prototype that lpa.yaml describes, scaled so that its INT4 MAC is as "
    "large as ANT's PE; an assumption, but not one that comes from LPA's poster",
)
CIRCULAR = "circular: the preset's areas of PEs and decoders were chosen so that they add up to the published total"
NOT_CIRCULAR = "the prototype's log-posit PE is larger beside an INT4 MAC than the published one beside ANT's PE"


def compute_area_um2(design: str) -> float:
    """Return the area of PEs and decoders of a preset [um2]."""
    return area(accelerator(design, PES64, OWN).hardware).compute_um2


def prototype_scale() -> float:
    """Return what makes the prototype's INT4 MAC as large as ANT's published PE."""
    return accelerator("ant", PES64, OWN).hardware.pe.area_um2 / constants("prototype_um2")["ant"].value


def prototype_lpa_um2() -> float:
    """Return the compute area of LPA with the prototype's PEs and decoders [um2]."""
    parts, chip = constants("prototype_um2"), accelerator("lpa", PES64, OWN).hardware
    decoders = chip.decoder.count(chip.array.rows, chip.array.cols)
    return prototype_scale() * (PES * parts["lpa"].value + decoders * parts["decoder"].value)


def areas(_: Results) -> Study:
    """Compare compute areas."""
    known = published()
    rows = [
        Row(QUANTITY, "", name, "A", known[f"area.{name}"], compute_area_um2(name), CIRCULAR, circular=True)
        for name in DESIGNS
    ]
    other = prototype_lpa_um2()
    rows.append(Row(QUANTITY, "", "lpa", "B", known["area.lpa"], other, NOT_CIRCULAR))
    ratio = known["throughput.lpa"].value / other / (known["throughput.ant"].value / known["area.ant"].value)
    finding = (
        "Only the prototype's area is no echo of the poster. With it, and with the published throughputs, LPA would do "
        f"{ratio:.2f} times ANT's operations per area, not {known['density_ratio.ant'].value:.2f}: its PE would have "
        f"to shrink by {share(1 - known['area.lpa'].value / other)} for the published ratio."
    )
    return Study("areas", "Compute area: PEs and decoders", (MODEL, PROTOTYPE), tuple(rows), (finding,))
