"""Arrays of reals to code words of a format that is given by its ladder: the codec finds ranks, a table their words."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from lpasim.errors import FormatError
from lpasim.formats import codec
from lpasim.formats.ranked_tables import rank_words, values
from lpasim.formats.ranks import Ranks

if TYPE_CHECKING:
    from numpy.typing import ArrayLike, NDArray

    from lpasim.formats.base import Rounding
    from lpasim.formats.ranked import RankedFormat


def encode(fmt: RankedFormat, x: ArrayLike, rounding: Rounding, path: str = "auto") -> NDArray[np.unsignedinteger[Any]]:
    """Round reals to code words; see `RankedFormat.encode`. `path` forces a code path of the kernel."""
    ranks = Ranks(fmt)
    found = codec.encode(ranks, x, rounding, path)
    words = np.asarray(rank_words(ranks)[found])
    if fmt.nar is None and (found == ranks.nar).any():
        _saturate(fmt, x, words, fmt.ladder().words[-1], _lowest(fmt))
    return words


def quantize(fmt: RankedFormat, x: ArrayLike, rounding: Rounding, path: str = "auto") -> NDArray[np.floating[Any]]:
    """Round reals to values of the format; see `RankedFormat.quantize`, and `encode` for `path`."""
    rounded = codec.quantize(Ranks(fmt), x, rounding, path)
    # The largest of an array is NaN where any element is, and finding it takes one fast pass.
    if fmt.nar is None and rounded.size and np.isnan(rounded.max()):
        with np.errstate(over="ignore"):
            ends = values(fmt)[[fmt.ladder().words[-1], _lowest(fmt)]].astype(rounded.dtype)
        _saturate(fmt, x, rounded, *ends)
    return rounded


def _lowest(fmt: RankedFormat) -> int:
    return fmt.negated(fmt.ladder().words[-1]) if fmt.signed else 0


def _saturate(fmt: RankedFormat, x: ArrayLike, out: NDArray[Any], highest: Any, lowest: Any) -> None:
    """Write the ends of the range where `x` is infinite; there is nothing to write where it is NaN."""
    reals = np.asarray(x)
    if np.isnan(reals).any():
        raise FormatError(f"x must hold reals or infinities, got nan ({fmt})")
    out[reals == np.inf] = highest
    out[reals == -np.inf] = lowest
