"""The Pareto front of a study: what cannot be had better in one without being worse in the other."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from lpasim.reports.figures.kind import Kind, Options
from lpasim.reports.figures.legends import legend_above
from lpasim.reports.figures.panels import Panel, grid_of, panels
from lpasim.reports.figures.scales import logarithmic, roomy
from lpasim.reports.figures.study_data import (
    at_front,
    chosen,
    less_is_better,
    objectives_of,
    statistics_in,
    table_of,
    with_numbers,
)
from lpasim.reports.figures.style import COLOUR_MAP, MEDIUM_CONTRAST, MOST_VECTORS, PALE
from lpasim.reports.figures.words import label_of, shortened

if TYPE_CHECKING:
    import pandas as pd
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

    from lpasim.reports.figures.style import Page
    from lpasim.reports.study_folder import Study

PANEL_IN, LEAST_WIDTH_IN = 2.25, 2.6
ALONE_EMS, BESIDE_EMS = 6.0, 12.0
"""Widths of what stands beside a panel's axis, without and with colours of a third statistic [em]."""
PANEL_EMS = 15.0
"""Least height of a panel in heights of a letter."""
WIDE = 20.0
"""Ratio of the largest to the smallest number from which on an axis is logarithmic."""
GOALS = ("x_goal", "y_goal")


def data(study: Study, options: Options) -> pd.DataFrame:
    """Return two statistics of each point that has both, whether it is on their front, and a third, if there is one.

    The front is that of the two statistics within a workload; ``pareto`` tells that of all objectives of the study.
    """
    table, axes = table_of(study)
    known = statistics_in(table)
    wanted = objectives_of(study, known)
    x = chosen(options.x, wanted[0], known, "x")
    y = chosen(options.y, next((name for name in (*wanted[1:], *wanted) if name != x), x), known, "y")
    table = with_numbers(table, (x, y))
    third = next((name for name in wanted if name not in (x, y)), None)
    shown = [x, y]
    if options.z is not None or third is not None:
        shown.append(chosen(options.z, third or "", known, "z"))
    less = less_is_better(study, x), less_is_better(study, y)
    found = table[["workload", "point", *dict.fromkeys(shown)]].copy()
    found["front"] = False
    for _, rows in found.groupby("workload", sort=False):
        found.loc[rows.index, "front"] = at_front(rows[x], rows[y], less)
    found["pareto"] = table["pareto"]
    for name, lower in zip(GOALS, less, strict=True):
        found[name] = "min" if lower else "max"
    return found.join(table[axes])


def draw(figure: Figure, data: pd.DataFrame, page: Page) -> None:
    """Draw all points, and a line along the front of the two statistics.

    Without a third one, the points of this front are marked. With it, they are those of the front of all objectives,
    and it is their colour.
    """
    x, y, *more = data.columns[2 : data.columns.get_loc("front")]
    workloads = list(dict.fromkeys(data["workload"]))
    axes = panels(figure, len(workloads), page, LEAST_WIDTH_IN)
    rows_of_panels, columns = grid_of(len(workloads), page, LEAST_WIDTH_IN)
    lengths = {
        "x": page.width_in / columns - (BESIDE_EMS if more else ALONE_EMS) * page.style.size_pt / 72,
        "y": page.panel_in(PANEL_IN, rows_of_panels) - 0.6,
    }
    for at, (panel, workload) in enumerate(zip(axes, workloads, strict=True)):
        rows = data[data["workload"] == workload]
        colours = _points(panel, rows, [x, y, *more], page)
        for side, column in (("x", x), ("y", y)):
            if rows[column].min() > 0 and rows[column].max() / rows[column].min() > WIDE:
                logarithmic(panel, side, page, lengths[side])
            elif side == "x":
                roomy(panel, page, lengths[side])
        panel.set_xlabel(label_of(x))
        panel.set_ylabel(label_of(y))
        legend_above(panel, page, shortened(str(workload)), panel=Panel(at, len(workloads), columns))
        if colours is not None:
            bar = figure.colorbar(colours, ax=panel, label=label_of(more[0]), pad=0.02, aspect=25)
            bar.outline.set_linewidth(0.4)


def height_in(data: pd.DataFrame, page: Page) -> float:
    """Return the height of all panels [inch]."""
    rows, _ = grid_of(data["workload"].nunique(), page, LEAST_WIDTH_IN)
    panel_in = max(PANEL_IN, PANEL_EMS * page.style.size_pt / 72)
    return rows * (panel_in + page.lines_in(1)) + page.lines_in(1)


def _points(axes: Axes, rows: pd.DataFrame, columns: list[str], page: Page) -> Any:
    """Draw the points of a workload; return what the third statistic's colours are of, if there is one."""
    x, y, *more = columns
    chosen = rows["pareto"] if more else rows["front"]
    others, best = rows[~chosen], rows[chosen]
    edge_pt, area = 0.7 * page.style.line_pt, (0.42 * page.style.size_pt) ** 2
    many = len(others) > MOST_VECTORS
    if len(others):
        axes.scatter(others[x], others[y], 0.5 * area, PALE, linewidths=0, label="other points", rasterized=many)
    inside: dict[str, Any] = {"c": best[more[0]], "cmap": COLOUR_MAP} if more else {"color": MEDIUM_CONTRAST[0]}
    name = "Pareto front of all objectives" if more else "Pareto front"
    marks = axes.scatter(
        best[x], best[y], 1.4 * area, edgecolors="black", linewidths=edge_pt, zorder=3, label=name, **inside
    )
    front = rows[rows["front"]].sort_values([x, y], kind="stable")
    steps = "steps-post" if rows["x_goal"].iloc[0] == "min" else "steps-pre"
    look: dict[str, Any] = {"color": "black", "linewidth": edge_pt, "zorder": 2}
    axes.plot(
        front[x], front[y], drawstyle=steps, label="front of these two" if more and len(front) > 1 else "_", **look
    )
    return marks if more else None


KIND = Kind("pareto", "the Pareto front of two statistics", "study", data, draw, height_in)
