"""Second moments of what a layer's weights multiply, over sampled positions of many images."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from math import prod

import numpy as np
from numpy.typing import NDArray

from lpasim.lpq.subject import Weighted

POSITIONS = 32768
"""Positions of a layer that are looked at, over all images: enough for a few thousand unknowns (assumption)."""
DAMPING = 0.01
"""Part of its own moment that is added to each column's, so that rounding does not trust small moments (GPTQ's)."""
DOUBT = 1e-5
"""Rounding error of moments that float32 products are summed to, over the moment itself."""
FLOOR = 1e-3
"""Least moment of a column, over the mean one: columns that are always 0 would leave the moments singular."""


@dataclass(frozen=True, eq=False)
class Moments:
    """Weighted sums over rows [groups, K], a part of the images; parts are added with `+`.

    Attributes
    ----------
    weight, square : float
        Sums of the rows' weights and of their squares.
    first : ndarray [groups, K]
        Sum of the rows.
    shift : ndarray [groups, K]
        Sum of the differences: rows in floating point less rows of the quantized network.
    second : ndarray [groups, K, K]
        Sum of products of the rows with themselves.
    cross : ndarray [groups, K, K] or None
        Sum of products of the differences with the rows; None where there are no differences.
    behind : ndarray [groups, channels, K + 1] or None
        Sum of products with the rows, and plain sum, of what is missing from a tensor that is added to the layer's
        result; None where nothing is added.
    """

    weight: float
    square: float
    first: NDArray[np.float64]
    shift: NDArray[np.float64]
    second: NDArray[np.float64]
    cross: NDArray[np.float64] | None
    behind: NDArray[np.float64] | None = None

    def __add__(self, other: Moments) -> Moments:
        cross = None if self.cross is None or other.cross is None else self.cross + other.cross
        behind = None if self.behind is None or other.behind is None else self.behind + other.behind
        return Moments(
            self.weight + other.weight,
            self.square + other.square,
            self.first + other.first,
            self.shift + other.shift,
            self.second + other.second,
            cross,
            behind,
        )

    def mean(self) -> NDArray[np.float64]:
        """Return the mean row [groups, K]."""
        return self.first / self.weight

    def mean_shift(self) -> NDArray[np.float64]:
        """Return the mean difference [groups, K]."""
        return self.shift / self.weight

    def covariance(self, centred: bool) -> NDArray[np.float64]:
        """Return the second moments [groups, K, K], about the mean where a constant takes care of it."""
        about = self.mean() if centred else np.zeros_like(self.first)
        raw = self.second / self.weight
        spread = raw - about[:, :, None] * about[:, None, :]
        doubt = DOUBT * np.diagonal(raw, axis1=1, axis2=2)  # a difference of float32 sums is uncertain by that much
        return np.asarray(spread + doubt[:, :, None] * np.eye(raw.shape[-1]))

    def cross_covariance(self, centred: bool) -> NDArray[np.float64]:
        """Return the moments of the differences (first axis) with the rows [groups, K, K]."""
        if self.cross is None:
            return np.zeros_like(self.second)
        product = self.mean_shift()[:, :, None] * self.mean()[:, None, :]
        return np.asarray(self.cross / self.weight - (product if centred else 0.0))

    def missing_behind(self, centred: bool) -> NDArray[np.float64] | float:
        """Return the moments [groups, channels, K] of what is missing behind the layer with the rows; 0 for nothing."""
        if self.behind is None:
            return 0.0
        product, total = self.behind[:, :, :-1], self.behind[:, :, -1:]
        return np.asarray((product - (total * self.mean()[:, None, :] if centred else 0.0)) / self.weight)

    @property
    def scarcity(self) -> float:
        """Unknowns a row over rows that were seen, as many as count fully: from 1 on, rows are too few."""
        return float(self.second.shape[-1] * self.square / self.weight**2)


def damped(covariance: NDArray[np.float64], part: float) -> NDArray[np.float64]:
    """Return second moments whose diagonal has grown by a part of itself; columns of zeros get a little as well."""
    diagonal = np.diagonal(covariance, axis1=1, axis2=2)
    least = FLOOR * diagonal.mean(axis=1, keepdims=True)
    added = part * np.maximum(diagonal, np.where(least > 0, least, 1.0))
    return np.asarray(covariance + added[:, :, None] * np.eye(covariance.shape[-1]))


def positions_of(layer: Weighted, shape: Sequence[int]) -> int:
    """Return how many positions a product's result, of a shape, has for one image."""
    return prod(shape[2:]) if layer.node.operator == "Conv" else prod(shape[1:-1])


def chosen(positions: int, images: int, rng: np.random.Generator) -> NDArray[np.int64]:
    """Draw the positions of one image that are looked at, when there are `images` in all."""
    return np.sort(rng.permutation(positions)[: max(1, POSITIONS // images)])


def gathered(
    layer: Weighted,
    exact: NDArray[np.float32],
    rounded: NDArray[np.float32] | None,
    positions: Sequence[NDArray[np.int64]],
    weights: Sequence[NDArray[np.float64]],
    missing: NDArray[np.float64] | None = None,
) -> Moments:
    """Sum up a part of the images.

    Products are summed in float32 about the part's mean, which is put back in float64: of columns that hardly vary
    about a large mean, nothing but rounding would be left otherwise.

    Parameters
    ----------
    layer : Weighted
        The layer, with rows to be taken.
    exact, rounded : ndarray [images, ...]
        The other operand in floating point and in the quantized network; None where both are the same.
    positions, weights : sequence of ndarray
        For each image the positions that are looked at, and how much each counts.
    missing : ndarray [groups, channels, all positions], optional
        What is missing from a tensor that is added to the layer's result.

    Raises
    ------
    NetworkError
        If the layer has no rows.
    """
    rows = layer.arrangement.rows(exact if rounded is None else rounded, positions)
    counts = np.concatenate(weights)
    weight, scale = float(counts.sum()), np.sqrt(counts).astype(np.float32)[None, :, None]
    about = rows.mean(axis=1, keepdims=True)
    rows -= about
    rows *= scale
    mean = about[:, 0].astype(np.float64)
    rest = (rows.transpose(0, 2, 1) @ scale[0]).astype(np.float64)[..., 0]
    cross, shift = None, np.zeros_like(rest)
    if rounded is not None:
        other = layer.arrangement.rows(exact, positions)
        other -= about
        other *= scale
        other -= rows
        shift = (other.transpose(0, 2, 1) @ scale[0]).astype(np.float64)[..., 0]
        cross = (other.transpose(0, 2, 1) @ rows).astype(np.float64) + _outer(shift, mean)
    second = (rows.transpose(0, 2, 1) @ rows).astype(np.float64)
    second += _outer(mean, rest) + _outer(rest, mean) + weight * _outer(mean, mean)
    behind = None
    if missing is not None:
        weighed = missing * scale[0, :, 0]
        total = weighed @ scale[0].astype(np.float64)
        behind = np.concatenate((weighed @ rows.astype(np.float64) + total * mean[:, None, :], total), axis=2)
    return Moments(weight, float(np.square(counts).sum()), rest + weight * mean, shift, second, cross, behind)


def _outer(left: NDArray[np.float64], right: NDArray[np.float64]) -> NDArray[np.float64]:
    """Return the products of all pairs [groups, K, K] of two vectors [groups, K]."""
    return left[:, :, None] * right[:, None, :]
