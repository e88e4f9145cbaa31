"""Renderables that are drawn once it is known how wide the terminal is."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from itertools import zip_longest

from rich.console import Console, ConsoleOptions, RenderableType, RenderResult
from rich.table import Table


@dataclass(frozen=True, slots=True)
class Fitted:
    """Something that `draw` makes for a width in columns."""

    draw: Callable[[int], RenderableType]

    def __rich_console__(self, console: Console, options: ConsoleOptions) -> RenderResult:
        """Draw for the width there is."""
        yield self.draw(options.max_width)


def side_by_side(parts: Sequence[RenderableType], width: int, part_width: int, gap: int = 3) -> Table:
    """Set parts of a width in columns beside each other, as many as fit, and the others below."""
    across = max(1, min(len(parts), (width + gap) // (part_width + gap)))
    table = Table.grid(padding=(0, gap, 0, 0))
    lines = [parts[start : start + across] for start in range(0, len(parts), across)]
    for number, line in enumerate(lines):
        if number:
            table.add_row()
        table.add_row(*(part for part, _ in zip_longest(line, range(across), fillvalue="")))
    return table
