"""How many formats' tables are kept."""

from __future__ import annotations

from functools import lru_cache, wraps
from typing import TYPE_CHECKING, Protocol, TypeVar, TypeVarTuple

if TYPE_CHECKING:
    from collections.abc import Callable


class Sized(Protocol):
    """What has code words of n bits, and is hashable."""

    @property
    def n(self) -> int:
        """Bits of a code word."""

    def __hash__(self) -> int:
        """Return the same number for equal formats."""


Format = TypeVar("Format", bound=Sized)
Arguments = TypeVarTuple("Arguments")
Table = TypeVar("Table")

NARROW_TABLES = 512
"""Kept for formats of up to 8 bits: a network has a few hundred, of a few KiB each."""
WIDE_TABLES = 16
"""Kept for wider formats, of up to half a MiB each."""


def cached(build: Callable[[Format, *Arguments], Table]) -> Callable[[Format, *Arguments], Table]:
    """Keep the latest results of a function that makes a table for a format."""
    narrow, wide = lru_cache(NARROW_TABLES)(build), lru_cache(WIDE_TABLES)(build)

    @wraps(build)
    def lookup(fmt: Format, *args: *Arguments) -> Table:
        return (narrow if fmt.n <= 8 else wide)(fmt, *args)

    return lookup
