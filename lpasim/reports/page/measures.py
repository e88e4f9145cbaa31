"""The figures of merit by which points of a study are chosen: their labels, and which way is better."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from lpasim.errors import ResultsError
from lpasim.networks.printable import printable
from lpasim.reports.figures.study_data import less_is_better
from lpasim.reports.figures.words import name_of, unit_of
from lpasim.reports.study_folder import POINTS, Study

ALWAYS = ("latency_ms", "area_mm2")
"""What can be limited at first sight, besides the objectives."""
MORE = ("energy_mj", "power_mw", "throughput_gops", "utilization", "tops_per_w", "tops_per_mm2", "edp_mj_ms")
"""What else the page offers of any study."""


@dataclass(frozen=True, slots=True)
class Measure:
    """A column of a study's points: its name, label and unit for people, and which way is better."""

    name: str
    label: str
    unit: str
    goal: Literal["min", "max"]


def main_measures(study: Study) -> tuple[str, ...]:
    """Name what is shown at first sight: the objectives, and what can always be limited."""
    return _known(study, (*(objective.column for objective in study.objectives), *ALWAYS))


def measures(study: Study) -> tuple[Measure, ...]:
    """Return what points can be chosen by, that of `main_measures` first.

    Raises
    ------
    ResultsError
        If such a column does not hold numbers.
    """
    names = _known(study, (*main_measures(study), *MORE))
    for name in names:
        column = study.points[name]
        if not all(value is None or isinstance(value, int | float) for value in column.tolist()):
            where = printable(study.path / POINTS)
            raise ResultsError(f"{name} must be a column of numbers, got {column.dtype} ({where})")
    return tuple(
        Measure(name, name_of(name), unit_of(name), "min" if less_is_better(study, name) else "max") for name in names
    )


def _known(study: Study, names: tuple[str, ...]) -> tuple[str, ...]:
    return tuple(name for name in dict.fromkeys(names) if name in study.points.columns)
