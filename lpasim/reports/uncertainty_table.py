"""The uncertainty of a report on the terminal: an interval of each figure, and the prices that move it most."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from rich import box
from rich.console import RenderableType
from rich.table import Table
from rich.text import Text

from lpasim.reports.breakdown import bar
from lpasim.reports.numbers import plain
from lpasim.reports.uncertainty import RANKED

MOST_PRICES = 6
_BAR = 24


def uncertainty_table(uncertainty: Mapping[str, Any]) -> Iterator[RenderableType]:
    """Draw intervals, and what each price does alone."""
    heading = Text("Uncertainty, that of prices: ", "bold")
    heading.append(uncertainty["method"], "dim")
    yield heading
    yield _intervals(uncertainty["figures"])
    for name in RANKED:
        if uncertainty["sensitivity"][name]:
            yield _prices(name, uncertainty)
    fixed = sum(not key.startswith("ppu.passes.") for key in uncertainty["held_fixed"])
    yield Text(f"{fixed} assumed choices are held fixed: vary them with --set (report.json lists them).\n", "dim")


def _intervals(figures: Mapping[str, Mapping[str, Any]]) -> Table:
    table = Table(box=box.SIMPLE_HEAD, pad_edge=False, padding=(0, 2, 0, 0))
    table.add_column("figure", no_wrap=True)
    for header in ("lowest", "central 90 % from", "value", "to", "highest"):
        table.add_column(header, justify="right")
    for name, figure in figures.items():
        ends = (figure[end] for end in ("low", "central_low", "value", "central_high", "high"))
        table.add_row(f"{_title(name)} [{figure['unit']}]".replace("[", "\\["), *(plain(end) for end in ends))
    return table


def _prices(name: str, uncertainty: Mapping[str, Any]) -> Table:
    """List the prices that move a figure most, with bars as long as what they do."""
    rows, ranges = uncertainty["sensitivity"][name][:MOST_PRICES], {row["key"]: row for row in uncertainty["ranges"]}
    widest = abs(rows[0]["at_high"] - rows[0]["at_low"])
    table = Table(box=box.SIMPLE_HEAD, pad_edge=False, padding=(0, 2, 0, 0))
    table.add_column(f"what moves {_title(name)} most", no_wrap=True)
    table.add_column("range", no_wrap=True)
    table.add_column("makes it", no_wrap=True)
    table.add_column("", no_wrap=True, width=_BAR)
    for row in rows:
        span = ranges[row["key"]]
        table.add_row(
            row["key"],
            f"{plain(span['low'])} .. {plain(span['high'])} {span['unit']}".rstrip(),
            f"{plain(row['at_low'])} .. {plain(row['at_high'])}",
            Text(bar(abs(row["at_high"] - row["at_low"]) / widest, _BAR), "magenta"),
        )
    return table


def _title(name: str) -> str:
    return {
        "area_mm2": "chip area",
        "compute_area_mm2": "PEs and decoders",
        "energy_mj": "energy",
        "power_mw": "power",
        "tops_per_mm2": "density, chip",
        "compute_tops_per_mm2": "density, compute",
        "tops_per_w": "efficiency",
    }[name]
