"""Cuts of a problem's dimensions: into how many parts, and the sizes of the parts with how often each occurs."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from functools import cached_property

from lpasim.mapping.geometry import Range, balanced, part_counts
from lpasim.mapping.problem import Problem

Sizes = Counter[tuple[int, int]]
"""(extent, need) -> number of parts: a part's own extent, and what it needs of the input along that dimension."""


@dataclass(frozen=True)
class Cut:
    """One dimension (groups, K or N) of `size` in parts that start at multiples of `unit`: no fold is split."""

    size: int
    unit: int
    parts: int
    sizes: Sizes

    @property
    def ranges(self) -> tuple[Range, ...]:
        """The parts, in order."""
        return fold_ranges(self.size, self.unit, self.parts)

    @cached_property
    def largest(self) -> tuple[int, int]:
        """Largest extent and largest need."""
        return max(extent for extent, _ in self.sizes), max(need for _, need in self.sizes)


@dataclass(frozen=True)
class PositionCut:
    """The output positions (M) in parts: whole images, else whole rows of one image, else pieces of one row.

    `sizes` has (words, pixels) of the parts: output positions, and input positions that they need.
    """

    images: int
    rows: int
    cols: int
    sizes: Sizes

    @cached_property
    def parts(self) -> int:
        """Number of parts."""
        return self.images * self.rows * self.cols

    def takes_images(self, batch: int) -> bool:
        """Whether the parts are several of `batch` images, which are fetched whole: they are one run of bytes."""
        return self.images < batch and self.rows == self.cols == 1

    @cached_property
    def largest(self) -> tuple[int, int]:
        """Largest number of words and largest number of pixels."""
        return max(words for words, _ in self.sizes), max(pixels for _, pixels in self.sizes)


def fold_ranges(size: int, unit: int, parts: int) -> tuple[Range, ...]:
    """Cut `size` into balanced ranges that start at multiples of `unit`."""
    return tuple((a * unit, min(b * unit, size)) for a, b in balanced(-(-size // unit), parts))


def plain_cut(size: int, unit: int, parts: int) -> Cut:
    """Cut groups (unit 1), N (unit: columns x lanes) or K where an element of it needs one of the input."""
    units = -(-size // unit)
    sizes = Counter({(extent * unit, extent * unit): times for extent, times in _balanced_sizes(units, parts).items()})
    short = (units // parts * unit, units // parts * unit)  # the last part, which may end within a unit
    ending = short[0] - (units * unit - size)
    return Cut(size, unit, parts, +(sizes + Counter({(ending, ending): 1}) - Counter({short: 1})))


def channel_cut(problem: Problem, parts: int) -> Cut:
    """Cut K in units of the array's rows; the need of a part is its input channels."""
    if problem.window is None:
        return plain_cut(problem.k, problem.fold_rows, parts)
    ranges = fold_ranges(problem.k, problem.fold_rows, parts)
    return Cut(problem.k, problem.fold_rows, parts, Counter((k[1] - k[0], problem.channels(k)) for k in ranges))


def position_cut(problem: Problem, images: int, rows: int, cols: int) -> PositionCut:
    """Cut M into `images` x `rows` x `cols` parts."""
    windowed = problem.window is not None
    lines = _axis_sizes(problem.rows, rows, problem.rows_needed if windowed else None)
    columns = _axis_sizes(problem.cols, cols, problem.cols_needed if windowed else None)
    sizes: Sizes = Counter()
    for count, times_images in _balanced_sizes(problem.batch, images).items():
        for (height, height_in), times_lines in lines.items():
            for (width, width_in), times_columns in columns.items():
                part = (count * height * width, count * height_in * width_in)
                sizes[part] += times_images * times_lines * times_columns
    return PositionCut(images, rows, cols, sizes)


def position_cuts(problem: Problem, most_words: int) -> Iterable[PositionCut]:
    """Generate the ways to cut M that are worth trying, coarse to fine, with at most `most_words` words a part."""
    for images in part_counts(problem.batch, most_words // (problem.rows * problem.cols)):
        yield position_cut(problem, images, 1, 1)
    for rows in part_counts(problem.rows, min(problem.rows - 1, most_words // problem.cols)):
        yield position_cut(problem, problem.batch, rows, 1)
    for cols in part_counts(problem.cols, min(problem.cols - 1, most_words)):
        yield position_cut(problem, problem.batch, problem.rows, cols)


def _balanced_sizes(units: int, parts: int) -> Counter[int]:
    """Sizes of the ranges of `balanced`, without listing them."""
    short, longer = divmod(units, parts)
    return +Counter({short: parts - longer, short + 1: longer})


def _axis_sizes(size: int, parts: int, needed: Callable[[Range], int] | None) -> Sizes:
    if needed is None:
        return Counter({(extent, extent): times for extent, times in _balanced_sizes(size, parts).items()})
    return Counter((b - a, needed((a, b))) for a, b in balanced(size, parts))
