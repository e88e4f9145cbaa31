"""Prices of a buffer that take the place of the SRAM table's: of a memory compiler, or of a reference table."""

from __future__ import annotations

from typing import Annotated

from pydantic import BeforeValidator, Field

from lpasim.hardware.quantities import OR_NONE, Quantity
from lpasim.hardware.section import Section

_Energy = Annotated[float | None, BeforeValidator(Quantity(0, 1e9, unit="pJ", base="J")), OR_NONE]
_Power = Annotated[float | None, BeforeValidator(Quantity(0, 1e9, unit="mW", base="W")), OR_NONE]
_Area = Annotated[float | None, BeforeValidator(Quantity(0, 1e12, unit="um2", base="m2")), OR_NONE]


class BufferPrices(Section):
    """What a buffer costs; what is not given (None) comes from the SRAM table."""

    read_pj: _Energy = Field(default=None, description="one read of the whole port; not given: from the SRAM table")
    write_pj: _Energy = Field(default=None, description="one write of the whole port; not given: from the SRAM table")
    leakage_mw: _Power = Field(default=None, description="leakage power of both halves; not given: from the SRAM table")
    area_um2: _Area = Field(default=None, description="area of both halves; not given: from the SRAM table")
