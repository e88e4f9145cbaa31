"""The hypervolume: how much of the space of objectives a set of points beats.

References
----------
E. Zitzler, L. Thiele: Multiobjective evolutionary algorithms: a comparative case study and the strength Pareto
approach. IEEE Transactions on Evolutionary Computation 3(4), 1999, pp. 257-271.

L. While, L. Bradstreet, L. Barone: A fast way of calculating exact hypervolumes. IEEE Transactions on Evolutionary
Computation 16(1), 2012, pp. 86-95: the algorithm, WFG.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from lpasim.studies.pareto import front

Losses = NDArray[np.float64]


def hypervolume(losses: Losses, reference: Sequence[float]) -> float:
    """Measure the region that is beaten by one of some points and itself beats the reference, exactly.

    Parameters
    ----------
    losses : array of shape (points, objectives)
        What should be small.
    reference : sequence of float
        The corner of the space; points that are not better than it in all objectives do not count.
    """
    corner = np.asarray(reference, dtype=np.float64)
    inside = losses[(losses < corner).all(axis=1)] if len(losses) else losses
    return _volume(inside[front(inside)] if len(inside) else inside, corner)


def _volume(points: Losses, corner: Losses) -> float:
    """Add up what each point beats alone among those that come after it, from the worst in the last objective on."""
    if len(points) == 0:
        return 0.0
    ordered = points[np.argsort(-points[:, -1], kind="stable")]
    if len(corner) == 1:
        return float(corner[0] - ordered[-1, 0])
    if len(corner) == 2:
        widths = corner[0] - np.minimum.accumulate(ordered[::-1, 0])[::-1]
        heights = np.append(corner[1], ordered[:-1, 1]) - ordered[:, 1]
        return float((widths * heights).sum())
    total = 0.0
    for place, point in enumerate(ordered, 1):
        # Of the last objective, all of those that come after it beat what it beats: they share with it what they
        # share in the others.
        shared = np.maximum(ordered[place:, :-1], point[:-1])
        own = np.prod(corner[:-1] - point[:-1]) - _volume(_least(shared), corner[:-1])
        total += float((corner[-1] - point[-1]) * own)
    return total


def _least(points: Losses) -> Losses:
    """Drop points that others beat, where that makes the volume cheaper."""
    if len(points) == 0 or points.shape[1] < 3:
        return points
    different = np.unique(points, axis=0)
    better = (different[:, None] <= different[None]).all(axis=2)
    return np.asarray(different[better.sum(axis=0) == 1], dtype=np.float64)


def normalized(losses: Losses, low: Losses, high: Losses) -> Losses:
    """Scale losses so that `low` and `high` are 0 and 1; where the two are one value, it is 0, and twice as much 1."""
    one_value = np.where(low == 0, 1.0, np.abs(low))
    span: Losses = np.where(high > low, high - low, one_value)
    return np.asarray((losses - low) / span, dtype=np.float64)
