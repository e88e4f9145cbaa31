"""The Pareto front: the points that no other point beats in every objective."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from difflib import get_close_matches

import numpy as np
from numpy.typing import NDArray

from lpasim.errors import StudyError
from lpasim.reports.goals import MORE_IS_BETTER
from lpasim.reports.study_columns import STATISTICS

MIN, MAX = "min", "max"
DEFAULT = ("latency_ms", "energy_mj", "area_mm2")


@dataclass(frozen=True, slots=True)
class Objective:
    """A statistic, and whether it should be small (`MIN`) or large (`MAX`)."""

    column: str
    goal: str

    def loss(self, value: float) -> float:
        """Return what should be small."""
        return -value if self.goal == MAX else value


def parse_objectives(text: str) -> tuple[Objective, ...]:
    """Read ``latency_ms,tops_per_w``; ``name:max`` and ``name:min`` say which way, where the statistic does not.

    Raises
    ------
    StudyError
        If a column is unknown or given twice, or a goal is.
    """
    found: dict[str, Objective] = {}
    for part in text.split(","):
        column, colon, goal = (word.strip() for word in part.partition(":"))
        if column not in STATISTICS:
            near = get_close_matches(column, STATISTICS, 1, 0.5)
            hint = f"; did you mean {near[0]}?" if near else ", such as latency_ms, energy_mj or tops_per_w"
            raise StudyError(f"an objective must be a statistic of a run, got {column!r} (--objectives {text}){hint}")
        if colon and goal not in (MIN, MAX):
            raise StudyError(f"the goal of an objective must be {MIN} or {MAX}, got {goal!r} (--objectives {text})")
        if column in found:
            raise StudyError(f"objectives must name each statistic once, got {column} twice (--objectives {text})")
        found[column] = Objective(column, goal or (MAX if column in MORE_IS_BETTER else MIN))
    return tuple(found.values())


def front(losses: NDArray[np.float64]) -> NDArray[np.bool_]:
    """Tell which points are on the front.

    Parameters
    ----------
    losses : array of shape (points, objectives)
        What should be small. A row with a NaN is never on the front.

    Returns
    -------
    array of shape (points,)
        True where no other point is at most as large in all objectives and smaller in one.
    """
    on_front = np.zeros(len(losses), dtype=np.bool_)
    usable = np.flatnonzero(~np.isnan(losses).any(axis=1))
    order = usable[np.lexsort(losses[usable].T[::-1])]  # who beats a point comes before it
    kept = np.empty((0, losses.shape[1]))
    last: NDArray[np.float64] | None = None
    for point in order:
        row = losses[point]
        if last is not None and np.array_equal(row, last):
            on_front[point] = True
        elif not (kept <= row).all(axis=1).any():
            on_front[point] = True
            kept = np.vstack([kept, row])
            last = row
    return on_front


def fronts(losses: NDArray[np.float64], groups: Sequence[int]) -> NDArray[np.bool_]:
    """Tell which points are on the front of their own group; for parameters see `front`."""
    belongs = np.asarray(groups)
    found = np.zeros(len(losses), dtype=np.bool_)
    for group in np.unique(belongs):
        members = np.flatnonzero(belongs == group)
        found[members] = front(losses[members])
    return found
