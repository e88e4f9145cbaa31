"""Fitting a log posit to a distribution: the es, rs and sf of least squared error at a given number of bits."""

from __future__ import annotations

from dataclasses import replace
from functools import cache
from statistics import NormalDist

import numpy as np

from lpasim.errors import FormatError
from lpasim.formats import MAX_SCALE, LogPosit, exponent_sizes, regime_sizes
from lpasim.formats.base import Rounding
from lpasim.quantization.sample import Sample
from lpasim.quantization.squared_error import BELOW, STEPS, Shape, measure, search, shape

NORMAL_POINTS = 8192
"""Quantiles that stand for the normal distribution."""


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
    moments = measure(sample, STEPS[-1])
    sweep = moments.allowed(np.arange(-BELOW, max(moments.reach, -BELOW) + STEPS[0], STEPS[0], dtype=np.float64))
    if not sweep.size:
        limit = f"2^-{MAX_SCALE:g}..2^{MAX_SCALE:g}"
        raise FormatError(f"root mean square must be in {limit}, about, got 2^{moments.scale:g} (fit of a log posit)")
    posits, shapes = _candidates(n, rounding)
    index, position = search(shapes, moments, [sweep] * len(shapes))
    return replace(posits[index], sf=0.0 - (position + moments.scale))


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
def _candidates(n: int, rounding: Rounding) -> tuple[tuple[LogPosit, ...], tuple[Shape, ...]]:
    posits = tuple(LogPosit(n, es, rs) for es in exponent_sizes(n) for rs in regime_sizes(n))
    return posits, tuple(shape(posit, rounding) for posit in posits)
