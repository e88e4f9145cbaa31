"""Names beside points and lines, where they cover nothing."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

import numpy as np

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.transforms import Bbox

    from lpasim.reports.figures.style import Page

LINE_PT = 4.0
"""Distance of a line's name from the line, and from points."""
MOST = 4
"""Names in one panel."""
AWAY_PT = 5.0
"""Distance of a name from its point, where lines are 1 pt wide."""
_SIDES = ((1, 0, "left", "center"), (-1, 0, "right", "center"), (0, 1, "center", "bottom"), (0, -1, "center", "top"))


def name_points(axes: Axes, wanted: Sequence[tuple[float, float, str]], page: Page) -> None:
    """Write names beside points, the first ones first, right of them, left, above or below; those without room are not.

    Parameters
    ----------
    axes : Axes
        Finished but for the names: their layout is settled here.
    wanted : sequence of tuple
        Place and name of each point; names keep off the texts and points that are drawn.
    """
    figure = axes.get_figure(root=True)
    if figure is None or not wanted:
        return
    figure.draw_without_rendering()
    taken, marks = [text.get_window_extent() for text in axes.texts], _marks(axes)
    named, away_pt = 0, AWAY_PT * page.style.line_pt
    for x, y, name in wanted:
        for right, up, ha, va in _SIDES:
            text = axes.annotate(
                name,
                (x, y),
                (away_pt * right, away_pt * up),
                textcoords="offset points",
                ha=ha,
                va=va,
                fontsize=page.style.small_pt - 0.5,
            )
            text.set_in_layout(False)
            box = text.get_window_extent()
            if _is_free(box, axes.get_window_extent(), taken, marks):
                taken.append(box)
                named += 1
                break
            text.remove()
        if named == MOST:
            return


def name_line(axes: Axes, name: str, end: tuple[float, float], **look: Any) -> None:
    """Write the name of a level line at its right end: above it, or below it if points are in the way above alone.

    The layout of the figure must be settled.
    """
    text = axes.annotate(name, end, (-2, LINE_PT), textcoords="offset points", ha="right", **look)
    above, marks, gap = text.get_window_extent(), _marks(axes), LINE_PT * text.figure.dpi / 72
    below = above.translated(0, -above.height - 2 * gap)
    if above.padded(gap).count_contains(marks) and not below.padded(gap).count_contains(marks):
        text.set(position=(-2, -LINE_PT), verticalalignment="top")


def _marks(axes: Axes) -> np.ndarray:
    """Return where points are drawn, in pixels."""
    return np.concatenate([axes.transData.transform(each.get_offsets()) for each in axes.collections])


def _is_free(box: Bbox, panel: Bbox, taken: Sequence[Bbox], marks: np.ndarray) -> bool:
    inside = panel.x0 <= box.x0 and box.x1 <= panel.x1 and panel.y0 <= box.y0 and box.y1 <= panel.y1
    free = not any(box.overlaps(other) for other in taken)
    return bool(inside and free and not box.count_contains(marks))
