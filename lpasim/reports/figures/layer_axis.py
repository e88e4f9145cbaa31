"""An axis with one place a layer: names where they fit, blocks of layers where they do not, else numbers."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass, replace
from itertools import groupby, pairwise
from typing import TYPE_CHECKING

from lpasim.reports.figures.words import shortened

if TYPE_CHECKING:
    from matplotlib.axes import Axes

    from lpasim.reports.figures.style import Page

MARGIN_IN = 0.62
"""What the other axis takes of the width, about [inch]."""
COVERED = 0.8
"""Share of the layers that must be in blocks with a name: small ones between large ones may go without."""
TICKS = 6
"""About how many numbers there are where names do not fit."""
_SEPARATORS = re.compile(r"[./:]+")


@dataclass(frozen=True, slots=True)
class Label:
    """A name below some layers: the first one, and the one behind the last; and whether there is room for it."""

    text: str
    first: int
    stop: int
    written: bool = True

    @property
    def centre(self) -> float:
        """Place of the name."""
        return (self.first + self.stop - 1) / 2

    @property
    def layers(self) -> int:
        """How many there are."""
        return self.stop - self.first


def labels_for(names: Sequence[str], page: Page) -> list[Label]:
    """Choose the finest names that do not overlap: of the layers, or of their blocks; none if no blocks are few enough.

    Layers next to each other are a block if the first parts of their names are the same, as in ``blocks.3.attn.proj``.
    """
    every = [Label(name, at, at + 1) for at, name in enumerate(names)]
    if _distance_in(every, page, len(names)) >= page.lines_in(1):
        return every
    parts = [[part for part in _SEPARATORS.split(name) if part] or [name] for name in names]
    for depth in range(max(map(len, parts), default=1), 0, -1):
        labels = _thinned(_blocks(parts, depth), page, len(names))
        if sum(label.layers for label in labels if label.written) >= COVERED * len(names):
            return labels
    return []


def name_layers(axes: Axes, names: Sequence[str], page: Page) -> None:
    """Write the names of layers, or of their blocks, below the bars at 0, 1, 2, ..."""
    labels = labels_for(names, page)
    axes.set_xlim(-0.6, len(names) - 0.4)
    axes.tick_params(axis="x", length=0)
    if not labels:
        step = 5 * max(1, round(len(names) / TICKS / 5))
        numbers = [1, *range(step, len(names) + 1, step)]
        axes.set_xticks([number - 1 for number in numbers], [str(number) for number in numbers])
        axes.set_xlabel("layer, in order of execution")
        return
    written = [label for label in labels if label.written]
    texts = [shortened(label.text) for label in written]
    distance_in = _distance_in(written, page, len(names))
    across = all(page.width_of(text) < 0.92 * distance_in for text in texts)
    axes.set_xticks([label.centre for label in written], texts, rotation=0 if across else 90)
    if any(label.layers > 1 for label in labels):
        for label in labels[1:]:
            axes.axvline(label.first - 0.5, color="#DDDDDD", linewidth=0.5 * page.style.line_pt, zorder=0)


def names_height_in(names: Sequence[str], page: Page) -> float:
    """Return about how high the names below the bars are [inch]."""
    labels = labels_for(names, page)
    longest = max((page.width_of(shortened(label.text)) for label in labels), default=0.0)
    return longest if labels and longest > _distance_in(labels, page, len(names)) else page.lines_in(1.5)


def _blocks(parts: Sequence[Sequence[str]], depth: int) -> list[Label]:
    found, first = [], 0
    for key, members in groupby(parts, key=lambda names: tuple(names[:depth])):
        stop = first + len(list(members))
        found.append(Label(".".join(key), first, stop))
        first = stop
    return found


def _thinned(labels: list[Label], page: Page, layers: int) -> list[Label]:
    """Leave names out until the others keep their distance: of two that are too close, that of fewer layers."""
    while True:
        places = [at for at, label in enumerate(labels) if label.written]
        close = (
            pair
            for pair in pairwise(places)
            if _distance_in([labels[at] for at in pair], page, layers) < page.lines_in(1)
        )
        pair = next(close, None)
        if pair is None:
            return labels
        smaller = min(pair, key=lambda at: labels[at].layers)
        labels = [replace(label, written=label.written and at != smaller) for at, label in enumerate(labels)]


def _distance_in(labels: Sequence[Label], page: Page, layers: int) -> float:
    """Return the least distance of the centres of two names, or the whole width for one [inch]."""
    step_in = (page.width_in - MARGIN_IN) / (layers + 0.2)
    return min((after.centre - before.centre for before, after in pairwise(labels)), default=layers) * step_in
