"""Every value of an accelerator with its source, section by section."""

from __future__ import annotations

from dataclasses import dataclass
from itertools import groupby

from lpasim.hardware import ResolvedHardware, Row, describe


@dataclass(frozen=True, slots=True)
class Section:
    """The values below one heading."""

    name: str
    rows: tuple[Row, ...]


def sections(resolved: ResolvedHardware) -> tuple[Section, ...]:
    """Return the values in the order of the description."""
    grouped = groupby(describe(resolved), lambda row: row.path.partition(".")[0] if "." in row.path else "chip")
    return tuple(Section(name, tuple(rows)) for name, rows in grouped)
