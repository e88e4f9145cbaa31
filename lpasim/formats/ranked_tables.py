"""Tables of a format that is given by its ladder of magnitudes."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from lpasim.formats.caching import cached
from lpasim.formats.parameters import check_rounding
from lpasim.formats.tables import frozen

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from lpasim.formats.base import Rounding
    from lpasim.formats.ranked import RankedFormat
    from lpasim.formats.ranks import Ranks


@cached
def magnitudes(fmt: RankedFormat) -> NDArray[np.float64]:
    """Return the magnitudes from zero up [ranks]."""
    return frozen(np.append(0.0, fmt.ladder().magnitudes(fmt.scale)))


@cached
def values(fmt: RankedFormat) -> NDArray[np.float64]:
    """Return the value of every code word [2^n]; see `NumberFormat.values`."""
    table = np.zeros(1 << fmt.n)
    positive = np.array(fmt.ladder().words)
    table[positive] = magnitudes(fmt)[1:]
    if fmt.signed:
        table[[fmt.negated(word) for word in fmt.ladder().words]] = -magnitudes(fmt)[1:]
    for word, value in fmt.extra_values().items():
        table[word] = value
    return frozen(table)


@cached
def thresholds(fmt: RankedFormat, rounding: Rounding) -> NDArray[np.float64]:
    """Return the thresholds between magnitudes [ranks - 1]; see `RankedFormat.thresholds`."""
    check_rounding(rounding)
    return frozen(fmt.compute_thresholds(rounding))


@cached
def rank_values(ranks: Ranks) -> NDArray[np.float64]:
    """Return the value of every rank [2^bits of a rank]; NaN where there is none."""
    table = np.full(1 << ranks.n, np.nan)
    ascending = magnitudes(ranks.fmt)
    table[: len(ascending)] = ascending
    table[: -len(ascending) : -1] = -ascending[1:] if ranks.fmt.signed else 0.0
    return frozen(table)


@cached
def rank_words(ranks: Ranks) -> NDArray[np.unsignedinteger[Any]]:
    """Return the code word of every rank [2^bits of a rank]; zero where there is none, or NaR."""
    fmt = ranks.fmt
    words = [0, *fmt.ladder().words]
    table: NDArray[np.unsignedinteger[Any]] = np.zeros(1 << ranks.n, np.uint8 if fmt.n <= 8 else np.uint16)
    table[ranks.nar] = fmt.nar or 0
    table[: len(words)] = words
    table[: -len(words) : -1] = [fmt.negated(word) for word in words[1:]] if fmt.signed else 0
    table.setflags(write=False)
    return table
