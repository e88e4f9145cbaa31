"""What the post-processing unit and the stores did while the array waited: what its stalls are charged to."""

from __future__ import annotations

from collections import deque
from collections.abc import Iterable

from lpasim.simulation.runs import OutputTile

Interval = tuple[int, int]


class Activity:
    """The recent output tiles, of which everything before the array's own waiting time is forgotten."""

    def __init__(self) -> None:
        self._recent: deque[OutputTile] = deque()

    def add(self, output: OutputTile) -> None:
        """Remember an output tile that enters the post-processing unit."""
        self._recent.append(output)

    def forget_before(self, time: int) -> None:
        """Drop the output tiles that were stored by then."""
        while self._recent and self._recent[0].stored.processed and self._recent[0].stored.at <= time:
            self._recent.popleft()

    def operand_waits(self, end: int) -> list[Interval]:
        """When the unit had done its passes but for the last words of an operand, as far as is known before `end`."""
        return [
            (
                o.ppu_start + o.ppu_cycles,
                o.operand.done.at if o.operand is not None and o.operand.done.triggered else end,
            )
            for o in self._recent
            if o.takes_operand
        ]

    def split(self, begin: int, end: int) -> tuple[int, int, int]:
        """Divide the cycles of [begin, end) in three.

        Returns
        -------
        tuple of int
            Cycles in which the unit had a tile and did not wait for an operand; else, in which it waited for one or a
            store waited for the channel; and all others.
        """
        in_unit = [(o.ppu_start, end if o.ppu_end is None else o.ppu_end) for o in self._recent]
        queued = [
            (o.store.requested, end if o.store.granted is None else o.store.granted)
            for o in self._recent
            if o.store is not None
        ]
        starved_cycles, rest = cover([(begin, end)], self.operand_waits(end))
        working_cycles, rest = cover(rest, in_unit)
        queued_cycles, rest = cover(rest, queued)
        return working_cycles, starved_cycles + queued_cycles, sum(b - a for a, b in rest)


def cover(spans: Iterable[Interval], by: Iterable[Interval]) -> tuple[int, list[Interval]]:
    """Measure how much of disjoint spans other intervals cover, and give what they leave."""
    left = [(a, b) for a, b in spans if a < b]
    total = sum(b - a for a, b in left)
    for low, high in by:
        if low >= high:
            continue
        left = [part for a, b in left for part in ((a, min(b, low)), (max(a, high), b)) if part[0] < part[1]]
    return total - sum(b - a for a, b in left), left
