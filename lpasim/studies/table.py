"""The table of a study: one row a point, in the order of the plan, made of the store alone.

The table does not depend on when, in which order and by how many runs its points were evaluated.
"""

from __future__ import annotations

import csv
from array import array
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from math import nan
from typing import TYPE_CHECKING, Any

import numpy as np

from lpasim.errors import LpasimError, StudyError
from lpasim.reports.statistics import SUMMARY_STATS, columns
from lpasim.reports.study_columns import STATISTICS
from lpasim.reports.study_folder import DONE, FIRST_COLUMNS, LAST_COLUMNS
from lpasim.studies.axis import Value
from lpasim.studies.coordinator import Study
from lpasim.studies.ledger import Ledger, Mark
from lpasim.studies.outcome import Outcome, Status, failed
from lpasim.studies.pareto import Objective, fronts

if TYPE_CHECKING:
    from _csv import Writer

    import pyarrow as pa

FAILED, EXCLUDED = "failed", "excluded"
Row = dict[str, Value | None]


@dataclass(frozen=True, slots=True)
class Counts:
    """Points of the plan, and what became of them; some of the excluded ones were never evaluated."""

    planned: int
    done: int
    failed: int
    excluded: int


class Table:
    """The rows of a study that is complete.

    Parameters
    ----------
    study : Study
    ledger : Ledger
        Of its evaluation.
    objectives : sequence of Objective
        Those of the Pareto front.
    """

    def __init__(self, study: Study, ledger: Ledger, objectives: Sequence[Objective]) -> None:
        self._study, self._ledger = study, ledger
        self.columns = (*FIRST_COLUMNS, *study.plan.space.columns, *STATISTICS, *LAST_COLUMNS)
        self._points = array("q")
        found = {DONE: 0, FAILED: 0, EXCLUDED: 0}
        losses, groups = array("d"), array("q")
        for point, row in self._unranked():
            self._points.append(point)
            found[str(row["status"])] += 1
            losses.extend(_loss(row, objective) for objective in objectives)
            groups.append(study.plan.steps(point)[0])
        found[EXCLUDED] += ledger.count(Mark.EXCLUDED)
        self.counts = Counts(len(study.plan), found[DONE], found[FAILED], found[EXCLUDED])
        shape = (len(self._points), len(objectives))
        self._on_front = fronts(np.frombuffer(losses, dtype=np.float64).reshape(shape), groups)

    def rows(self) -> Iterator[Row]:
        """Generate the rows; points that were excluded before they were evaluated have none."""
        for place, (_, row) in enumerate(self._unranked()):
            yield {**row, "pareto": bool(self._on_front[place])}

    def _unranked(self) -> Iterator[tuple[int, Row]]:
        """Generate the rows with their numbers, none on a front yet."""
        plan, ledger, constraint = self._study.plan, self._ledger, self._study.constraint
        nothing: Row = dict.fromkeys(STATISTICS)
        for point in range(len(plan)):
            if ledger.mark(point) is Mark.EXCLUDED:
                continue
            values, outcome = plan.values(point), self._outcome(point)
            row = {**values, **nothing, **(outcome.statistics or {})}
            done = outcome.status is Status.DONE
            kept = not done or constraint.holds(constraint.by_results, row)
            status = (DONE if kept else EXCLUDED) if done else FAILED
            yield point, {"point": point, **row, "pareto": False, "status": status, "error": outcome.error}

    def _outcome(self, point: int) -> Outcome:
        if self._ledger.mark(point) is Mark.IMPOSSIBLE:
            try:
                self._study.model.identify(self._study.plan.task(point))
            except LpasimError as error:
                return failed(error)
        found = self._study.store.get(self._ledger.key(point))
        if found is None:
            raise StudyError(f"store must keep what it was given, got no point {point} ({self._study.store.path})")
        return found


def _loss(row: Row, objective: Objective) -> float:
    value = row[objective.column]
    usable = row["status"] == DONE and isinstance(value, int | float)
    return objective.loss(float(value)) if usable and value is not None else nan


def write_header(file: Any, names: Sequence[str]) -> Writer:
    """Start a CSV file."""
    writer = csv.writer(file, lineterminator="\n")
    writer.writerow(names)
    return writer


def spelled(row: Row) -> list[str]:
    """Spell a row for CSV: numbers exactly, nothing as an empty field."""
    return [_spelled(value) for value in row.values()]


def _spelled(value: Value | None) -> str:
    if value is None:
        return ""
    return str(value).lower() if isinstance(value, bool) else str(value)


def schema(study: Study) -> pa.Schema:
    """Return the types of the columns, with units and descriptions as metadata."""
    import pyarrow as pa

    kinds = {str: pa.string(), bool: pa.bool_(), int: pa.int64(), float: pa.float64()}
    fields = [pa.field("point", pa.int64()), pa.field("workload", pa.string())]
    for axis in study.plan.space.axes:
        for place, column in enumerate(axis.columns):
            types = {type(step[place]) for step in axis.values}
            kind = float if types == {int, float} else types.pop() if len(types) == 1 else str
            fields.append(pa.field(column, kinds[kind], metadata={"unit": axis.unit_of(place)}))
    for stat in SUMMARY_STATS:
        metadata = {"unit": stat.unit, "description": stat.description}
        fields += [pa.field(name, kinds[stat.kind], metadata=metadata) for name in columns(stat)]
    last = (pa.field("pareto", pa.bool_()), pa.field("status", pa.string()), pa.field("error", pa.string()))
    return pa.schema([*fields, *last])
