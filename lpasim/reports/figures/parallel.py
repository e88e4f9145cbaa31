"""Parallel coordinates: every point of a study as a line through its axes and objectives."""

from __future__ import annotations

from math import isnan
from typing import TYPE_CHECKING, Any

import numpy as np

from lpasim.reports.figures.kind import Kind, Options
from lpasim.reports.figures.legends import legend_above
from lpasim.reports.figures.panels import Panel
from lpasim.reports.figures.study_data import in_order, is_statistic, objectives_of, statistics_in, table_of
from lpasim.reports.figures.style import MEDIUM_CONTRAST, PALE
from lpasim.reports.figures.words import fitted, label_of, shortened, value_of
from lpasim.reports.numbers import counted

if TYPE_CHECKING:
    import pandas as pd
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

    from lpasim.reports.figures.style import Page
    from lpasim.reports.study_folder import Study

PANEL_IN, PANEL_EMS = 1.6, 9.4
"""Least height of a panel, and in heights of a letter: values stand above and below coordinates."""
MOST_LINES = 1000
"""Lines that are not on the front; of more, evenly spaced ones are drawn."""
MOST_VALUES = 6
"""Most values of an axis that are written beside it, and stand at even distances."""
WIDE = 20.0
"""Ratio of the largest to the smallest number from which on a coordinate is logarithmic."""
ROOM = 0.1
"""Distance of the ends of coordinates from the ends of the panel, in its heights: there stand values."""
SIDE = 0.45
"""Room beside the outermost coordinates, in distances of two."""


def data(study: Study, options: Options) -> pd.DataFrame:
    """Return the axes and the objectives of every point, in this order, and whether it is on the front."""
    table, axes = table_of(study)
    shown = [*axes, *objectives_of(study, statistics_in(table))]
    found = table[["workload", "point", *shown]].copy()
    found["pareto"] = table["pareto"].astype(bool)
    return found


def draw(figure: Figure, data: pd.DataFrame, page: Page) -> None:
    """Draw a panel a workload: points of the front dark, others pale behind them."""
    coordinates = list(data.columns[2:-1])
    workloads = list(dict.fromkeys(data["workload"]))
    axes = figure.subplots(len(workloads), 1, squeeze=False, sharex=True)[:, 0]
    for at, (panel, workload) in enumerate(zip(axes, workloads, strict=True)):
        rows = data[data["workload"] == workload]
        _panel(panel, rows, coordinates, page)
        legend_above(panel, page, shortened(str(workload)), panel=Panel(at, len(workloads)))
        panel.tick_params(axis="x", length=0, labelbottom=at == len(workloads) - 1)
    _name(axes[-1], coordinates, page)


def height_in(data: pd.DataFrame, page: Page) -> float:
    """Return the height of all panels [inch]."""
    panel_in = max(PANEL_IN, PANEL_EMS * page.style.size_pt / 72)
    return data["workload"].nunique() * (panel_in + page.lines_in(1.3)) + page.lines_in(4.5)


def _panel(axes: Axes, rows: pd.DataFrame, coordinates: list[str], page: Page) -> None:
    from matplotlib.collections import LineCollection

    heights = np.stack([_heights(rows[name], name) for name in coordinates], axis=1)
    places = np.arange(len(coordinates))
    front = rows["pareto"].to_numpy(bool)
    others = np.flatnonzero(~front)
    kept = others[np.linspace(0, len(others) - 1, min(len(others), MOST_LINES)).astype(int)]
    some = "" if len(kept) == len(others) else f", {len(kept):,} drawn"
    looks: tuple[tuple[Any, dict[str, Any]], ...] = (
        (kept, {"color": PALE, "linewidth": 0.4 * page.style.line_pt, "label": f"{len(others):,} others{some}"}),
        (
            np.flatnonzero(front),
            {
                "color": MEDIUM_CONTRAST[0],
                "linewidth": 0.8 * page.style.line_pt,
                "label": f"{counted(int(front.sum()), 'point')} of the Pareto front",
            },
        ),
    )
    for chosen, look in looks:
        if len(chosen):
            axes.add_collection(LineCollection([np.column_stack((places, heights[at])) for at in chosen], **look))
    for place, name in enumerate(coordinates):
        axes.vlines(place, ROOM, 1 - ROOM, color="black", linewidth=0.6 * page.style.line_pt, zorder=3)
        _values(axes, place, rows[name], name, page, _step_in(len(coordinates), page))
    axes.set_xlim(-SIDE, len(coordinates) - 1 + SIDE)
    axes.set_ylim(0, 1)
    axes.set_yticks([])
    for spine in axes.spines.values():
        spine.set_visible(False)


def _heights(values: pd.Series, name: str) -> np.ndarray:
    """Return where lines cross a coordinate, 0..1; a value that is missing is nowhere."""
    if not values.notna().any():
        return np.full(len(values), np.nan)
    steps = _steps(values, name)
    numbers = np.array([steps.index(value) for value in values], float) if steps else np.asarray(values, float)
    if not steps and np.nanmin(numbers) > 0 and np.nanmax(numbers) / np.nanmin(numbers) > WIDE:
        numbers = np.log(numbers)
    low, high = float(np.nanmin(numbers)), float(np.nanmax(numbers))
    shares = (numbers - low) / (high - low) if high > low else np.full(len(numbers), 0.5)
    return np.asarray(ROOM + (1 - 2 * ROOM) * shares)


def _steps(values: pd.Series, name: str) -> list[object]:
    """Return the values of an axis that stand at even distances: few, or texts; none of others."""
    if is_statistic(name):
        return []
    steps = in_order(values)
    return steps if len(steps) <= MOST_VALUES or values.dtype.kind not in "iuf" else []


def _values(axes: Axes, place: int, values: pd.Series, name: str, page: Page, step_in: float) -> None:
    """Write values at a coordinate: those at its ends above and below it, others of a few beside it."""
    heights = _heights(values, name)
    written = {height: value for height, value in zip(heights.tolist(), values, strict=True) if not isnan(height)}
    if len(written) > MOST_VALUES or is_statistic(name):
        written = {height: written[height] for height in sorted(written)[:: max(1, len(written) - 1)]}
    size_pt = page.style.small_pt - 0.5
    paper = {"facecolor": "white", "edgecolor": "none", "pad": 0.3, "alpha": 0.85}
    for height, value in written.items():
        text = fitted(value_of(name, value), 0.98 * step_in, page, size_pt)
        look: dict[str, Any] = {"textcoords": "offset points", "fontsize": size_pt, "zorder": 4}
        if height >= 1 - ROOM:
            axes.annotate(text, (place, height), (0, 3), ha="center", va="bottom", **look)
        elif height <= ROOM:
            axes.annotate(text, (place, height), (0, -3), ha="center", va="top", **look)
        else:
            axes.annotate(text, (place, height), (2, 0), va="center", bbox=paper, **look)


def _name(axes: Axes, coordinates: list[str], page: Page) -> None:
    """Write the names of the coordinates below them, in lines that fit."""
    step_in = 0.94 * _step_in(len(coordinates), page)
    labels = [_wrapped(label_of(name), step_in, page) for name in coordinates]
    most = max(label.count("\n") for label in labels)
    labels = [label + "\n" * (most - label.count("\n")) for label in labels]  # so that first lines are in line
    across = all(page.width_of(line) <= step_in for label in labels for line in label.split("\n"))
    if across:
        axes.set_xticks(range(len(coordinates)), labels, linespacing=1.0)
    else:
        axes.set_xticks(range(len(coordinates)), [label_of(name) for name in coordinates], rotation=90)


def _step_in(coordinates: int, page: Page) -> float:
    """Return the distance of two coordinates [inch]."""
    return (page.width_in - 0.15) / (coordinates - 1 + 2 * SIDE)


def _wrapped(text: str, width_in: float, page: Page) -> str:
    """Break a text between words so that its lines are at most so wide, if its words are."""
    lines: list[str] = []
    for word in text.split(" "):
        if lines and page.width_of(f"{lines[-1]} {word}") <= width_in:
            lines[-1] += f" {word}"
        else:
            lines.append(word)
    return "\n".join(lines)


KIND = Kind("parallel", "every point as a line through its axes and objectives", "study", data, draw, height_in)
