"""How well each kind of number format holds a tensor at best: the signal-to-noise ratio of its fitted format."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from math import inf, log10

import numpy as np
from numpy.typing import NDArray

from lpasim.formats import FORMATS, NumberFormat
from lpasim.quantization.fit_formats import fit_format
from lpasim.quantization.sample import Sample, draw

COMPARED = ("lp", "int", "posit", "adaptivfloat", "flint")
"""Kinds of formats, the logarithmic posit first."""
BITS = (8, 4, 2)
"""Widths of words that the accelerator computes with."""
WEIGHT_SAMPLE = 2**16
"""Most weights that a format is fitted to; its error is that of all of them."""
CLASSES: dict[str, type[NumberFormat]] = {entry.name: entry.format for entry in FORMATS}
"""Format classes by kind. Weights are rounded beforehand, to the nearest value in every format. Activations are rounded
by hardware, the way each format was published: in the logarithm by LP's encoder."""


@dataclass(frozen=True, slots=True)
class Score:
    """The best format of one kind and width for a tensor, and its error.

    Attributes
    ----------
    format : NumberFormat
        The one of least squared error.
    sqnr_db : float
        Power of the tensor over that of the error [dB]; infinite if every value is held exactly.
    channel_sqnr_db : float
        The inverse of the mean over live channels of the error's power over that of the channel [dB]: every channel
        counts the same, however small its weights are. For activations, which are not told apart by channel, it is
        `sqnr_db`.
    """

    kind: str
    bits: int
    format: NumberFormat
    sqnr_db: float
    channel_sqnr_db: float


def score_weights(
    channels: NDArray[np.float64],
    live: NDArray[np.bool_],
    kinds: Sequence[str] = COMPARED,
    bits: Sequence[int] = BITS,
) -> list[Score]:
    """Fit formats to weights that are not all zeros.

    Parameters
    ----------
    channels : ndarray [channels, weights of a channel]
        What `by_channel` returns.
    live : ndarray [channels]
        Which of them are not dead, one at least, and none of these all zeros.
    kinds, bits : sequences
        Which formats.

    Returns
    -------
    list of Score
        Width by width, kind by kind.

    Raises
    ------
    FormatError
        If the magnitudes are out of reach of every scale.
    """
    sample = draw(channels, WEIGHT_SAMPLE)
    exponent = -int(np.frexp(np.abs(channels).max())[1])
    signal = (np.ldexp(channels, exponent) ** 2).sum(axis=1)
    found = []
    for n in bits:
        for kind in kinds:
            fmt = fit_format(kind, sample, n, "linear")
            noise = (np.ldexp(fmt.quantize(channels, "linear") - channels, exponent) ** 2).sum(axis=1)
            shares = noise[live] / signal[live]
            whole = float(noise.sum() / signal.sum())
            found.append(Score(kind, n, fmt, _decibels(whole), _decibels(float(shares.mean()))))
    return found


def score_activations(sample: Sample) -> list[Score]:
    """Fit formats to a sample of activations that are not all zeros; see `score_weights`."""
    exponent = -int(np.frexp(sample.magnitudes[-1])[1])
    signal = float((sample.weights * np.ldexp(sample.magnitudes, exponent) ** 2).sum())
    found = []
    for n in BITS:
        for kind in COMPARED:
            rounding = CLASSES[kind].own_rounding
            fmt = fit_format(kind, sample, n, rounding)
            errors = np.ldexp(fmt.quantize(sample.magnitudes, rounding) - sample.magnitudes, exponent)
            ratio = _decibels(float((sample.weights * errors**2).sum()) / signal)
            found.append(Score(kind, n, fmt, ratio, ratio))
    return found


def _decibels(noise: float) -> float:
    """Return the signal-to-noise ratio of a noise-to-signal ratio [dB]."""
    return -10 * log10(noise) if noise > 0 else inf
