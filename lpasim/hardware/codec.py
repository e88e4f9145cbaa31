"""Decoders and encoders: what one costs, and how many there are."""

from __future__ import annotations

from typing import Annotated, Any

from pydantic import BeforeValidator, Field

from lpasim.hardware.clashes import Clash
from lpasim.hardware.quantities import AreaUm2, Cycles, EnergyPj, Quantity, spelled
from lpasim.hardware.section import Section

PLACES = ("edges", "rows", "cols")
"""Where units stand: one a row and one a column, one a row, one a column."""
_COUNT = Quantity(0, 2**32, whole=True)


def _units(value: Any) -> str:
    if value in PLACES:
        return str(value)
    try:
        return str(_COUNT(value))
    except ValueError:
        raise ValueError(f"must be one of {', '.join(PLACES)}, or a whole number, got {spelled(value)}") from None


Units = Annotated[str, BeforeValidator(_units)]


class Codec(Section):
    """What turns words of memory into operands of the array, or results into words of memory."""

    units: Units
    latency_cycles: Cycles = Field(description="from a word in to the word out")
    area_um2: AreaUm2 = Field(description="one unit")
    energy_pj: EnergyPj = Field(description="one word")

    def count(self, rows: int, cols: int) -> int:
        """Return how many units an array of some rows and columns has."""
        places = {"edges": rows + cols, "rows": rows, "cols": cols}
        return places[self.units] if self.units in places else int(self.units)


class Decoder(Codec):
    """Decoders, between the buffers and the array."""

    units: Units = Field(
        default="edges",
        description="how many: `edges` (one a row and one a column), `rows`, `cols`, or a number; 0: none",
    )


class Encoder(Codec):
    """Encoders, between the array and the output buffer."""

    units: Units = Field(
        default="cols", description="how many: `cols` (one a column), `rows`, `edges`, or a number; 0: none"
    )


def cost_without_units(name: str, codec: Codec) -> list[Clash]:
    """Say where units that are not there take time or energy."""
    if codec.units != "0":
        return []
    given = {key: getattr(codec, key) for key in ("latency_cycles", "energy_pj")}
    return [
        Clash(f"{name}.{key}", f"must be 0 where {name}.units is 0, got {value:g}", (f"{name}.units",))
        for key, value in given.items()
        if value != 0
    ]
