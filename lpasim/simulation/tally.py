"""What is known of a layer while it runs, and the checks that its numbers must pass."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass, field

from lpasim.errors import SimulationError
from lpasim.hardware.model import Array
from lpasim.mapping.folds import drain_cycles, fold_cycles
from lpasim.mapping.schedule import Tile
from lpasim.simulation.counting import Payload
from lpasim.simulation.stalls import Wait
from lpasim.simulation.timing import Span


@dataclass(slots=True)
class Tally:
    """Times, stalls by cause and payload of a layer, in cycles and bytes."""

    start: int = 0
    array_start: int = 0
    array_end: int = 0
    end: int = 0
    streamed: int = 0
    last_words: int = 0
    ppu_busy: int = 0
    stored_tiles: int = 0
    causes: Counter[str] = field(default_factory=Counter)
    payload: Payload = field(default_factory=Payload)

    def add(self, tile: Tile, span: Span, array: Array) -> None:
        """Note that a tile runs in the array."""
        self.streamed += tile.folds * fold_cycles(array, tile.words) if tile.folds else 0
        self.last_words = tile.words
        self.payload.add(tile)
        self.array_end = self.end = span.end

    def wait(self, waits: Iterable[Wait]) -> None:
        """Note that the array waits."""
        for wait in waits:
            self.causes[wait.cause] += wait.cycles

    def busy_cycles(self, array: Array) -> int:
        """Cycles that the layer takes where nothing keeps it waiting: the first load, all folds, the last drain."""
        if self.streamed == 0:
            return 0
        last = drain_cycles(array, self.last_words) - fold_cycles(array, self.last_words)
        return array.rows + self.streamed + last

    def check(self, name: str, array: Array) -> None:
        """Make sure that busy and waiting cycles are all cycles.

        Raises
        ------
        SimulationError
            If they are not, or a cause has a negative number of cycles.
        """
        busy, waiting = self.busy_cycles(array), sum(self.causes.values())
        if busy + waiting != self.end - self.start or min(self.causes.values(), default=0) < 0:
            raise SimulationError(
                f"busy cycles and stalls must add up to {self.end - self.start} cycles, "
                f"got {busy} and {dict(self.causes)} (layer {name})"
            )
