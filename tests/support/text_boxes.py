"""The texts of a figure as they are drawn: what overlaps, and what the edge cuts."""

from __future__ import annotations

from itertools import combinations

from matplotlib.figure import Figure
from matplotlib.text import Text
from matplotlib.transforms import Bbox

Boxes = list[tuple[str, Bbox]]
EDGE_PX = 0.5
"""What rounding to pixels may cost."""


def text_boxes(figure: Figure) -> Boxes:
    """Return every visible text and its box in pixels, as a file would have it."""
    figure.draw_without_rendering()
    renderer = figure.canvas.get_renderer()
    return [
        (text.get_text(), text.get_window_extent(renderer))
        for text in figure.findobj(Text)
        if text.get_text().strip() and _is_drawn(text, figure)
    ]


def overlapping(boxes: Boxes) -> list[tuple[str, str]]:
    """Return the pairs of texts that overlap."""
    return [
        (first, second)
        for (first, box), (second, other) in combinations(boxes, 2)
        if min(box.x1, other.x1) - max(box.x0, other.x0) > EDGE_PX
        and min(box.y1, other.y1) - max(box.y0, other.y0) > EDGE_PX
    ]


def cut(boxes: Boxes, figure: Figure) -> list[str]:
    """Return the texts that the figure's edge cuts."""
    page = figure.bbox
    return [
        text
        for text, box in boxes
        if box.x0 < page.x0 - EDGE_PX
        or box.y0 < page.y0 - EDGE_PX
        or box.x1 > page.x1 + EDGE_PX
        or box.y1 > page.y1 + EDGE_PX
    ]


def _is_drawn(text: Text, figure: Figure) -> bool:
    """Tell whether a text is drawn: ticks have labels beyond the ends of their axis, which are not."""
    if not text.get_visible():
        return False
    for axes in figure.axes:
        for axis in (axes.xaxis, axes.yaxis):
            ticks = [*axis.get_major_ticks(), *axis.get_minor_ticks()]
            if any(text in (tick.label1, tick.label2) for tick in ticks):
                drawn = axis._update_ticks()  # as the axis itself chooses
                return axes.axison and any(text in (tick.label1, tick.label2) for tick in drawn)
    return True
