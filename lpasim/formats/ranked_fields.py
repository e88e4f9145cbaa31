"""One code word of a format that is given by its ladder, taken apart."""

from __future__ import annotations

import operator
from bisect import bisect_left, bisect_right
from typing import TYPE_CHECKING

from lpasim.errors import FormatError
from lpasim.formats.base import Fields, Neighbour
from lpasim.formats.caching import cached

if TYPE_CHECKING:
    from lpasim.formats.ranked import RankedFormat


def fields(fmt: RankedFormat, code: int) -> Fields:
    """Take a code word apart; see `NumberFormat.fields`."""
    word = operator.index(code)
    if not 0 <= word < 1 << fmt.n:
        raise FormatError(f"code must be in 0..{(1 << fmt.n) - 1}, got {word} ({fmt})")
    bits = f"{word:0{fmt.n}b}"
    value = float(fmt.values()[word])
    parts = tuple(fmt.parts(word))
    if word == fmt.nar:
        return Fields(word, bits, value, parts, None, None)
    ascending, numbers = _ascending(fmt)
    below, above = bisect_left(numbers, value) - 1, bisect_right(numbers, value)
    return Fields(
        word,
        bits,
        value,
        parts,
        ascending[below] if below >= 0 else None,
        ascending[above] if above < len(ascending) else None,
    )


@cached
def _ascending(fmt: RankedFormat) -> tuple[tuple[Neighbour, ...], tuple[float, ...]]:
    """Return the code words that encoding gives, by ascending value, and those values."""
    positive = fmt.ladder().words
    negative = [fmt.negated(word) for word in reversed(positive)] if fmt.signed else []
    values = fmt.values()
    words = tuple(Neighbour(word, float(values[word])) for word in (*negative, 0, *positive))
    return words, tuple(word.value for word in words)
