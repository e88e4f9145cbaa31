"""An axis with one place a layer: names where they fit, blocks of layers where they do not, else numbers."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import groupby, pairwise
from typing import TYPE_CHECKING

from lpasim.reports.figures.words import shortened

if TYPE_CHECKING:
    from matplotlib.axes import Axes

    from lpasim.reports.figures.style import Page

MARGIN_IN = 0.62
"""What the other axis takes of the width, about [inch]."""
SPACING = 1.15
"""Least distance of two names, in heights of a line."""
_SEPARATORS = re.compile(r"[./:]+")


@dataclass(frozen=True, slots=True)
class Label:
    """A name below some layers: the first one, and the one behind the last."""

    text: str
    first: int
    stop: int

    @property
    def centre(self) -> float:
        """Place of the name."""
        return (self.first + self.stop - 1) / 2


def labels_for(names: Sequence[str], page: Page) -> list[Label]:
    """Choose the finest names that do not overlap: of the layers, or of their blocks; none if no blocks are few enough.

    Layers next to each other are a block if the first parts of their names are the same, as in ``blocks.3.attn.proj``.
    """
    parts = [[part for part in _SEPARATORS.split(name) if part] or [name] for name in names]
    depths = range(max(map(len, parts), default=1), 0, -1)
    for labels in ([Label(name, at, at + 1) for at, name in enumerate(names)], *(_blocks(parts, at) for at in depths)):
        if _fit(labels, len(names), page):
            return labels
    return []


def name_layers(axes: Axes, names: Sequence[str], page: Page) -> None:
    """Write the names of layers, or of their blocks, below the bars at 0, 1, 2, ..."""
    labels = labels_for(names, page)
    axes.set_xlim(-0.6, len(names) - 0.4)
    if not labels:
        from matplotlib.ticker import MaxNLocator

        axes.xaxis.set_major_locator(MaxNLocator(6, integer=True))
        axes.set_xlabel("layer, in order of execution")
        return
    texts = [shortened(label.text) for label in labels]
    step_in = _step_in(len(names), page)
    across = all(page.width_of(text) < 0.92 * step_in * _room(labels, at) for at, text in enumerate(texts))
    axes.set_xticks([label.centre for label in labels], texts, rotation=0 if across else 90)
    axes.tick_params(axis="x", length=0)
    if any(label.stop - label.first > 1 for label in labels):
        for label in labels[1:]:
            axes.axvline(label.first - 0.5, color="#DDDDDD", linewidth=0.5 * page.style.line_pt, zorder=0)


def names_height_in(names: Sequence[str], page: Page) -> float:
    """Return about how high the names below the bars are [inch]."""
    labels = labels_for(names, page)
    longest = max((page.width_of(shortened(label.text)) for label in labels), default=0.0)
    return longest if labels and longest > _step_in(len(names), page) else page.lines_in(1.5)


def _blocks(parts: Sequence[Sequence[str]], depth: int) -> list[Label]:
    found, first = [], 0
    for key, members in groupby(parts, key=lambda names: tuple(names[:depth])):
        stop = first + len(list(members))
        found.append(Label(".".join(key), first, stop))
        first = stop
    return found


def _fit(labels: Sequence[Label], layers: int, page: Page) -> bool:
    """Tell whether names that are turned upright keep their distance."""
    step_in, least_in = _step_in(layers, page), SPACING * page.lines_in(1)
    centres = [label.centre for label in labels]
    return all((after - before) * step_in >= least_in for before, after in pairwise(centres))


def _step_in(layers: int, page: Page) -> float:
    return (page.width_in - MARGIN_IN) / (layers + 0.2)


def _room(labels: Sequence[Label], at: int) -> float:
    """Return how far it is to the nearest name, in layers."""
    centres = [label.centre for label in labels]
    near = [abs(centres[other] - centres[at]) for other in (at - 1, at + 1) if 0 <= other < len(centres)]
    return min(near, default=1.0)
