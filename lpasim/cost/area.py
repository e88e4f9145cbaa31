"""Area of the chip by component."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, fields
from decimal import Decimal

from lpasim.cost.buffers import UM2_PER_MM2, price_buffers
from lpasim.hardware.model import Hardware


@dataclass(frozen=True, slots=True)
class AreaReport:
    """Area in um2 by component. Controller, wiring between components and pads are not modelled."""

    pe_array: float
    decoders: float
    encoders: float
    ppu: float
    weight_buffer: float
    input_buffer: float
    output_buffer: float

    @property
    def compute_um2(self) -> float:
        """PEs and decoders: what the LPA paper calls compute area."""
        return _sum((self.pe_array, self.decoders))

    @property
    def logic_um2(self) -> float:
        """Everything but the buffers."""
        return _sum((self.pe_array, self.decoders, self.encoders, self.ppu))

    @property
    def total_um2(self) -> float:
        """The whole chip."""
        return _sum(self.by_component().values())

    @property
    def total_mm2(self) -> float:
        """The whole chip, in mm2."""
        return self.total_um2 / UM2_PER_MM2

    @property
    def compute_mm2(self) -> float:
        """PEs and decoders, in mm2."""
        return self.compute_um2 / UM2_PER_MM2

    def by_component(self) -> dict[str, float]:
        """Return the areas [um2] by component."""
        return {field.name: getattr(self, field.name) for field in fields(self)}


def area(hardware: Hardware) -> AreaReport:
    """Add up the area: PEs, decoders and encoders as many as there are, and `lanes_per_column` PPU lanes a column."""
    array = hardware.array
    return AreaReport(
        pe_array=_times(hardware.pes, hardware.pe.area_um2),
        decoders=_times(hardware.decoder.count(array.rows, array.cols), hardware.decoder.area_um2),
        encoders=_times(hardware.encoder.count(array.rows, array.cols), hardware.encoder.area_um2),
        ppu=_times(hardware.ppu_lanes, hardware.ppu.lane_area_um2),
        **{name: price.area_um2 for name, price in price_buffers(hardware).items()},
    )


def _sum(areas: Iterable[float]) -> float:
    """Add decimal numbers without binary rounding: 11 995.52 + 83.2 is 12 078.72."""
    return float(sum(Decimal(str(area)) for area in areas))


def _times(count: int, area_um2: float) -> float:
    return float(count * Decimal(str(area_um2)))
