"""Legends and titles above the axes, where they hide no data."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from lpasim.reports.figures.panels import ALONE, Panel
from lpasim.reports.figures.words import fitted

if TYPE_CHECKING:
    from matplotlib.axes import Axes

    from lpasim.reports.figures.style import Page

MARGIN_IN = 0.7
"""What the vertical axis takes of the width, for letters of 8 pt [inch]."""
HANDLE_EMS, GAP_EMS = 1.9, 1.0
"""Width of a mark with its distance to the text, and of the gap between columns, in heights of a letter."""


def legend_above(
    axes: Axes, page: Page, title: str = "", handles: Sequence[Any] | None = None, panel: Panel = ALONE
) -> None:
    """Put a legend above the axes in as many columns as fit, and the title above it.

    The first panel has the legend of all. Titles tell panels apart, so that only that of a single one can be left out.

    Parameters
    ----------
    axes : Axes
        Their artists with labels are in the legend, unless `handles` are given.
    title : str
        Above both.
    panel : Panel
        Which one it is, where there are several.
    """
    found = [] if panel.at else list(handles or _of(axes))
    labels = [str(handle.get_label()) for handle in found]
    lines, room_in = 0, page.width_in / panel.columns - MARGIN_IN * page.style.size_pt / 8
    if found:
        columns = columns_for(labels, page, room_in)
        lines = -(-len(found) // columns)
        axes.legend(handles=found, loc="lower left", bbox_to_anchor=(0, 1), ncols=columns, borderaxespad=0.4)
    if title and (page.titled or panel.count > 1):
        pad_pt = page.style.small_pt * (1.32 * lines + (0.9 if lines else 0.5))
        axes.set_title(fitted(title, room_in, page, page.style.size_pt), pad=pad_pt)


def columns_for(labels: Sequence[str], page: Page, width_in: float) -> int:
    """Return how many columns of a legend fit; they fill up from top to bottom."""
    em_in = page.style.small_pt / 72
    widths = [page.width_of(label) + HANDLE_EMS * em_in for label in labels]
    for columns in range(len(labels), 1, -1):
        # As matplotlib fills them: the first columns have one more where they are not all as long.
        short, longer = divmod(len(labels), columns)
        lengths = [short + 1] * longer + [short] * (columns - longer)
        groups = [widths[sum(lengths[:at]) : sum(lengths[: at + 1])] for at in range(columns)]
        if sum(max(group) for group in groups) + GAP_EMS * em_in * (len(groups) - 1) <= width_in:
            return columns
    return 1


def _of(axes: Axes) -> list[Any]:
    """Return what has a label in the order of drawing, lines last."""
    from matplotlib.lines import Line2D

    handles, _ = axes.get_legend_handles_labels()
    return sorted(handles, key=lambda handle: isinstance(handle, Line2D))
