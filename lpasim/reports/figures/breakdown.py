"""Energy and area of a run by component: bars with their shares, the largest on top."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from lpasim.reports.figures.kind import Kind, Options
from lpasim.reports.figures.scales import prefixed
from lpasim.reports.figures.style import MEDIUM_CONTRAST
from lpasim.reports.figures.words import COMPONENTS, headline
from lpasim.reports.numbers import percent, plain, scaled

if TYPE_CHECKING:
    import pandas as pd
    from matplotlib.figure import Figure

    from lpasim.reports.figures.style import Page
    from lpasim.reports.saved_run import SavedRun

BAR_LINES = 1.9
"""Height of a bar and its gap, in lines of small letters."""
MM2_PREFIXES = ((1.0, "mm²"), (1e-6, "µm²"))


def energy(run: SavedRun, options: Options) -> pd.DataFrame:
    """Return the energy of a run by component, the largest first."""
    return _table(run, "component_energy_mj", "energy_mj")


def area(run: SavedRun, options: Options) -> pd.DataFrame:
    """Return the area of the chip by component, the largest first."""
    return _table(run, "component_area_mm2", "area_mm2")


def draw_energy(figure: Figure, data: pd.DataFrame, page: Page) -> None:
    """Draw a bar for each component that takes energy."""
    joules = data["energy_mj"].to_numpy(float) * 1e-3
    size, unit = prefixed(float(joules.max(initial=0.0)), "J")
    whole = headline(data["workload"].iloc[0], data["hardware"].iloc[0])
    title = f"{whole}: {scaled(float(joules.sum()), 'J')}"
    _draw(figure, list(data["component"]), joules / size, f"energy ({unit})", title, page)


def draw_area(figure: Figure, data: pd.DataFrame, page: Page) -> None:
    """Draw a bar for each component that takes area."""
    mm2 = data["area_mm2"].to_numpy(float)
    size, unit = next((pair for pair in MM2_PREFIXES if mm2.max(initial=0.0) >= 0.1 * pair[0]), MM2_PREFIXES[-1])
    title = f"{data['hardware'].iloc[0]}: {plain(float(mm2.sum()) / size)} {unit}"
    _draw(figure, list(data["component"]), mm2 / size, f"area ({unit})", title, page)


def height_in(data: pd.DataFrame, page: Page) -> float:
    """Return the height that the bars need [inch]."""
    return page.lines_in(BAR_LINES * max(len(data), 2) + 5.5)


def _table(run: SavedRun, statistic: str, name: str) -> pd.DataFrame:
    import pandas as pd

    parts = {component: float(value) for component, value in run.summary[statistic].items() if value}
    ranked = sorted(parts.items(), key=lambda part: -part[1])
    whole = sum(parts.values())
    return pd.DataFrame(
        {
            "workload": run.workload,
            "hardware": run.hardware,
            "component": [component for component, _ in ranked],
            name: [value for _, value in ranked],
            "share": [value / whole for _, value in ranked],
        }
    )


def _draw(figure: Figure, components: list[str], values: np.ndarray, label: str, title: str, page: Page) -> None:
    axes = figure.subplots()
    places = np.arange(len(components))
    axes.barh(places, values, 0.72, color=MEDIUM_CONTRAST[0])
    whole, largest = float(values.sum()), float(values.max(initial=0.0)) or 1.0
    texts = [f"{plain(float(value))} ({percent(float(value), whole)})" for value in values]
    for place, value, text in zip(places, values, texts, strict=True):
        axes.annotate(
            text, (value, place), (3, 0), textcoords="offset points", va="center", fontsize=page.style.small_pt
        )
    names = [COMPONENTS.get(component, component) for component in components]
    axes.set_yticks(places, names)
    axes.set_ylim(len(components) - 0.4, -0.6)
    axes.tick_params(axis="y", length=0)
    # The numbers behind the bars need room: what the widest of them takes of the axes.
    taken = max(map(page.width_of, texts), default=0.0) + 0.08
    axes_in = page.width_in - max(map(page.width_of, names), default=0.0) - 0.25
    axes.set_xlim(0, largest / max(0.3, 1 - taken / axes_in))
    axes.set_xlabel(label)
    if page.titled:
        axes.set_title(title)


ENERGY = Kind("energy", "energy of a run by component", "run", energy, draw_energy, height_in)
AREA = Kind("area", "area of the chip by component", "run", area, draw_area, height_in)
