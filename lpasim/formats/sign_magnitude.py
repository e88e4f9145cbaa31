"""Bit fields that code words of a sign and a magnitude have in common."""

from __future__ import annotations

from typing import TYPE_CHECKING

from lpasim.formats.base import BitField

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator


def parts(word: int, n: int, fields_of: Callable[[int], Iterable[BitField]]) -> Iterator[BitField]:
    """Return the sign and the fields of the magnitude that `fields_of` finds; zero has none.

    The word of a negative zero exists, but encoding never gives it.
    """
    bits = f"{word:0{n}b}"
    magnitude = word & ((1 << (n - 1)) - 1)
    if magnitude == 0:
        yield BitField("word", bits, "zero, never encoded" if word else "zero")
        return
    yield BitField("sign", bits[0], "negative" if word != magnitude else "positive")
    yield from fields_of(magnitude)
