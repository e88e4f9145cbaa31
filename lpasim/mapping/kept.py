"""What is computed once for many tiles: kept by what it depends on, up to a number, so that memory stays bounded."""

from __future__ import annotations

from collections.abc import Callable, Hashable, Iterable
from itertools import chain, islice
from threading import Lock
from typing import Generic, TypeVar

Key = TypeVar("Key", bound=Hashable)
Value = TypeVar("Value")
MOST_KEPT = 4096
"""Values that are kept of a kind: enough for the tiles of most layers."""


def kept(values: dict[Key, Value], key: Key, make: Callable[[], Value]) -> Value:
    """Return the value of a key; make it, and keep it, if it is not there."""
    found = values.get(key)
    if found is None:
        if len(values) >= MOST_KEPT:
            values.clear()
        found = values[key] = make()
    return found


class KeptLists(Generic[Key, Value]):
    """Lists by keys, with so many items in all; those that were asked for longest ago go first.

    Parameters
    ----------
    most : int
        Items that are kept. A list of more is not, nor an empty one.
    """

    def __init__(self, most: int) -> None:
        self._most, self._items = most, 0
        self._lists: dict[Key, list[Value]] = {}
        self._lock = Lock()  # workers of a cluster are threads

    def get(self, key: Key, make: Callable[[], Iterable[Value]]) -> Iterable[Value]:
        """Return the items of a key, to be gone through once; make them if they are not there."""
        with self._lock:
            found = self._lists.get(key)
        if found is None:
            made = iter(make())
            found = list(islice(made, self._most + 1))
            if not 0 < len(found) <= self._most:
                return chain(found, made)
        self._keep(key, found)
        return found

    def _keep(self, key: Key, items: list[Value]) -> None:
        with self._lock:
            self._items += len(items) - len(self._lists.pop(key, ()))
            self._lists[key] = items
            while self._items > self._most:
                self._items -= len(self._lists.pop(next(iter(self._lists))))
