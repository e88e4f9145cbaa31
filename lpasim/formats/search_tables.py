"""From thresholds to the integer tables that the compiled kernel searches.

A float's bit pattern without its sign grows with its magnitude, so each threshold becomes the first pattern that
encodes to the upper code word, and encoding is finding how many of these are not above the pattern of the input.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from lpasim.formats.caching import cached

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from lpasim.formats.base import Rounding
    from lpasim.formats.ranks import Ranked

INFINITY32 = 0x7F800000
FRACTION32 = 23
"""Stored fraction bits of a float32."""
CODE_SHIFT = 24
"""Where a code stands in an entry of a bucket table."""
BUCKET_SHIFTS = range(23, 15, -1)
"""Sizes of buckets to try, as powers of two: from a whole octave down to a table of 128 KiB."""
STARTS_PER_THRESHOLD = 4
"""Size of the first-level table of a search: most buckets then hold at most one threshold."""


@dataclass(frozen=True, slots=True, eq=False)
class BucketTable:
    """Argument of `lpasim_ext.lp_codec.encode_buckets`."""

    table: NDArray[np.uint32]
    shift: int


@dataclass(frozen=True, slots=True, eq=False)
class SearchTable:
    """Argument of `lpasim_ext.lp_codec.encode_search`."""

    thresholds: NDArray[np.unsignedinteger[Any]]
    starts: NDArray[np.uint16]
    lowest: int
    highest: int
    shift: int
    steps: int


def first_patterns64(bounds: NDArray[np.float64]) -> NDArray[np.uint64]:
    """Return the pattern of the first float64 that each threshold [codes] sends up.

    The threshold itself goes to the even one of the codes `c` and `c + 1`: up where c is odd.
    """
    ties_down = np.arange(len(bounds)) % 2 == 0
    first: NDArray[np.uint64] = bounds.view(np.uint64) + ties_down.astype(np.uint64)
    return first


def first_patterns32(bounds: NDArray[np.float64]) -> NDArray[np.uint32]:
    """Return the pattern of the first float32 that each threshold [codes] sends up, or of infinity where there is none.

    With integers alone, because a floating-point conversion loses subnormals where the process flushes them to zero.
    """
    wide = bounds.view(np.uint64)
    exponent = (wide >> np.uint64(52)).astype(np.int64) - 1023
    mantissa = (wide & np.uint64((1 << 52) - 1)).astype(np.int64)
    subnormal = exponent < -126
    lost = np.where(subnormal, np.minimum(29 - 126 - exponent, 63), 29)
    biased = np.where(subnormal, 0, (exponent + 127) << 52)
    full = np.where(subnormal & (exponent > -1023), mantissa | (1 << 52), mantissa) + biased
    below = full >> lost
    exact = (below << lost) == full
    ties_down = np.arange(len(bounds)) % 2 == 0
    first: NDArray[np.int64] = below + (~exact | ties_down)
    return np.minimum(first, INFINITY32).astype(np.uint32)


@cached
def bucket_table(fmt: Ranked, rounding: Rounding, kept: int | None = None) -> BucketTable | None:
    """Return the table for float32, or None: for more than 8 bits, and where even the smallest buckets are too large.

    The latter happens among the subnormals of float32 only, where sf moves many values.

    Parameters
    ----------
    kept
        Bits after the leading one that are seen, or all. What is not seen is never lost: a threshold between two
        numbers that are seen is as good as the upper one. There is no table where thresholds other than zero lie among
        the subnormals, whose leading one is somewhere in their fraction.
    """
    if fmt.n > 8:
        return None
    first = first_patterns32(fmt.thresholds(rounding)).astype(np.int64)
    if kept is not None and kept < FRACTION32:
        above_zero = first > 1
        if (first[above_zero] < 1 << FRACTION32).any():
            return None
        unseen = (1 << (FRACTION32 - kept)) - 1
        first = np.where(above_zero, np.minimum((first + unseen) & ~unseen, INFINITY32), first)
    reachable = first[first < INFINITY32]
    for shift in BUCKET_SHIFTS:
        inside = reachable[reachable & ((1 << shift) - 1) != 0] >> shift
        if len(np.unique(inside)) < len(inside):
            continue
        lows = np.arange(1 << (31 - shift), dtype=np.int64) << shift
        codes = np.searchsorted(first, lows, side="right")
        offset = np.append(first, 1 << 62)[codes] - lows
        entries = (codes << CODE_SHIFT) + np.where(offset < 1 << shift, (1 << CODE_SHIFT) - offset, 0)
        entries[lows >= INFINITY32] = fmt.nar << CODE_SHIFT
        return BucketTable(entries.astype(np.uint32), shift)
    return None


@cached
def search_table(fmt: Ranked, rounding: Rounding, width: int) -> SearchTable:
    """Return the table for the patterns of float32 (`width` 32) or float64 (`width` 64)."""
    bounds = fmt.thresholds(rounding)
    first: NDArray[np.unsignedinteger[Any]] = first_patterns32(bounds) if width == 32 else first_patterns64(bounds)
    # The kernel tells zero apart by itself, so the octaves from it to the first threshold above it need no buckets.
    above_zero = first[bounds > 0.0] if len(bounds) > 1 else first
    lowest, highest = int(above_zero[0]) - 1, int(first[-1])
    limit = STARTS_PER_THRESHOLD * len(first)
    shift = next(shift for shift in range(width) if (highest - lowest) >> shift < limit)
    lows = lowest + (np.arange(((highest - lowest) >> shift) + 1, dtype=np.uint64) << np.uint64(shift))
    lows = lows.astype(first.dtype)
    starts = np.searchsorted(first, lows, side="right")
    ends = np.append(np.searchsorted(first, lows[1:], side="left"), len(first))
    steps = int((ends - starts).max()).bit_length()
    padding = np.full(1 << steps, np.iinfo(first.dtype).max, dtype=first.dtype)
    return SearchTable(np.concatenate((first, padding)), starts.astype(np.uint16), lowest, highest, shift, steps)
