"""The squared error of a sample in a number format, for many scales at once, and the search for the best scale."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import pairwise
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from lpasim.formats import MAX_SCALE, NumberFormat
from lpasim.formats.base import Rounding
from lpasim.quantization.sample import Sample

STEPS = (1 / 8, 1 / 64, 1 / 256)
"""Steps of sf [log2 units]: a coarse sweep and two refinements around its best point."""
BELOW, ABOVE = 10.0, 2.0
"""Where scales are looked for: from 2^-10 of the root mean square to four times the largest magnitude."""
CLOSE = 4.0
"""Parameters whose coarse error is within this factor of the best are refined."""


class Shape(NamedTuple):
    """A format without its scale: its magnitudes from zero up, and the thresholds between them."""

    magnitudes: NDArray[np.float64]
    thresholds: NDArray[np.float64]


def shape(fmt: NumberFormat, rounding: Rounding) -> Shape:
    """Return the shape of a format whose scale is 1."""
    return Shape(fmt.magnitudes(), fmt.thresholds(rounding))


class Moments(NamedTuple):
    """Running sums over a sample scaled to a root mean square of 1: of weight times magnitude to the power 0, 1, 2.

    `scale` is the root mean square that it had [log2].
    """

    scale: float
    magnitudes: NDArray[np.float64]
    zeroth: NDArray[np.float64]
    first: NDArray[np.float64]
    second: NDArray[np.float64]

    @property
    def reach(self) -> float:
        """Four times the largest magnitude [log2]."""
        return float(np.log2(self.magnitudes[-1])) + ABOVE

    def allowed(self, positions: NDArray[np.float64]) -> NDArray[np.float64]:
        """Return the positions of the value 1 [log2] that a format's sf can reach."""
        return positions[np.abs(positions + self.scale) <= MAX_SCALE]


def measure(sample: Sample, step: float) -> Moments:
    """Sum up a sample that is not all zeros; it is scaled by a power of two to a multiple of `step` [log2]."""
    exponent = int(np.frexp(sample.magnitudes[-1])[1])
    unit = Sample(np.ldexp(sample.magnitudes, -exponent), sample.weights)
    power = float((unit.weights * unit.magnitudes**2).sum()) / float(unit.weights.sum())
    within = float(np.round(np.log2(power) / 2 / step) * step)
    magnitudes = unit.magnitudes * 2.0**-within
    sums = (np.concatenate(([0.0], np.cumsum(unit.weights * magnitudes**power))) for power in range(3))
    return Moments(within + exponent, magnitudes, *sums)


def search(shapes: Sequence[Shape], moments: Moments, sweeps: Sequence[NDArray[np.float64]]) -> tuple[int, float]:
    """Find the shape and the scale of least squared error: a sweep for each shape, then ever smaller steps.

    Returns
    -------
    index
        Of the shape.
    position
        Of the value 1 [log2], relative to the root mean square of the sample.
    """
    coarse = [
        (*best(shape, moments, sweep), index)
        for index, (shape, sweep) in enumerate(zip(shapes, sweeps, strict=True))
        if sweep.size
    ]
    bound = min(error for error, _, _ in coarse) * CLOSE
    refined = [
        (*_refine(shapes[index], moments, position), index) for error, position, index in coarse if error <= bound
    ]
    _, position, index = min(refined, key=lambda entry: entry[0])
    return index, position


def best(shape: Shape, moments: Moments, positions: NDArray[np.float64]) -> tuple[float, float]:
    """Return the least squared error over positions of the value 1 [log2], and where it is."""
    shift = 2.0 ** positions[:, None]
    cuts = np.searchsorted(moments.magnitudes, shape.thresholds * shift, side="right")
    ends = np.full((len(positions), 1), len(moments.magnitudes))
    bounds = np.concatenate((np.zeros_like(ends), cuts, ends), axis=1)
    values = shape.magnitudes * shift
    zeroth, first, second = (np.diff(sums[bounds], axis=1) for sums in (moments.zeroth, moments.first, moments.second))
    # Where a format holds every value, what is left of the difference of sums may be below zero.
    errors = np.maximum((second - 2 * values * first + values**2 * zeroth).sum(axis=1), 0.0)
    index = int(np.argmin(errors))
    return float(errors[index]), float(positions[index])


def _refine(shape: Shape, moments: Moments, position: float) -> tuple[float, float]:
    """Search in ever smaller steps around a position."""
    error = np.inf
    for wide, step in pairwise(STEPS):
        reach = round(wide / step)
        around = position + step * np.arange(-reach, reach + 1, dtype=np.float64)
        error, position = best(shape, moments, moments.allowed(around))
    return error, position
