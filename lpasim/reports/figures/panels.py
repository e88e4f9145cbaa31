"""Panels side by side: one a workload, or one a layer."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

    from lpasim.reports.figures.style import Page

PANEL_WIDTH_IN = 1.6
"""Least width of a panel [inch]."""


@dataclass(frozen=True, slots=True)
class Panel:
    """One of the panels of a figure: its place, how many there are, and how many side by side."""

    at: int = 0
    count: int = 1
    columns: int = 1


ALONE = Panel()


def grid_of(count: int, page: Page, least_in: float = PANEL_WIDTH_IN) -> tuple[int, int]:
    """Return how many rows and columns of panels there are."""
    scale = page.style.size_pt / 8
    columns = max(1, min(count, int(page.width_in / (least_in * scale))))
    return -(-count // columns), columns


def panels(figure: Figure, count: int, page: Page, least_in: float = PANEL_WIDTH_IN) -> list[Axes]:
    """Return axes for panels, row by row; places that are left over stay empty."""
    rows, columns = grid_of(count, page, least_in)
    axes = list(figure.subplots(rows, columns, squeeze=False).flat)
    for empty in axes[count:]:
        empty.set_axis_off()
    return axes[:count]
