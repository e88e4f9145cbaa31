"""Blocks of a layer's products, and which input elements they touch."""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache
from itertools import pairwise
from typing import NamedTuple

from lpasim.quantization.trace import Window

Range = tuple[int, int]
"""A half-open range."""


@dataclass(frozen=True, slots=True)
class Block:
    """The part of a layer's products that a tile computes; every range is half open.

    For a convolution, output position (b, y, x) with `batch`, `rows` and `cols` as ranges of b, y and x; any other
    product has M rows as `rows`, one image and one column. `groups` counts independent products.
    """

    groups: Range
    batch: Range
    rows: Range
    cols: Range
    k: Range
    n: Range


class Reach(NamedTuple):
    """Coordinates `first`, `first` + `step`, ..., `number` of them."""

    first: int
    number: int
    step: int


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
    if dilation == 1 and kernel >= stride:
        return _reach(outputs, size, kernel, stride, dilation, pad).number
    return len(_coordinates(outputs, size, kernel, stride, dilation, pad))


@lru_cache(maxsize=65536)
def _reach(outputs: Range, size: int, kernel: int, stride: int, dilation: int, pad: int) -> Reach:
    """Return what a range of outputs touches along one axis, evenly spaced, or else everything in between."""
    first, last = outputs
    if dilation == 1 and kernel >= stride:
        low, high = max(0, first * stride - pad), min(size, (last - 1) * stride - pad + kernel)
        return Reach(low, max(0, high - low), 1)
    places = sorted(_coordinates(outputs, size, kernel, stride, dilation, pad))
    if not places:
        return Reach(0, 0, 1)
    steps = {b - a for a, b in pairwise(places)}
    if len(steps) > 1:
        return Reach(places[0], places[-1] + 1 - places[0], 1)
    return Reach(places[0], len(places), steps.pop() if steps else 1)


def _coordinates(outputs: Range, size: int, kernel: int, stride: int, dilation: int, pad: int) -> set[int]:
    """List the distinct input coordinates, without padding, that a range of outputs touches along one axis."""
    taps = range(0, kernel * dilation, dilation)
    return {at for y in range(*outputs) for tap in taps if 0 <= (at := y * stride + tap - pad) < size}


def rows_touched(window: Window, rows: Range) -> int:
    """Count the input rows that a range of output rows needs; a row that nobody needs stays away."""
    return _touched(rows, window.in_height, window.kernel[0], window.stride[0], window.dilation[0], window.pads[0])


def cols_touched(window: Window, cols: Range) -> int:
    """Count the input columns that a range of output columns needs."""
    return _touched(cols, window.in_width, window.kernel[1], window.stride[1], window.dilation[1], window.pads[1])


def rows_reached(window: Window, rows: Range) -> Reach:
    """Return the input rows that are fetched for a range of output rows."""
    return _reach(rows, window.in_height, window.kernel[0], window.stride[0], window.dilation[0], window.pads[0])


def cols_reached(window: Window, cols: Range) -> Range:
    """Return the input columns that are fetched for a range of output columns: from the first to the last one."""
    first, number, step = _reach(
        cols, window.in_width, window.kernel[1], window.stride[1], window.dilation[1], window.pads[1]
    )
    return (first, first + (number - 1) * step + 1) if number else (0, 0)


def channels_touched(window: Window, k: Range) -> int:
    """Count the channels of one group that the K range needs (K runs over channel, kernel row, kernel column)."""
    area = window.kernel[0] * window.kernel[1]
    return -(-k[1] // area) - k[0] // area
