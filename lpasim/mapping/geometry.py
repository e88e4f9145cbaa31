"""Which input elements a block of output positions touches."""

from __future__ import annotations

from functools import lru_cache
from itertools import pairwise

from lpasim.quantization.trace import Window

Range = tuple[int, int]
"""A half-open range."""


def balanced(units: int, parts: int) -> list[Range]:
    """Cut `units` into `parts` half-open ranges whose lengths differ by one at most, the longer ones first."""
    size, longer = divmod(units, parts)
    edges = [part * size + min(part, longer) for part in range(parts + 1)]
    return list(pairwise(edges))


def part_counts(units: int, most: int | None = None) -> list[int]:
    """Give the part counts worth trying: for each largest part that is possible, the fewest parts that reach it.

    Parameters
    ----------
    units : int
        What is cut.
    most : int, optional
        Leave out parts that are larger than this.
    """
    if most is not None and most < 1:
        return []
    counts, parts = [], 1 if most is None else -(-units // most)
    while True:
        largest = -(-units // parts)
        counts.append(parts)
        if largest == 1:
            return counts
        parts = -(-units // (largest - 1))


@lru_cache(maxsize=65536)
def _touched(outputs: Range, size: int, kernel: int, stride: int, dilation: int, pad: int) -> int:
    """Count the distinct input coordinates, without padding, that a range of outputs touches along one axis."""
    first, last = outputs
    if dilation == 1 and kernel >= stride:
        return max(0, min(size, (last - 1) * stride - pad + kernel) - max(0, first * stride - pad))
    taps = range(0, kernel * dilation, dilation)
    return len({at for y in range(first, last) for tap in taps if 0 <= (at := y * stride + tap - pad) < size})


def rows_touched(window: Window, rows: Range) -> int:
    """Count the input rows that a range of output rows needs; a row that nobody needs stays away."""
    return _touched(rows, window.in_height, window.kernel[0], window.stride[0], window.dilation[0], window.pads[0])


def cols_touched(window: Window, cols: Range) -> int:
    """Count the input columns that a range of output columns needs."""
    return _touched(cols, window.in_width, window.kernel[1], window.stride[1], window.dilation[1], window.pads[1])


def channels_touched(window: Window, k: Range) -> int:
    """Count the channels of one group that the K range needs (K runs over channel, kernel row, kernel column)."""
    area = window.kernel[0] * window.kernel[1]
    return -(-k[1] // area) - k[0] // area
