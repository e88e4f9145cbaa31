"""The halves of a buffer, and who holds them."""

from __future__ import annotations

from typing import Generic, TypeVar

Holder = TypeVar("Holder")


class Halves(Generic[Holder]):
    """`count` halves (None: as many as needed), taken in turn: after half 0, half 1 is next even if half 0 is free."""

    def __init__(self, count: int | None) -> None:
        self._count = count
        self._taken = 0
        self._holders: dict[int, Holder] = {}

    @property
    def blocker(self) -> Holder | None:
        """Who holds the half whose turn it is."""
        return self._holders.get(self._next)

    def take(self, holder: Holder) -> None:
        """Give the half whose turn it is to `holder`."""
        self._holders[self._next] = holder
        self._taken += 1

    def release(self, holder: Holder) -> None:
        """Take the half back."""
        self._holders = {half: other for half, other in self._holders.items() if other is not holder}

    @property
    def _next(self) -> int:
        return self._taken if self._count is None else self._taken % self._count
