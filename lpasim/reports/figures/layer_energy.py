"""Energy of each layer by component."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from lpasim.reports.figures.kind import Kind, Options
from lpasim.reports.figures.layer_data import layer_table
from lpasim.reports.figures.layer_stack import stack_height_in, stack_layers
from lpasim.reports.figures.scales import prefixed
from lpasim.reports.figures.words import PARTS, headline
from lpasim.reports.numbers import scaled
from lpasim.reports.statistics import COMPONENTS

if TYPE_CHECKING:
    import pandas as pd
    from matplotlib.figure import Figure

    from lpasim.reports.figures.style import Page
    from lpasim.reports.saved_run import SavedRun

J_PER_PJ = 1e-12
COLUMNS = {component: f"{component}_energy_pj" for component in COMPONENTS}


def data(run: SavedRun, options: Options) -> pd.DataFrame:
    """Return the energy of each layer by component."""
    return layer_table(run, "operator", "activity", *COLUMNS.values())


def draw(figure: Figure, data: pd.DataFrame, page: Page) -> None:
    """Draw a bar a layer in parts; buffers are put together, and decoders with encoders."""
    axes = figure.subplots()
    joules = {
        label: np.asarray(data[[COLUMNS[component] for component in components]].sum(axis=1)) * J_PER_PJ
        for label, components in PARTS.items()
    }
    layers = sum(joules.values(), np.zeros(len(data)))
    size, unit = prefixed(float(layers.max()), "J")
    whole = headline(data["workload"].iloc[0], data["hardware"].iloc[0])
    shown = {label: values / size for label, values in joules.items()}
    stack_layers(axes, list(data["name"]), shown, page, f"{whole}: {scaled(float(layers.sum()), 'J')}")
    axes.set_ylabel(f"energy ({unit})")


KIND = Kind("layer-energy", "energy of each layer by component", "run", data, draw, stack_height_in)
