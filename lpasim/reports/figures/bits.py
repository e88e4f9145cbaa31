"""Bits of each layer, and beneath them how much its answers, or its weights, suffer from few bits."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from lpasim.networks.printable import printable
from lpasim.reports.figures.kind import Kind, Options, UnsuitedError
from lpasim.reports.figures.layer_axis import name_layers, names_height_in
from lpasim.reports.figures.layer_data import layer_table
from lpasim.reports.figures.legends import legend_above
from lpasim.reports.figures.scales import logarithmic
from lpasim.reports.figures.sensitivity import HARM, SENSITIVITIES, sensitivity_of
from lpasim.reports.figures.style import MEDIUM_CONTRAST
from lpasim.reports.figures.words import headline

if TYPE_CHECKING:
    import pandas as pd
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

    from lpasim.reports.figures.style import Page
    from lpasim.reports.saved_run import SavedRun

BITS_IN, SENSITIVITY_IN = 1.3, 0.95
"""Heights of the panels [inch]."""


def data(run: SavedRun, options: Options) -> pd.DataFrame:
    """Return the bits of each layer with a product and, where a file of them is given, its sensitivity."""
    table = layer_table(run, "operator", "macs", "weight_bits", "activation_bits")
    table = table[table["macs"] > 0].reset_index(drop=True)
    if table.empty:
        raise UnsuitedError(f"bits must have a run with matrix products, got none ({printable(run.path)})")
    found = sensitivity_of(run, options)
    if found is not None:
        name, values = found
        table[name] = [values.get(layer, np.nan) for layer in table["name"]]
    return table


def draw(figure: Figure, data: pd.DataFrame, page: Page) -> None:
    """Draw two bars a layer, and the sensitivity beneath."""
    measure = next((name for name in SENSITIVITIES if name in data), None)
    names = list(data["name"])
    heights = [BITS_IN] if measure is None else [BITS_IN, SENSITIVITY_IN]
    upper, *lower = figure.subplots(len(heights), 1, squeeze=False, sharex=True, height_ratios=heights)[:, 0]
    _bits(upper, data, page)
    if measure is not None:
        _sensitivity(lower[0], data[measure].to_numpy(float), measure, page)
    name_layers(lower[0] if lower else upper, names, page)
    legend_above(upper, page, headline(data["workload"].iloc[0], data["hardware"].iloc[0]))


def height_in(data: pd.DataFrame, page: Page) -> float:
    """Return the height of one panel or two [inch]."""
    second = SENSITIVITY_IN + 0.1 if any(name in data for name in SENSITIVITIES) else 0.0
    return BITS_IN + second + names_height_in(list(data["name"]), page) + page.lines_in(3.5)


def _bits(axes: Axes, data: pd.DataFrame, page: Page) -> None:
    places = np.arange(len(data))
    weights, activations = data["weight_bits"].to_numpy(float), data["activation_bits"].to_numpy(float)
    axes.bar(places, np.nan_to_num(weights), 0.8 if len(data) > 4 else 0.3, color=MEDIUM_CONTRAST[1], label="weights")
    size_pt = 0.5 * page.style.size_pt * min(1.0, 25 / len(data))
    axes.plot(places, activations, "o", color=MEDIUM_CONTRAST[0], markersize=max(size_pt, 1.6), label="activations")
    most = int(max(np.nanmax(weights), np.nanmax(activations), 8))
    axes.set_ylim(0, most * 1.08)
    axes.set_yticks([tick for tick in (0, 2, 4, 6, 8, 12, 16) if tick <= most])
    axes.set_ylabel("bits")


def _sensitivity(axes: Axes, values: np.ndarray, measure: str, page: Page) -> None:
    """Draw harm on a logarithmic axis, noise in decibels; layers without a number have no mark."""
    places = np.arange(len(values))
    known = np.isfinite(values) & ((values > 0) | (measure != HARM))
    axes.plot(places[known], values[known], "D", color=MEDIUM_CONTRAST[2], markersize=0.45 * page.style.size_pt)
    if measure == HARM and known.any():
        axes.set_ylim(values[known].min() / 2, values[known].max() * 2)
        logarithmic(axes, "y", page, SENSITIVITY_IN)
    axes.grid(axis="y")
    axes.set_ylabel(SENSITIVITIES[measure])


KIND = Kind("bits", "bits of each layer, and its sensitivity", "run", data, draw, height_in)
