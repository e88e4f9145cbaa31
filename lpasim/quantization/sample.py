"""The magnitudes of a tensor's elements as a weighted sample: all that fitting a number format needs."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from math import gcd
from typing import Any

import numpy as np
from numpy.typing import NDArray


@dataclass(frozen=True)
class Sample:
    """Magnitudes and how many elements each of them stands for.

    Attributes
    ----------
    magnitudes : ndarray [n]
        Ascending, finite, at least 0.
    weights : ndarray [n]
        Elements that each magnitude stands for.
    dropped : int
        Elements that were looked at but are not finite.
    """

    magnitudes: NDArray[np.float64]
    weights: NDArray[np.float64]
    dropped: int = 0


def draw(values: NDArray[Any], limit: int) -> Sample:
    """Sample a tensor evenly: every element, or about `limit` of them in equal steps and the largest one.

    The step shares no factor with the tensor's size, so that it visits all channels and kernel positions alike.
    Elements that are not finite are left out and counted.
    """
    flat = values.reshape(-1)
    step = -(-flat.size // limit)
    while step > 1 and gcd(step, flat.size) != 1:
        step += 1
    magnitudes = np.abs(flat[::step].astype(np.float64)) if flat.size else np.zeros(0)
    seen = magnitudes.size
    magnitudes = magnitudes[np.isfinite(magnitudes)]
    dropped = seen - magnitudes.size
    weights = np.full(magnitudes.size, float(step))
    largest = float(max(abs(float(flat.max())), abs(float(flat.min())))) if flat.size else 0.0
    if step > 1 and np.isfinite(largest):
        magnitudes, weights = np.append(magnitudes, largest), np.append(weights, 1.0)
    return _sorted(magnitudes, weights, dropped)


def pool(samples: Iterable[Sample]) -> Sample:
    """Put samples of tensors that share a format together."""
    parts = list(samples)
    return _sorted(
        np.concatenate([part.magnitudes for part in parts]),
        np.concatenate([part.weights for part in parts]),
        sum(part.dropped for part in parts),
    )


def _sorted(magnitudes: NDArray[np.float64], weights: NDArray[np.float64], dropped: int) -> Sample:
    order = np.argsort(magnitudes)
    return Sample(magnitudes[order], weights[order], dropped)
