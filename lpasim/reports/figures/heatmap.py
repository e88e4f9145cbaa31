"""A statistic over two axes of a study."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from lpasim.errors import ResultsError
from lpasim.networks.printable import printable
from lpasim.reports.figures.kind import Kind, Options, UnsuitedError
from lpasim.reports.figures.legends import legend_above
from lpasim.reports.figures.panels import Panel, grid_of, panels
from lpasim.reports.figures.scales import logarithmic
from lpasim.reports.figures.study_data import (
    chosen,
    in_order,
    less_is_better,
    objectives_of,
    statistics_in,
    table_of,
    with_numbers,
)
from lpasim.reports.figures.style import COLOUR_MAP
from lpasim.reports.figures.words import label_of, shortened, value_of
from lpasim.reports.numbers import plain

if TYPE_CHECKING:
    import pandas as pd
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

    from lpasim.reports.figures.style import Page
    from lpasim.reports.study_folder import Study

LEAST_WIDTH_IN, CELL_IN = 2.6, 0.24
BESIDE_IN = 1.25
"""What the labels and the scale beside the cells take of the width, for letters of 8 pt [inch]."""
WIDE = 10.0
"""Ratio of the largest to the smallest number from which on colours are logarithmic."""
MOST_VALUES = 40
"""Most values of an axis: a study of continuous ones has no cells."""
DIGITS = 3


def data(study: Study, options: Options) -> pd.DataFrame:
    """Return a statistic for each workload and pair of values; the best one where other axes vary as well.

    Raises
    ------
    ResultsError
        If the study has no two axes, or they have too many values.
    """
    import pandas as pd

    table, axes = table_of(study)
    if len(axes) < 2:
        raise UnsuitedError(f"heatmap must have a study of two axes, got {len(axes)} ({printable(study.path)})")
    x, y = _pair(options, axes)
    known = statistics_in(table)
    z = chosen(options.z, objectives_of(study, known)[0], known, "z")
    table = with_numbers(table, (z,))
    for name in (x, y):
        if table[name].nunique() > MOST_VALUES:
            got = table[name].nunique()
            raise UnsuitedError(f"{name} must have at most {MOST_VALUES} values for a heatmap, got {got}")
    groups = table.groupby(["workload", x, y], sort=False)[z]
    best = groups.min() if less_is_better(study, z) else groups.max()
    return pd.DataFrame({z: best, "points": groups.size()}).reset_index()


def draw(figure: Figure, data: pd.DataFrame, page: Page) -> None:
    """Draw a panel a workload: a cell for each pair of values, with its number where it fits."""
    x, y, z = data.columns[1:4]
    workloads = list(dict.fromkeys(data["workload"]))
    _, columns = grid_of(len(workloads), page, LEAST_WIDTH_IN)
    axes = panels(figure, len(workloads), page, LEAST_WIDTH_IN)
    for at, (panel, workload) in enumerate(zip(axes, workloads, strict=True)):
        _panel(panel, data[data["workload"] == workload], (x, y, z), page, page.width_in / columns)
        legend_above(panel, page, shortened(str(workload)), panel=Panel(at, len(workloads), columns))


def height_in(data: pd.DataFrame, page: Page) -> float:
    """Return the height of all panels [inch]."""
    rows, _ = grid_of(data["workload"].nunique(), page, LEAST_WIDTH_IN)
    cells = min(data[data.columns[2]].nunique(), 12)
    return rows * (max(1.2, cells * CELL_IN) + page.lines_in(5.5))


def _pair(options: Options, axes: list[str]) -> tuple[str, str]:
    """Return the axes to show: those that are asked for, or else the first that are left."""
    x = chosen(options.x, next(name for name in axes if name != options.y), axes, "x")
    y = chosen(options.y, next(name for name in axes if name != x), axes, "y")
    if x == y:
        raise ResultsError(f"--y must be another axis than --x, got {y!r} twice")
    return x, y


def _panel(axes: Axes, rows: pd.DataFrame, columns: tuple[str, str, str], page: Page, width_in: float) -> None:
    from matplotlib.colors import LogNorm, Normalize

    x, y, z = columns
    across, up = in_order(rows[x]), in_order(rows[y])
    cells = np.full((len(up), len(across)), np.nan)
    for _, row in rows.iterrows():
        cells[up.index(row[y]), across.index(row[x])] = row[z]
    low, high = np.nanmin(cells), np.nanmax(cells)
    norm = LogNorm(low, high) if low > 0 and high / low > WIDE else Normalize(low, high)
    axes.set_facecolor("#EEEEEE")
    mesh = axes.pcolormesh(cells, cmap=COLOUR_MAP, norm=norm, edgecolors="white", linewidth=0.4)
    _label(axes, across, up, x, y)
    _numbers(axes, cells, norm, page, width_in)
    figure = axes.get_figure(root=True)
    if figure is not None:
        best = "best " if (rows["points"] > 1).any() else ""  # over the axes that are not shown
        bar = figure.colorbar(mesh, ax=axes, label=f"{best}{label_of(z)}", pad=0.02, aspect=25)
        bar.outline.set_linewidth(0.4)
        if isinstance(norm, LogNorm):
            logarithmic(bar.ax, "y", page, page.panel_in(1.0))


def _label(axes: Axes, across: list[object], up: list[object], x: str, y: str) -> None:
    names = [value_of(x, value) for value in across]
    axes.set_xticks(np.arange(len(across)) + 0.5, names, rotation=90 if max(map(len, names)) * len(names) > 36 else 0)
    axes.set_yticks(np.arange(len(up)) + 0.5, [value_of(y, value) for value in up])
    axes.tick_params(length=0)
    axes.set_xlabel(label_of(x))
    axes.set_ylabel(label_of(y))
    for spine in axes.spines.values():
        spine.set_visible(False)


def _numbers(axes: Axes, cells: np.ndarray, norm: object, page: Page, width_in: float) -> None:
    """Write each cell's number in it, dark on light and light on dark, if all of them fit."""
    from matplotlib import colormaps

    texts = [[plain(float(value), DIGITS) if np.isfinite(value) else "" for value in row] for row in cells]
    widest = max(page.width_of(text) for row in texts for text in row)
    if widest > 0.88 * (width_in - BESIDE_IN * page.style.size_pt / 8) / cells.shape[1]:
        return
    for row, line in enumerate(texts):
        for column, text in enumerate(line):
            red, green, blue, _ = colormaps[COLOUR_MAP](norm(cells[row, column]))  # type: ignore[operator]
            bright = 0.2126 * red + 0.7152 * green + 0.0722 * blue > 0.5
            axes.text(
                column + 0.5,
                row + 0.5,
                text,
                ha="center",
                va="center",
                fontsize=page.style.small_pt,
                color="black" if bright else "white",
            )


KIND = Kind("heatmap", "a statistic over two axes", "study", data, draw, height_in)
