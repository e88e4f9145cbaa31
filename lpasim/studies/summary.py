"""The end of a study on a terminal: what became of the points, the best of them, and the Pareto front."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any

from rich import box
from rich.console import Console, RenderableType
from rich.table import Table
from rich.text import Text

from lpasim.reports.fitted import Fitted
from lpasim.reports.numbers import counted, plain
from lpasim.reports.statistics import SUMMARY_STATS, columns
from lpasim.reports.study_folder import BYTES
from lpasim.studies.folder import Finished
from lpasim.studies.pareto import MAX, Objective
from lpasim.studies.table import Row

LONGEST = 20
"""Points of a front that are shown."""
ALSO = ("latency_ms", "energy_mj", "area_mm2", "tops_per_w", "tops_per_mm2")
"""Statistics that are shown beside the objectives."""
WIDEST = 1000
"""Columns of a terminal that is wide enough for anything."""
_UNITS = {name: stat.unit for stat in SUMMARY_STATS for name in columns(stat)}


def best_of(finished: Finished) -> dict[str, dict[str, Row]]:
    """Return the best point of each workload and objective; of equal ones, the first on the front.

    A point that is best in one objective, and among those best in the others, is on the front.
    """
    found: dict[str, dict[str, Row]] = {}
    for workload in finished.description["workloads"]:
        rows = [row for row in finished.front if row["workload"] == workload]
        for each in _objectives(finished) if rows else ():
            best = min(rows, key=lambda row: each.loss(_number(row[each.column])))
            found.setdefault(workload, {})[each.column] = best
    return found


def render_study(finished: Finished) -> Iterator[RenderableType]:
    """Draw the end of a study from top to bottom."""
    description = finished.description
    yield _heading(description)
    best_points = best_of(finished)
    for workload in description["workloads"]:
        if workload not in best_points:
            yield Text(f"\n{workload}: no point has results in every objective", "bold")
    for workload, best in best_points.items():
        front = [row for row in finished.front if row["workload"] == workload]
        yield Text(f"\n{workload}: best points", "bold")
        yield _table(finished, [(_goal(each), best[each.column]) for each in _objectives(finished)])
        shown = _evenly(front, LONGEST)
        more = f", {len(shown)} of them shown" if len(shown) < len(front) else ""
        yield Text(f"{workload}: Pareto front, {counted(len(front), 'point')}{more}", "bold")
        yield _table(finished, [(str(row["point"]), row) for row in shown])
    if description.get("search"):
        yield _search(description["search"])
    if description["points"]["failed"]:
        yield Text(f"points.csv says of each point that failed why; the first: {finished.failure}", "dim")


def _search(search: dict[str, Any]) -> Text:
    """Say how much of the space of objectives the search beats, and chance beside it."""
    text = Text(f"{search['sampler']}: {counted(search['distinct_points'], 'trial')}\n")
    found = search["hypervolume"]
    if found is not None:
        text.append(f"hypervolume {found['search'][-1]:.4f}", "bold")
        if found["random"] is not None:
            text.append(f", at random {found['random'][-1]:.4f}")
        text.append(f" (of at most {found['most']:.4f}; study.json says how it is measured)\n", "dim")
    return text


def _heading(description: dict[str, Any]) -> Text:
    points = description["points"]
    sample = description["sampling"].get("sample")
    planned = counted(points["planned"], "point") + (f" of a sample of {sample}" if sample else "")
    parts = [planned, *(f"{points[name]:,} {name}" for name in ("done", "failed", "excluded") if points[name])]
    text = Text()
    text.append(description["name"], "bold")
    text.append(f": {', '.join(description['workloads'])} on {description['hardware']}\n")
    text.append(", ".join(parts), "dim")
    if description["where"]:
        text.append(f"; where {description['where']}", "dim")
    return text


def _table(finished: Finished, rows: Sequence[tuple[str, Row]]) -> Fitted:
    """Draw points: what varies, then the objectives and, as far as there is room, a few other statistics."""
    axes = [column for axis in finished.description["axes"] for column in axis["columns"]]
    wanted = [each.column for each in _objectives(finished)]
    more = [name for name in ALSO if name not in wanted]
    pages = [_page(rows, axes, wanted, more[:count]) for count in range(len(more), -1, -1)]
    return Fitted(lambda width: next((page for page in pages if _width(page) <= width), pages[-1]))


def _page(rows: Sequence[tuple[str, Row]], axes: Sequence[str], wanted: Sequence[str], more: Sequence[str]) -> Table:
    table = Table(box=box.SIMPLE_HEAD, pad_edge=False, padding=(0, 1, 0, 0))
    table.add_column("point" if rows and rows[0][0].isdigit() else "best", vertical="bottom", no_wrap=True)
    for column in axes:
        table.add_column(_short(column), justify="right", vertical="bottom", no_wrap=True)
    for name in (*wanted, *more):
        style = "bold" if name in wanted else ""
        table.add_column(_header(name), justify="right", vertical="bottom", no_wrap=True, style=style)
    for first, row in rows:
        table.add_row(
            first, *(_value(row[column]) for column in axes), *(_value(row[name]) for name in (*wanted, *more))
        )
    return table


def _width(table: Table) -> int:
    """Measure how wide a table would like to be."""
    return Console(width=WIDEST).measure(table).maximum


def _short(column: str) -> str:
    """Break the name of an axis at its section and before its unit."""
    words = column.replace(".", ".\n")
    for ending in (BYTES, "_mhz", "_gbps", "_ns"):
        if words.endswith(ending):
            return f"{words.removesuffix(ending)}\n{ending[1:]}"
    return words


def _header(name: str) -> str:
    """Break the name of a statistic before its unit."""
    unit = _UNITS[name]
    for ending in (f"_{unit.lower()}", f"_{unit.lower().replace('/', '_per_')}"):
        if unit and name.endswith(ending):
            return f"{name.removesuffix(ending).replace('_', ' ')}\n{unit}"
    return f"\n{unit}" if unit.startswith("TOPS") else f"{name.replace('_', ' ')}\n{unit}"


def _goal(objective: Objective) -> str:
    what, _, unit = _header(objective.column).partition("\n")
    named = f"{what} {unit}".strip() if unit.startswith("TOPS") else what
    return f"{'most' if objective.goal == MAX else 'least'} {named}"


def _value(value: Any) -> str:
    if value is None:
        return "-"
    if isinstance(value, bool):
        return str(value).lower()
    if isinstance(value, int):
        return f"{value:,}"
    return plain(value) if isinstance(value, float) else str(value)


def _evenly(rows: Sequence[Row], most: int) -> list[Row]:
    """Choose some rows, the first and the last included."""
    if len(rows) <= most:
        return list(rows)
    return [rows[place * (len(rows) - 1) // (most - 1)] for place in range(most)]


def _number(value: Any) -> float:
    """Return an objective of a point on the front, which has a number."""
    return float(value)


def _objectives(finished: Finished) -> list[Objective]:
    return [Objective(each["column"], each["goal"]) for each in finished.description["objectives"]]
