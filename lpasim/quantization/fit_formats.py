"""Fitting any known number format to a distribution: the parameters of least squared error at n bits."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace
from functools import cache

import numpy as np
from numpy.typing import NDArray

from lpasim.errors import FormatError
from lpasim.formats import MAX_SCALE, AdaptivFloat, Flint, Integer, Logarithmic, NumberFormat, Posit, UnsignedFlint
from lpasim.formats.adaptiv_float import BIASES, exponent_bits
from lpasim.formats.base import Rounding
from lpasim.formats.logarithmic import fraction_bits
from lpasim.formats.posit import EXPONENT_BITS
from lpasim.quantization.fit import fit_log_posit
from lpasim.quantization.sample import Sample
from lpasim.quantization.squared_error import BELOW, STEPS, Moments, Shape, best, measure, search, shape

Scaled = Integer | Logarithmic | Flint

SCALED: dict[str, Callable[[int], Sequence[Scaled]]] = {
    "int": lambda n: [Integer(n)],
    "lns": lambda n: [Logarithmic(n, f) for f in fraction_bits(n)],
    "flint": lambda n: [Flint(n)],
    "uflint": lambda n: [UnsignedFlint(n)],
}
"""The formats of n bits that have a scale, as the sweep of the scale starts from them."""
KINDS = ("lp", *SCALED, "adaptivfloat", "posit")
"""Names of formats that can be fitted; they are those of `lpasim.formats.parse_format`."""


def fit_format(kind: str, sample: Sample, n: int, rounding: Rounding) -> NumberFormat:
    """Find the n-bit format of one kind that has the least squared error.

    All combinations of discrete parameters are tried. Scale factors are found as for a log posit, to a 256th; those of
    AdaptivFloat, its biases, are integers; a standard posit has none, so that its es (any of 0..5) is all that is fit.

    Parameters
    ----------
    kind : str
        One of `KINDS`.
    sample : Sample
        Magnitudes of the tensor. For "uflint", which has no negative values, the tensor should have none either.
    n : int
        Bits of a word, 2..8.
    rounding : "log" or "linear"
        How the tensor is rounded.

    Returns
    -------
    NumberFormat
        The format; for a tensor of zeros, the one with the smallest discrete parameters and a scale of 1.

    Raises
    ------
    FormatError
        If the kind is unknown, or the magnitudes are out of reach of every scale.
    """
    if kind not in KINDS:
        raise FormatError(f"kind must be one of {', '.join(KINDS)}, got {kind!r} (fit of a number format)")
    if kind == "lp":
        return fit_log_posit(sample, n, rounding)
    if kind == "adaptivfloat":
        return _fit_adaptiv_float(sample, n, rounding)
    if kind == "posit":
        return _fit_posit(sample, n, rounding)
    return _fit_scaled(kind, sample, n, rounding)


def _fit_scaled(kind: str, sample: Sample, n: int, rounding: Rounding) -> NumberFormat:
    formats, shapes = _scaled(kind, n, rounding)
    if not sample.magnitudes.any():
        return formats[0]
    moments = measure(sample, STEPS[-1])
    sweeps = [moments.allowed(_sweep(entry, moments, STEPS[0])) for entry in shapes]
    if not any(sweep.size for sweep in sweeps):
        raise _out_of_reach(kind, moments)
    index, position = search(shapes, moments, sweeps)
    return replace(formats[index], sf=0.0 - (position + moments.scale))


def _fit_adaptiv_float(sample: Sample, n: int, rounding: Rounding) -> AdaptivFloat:
    formats, shapes = _adaptiv_floats(n, rounding)
    if not sample.magnitudes.any():
        return formats[0]
    moments = measure(sample, 1.0)
    if abs(moments.scale) > MAX_SCALE:
        raise _out_of_reach("adaptivfloat", moments)
    found = []
    for fmt, entry in zip(formats, shapes, strict=True):
        sweep = _sweep(entry, moments, 1.0)
        allowed = np.isin(sweep + moments.scale, BIASES)
        found.append((*best(entry, moments, sweep[allowed]), fmt))
    _, position, fmt = min(found, key=lambda entry: entry[0])
    return replace(fmt, bias=round(position + moments.scale))


def _fit_posit(sample: Sample, n: int, rounding: Rounding) -> Posit:
    formats, shapes = _posits(n, rounding)
    if not sample.magnitudes.any():
        return formats[0]
    moments = measure(sample, 1.0)
    if abs(moments.scale) > MAX_SCALE:
        raise _out_of_reach("posit", moments)
    only = np.array([-moments.scale])
    found = [(best(entry, moments, only)[0], fmt) for fmt, entry in zip(formats, shapes, strict=True)]
    return min(found, key=lambda entry: entry[0])[1]


def _sweep(entry: Shape, moments: Moments, step: float) -> NDArray[np.float64]:
    """Return positions of the value 1 [log2]: from the largest magnitude far below the sample to the smallest above."""
    smallest, largest = (round(float(np.log2(entry.magnitudes[rank]))) for rank in (1, -1))
    last = max(np.ceil(moments.reach) - smallest, -BELOW - largest)
    return np.arange(-BELOW - largest, last + step, step)


def _out_of_reach(kind: str, moments: Moments) -> FormatError:
    limit = f"2^-{MAX_SCALE:g}..2^{MAX_SCALE:g}"
    return FormatError(f"root mean square must be in {limit}, about, got 2^{moments.scale:g} (fit of {kind})")


@cache
def _scaled(kind: str, n: int, rounding: Rounding) -> tuple[Sequence[Scaled], Sequence[Shape]]:
    formats = SCALED[kind](n)
    return formats, [shape(fmt, rounding) for fmt in formats]


@cache
def _adaptiv_floats(n: int, rounding: Rounding) -> tuple[Sequence[AdaptivFloat], Sequence[Shape]]:
    formats = [AdaptivFloat(n, e) for e in exponent_bits(n)]
    return formats, [shape(fmt, rounding) for fmt in formats]


@cache
def _posits(n: int, rounding: Rounding) -> tuple[Sequence[Posit], Sequence[Shape]]:
    formats = [Posit(n, es) for es in EXPONENT_BITS]
    return formats, [shape(fmt, rounding) for fmt in formats]
