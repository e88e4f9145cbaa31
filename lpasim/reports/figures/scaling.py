"""How a network gains from a larger array."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from lpasim.hardware import load_hardware
from lpasim.networks.printable import printable
from lpasim.reports.figures.kind import Kind, Options, UnsuitedError
from lpasim.reports.figures.legends import legend_above
from lpasim.reports.figures.panels import Panel
from lpasim.reports.figures.scales import logarithmic
from lpasim.reports.figures.study_data import chosen, less_is_better, statistics_in, table_of
from lpasim.reports.figures.style import DASHES, GREY, MARKERS, MEDIUM_CONTRAST, MOST_VECTORS
from lpasim.reports.figures.words import label_of, shortened
from lpasim.reports.numbers import plain

if TYPE_CHECKING:
    import pandas as pd
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

    from lpasim.reports.figures.style import Page
    from lpasim.reports.study_folder import Study

SIZE_KEYS = ("array.rows", "array.cols", "pe.per_cell")
SHOWN = ("latency_ms", "energy_mj", "utilization")
"""Statistics that are shown where none is asked for."""
PANEL_IN = 1.25
CONFIGURATION = "config.yaml"
COLOURS = (MEDIUM_CONTRAST[0], MEDIUM_CONTRAST[2], MEDIUM_CONTRAST[4], MEDIUM_CONTRAST[5], MEDIUM_CONTRAST[3])


def data(study: Study, options: Options) -> pd.DataFrame:
    """Return the number of PEs of every point with some statistics, and the best of each at that number.

    Raises
    ------
    ResultsError
        If the study does not vary the array, or `y` is no statistic.
    """
    table, axes = table_of(study)
    known = statistics_in(table)
    usual = tuple(name for name in SHOWN if name in known)
    shown = usual if options.y is None else (chosen(options.y, "", known, "y"),)
    found = table[["workload", "point"]].copy()
    found["pes"] = _pes(study, table)
    if found["pes"].nunique() < 2:
        raise UnsuitedError(f"scaling must have a study of the array's size, got one size ({printable(study.path)})")
    for name in shown:
        found[name] = table[name]
        groups = found.groupby(["workload", "pes"])[name]
        found[f"best_{name}"] = groups.transform("min" if less_is_better(study, name) else "max")
    return found.join(table[axes])


def draw(figure: Figure, data: pd.DataFrame, page: Page) -> None:
    """Draw a panel a statistic over the number of PEs: all points pale, and a line a workload through the best ones."""
    best = [name for name in data.columns if name.startswith("best_")]
    shape = (1, len(best)) if page.across else (len(best), 1)
    axes = figure.subplots(*shape, squeeze=False, sharex=not page.across).flat
    for at, (panel, name) in enumerate(zip(axes, best, strict=True)):
        _panel(panel, data, name.removeprefix("best_"), page)
        if page.across or at == len(best) - 1:
            panel.set_xlabel("PEs")
        _ticks(panel, data, page, page.width_in / shape[1] - 0.6)
        legend_above(panel, page, "Scaling" if at == 0 else "", panel=Panel(at, columns=shape[1]))
    figure.align_ylabels()


def height_in(data: pd.DataFrame, page: Page) -> float:
    """Return the height of all panels [inch]."""
    count = sum(name.startswith("best_") for name in data.columns)
    legend = page.lines_in(2.5 + 0.7 * data["workload"].nunique())
    return (2.1 if page.across else count * (PANEL_IN + 0.12)) + legend


def _pes(study: Study, table: pd.DataFrame) -> pd.Series:
    """Return the number of PEs of each point; keys that are no axes have the values of the base configuration."""
    if not any(key in table for key in SIZE_KEYS):
        wanted = " or ".join(SIZE_KEYS[:2])
        raise UnsuitedError(f"scaling must have a study that varies {wanted}, got none ({printable(study.path)})")
    chip = load_hardware(str(study.path / CONFIGURATION)).hardware
    base = dict(zip(SIZE_KEYS, (chip.array.rows, chip.array.cols, chip.pe.per_cell), strict=True))
    sizes = [table[key] if key in table else base[key] for key in SIZE_KEYS]
    return sizes[0] * sizes[1] * sizes[2]  # type: ignore[return-value]  # one of them is a series


def _panel(axes: Axes, data: pd.DataFrame, name: str, page: Page) -> None:
    for at, (workload, rows) in enumerate(data.groupby("workload", sort=False)):
        colour = COLOURS[at % len(COLOURS)]
        cloud: dict[str, Any] = {"color": colour, "alpha": 0.45, "rasterized": len(rows) > MOST_VECTORS}
        axes.plot(rows["pes"], rows[name], ".", markersize=0.6 * page.style.size_pt, mew=0, **cloud)
        line = rows.drop_duplicates("pes").sort_values("pes")
        axes.plot(
            line["pes"],
            line[f"best_{name}"],
            color=colour,
            marker=MARKERS[at % len(MARKERS)],
            linestyle=DASHES[at % len(DASHES)],
            markersize=0.42 * page.style.size_pt,
            label=shortened(str(workload)),
        )
    if name == "latency_ms":
        _proportional(axes, data, page)
    values = data[name].to_numpy(float)
    if np.nanmin(values) > 0 and np.nanmax(values) / np.nanmin(values) > 5:
        logarithmic(axes, "y", page, page.panel_in(PANEL_IN))
    else:
        axes.set_ylim(0, 1.08 * np.nanmax(values) or 1)
    axes.set_ylabel(label_of(name))
    axes.grid(axis="y")


def _proportional(axes: Axes, data: pd.DataFrame, page: Page) -> None:
    """Draw what latency would be if it were in proportion to the smallest array's."""
    look: dict[str, Any] = {
        "color": GREY,
        "linewidth": 0.6 * page.style.line_pt,
        "zorder": 1,
        "label": "in proportion to PEs",
    }
    for _, rows in data.groupby("workload", sort=False):
        ends = rows.sort_values("pes").iloc[[0, -1]]
        latency_ms, sizes = ends["best_latency_ms"].to_numpy(float), ends["pes"].to_numpy(float)
        axes.plot(sizes, latency_ms[0] * sizes[0] / sizes, **look)
        look["label"] = "_"


def _ticks(axes: Axes, data: pd.DataFrame, page: Page, length_in: float) -> None:
    """Put ticks at the sizes themselves, at every other or so if they are many."""
    from matplotlib.ticker import NullLocator

    axes.set_xscale("log", base=2)
    sizes = sorted(set(data["pes"]))
    names = [plain(float(size), 6) for size in sizes]
    most = max(2, int(length_in / (max(map(page.width_of, names)) + 0.1)))
    step = -(-len(sizes) // most)
    axes.set_xticks(sizes[::step], names[::step])
    axes.xaxis.set_minor_locator(NullLocator())


KIND = Kind("scaling", "what a larger array gives", "study", data, draw, height_in)
