"""Where something goes: a list of parts with bars, the largest first."""

from __future__ import annotations

from collections.abc import Mapping

from rich.table import Table
from rich.text import Text

from lpasim.reports.numbers import percent

EIGHTHS = " ▏▎▍▌▋▊▉"
MOST_ROWS = 6


def bar(share: float, width: int) -> str:
    """Draw a share of a bar of some characters' width, in eighths of a character."""
    eighths = round(max(0.0, min(share, 1.0)) * width * 8)
    return "█" * (eighths // 8) + (EIGHTHS[eighths % 8] if eighths % 8 else "")


def breakdown(title: str, parts: Mapping[str, float], colour: str, bar_width: int = 9) -> Table:
    """List the parts of a whole with their shares; those that are nothing are left out, the smallest put together."""
    whole = sum(parts.values())
    ranked = sorted(((name, value) for name, value in parts.items() if value), key=lambda part: -part[1])
    if len(ranked) > MOST_ROWS:
        ranked[MOST_ROWS - 1 :] = [("other", sum(value for _, value in ranked[MOST_ROWS - 1 :]))]
    table = Table.grid(padding=(0, 1, 0, 0))
    table.add_column(no_wrap=True, min_width=13)
    table.add_column(no_wrap=True, width=bar_width)
    table.add_column(no_wrap=True, justify="right", min_width=5)
    table.add_row(Text(title, "bold"))
    for name, value in ranked:
        table.add_row(name.replace("_", " "), Text(bar(value / whole, bar_width), colour), percent(value, whole))
    return table
