"""Fitting a log posit to a distribution: the es, rs and sf of least squared error at a given number of bits."""

from __future__ import annotations

from functools import cache
from itertools import pairwise
from statistics import NormalDist
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from lpasim.errors import FormatError
from lpasim.formats import MAX_SCALE, LogPosit, exponent_sizes, regime_sizes
from lpasim.formats.base import Rounding
from lpasim.quantization.sample import Sample

STEPS = (1 / 8, 1 / 64, 1 / 256)
"""Steps of sf [log2 units]: a coarse sweep and two refinements around its best point."""
BELOW, ABOVE = 10.0, 2.0
"""Where 2^-sf is looked for: from 2^-10 of the root mean square to four times the largest magnitude."""
CLOSE = 4.0
"""Parameters whose coarse error is within this factor of the best are refined."""
NORMAL_POINTS = 8192
"""Quantiles that stand for the normal distribution."""


class _Table(NamedTuple):
    """A format at sf = 0: its values that are at least 0, and the thresholds between them."""

    es: int
    rs: int
    values: NDArray[np.float64]
    thresholds: NDArray[np.float64]


class _Moments(NamedTuple):
    """Running sums over a sample scaled to a root mean square of 1: of weight times magnitude to the power 0, 1, 2.

    `scale` is the root mean square that it had [log2].
    """

    scale: float
    magnitudes: NDArray[np.float64]
    zeroth: NDArray[np.float64]
    first: NDArray[np.float64]
    second: NDArray[np.float64]

    def allowed(self, positions: NDArray[np.float64]) -> NDArray[np.float64]:
        """Return the positions of the value 1 [log2] that a format's sf can reach."""
        return positions[np.abs(positions + self.scale) <= MAX_SCALE]


def fit_log_posit(sample: Sample, n: int, rounding: Rounding) -> LogPosit:
    """Find the n-bit log posit of least squared error.

    Parameters
    ----------
    sample : Sample
        Magnitudes of the tensor.
    n : int
        Bits of a word, 2..8.
    rounding : "log" or "linear"
        How the tensor is rounded: "linear" for weights, which are quantized beforehand, "log" for activations, as the
        encoder does.

    Returns
    -------
    LogPosit
        Its sf is a multiple of 1/256. A tensor of zeros gets sf = 0.

    Raises
    ------
    FormatError
        If the magnitudes are out of reach of every sf.
    """
    if not sample.magnitudes.any():
        return LogPosit(n, exponent_sizes(n)[0], regime_sizes(n)[0], 0.0)
    exponent = int(np.frexp(sample.magnitudes[-1])[1])
    unit = Sample(np.ldexp(sample.magnitudes, -exponent), sample.weights)
    power = float((unit.weights * unit.magnitudes**2).sum()) / float(unit.weights.sum())
    within = float(np.round(np.log2(power) / 2 / STEPS[-1]) * STEPS[-1])
    scale = within + exponent
    moments = _moments(unit, within, scale)
    reach = float(np.log2(moments.magnitudes[-1])) + ABOVE
    sweep = moments.allowed(np.arange(-BELOW, max(reach, -BELOW) + STEPS[0], STEPS[0]))
    if not sweep.size:
        limit = f"2^-{MAX_SCALE:g}..2^{MAX_SCALE:g}"
        raise FormatError(f"root mean square must be in {limit}, about, got 2^{scale:g} (fit of a log posit)")
    coarse = [(*_best(table, moments, sweep), table) for table in _tables(n, rounding)]
    bound = min(error for error, _, _ in coarse) * CLOSE
    refined = [_refine(table, moments, position) for error, position, table in coarse if error <= bound]
    _, position, table = min(refined, key=lambda entry: entry[0])
    return LogPosit(n, table.es, table.rs, 0.0 - (position + scale))


@cache
def fit_normal(n: int, rounding: Rounding) -> LogPosit:
    """Find the best n-bit log posit for a normal distribution of mean 0 and variance 1.

    It is as well the best one for the positive half of that distribution.
    """
    normal = NormalDist()
    levels = 0.5 + (np.arange(NORMAL_POINTS) + 0.5) / (2 * NORMAL_POINTS)
    magnitudes = np.array([normal.inv_cdf(level) for level in levels])
    return fit_log_posit(Sample(magnitudes, np.ones(NORMAL_POINTS)), n, rounding)


@cache
def _tables(n: int, rounding: Rounding) -> tuple[_Table, ...]:
    tables = []
    for es in exponent_sizes(n):
        for rs in regime_sizes(n):
            posit = LogPosit(n, es, rs)
            tables.append(_Table(es, rs, posit.values()[: posit.nar], posit.thresholds(rounding)))
    return tuple(tables)


def _moments(sample: Sample, within: float, scale: float) -> _Moments:
    """Scale a sample by 2^-`within`, which takes its root mean square, in all 2^`scale`, to 1."""
    magnitudes = sample.magnitudes * 2.0**-within
    sums = (np.concatenate(([0.0], np.cumsum(sample.weights * magnitudes**power))) for power in range(3))
    return _Moments(scale, magnitudes, *sums)


def _best(table: _Table, moments: _Moments, positions: NDArray[np.float64]) -> tuple[float, float]:
    """Return the least squared error over positions of the value 1 [log2], and where it is."""
    shift = 2.0 ** positions[:, None]
    cuts = np.searchsorted(moments.magnitudes, table.thresholds * shift, side="right")
    ends = np.full((len(positions), 1), len(moments.magnitudes))
    bounds = np.concatenate((np.zeros_like(ends), cuts, ends), axis=1)
    values = table.values * shift
    zeroth, first, second = (np.diff(sums[bounds], axis=1) for sums in (moments.zeroth, moments.first, moments.second))
    # Where a format holds every value, what is left of the difference of sums may be below zero.
    errors = np.maximum((second - 2 * values * first + values**2 * zeroth).sum(axis=1), 0.0)
    index = int(np.argmin(errors))
    return float(errors[index]), float(positions[index])


def _refine(table: _Table, moments: _Moments, position: float) -> tuple[float, float, _Table]:
    """Search in ever smaller steps around a position."""
    error = np.inf
    for wide, step in pairwise(STEPS):
        reach = round(wide / step)
        around = position + step * np.arange(-reach, reach + 1, dtype=np.float64)
        error, position = _best(table, moments, moments.allowed(around))
    return error, position, table
