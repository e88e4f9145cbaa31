"""The uncertainty of a report on the terminal: an interval of each figure, and the prices that move it most."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from functools import partial
from typing import Any

from rich import box
from rich.console import RenderableType
from rich.table import Table
from rich.text import Text

from lpasim.reports.breakdown import bar
from lpasim.reports.fitted import Fitted
from lpasim.reports.numbers import plain
from lpasim.reports.uncertainty import RANKED

MOST_PRICES = 6
WIDE = 90
"""Columns from which tables have central intervals, ranges and bars."""
_BAR = 20
FIGURE_NAMES = {
    "area_mm2": "chip area",
    "compute_area_mm2": "PEs and decoders",
    "energy_mj": "energy",
    "power_mw": "power",
    "tops_per_mm2": "density, chip",
    "compute_tops_per_mm2": "density, compute",
    "tops_per_w": "efficiency",
}
"""What the figures of merit that follow from prices are called."""


def uncertainty_table(uncertainty: Mapping[str, Any]) -> Iterator[RenderableType]:
    """Draw intervals, and what each price does alone."""
    heading = Text("Uncertainty, that of prices: ", "bold")
    heading.append(uncertainty["method"], "dim")
    yield heading
    yield Fitted(lambda width: _intervals(uncertainty["figures"], width >= WIDE))
    for name in RANKED:
        if uncertainty["sensitivity"][name]:
            yield Fitted(partial(_prices, name, uncertainty))
    fixed = sum(not key.startswith("ppu.passes.") for key in uncertainty["held_fixed"])
    yield Text(f"{fixed} assumed choices are held fixed: vary them with --set (report.json lists them).\n", "dim")


def _intervals(figures: Mapping[str, Mapping[str, Any]], wide: bool) -> Table:
    table = Table(box=box.SIMPLE_HEAD, pad_edge=False, padding=(0, 2, 0, 0))
    table.add_column("figure", no_wrap=wide, overflow="fold")
    headers = {
        "low": "lowest",
        "central_low": "central 90 % from",
        "value": "value",
        "central_high": "to",
        "high": "highest",
    }
    shown = headers if wide else ("low", "value", "high")
    for end in shown:
        table.add_column(headers[end], justify="right", no_wrap=True)
    for name, figure in figures.items():
        title = Text(f"{FIGURE_NAMES[name]} [{figure['unit']}]")
        table.add_row(title, *(plain(figure[end]) for end in shown))
    return table


def _prices(name: str, uncertainty: Mapping[str, Any], width: int) -> Table:
    """List the prices that move a figure most, with bars as long as what they do."""
    rows, ranges = uncertainty["sensitivity"][name][:MOST_PRICES], {row["key"]: row for row in uncertainty["ranges"]}
    widest = abs(rows[0]["at_high"] - rows[0]["at_low"])
    headers = (f"what moves {FIGURE_NAMES[name]} most", "makes it", "range", "")[: 4 if width >= WIDE else 2]
    table = Table(box=box.SIMPLE_HEAD, pad_edge=False, padding=(0, 2, 0, 0))
    for header in headers:
        table.add_column(header, no_wrap=header != headers[0], overflow="fold")
    for row in rows:
        span = ranges[row["key"]]
        cells = (
            Text(row["key"]),
            Text(f"{plain(row['at_low'])} .. {plain(row['at_high'])}"),
            Text(f"{plain(span['low'])} .. {plain(span['high'])} {span['unit']}".rstrip()),
            Text(bar(abs(row["at_high"] - row["at_low"]) / widest, _BAR), "magenta"),
        )
        table.add_row(*cells[: len(headers)])
    return table
