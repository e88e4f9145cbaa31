"""The page of a study."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from lpasim.hardware import load_hardware
from lpasim.reports.headline import chip_line
from lpasim.reports.numbers import counted
from lpasim.reports.page.basis import basis
from lpasim.reports.page.best import best_points
from lpasim.reports.page.checks import check_study
from lpasim.reports.page.document import Page
from lpasim.reports.page.measures import main_measures, measures
from lpasim.reports.page.palette import SERIES
from lpasim.reports.page.sample import shown_points
from lpasim.reports.page.sections import StudySections
from lpasim.reports.page.study_columns import AxisColumn, axis_columns, plain_values
from lpasim.reports.study_folder import DONE, Axis, Study

if TYPE_CHECKING:
    import pandas as pd

SCRIPTS = (
    "theme",
    "tables",
    "scales",
    "conditions",
    "controls",
    "fronts",
    "groups",
    "scatter",
    "parallel",
    "chosen",
    "save",
    "point",
    "study",
)
SVG_POINTS = 1500
"""Beyond these, the chart of points is drawn by WebGL."""
MOST_VALUES = 12
"""Values of an axis that are listed one by one."""
MOST_FAILURES = 50
"""Points without results that are listed."""


def study_page(study: Study) -> Page:
    """Lay out what a study's folder holds.

    Raises
    ------
    ResultsError, HardwareError
        If a file of the folder is missing or malformed, or no point has results.
    """
    said, done = check_study(study), study.done
    resolved = load_hardware(str(study.path / "config.yaml"))
    failed = study.points[~study.points["status"].isin((DONE, "excluded"))]
    shown, ran = shown_points(done), " and ".join(study.head.workloads)
    content = {
        "configured": "Every value of the base; points differ from it by their axes.",
        "title": f"{study.name}: {counted(len(done), 'point')} of {ran} on {said.hardware}",
        "lines": (f"Base: {resolved.hardware.title}", chip_line(resolved.hardware)),
        "where": said.where,
        "counts": _counts(study),
        "best": (best := best_points(study, done)),
        "frontless": [name for name in study.head.workloads if name not in {point.workload for point in best}],
        "failed": _failures(failed.head(MOST_FAILURES), study),
        "failures": len(failed),
        "done": len(done),
        "shown": len(shown),
        "workloads": _workloads(done),
        "axes": axis_columns(study),
        "coloured": [axis.name for axis in axis_columns(study) if 1 < shown[axis.name].nunique() <= len(SERIES)],
        "varied": [(axis.label, _values(axis)) for axis in study.axes],
        "measures": measures(study),
        "main": main_measures(study),
        "objectives": measures(study)[: len({objective.column for objective in study.objectives})],
        **basis(study.path, resolved),
        "versions": said.versions,
    }
    return Page("study.html", SCRIPTS, content, _data(study, said, shown), compiles=len(shown) > SVG_POINTS)


def _workloads(done: pd.DataFrame) -> list[str]:
    return [str(name) for name in done["workload"].unique()]


def _values(axis: Axis) -> str:
    """List the values of an axis; those of several keys that move together with a cross between them."""
    columns = [AxisColumn(name, key) for name, key in zip(axis.columns, axis.keys, strict=True)]
    together = [value if isinstance(value, list) else [value] for value in axis.values]
    if len(together) > MOST_VALUES and len(columns) == 1 and all(_is_number(value) for value in axis.values):
        ends = (columns[0].text(end(axis.values)) for end in (min, max))
        return f"{' to '.join(ends)}, {counted(len(together), 'value')}"
    texts = [[column.text(value) for column, value in zip(columns, values, strict=False)] for values in together]
    return ", ".join(" × ".join(text) for text in texts)


def _is_number(value: Any) -> bool:
    return isinstance(value, int | float)


def _counts(study: Study) -> dict[str, int]:
    """Count the points by their status."""
    counted_by = study.points["status"].value_counts()
    return {str(name): int(count) for name, count in counted_by.items()} | {"front": int(study.done["pareto"].sum())}


def _failures(failed: pd.DataFrame, study: Study) -> list[dict[str, Any]]:
    axes = axis_columns(study)
    return [
        {
            "point": row["point"],
            "workload": row["workload"],
            "axes": [(axis.key, axis.text(row[axis.name])) for axis in axes],
            "error": row["error"],
        }
        for row in failed.to_dict("records")
    ]


def _options(said: StudySections) -> list[str]:
    """Return the options of ``lpasim run`` that all points share."""
    settings = [word for setting in said.arguments.overrides for word in ("--set", setting)]
    batch = said.arguments.batch
    chip = said.arguments.hardware or said.hardware
    return ["--hardware", chip, *settings, *([] if batch is None else ["--batch", str(batch)])]


def _given(said: StudySections) -> dict[str, str]:
    """Return how each workload was given, by its name: that of a file differs from it."""
    return dict(zip(said.workloads, said.arguments.workloads, strict=False))


def _files(said: StudySections) -> list[str]:
    """List the files that were given: workloads and the accelerator."""
    chip = said.arguments.hardware or said.hardware
    return [given for name, given in (*_given(said).items(), (said.hardware, chip)) if given != name]


def _data(study: Study, said: StudySections, shown: pd.DataFrame) -> dict[str, Any]:
    """Return what the scripts need: column by column, so that names are not repeated."""
    workloads = _workloads(study.done)
    places = {name: place for place, name in enumerate(workloads)}
    axes = [
        {
            "name": axis.name,
            "key": axis.key,
            "values": (values := plain_values(shown[axis.name])),
            "texts": [[value, axis.text(value)] for value in dict.fromkeys(values)],
        }
        for axis in axis_columns(study)
    ]
    of_measures = [
        {
            "name": measure.name,
            "label": measure.label,
            "unit": measure.unit,
            "goal": measure.goal,
            "values": plain_values(shown[measure.name]),
        }
        for measure in measures(study)
    ]
    return {
        "points": plain_values(shown["point"]),
        "workloads": workloads,
        "workload": [places[str(name)] for name in shown["workload"]],
        "front": [int(on) for on in shown["pareto"]],
        "axes": axes,
        "measures": of_measures,
        "main": main_measures(study),
        "objectives": [objective.column for objective in study.objectives],
        "webgl": len(shown) > SVG_POINTS,
        "command": _options(said),
        "given": [_given(said).get(name, name) for name in workloads],
        "files": _files(said),
        "colours": SERIES,
    }
