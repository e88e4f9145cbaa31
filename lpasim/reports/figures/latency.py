"""Latency of each layer, and why the array waits in it."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from lpasim.reports.figures.kind import Kind, Options
from lpasim.reports.figures.layer_data import layer_table
from lpasim.reports.figures.layer_stack import stack_height_in, stack_layers
from lpasim.reports.figures.scales import prefixed
from lpasim.reports.figures.words import CAUSES, headline
from lpasim.reports.numbers import scaled
from lpasim.reports.statistics import STALL_CAUSES

if TYPE_CHECKING:
    import pandas as pd
    from matplotlib.figure import Figure

    from lpasim.reports.figures.style import Page
    from lpasim.reports.saved_run import SavedRun

BUSY = "busy"
STALLS = {cause: f"{cause}_stall_cycles" for cause in STALL_CAUSES}


def data(run: SavedRun, options: Options) -> pd.DataFrame:
    """Return cycles and stalls of each layer, and the clock that makes them times."""
    table = layer_table(run, "operator", "cycles", "busy_cycles", *STALLS.values())
    clock_mhz = float(run.report["configuration"]["clock_mhz"])
    table["latency_ms"] = table["cycles"] / (clock_mhz * 1e3)
    table["clock_mhz"] = clock_mhz
    return table


def draw(figure: Figure, data: pd.DataFrame, page: Page) -> None:
    """Draw a bar a layer: busy cycles, then stalls by cause."""
    axes = figure.subplots()
    seconds = data["cycles"] / (data["clock_mhz"] * 1e6)
    size, unit = prefixed(float(seconds.max()), "s")
    parts = {BUSY: "busy_cycles"} | {CAUSES[cause]: column for cause, column in STALLS.items()}
    times = {label: np.asarray(data[column] / (data["clock_mhz"] * 1e6)) / size for label, column in parts.items()}
    whole = headline(data["workload"].iloc[0], data["hardware"].iloc[0])
    stack_layers(axes, list(data["name"]), times, page, f"{whole}: {scaled(float(seconds.sum()), 's')}")
    axes.set_ylabel(f"latency ({unit})")


KIND = Kind("latency", "latency of each layer, and why the array waits", "run", data, draw, stack_height_in)
