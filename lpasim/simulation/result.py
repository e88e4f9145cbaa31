"""What a simulation gives: cycles, stalls by cause, and action counts. `docs/cycle-contract.md` defines each number."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, fields

from lpasim.cost.actions import Actions
from lpasim.mapping.schedule import LayerSchedule
from lpasim.simulation.dram.use import DramUse

ENGINES = ("input", "weight", "operand", "store")
"""The DMA engines."""


@dataclass(frozen=True, slots=True)
class Stalls:
    """Cycles in which the array waits, by cause."""

    weights_late: int = 0
    inputs_late: int = 0
    output_full: int = 0
    ppu_busy: int = 0
    dram_busy: int = 0

    @property
    def total(self) -> int:
        """All waiting cycles."""
        return sum(getattr(self, f.name) for f in fields(self))


@dataclass(frozen=True, slots=True)
class LayerResult:
    """One layer's times (in cycles), traffic (in bytes, by DMA engine) and action counts.

    `dram` says what it did to the banks of its memory, if the memory has any.

    `start_cycle` and `end_cycle` bound the layer's `cycles`; `array_start_cycle` is when its first weight word entered
    the array and `stored_cycle` when its last result was in external memory.
    """

    schedule: LayerSchedule
    start_cycle: int
    array_start_cycle: int
    end_cycle: int
    stored_cycle: int
    cycles: int
    array_cycles: int
    busy_cycles: int
    stalls: Stalls
    traffic_bytes: Mapping[str, int]
    channel_busy_cycles: int
    ppu_busy_cycles: int
    actions: Actions
    dram: DramUse | None = None


@dataclass(frozen=True, slots=True)
class SimResult:
    """A whole run; `cycles` is the sum over the layers."""

    layers: tuple[LayerResult, ...]
    cycles: int
    actions: Actions
