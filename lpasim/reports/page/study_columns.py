"""The points of a study as the page's scripts take them: columns of axes and of measures."""

from __future__ import annotations

from dataclasses import dataclass
from math import isfinite
from typing import TYPE_CHECKING, Any

from lpasim.errors import ResultsError
from lpasim.hardware.export import with_unit
from lpasim.hardware.keys import find_key
from lpasim.networks.printable import printable
from lpasim.reports.page.measures import ALWAYS, MEASURES, Goal, Measure
from lpasim.reports.statistics import SUMMARY_STATS, columns
from lpasim.reports.study_folder import POINTS, Study

if TYPE_CHECKING:
    import pandas as pd

_UNITS = {name: stat.unit.replace("mm2", "mm²") for stat in SUMMARY_STATS for name in columns(stat)}


@dataclass(frozen=True, slots=True)
class AxisColumn:
    """A column that was varied.

    Attributes
    ----------
    name : str
        The column; it names the unit.
    key : str
        What ``--set`` calls it.
    """

    name: str
    key: str

    def text(self, value: Any) -> str:
        """Write a value with its unit, as people write it: 65536 B as 64 KiB."""
        key, value = find_key(self.key), _plain(value)
        if value is None:
            return "none"
        return str(value) if key is None else with_unit(value, key)


def axis_columns(study: Study) -> tuple[AxisColumn, ...]:
    """Return the columns of all axes, each once."""
    pairs = {name: key for axis in study.axes for name, key in zip(axis.columns, axis.keys, strict=True)}
    return tuple(AxisColumn(name, key) for name, key in pairs.items())


def measures(study: Study) -> tuple[Measure, ...]:
    """Return what points can be chosen by: the objectives, what can always be limited, and the rest.

    Raises
    ------
    ResultsError
        If such a column does not hold numbers.
    """
    known = {measure.name: measure for measure in MEASURES if measure.name in study.points.columns}
    goals: dict[str, Goal] = {objective.column: objective.goal for objective in study.objectives}
    first = [*goals, *(name for name in ALWAYS if name in known)]
    ordered = dict.fromkeys([*first, *known])
    for name in ordered:
        if study.points[name].dtype.kind not in "iufO" or not _is_numeric(study.points[name]):
            kind = study.points[name].dtype
            raise ResultsError(f"{name} must be a column of numbers, got {kind} ({printable(study.path / POINTS)})")
    return tuple(_with_goal(known.get(name), name, goals.get(name)) for name in ordered)


def main_measures(study: Study) -> tuple[str, ...]:
    """Name those that are shown at first sight."""
    names = [objective.column for objective in study.objectives]
    return tuple(dict.fromkeys([*names, *(name for name in ALWAYS if name in study.points.columns)]))


def plain_values(column: pd.Series[Any]) -> list[Any]:
    """Return a column as JSON types; what is missing or no finite number is None."""
    return [_plain(value) for value in column.tolist()]


def _with_goal(known: Measure | None, name: str, goal: Goal | None) -> Measure:
    if known is None:
        label, unit = name, _UNITS.get(name, "")
        return Measure(name, label, unit, goal or "min")
    return Measure(known.name, known.label, known.unit, goal or known.goal)


def _is_numeric(column: pd.Series[Any]) -> bool:
    return all(value is None or isinstance(value, int | float) for value in column.tolist())


def _plain(value: Any) -> Any:
    """Return a value of a column as a JSON type."""
    return None if isinstance(value, float) and not isfinite(value) else value
