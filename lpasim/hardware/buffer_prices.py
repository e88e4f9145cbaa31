"""Prices of a buffer that take the place of the SRAM table's: of a memory compiler, or of a reference table."""

from __future__ import annotations

from typing import Annotated, Any

from pydantic import BeforeValidator, Field, ValidatorFunctionWrapHandler, WrapValidator

from lpasim.hardware.quantities import Quantity
from lpasim.hardware.section import Section


def _unless_none(value: Any, read: ValidatorFunctionWrapHandler) -> Any:
    """Let None, which stands for the table, through."""
    return None if value is None else read(value)


_OrNone = WrapValidator(_unless_none)
_Energy = Annotated[float | None, BeforeValidator(Quantity(0, 1e9, unit="pJ", base="J")), _OrNone]
_Power = Annotated[float | None, BeforeValidator(Quantity(0, 1e9, unit="mW", base="W")), _OrNone]
_Area = Annotated[float | None, BeforeValidator(Quantity(0, 1e12, unit="um2", base="m2")), _OrNone]


class BufferPrices(Section):
    """What a buffer costs; what is not given (None) comes from the SRAM table."""

    read_pj: _Energy = Field(default=None, description="one read of the whole port; not given: from the SRAM table")
    write_pj: _Energy = Field(default=None, description="one write of the whole port; not given: from the SRAM table")
    leakage_mw: _Power = Field(default=None, description="leakage power of both halves; not given: from the SRAM table")
    area_um2: _Area = Field(default=None, description="area of both halves; not given: from the SRAM table")
