"""Bars of layers in parts that add up: cycles by cause, energy by component."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from lpasim.reports.figures.layer_axis import MARGIN_IN, name_layers, names_height_in
from lpasim.reports.figures.legends import legend_above
from lpasim.reports.figures.style import MEDIUM_CONTRAST

if TYPE_CHECKING:
    import pandas as pd
    from matplotlib.axes import Axes

    from lpasim.reports.figures.style import Page

PLOT_IN = 1.75
"""Height of the bars alone [inch]."""
NARROW_IN = 0.06
"""Width of a bar below which edges and hatches would hide its colour [inch]."""
LEAST_SHARE = 0.004
"""Height of a part, over that of the tallest bar, below which it is thinner than a line."""
LOOKS: tuple[dict[str, Any], ...] = tuple(
    {"facecolor": colour, "hatch": hatch}
    for colour, hatch in zip(MEDIUM_CONTRAST, ("", "////", "", "....", "", "xxxx"), strict=True)
)
"""Of the parts from the bottom up: those that touch differ in lightness, and in their hatch where there is room."""


def stack_layers(axes: Axes, names: Sequence[str], parts: Mapping[str, NDArray[Any]], page: Page, title: str) -> None:
    """Draw a bar a layer in parts from the bottom up, with a legend above; it names the parts that can be seen."""
    places, bottom = np.arange(len(names)), np.zeros(len(names))
    tallest = float(sum(parts.values(), np.zeros(len(names))).max(initial=0.0))
    for at, (label, values) in enumerate(parts.items()):
        seen = values.max(initial=0.0) >= LEAST_SHARE * tallest
        axes.bar(places, values, bottom=bottom, label=label if seen else "_", **bar_looks(at, len(names), page))
        bottom = bottom + values
    name_layers(axes, names, page)
    legend_above(axes, page, title)


def bar_looks(at: int, layers: int, page: Page) -> dict[str, Any]:
    """Return width, colour, hatch and edge of a part's bars: its colour alone where they are narrow."""
    look = LOOKS[at % len(LOOKS)]
    if (page.width_in - MARGIN_IN) / layers < NARROW_IN:
        return {"width": 1.0, "facecolor": look["facecolor"], "linewidth": 0}
    return {"width": min(0.8, 0.2 * layers), "edgecolor": "white", **look}


def stack_height_in(data: pd.DataFrame, page: Page) -> float:
    """Return the height of a figure with one row a layer in its data [inch]."""
    return PLOT_IN + names_height_in(list(data["name"]), page) + page.lines_in(4.5)
