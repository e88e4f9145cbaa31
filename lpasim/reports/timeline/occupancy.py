"""How many bytes a buffer holds, over time."""

from __future__ import annotations

import heapq
from collections.abc import Iterator

from lpasim.simulation.records import HeldRecord


class Occupancy:
    """Adds up what the halves of one buffer hold, from records in the order in which they are taken."""

    def __init__(self) -> None:
        self._changes: list[tuple[int, int]] = []
        self._held = 0

    def add(self, record: HeldRecord) -> Iterator[tuple[int, int]]:
        """Take in a block; generate what is certain now: cycles, and the bytes that are held from each on."""
        heapq.heappush(self._changes, (record.taken, record.size_bytes))
        heapq.heappush(self._changes, (record.released, -record.size_bytes))
        yield from self._before(record.taken)

    def rest(self) -> Iterator[tuple[int, int]]:
        """Generate what is left when no block will come."""
        yield from self._before(None)

    def _before(self, limit: int | None) -> Iterator[tuple[int, int]]:
        while self._changes and (limit is None or self._changes[0][0] < limit):
            cycle, before = self._changes[0][0], self._held
            while self._changes and self._changes[0][0] == cycle:
                self._held += heapq.heappop(self._changes)[1]
            if self._held != before:
                yield cycle, self._held
