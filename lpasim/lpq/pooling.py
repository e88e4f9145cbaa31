"""Pooling: from a layer's representation of each image to a short vector of statistics per channel."""

from __future__ import annotations

from typing import Any, Literal, get_args

import numpy as np
from numpy.typing import NDArray

from lpasim.errors import SearchError

Pooling = Literal["mean", "max", "moments", "kurtosis"]
"""What is told of a channel: its mean; its largest value; its mean, standard deviation and skewness; its kurtosis."""
POOLINGS: tuple[Pooling, ...] = get_args(Pooling)
FLAT = 1e-6
"""A channel whose standard deviation is below this part of its mean is constant, but for the rounding of float32."""


def pooled(values: NDArray[Any], pooling: Pooling) -> NDArray[np.float64]:
    """Pool a layer's values over the positions of each channel.

    Parameters
    ----------
    values : ndarray [B, C, H, W], [B, T, C] or [B, C]
        Floating-point values of B images, finite or not. Maps (four and more dimensions) have their channels second,
        sequences of T tokens last.
    pooling : Pooling
        The statistics. Skewness and excess kurtosis (0 for normal values) are 0 where a channel is constant.

    Returns
    -------
    ndarray [B, d]
        d = C; for "moments" 3 C: all means, then all standard deviations, then all skewnesses. Values [B, C] have one
        position, and hence no statistics: they are returned as they are.

    Raises
    ------
    SearchError
        If the values have fewer than two dimensions, or the pooling is unknown.
    """
    if pooling not in POOLINGS:
        raise SearchError(f"pooling must be one of {', '.join(POOLINGS)}, got {pooling!r}")
    if values.ndim < 2:
        raise SearchError(f"representation must have images and channels, got {values.ndim} dimension(s) (pooling)")
    if values.ndim == 2:
        return values.astype(np.float64)
    axes = (1,) if values.ndim == 3 else tuple(range(2, values.ndim))
    if pooling == "max":
        largest: NDArray[np.float64] = values.max(axis=axes).astype(np.float64)
        return largest
    with np.errstate(invalid="ignore", over="ignore"):  # a bad candidate may overflow, which its score then says
        return _statistics(values, axes, pooling)


def _statistics(values: NDArray[Any], axes: tuple[int, ...], pooling: Pooling) -> NDArray[np.float64]:
    mean = values.mean(axis=axes, dtype=np.float64, keepdims=True)
    flat_mean: NDArray[np.float64] = mean.reshape(len(values), -1)
    if pooling == "mean":
        return flat_mean
    centred = values - mean.astype(values.dtype)
    deviation = np.sqrt(np.square(centred).mean(axis=axes, dtype=np.float64))
    constant = deviation <= FLAT * np.abs(flat_mean)
    scale = np.where(constant, np.inf, np.where(np.isfinite(deviation), deviation, np.nan))
    standard = centred / scale.reshape(mean.shape).astype(values.dtype)
    if pooling == "kurtosis":
        fourth = np.square(np.square(standard)).mean(axis=axes, dtype=np.float64)
        return np.where(constant, 0.0, fourth - 3.0)
    skewness = (np.square(standard) * standard).mean(axis=axes, dtype=np.float64)
    return np.concatenate((flat_mean, deviation, skewness), axis=1)
