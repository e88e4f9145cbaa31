"""Refusing what is not as a run or a study declares it, before anything is computed from it or shown."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from math import isfinite
from typing import Any

from lpasim.errors import ResultsError
from lpasim.networks.printable import printable
from lpasim.reports.page.sections import ReportSections, StudySections, read_sections
from lpasim.reports.saved_run import REPORT_FILE, SavedRun
from lpasim.reports.statistics import LAYER_STATS, SUMMARY_STATS, Stat
from lpasim.reports.study_folder import MARK, POINTS, Study

_LAYER_OPTIONAL = ("count", "m", "k", "n", "weight_bits", "mode", "macs_per_cell")
"""What a layer without a product lacks."""
_SUMMARY_OPTIONAL = (
    "inferences_per_s",
    "throughput_gops",
    "peak_gops",
    "utilization",
    "average_weight_bits",
    "average_activation_bits",
    "tops_per_mm2",
    "compute_tops_per_mm2",
    "power_mw",
    "tops_per_w",
)
"""What would divide by zero."""
_WORDS = {str: "a text", int: "a whole number", float: "a number"}


def check_run(run: SavedRun) -> ReportSections:
    """Make sure that a report holds what the page shows, and return what is no table of it.

    Raises
    ------
    ResultsError
        If a value is of another kind, or there is no layer.
    """
    where = printable(run.path / REPORT_FILE)
    sections = read_sections(ReportSections, run.report, where)
    if not run.report["layers"]:
        raise ResultsError(f"layers must be one at least, got none ({where})")
    _check_row(run.report["summary"], "summary", SUMMARY_STATS, _SUMMARY_OPTIONAL, where)
    for index, row in enumerate(run.report["layers"]):
        _check_row(row, f"layers[{index}]", LAYER_STATS, _LAYER_OPTIONAL, where)
    return sections


def check_study(study: Study) -> StudySections:
    """Make sure that a study holds what the page shows, and return what is no table of it.

    Raises
    ------
    ResultsError
        If a value is of another kind, or no point has results.
    """
    _check_columns(study)
    if study.done.empty:
        raise ResultsError(f"study must have a point with results, got none ({printable(study.path)})")
    return read_sections(StudySections, study.description, printable(study.path / MARK))


def _check_columns(study: Study) -> None:
    """Refuse columns that hold other things than their names say; `measures` looks at those of figures."""
    axes = [name for axis in study.axes for name in axis.columns]
    kinds: dict[str, tuple[Any, str]] = dict.fromkeys(axes, (int | float | str | None, "numbers or texts"))
    kinds |= {"point": (int, "whole numbers"), "pareto": (bool, "true or false"), "error": (str | None, "texts")}
    kinds |= {"workload": (str, "texts"), "status": (str, "texts")}
    for name, (kind, words) in kinds.items():
        for value in study.points[name].tolist():
            if not isinstance(value, kind):
                where = printable(study.path / POINTS)
                raise ResultsError(f"{name} must be a column of {words}, got {value!r} ({where})")


def _check_row(row: Mapping[str, Any], name: str, stats: Sequence[Stat], optional: Sequence[str], where: str) -> None:
    for stat in stats:
        value = row[stat.name]
        if stat.parts and not isinstance(value, dict):
            raise ResultsError(f"{name}.{stat.name} must be numbers by part, got {value!r} ({where})")
        parts = {f".{part}": value.get(part) for part in stat.parts} if stat.parts else {"": value}
        for part, found in parts.items():
            if not _is_of(stat.kind, found) and not (found is None and stat.name in optional):
                raise ResultsError(f"{name}.{stat.name}{part} must be {_WORDS[stat.kind]}, got {found!r} ({where})")


def _is_of(kind: type, value: Any) -> bool:
    """Tell whether a value is of the kind of a statistic; whole numbers are numbers, too, and true is none."""
    if kind is float:
        return isinstance(value, int | float) and not isinstance(value, bool) and isfinite(value)
    return isinstance(value, kind) and not isinstance(value, bool)
