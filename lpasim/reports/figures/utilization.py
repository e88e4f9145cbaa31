"""How much of the array each layer uses."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from lpasim.reports.figures.kind import Kind, Options
from lpasim.reports.figures.layer_axis import name_layers
from lpasim.reports.figures.layer_data import layer_table
from lpasim.reports.figures.layer_stack import bar_looks, stack_height_in
from lpasim.reports.figures.legends import legend_above
from lpasim.reports.figures.modes import places_of
from lpasim.reports.figures.words import headline

if TYPE_CHECKING:
    import pandas as pd
    from matplotlib.figure import Figure

    from lpasim.reports.figures.style import Page
    from lpasim.reports.saved_run import SavedRun


def data(run: SavedRun, options: Options) -> pd.DataFrame:
    """Return the utilization of each layer, and that of the run, which counts layers by their time."""
    table = layer_table(run, "operator", "mode", "macs", "macs_per_cell", "cycles", "utilization")
    table["run_utilization"] = run.summary["utilization"]
    return table


def draw(figure: Figure, data: pd.DataFrame, page: Page) -> None:
    """Draw a bar a layer by its mode, and a line at the utilization of the run."""
    import pandas as pd

    axes = figure.subplots()
    places, shares = np.arange(len(data)), 100 * data["utilization"].to_numpy(float)
    for mode, at in places_of(data["mode"].dropna()).items():
        chosen = (data["mode"] == mode).to_numpy()
        axes.bar(places[chosen], shares[chosen], label=mode, **bar_looks(at, len(data), page))
    mean = data["run_utilization"].iloc[0]
    if pd.notna(mean):
        axes.axhline(100 * mean, color="black", linestyle="--", label=f"run: {100 * mean:.1f} %")
    axes.set_ylim(0, 105)
    axes.set_yticks(range(0, 101, 25))
    axes.set_ylabel("utilization (%)")
    name_layers(axes, list(data["name"]), page)
    legend_above(axes, page, headline(data["workload"].iloc[0], data["hardware"].iloc[0]))


KIND = Kind("utilization", "how much of the array each layer uses", "run", data, draw, stack_height_in)
