"""What a study asks of its points: at once, where it is known before a point is simulated, and afterwards."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from lpasim.reports.statistics import SUMMARY_STATS, columns
from lpasim.reports.study_columns import STATISTICS
from lpasim.studies.axis import Value
from lpasim.studies.condition import NUMERIC, TRUTH, WORD, Row, Term, parse_condition
from lpasim.studies.space import WORKLOAD, Space

AREAS = tuple(
    name
    for stat in SUMMARY_STATS
    if stat.name in ("area_mm2", "compute_area_mm2", "component_area_mm2")
    for name in columns(stat)
)
"""Those that are known before it is simulated."""


@dataclass(frozen=True, slots=True)
class Constraint:
    """A condition, parted by when its parts are known.

    Attributes
    ----------
    text : str or None
        As it was written; None if there is none.
    by_axes : tuple of Term
        Those that read axes alone.
    by_area : tuple of Term
        Those that read areas too.
    by_results : tuple of Term
        The rest.
    names : mapping of str to str
        Column of each name that may stand for one.
    """

    text: str | None
    by_axes: tuple[Term, ...]
    by_area: tuple[Term, ...]
    by_results: tuple[Term, ...]
    names: Mapping[str, str]

    def __bool__(self) -> bool:
        return self.text is not None

    def holds(self, terms: tuple[Term, ...], row: Row) -> bool:
        """Tell whether all of some conditions hold for a row with the columns that they read."""
        named = {**row, **{name: row[column] for name, column in self.names.items() if column in row}}
        return all(term.evaluate(named) for term in terms)


def make_constraint(text: str | None, space: Space) -> Constraint:
    """Parse a condition on the points of a space.

    Raises
    ------
    StudyError
        If it is none, or names what no point has.
    """
    if text is None:
        return Constraint(None, (), (), (), {})
    kinds = dict.fromkeys(STATISTICS, NUMERIC) | {WORKLOAD: WORD}
    names: dict[str, str] = {}
    for axis in space.axes:
        for key, column, value in zip(axis.keys, axis.columns, axis.values[0], strict=True):
            kinds |= dict.fromkeys((key, column), _worth(value))
            names[key] = column
    term = parse_condition(text, kinds)
    early = {WORKLOAD, *names, *names.values()}
    parts: dict[str, list[Term]] = {"axes": [], "area": [], "results": []}
    for part in term.conjuncts():
        read = set(part.names())
        parts["axes" if read <= early else "area" if read <= early | set(AREAS) else "results"].append(part)
    return Constraint(text, tuple(parts["axes"]), tuple(parts["area"]), tuple(parts["results"]), names)


def _worth(value: Value) -> str:
    if isinstance(value, bool):
        return TRUTH
    return WORD if isinstance(value, str) else NUMERIC
