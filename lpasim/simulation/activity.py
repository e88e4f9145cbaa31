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

    def split(self, begin: int, end: int) -> tuple[list[Interval], list[Interval], list[Interval]]:
        """Divide the cycles of [begin, end) in three.

        Returns
        -------
        tuple of (list of Interval)
            Cycles in which the unit had a tile and did not wait for an operand; else, in which it waited for one or a
            store waited for the channel; and all others.
        """
        in_unit = [(o.ppu_start, end if o.ppu_end is None else o.ppu_end) for o in self._recent]
        queued = [
            (o.store.requested, end if o.store.granted is None else o.store.granted)
            for o in self._recent
            if o.store is not None
        ]
        starved, rest = cover([(begin, end)], self.operand_waits(end))
        working, rest = cover(rest, in_unit)
        waiting, rest = cover(rest, queued)
        return working, starved + waiting, rest


def cover(spans: Iterable[Interval], by: Iterable[Interval]) -> tuple[list[Interval], list[Interval]]:
    """Divide disjoint spans into what other intervals cover, and what they leave."""
    left = [(a, b) for a, b in spans if a < b]
    covered: list[Interval] = []
    for low, high in by:
        if low >= high:
            continue
        covered += [(max(a, low), min(b, high)) for a, b in left if max(a, low) < min(b, high)]
        left = [part for a, b in left for part in ((a, min(b, low)), (max(a, high), b)) if part[0] < part[1]]
    return covered, left
