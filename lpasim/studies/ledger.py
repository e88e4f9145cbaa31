"""What is known of each point of a plan: where its results are, or why it has none."""

from __future__ import annotations

from enum import IntEnum

from lpasim.studies.identity import digest

KEY_BYTES = len(digest(None))


class Mark(IntEnum):
    """State of a point before its results: not looked at yet, excluded, impossible, or known by its address."""

    UNSEEN = 0
    EXCLUDED = 1
    IMPOSSIBLE = 2
    ADDRESSED = 3


class Ledger:
    """A mark and an address for each point: 33 bytes, which is all that a coordinator keeps of it."""

    def __init__(self, size: int) -> None:
        self._marks = bytearray(size)
        self._keys = bytearray(KEY_BYTES * size)

    def mark(self, point: int) -> Mark:
        """Return the state of a point."""
        return Mark(self._marks[point])

    def key(self, point: int) -> bytes:
        """Return the address of a point."""
        return bytes(self._keys[KEY_BYTES * point : KEY_BYTES * (point + 1)])

    def exclude(self, point: int) -> None:
        """Note that a point is no part of the study."""
        self._marks[point] = Mark.EXCLUDED

    def refuse(self, point: int) -> None:
        """Note that a point is no accelerator."""
        self._marks[point] = Mark.IMPOSSIBLE

    def address(self, point: int, key: bytes) -> None:
        """Note where the results of a point are."""
        self._marks[point] = Mark.ADDRESSED
        self._keys[KEY_BYTES * point : KEY_BYTES * (point + 1)] = key

    def count(self, mark: Mark) -> int:
        """Count the points in a state."""
        return self._marks.count(int(mark))
