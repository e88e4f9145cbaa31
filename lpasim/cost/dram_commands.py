"""What a memory controller does to a DRAM, counted: all that its energy depends on."""

from __future__ import annotations

from dataclasses import dataclass, fields
from typing import Self


@dataclass(frozen=True, slots=True)
class DramCommands:
    """Commands of a layer or of a whole run, of all channels and ranks.

    Attributes
    ----------
    activates, precharges : int
        Rows opened and closed.
    reads, writes : int
        Bursts.
    refreshes : int
        Refreshes of a whole rank.
    active_cycles, idle_cycles : int
        Memory clocks in which a rank has any bank open, and in which it has none (refreshes are among these); summed
        over ranks.
    """

    activates: int = 0
    precharges: int = 0
    reads: int = 0
    writes: int = 0
    refreshes: int = 0
    active_cycles: int = 0
    idle_cycles: int = 0

    def __add__(self, other: Self) -> Self:
        return type(self)(*(getattr(self, field.name) + getattr(other, field.name) for field in fields(self)))
