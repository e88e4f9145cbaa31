"""Legends and titles above the axes, where they hide no data."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from matplotlib.axes import Axes

    from lpasim.reports.figures.style import Page

HANDLE_EMS, GAP_EMS = 1.9, 1.0
"""Width of a mark with its distance to the text, and of the gap between columns, in heights of a letter."""


def legend_above(
    axes: Axes, page: Page, title: str = "", handles: Sequence[Any] | None = None, width_in: float | None = None
) -> None:
    """Put a legend above the axes in as many columns as fit, and the title above it.

    Parameters
    ----------
    axes : Axes
        Their artists with labels are in the legend, unless `handles` are given.
    title : str
        Above both.
    width_in : float, optional
        What there is room for; by default the page without the vertical axis [inch].
    """
    found = list(handles) if handles is not None else _of(axes)
    labels = [str(handle.get_label()) for handle in found]
    lines = 0
    if found:
        columns = columns_for(labels, page, width_in or page.width_in - 0.7)
        lines = -(-len(found) // columns)
        axes.legend(handles=found, loc="lower left", bbox_to_anchor=(0, 1), ncols=columns, borderaxespad=0.4)
    if page.titled and title:
        pad_pt = page.style.small_pt * (1.32 * lines + (0.9 if lines else 0.5))
        axes.set_title(title, pad=pad_pt)


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
