"""The best point of a study by each objective, for each workload."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from lpasim.reports.numbers import plain
from lpasim.reports.page.measures import measures
from lpasim.reports.page.study_columns import axis_columns
from lpasim.reports.study_folder import Study

if TYPE_CHECKING:
    import pandas as pd


@dataclass(frozen=True, slots=True)
class Best:
    """A point, and what it is the best in.

    Attributes
    ----------
    workload, by : str
        What ran, and the label of the objective.
    point : int
        Its place in the plan.
    axes : tuple of str
        Values of the axes.
    figures : tuple of str
        Values of all objectives.
    """

    workload: str
    by: str
    point: int
    axes: tuple[str, ...]
    figures: tuple[str, ...]


def best_points(study: Study, done: pd.DataFrame) -> list[Best]:
    """Return the best point by each objective, workload by workload; of equal ones, the first on the front.

    A workload without a front, for want of a point with numbers in every objective, has none.
    """
    axes = axis_columns(study)
    labels = {measure.name: measure.label for measure in measures(study)}
    goals = [(objective.column, objective.goal) for objective in study.objectives]
    found = []
    for workload, points in done[done["pareto"]].groupby("workload", sort=False):
        for column, goal in goals:
            known = points[points[column].notna()]
            if known.empty:
                continue
            row = known.iloc[int(known[column].argmin() if goal == "min" else known[column].argmax())]
            figures = tuple(plain(row[name]) for name, _ in goals)
            texts = tuple(axis.text(row[axis.name]) for axis in axes)
            found.append(
                Best(
                    str(workload),
                    f"{'lowest' if goal == 'min' else 'highest'} {labels[column]}",
                    int(row["point"]),
                    texts,
                    figures,
                )
            )
    return found
