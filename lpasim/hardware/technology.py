"""The technologies that lpasim can price. `lpasim.cost` holds the tables themselves."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class SramTechnology:
    """A table of SRAM macros: its node [nm], its file in `lpasim.cost`, and the device class in that file."""

    node_nm: int
    file: str
    device_class: str


SRAM_TABLES = {
    f"cacti7-{device_class}-28nm": SramTechnology(28, "sram_28nm_cacti7.csv", device_class)
    for device_class in ("hp", "lop", "lstp")
}
"""By the name of the table. hp, lop and lstp are the ITRS device classes: high performance, low operating power, low
standby power."""
