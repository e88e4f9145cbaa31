"""The hypervolume: how much of the space of objectives a set of points beats.

References
----------
E. Zitzler, L. Thiele: Multiobjective evolutionary algorithms: a comparative case study and the strength Pareto
approach. IEEE Transactions on Evolutionary Computation 3(4), 1999, pp. 257-271.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from lpasim.studies.pareto import front

Losses = NDArray[np.float64]


def hypervolume(losses: Losses, reference: Sequence[float]) -> float:
    """Measure the region that is beaten by one of some points and itself beats the reference, exactly.

    The region is cut into slabs along the last objective, in each of which the points below it are a problem of one
    dimension less.

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
    if len(points) == 0:
        return 0.0
    if len(corner) == 1:
        return float(corner[0] - points[:, 0].min())
    ordered = points[np.argsort(points[:, -1], kind="stable")]
    if len(corner) == 2:
        lowest = np.minimum.accumulate(ordered[:, 0])
        heights = np.diff(np.append(ordered[:, 1], corner[1]))
        return float(((corner[0] - lowest) * heights).sum())
    total = 0.0
    for count, (point, height) in enumerate(zip(ordered, np.append(ordered[1:, -1], corner[-1]), strict=True), 1):
        if height > point[-1]:
            below = ordered[:count, :-1]
            total += (height - point[-1]) * _volume(below[front(below)], corner[:-1])
    return total


def normalized(losses: Losses, low: Losses, high: Losses) -> Losses:
    """Scale losses so that `low` and `high` are 0 and 1; where the two are one value, it is 0, and twice as much 1."""
    one_value = np.where(low == 0, 1.0, np.abs(low))
    span: Losses = np.where(high > low, high - low, one_value)
    return np.asarray((losses - low) / span, dtype=np.float64)
