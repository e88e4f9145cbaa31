"""What is computed once for many tiles: kept by what it depends on, up to a number, so that memory stays bounded."""

from __future__ import annotations

from collections.abc import Callable, Hashable
from typing import TypeVar

Key = TypeVar("Key", bound=Hashable)
Value = TypeVar("Value")
MOST_KEPT = 4096
"""Values that are kept of a kind: enough for the tiles of most layers."""


def kept(values: dict[Key, Value], key: Key, make: Callable[[], Value]) -> Value:
    """Return the value of a key; make it, and keep it, if it is not there."""
    found = values.get(key)
    if found is None:
        if len(values) == MOST_KEPT:
            values.clear()
        found = values[key] = make()
    return found
