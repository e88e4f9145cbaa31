"""An accelerator on the terminal: every value with its unit and its source."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import groupby

from rich import box
from rich.console import RenderableType
from rich.table import Table
from rich.text import Text

from lpasim.hardware import ResolvedHardware, Row, describe
from lpasim.reports.fitted import Fitted

SOURCES_FROM = 75
"""Columns below which a table of values leaves out where they come from."""


def hardware_table(resolved: ResolvedHardware) -> Iterator[RenderableType]:
    """Draw a resolved description from top to bottom."""
    heading = Text(resolved.hardware.title, "bold")
    heading.append(f"\n{resolved.hardware.name}; * marks an assumption: a value that nobody published", "dim")
    yield heading
    yield Fitted(lambda width: _values(resolved, with_sources=width >= SOURCES_FROM))


def _values(resolved: ResolvedHardware, with_sources: bool) -> Table:
    table = Table(box=box.SIMPLE_HEAD, pad_edge=False, padding=(0, 1, 0, 0))
    table.add_column("key", no_wrap=True)
    table.add_column("value", justify="right", no_wrap=True)
    table.add_column("", no_wrap=True)
    if with_sources:
        table.add_column("source; names in brackets stand in citations.bib", overflow="fold")
    else:
        table.caption = f"Sources: on {SOURCES_FROM} columns or more, or with --yaml."
        table.caption_justify = "left"
    for section, rows in groupby(describe(resolved), lambda row: row.path.rpartition(".")[0]):
        if section:
            table.add_row(Text(section, "bold"))
        above = ""
        for row in rows:
            name = row.path.rpartition(".")[2]
            mark = Text("*" if row.assumption else "", "yellow")
            source = Text("as above" if row.source == above else row.source, "dim")
            if row.range:
                source.append(f"; {' to '.join(row.range)}: {row.range_source}", "italic")
            above = row.source
            cells = (f"  {name}" if section else name, row.text, mark, source)
            table.add_row(*(cells if with_sources else cells[:-1]))
    return table


def assumptions_table(resolved: ResolvedHardware) -> Table:
    """List the assumed values alone, one line or two a section."""
    table = Table.grid(padding=(0, 2, 0, 0))
    table.add_column(no_wrap=True)
    table.add_column(style="dim", overflow="fold")
    assumed = [row for row in describe(resolved) if row.assumption]
    for section, rows in groupby(assumed, lambda row: row.path.rpartition(".")[0]):
        table.add_row(section or "chip", ", ".join(_short(row) for row in rows))
    return table


def _short(row: Row) -> str:
    return f"{row.path.rpartition('.')[2]} {row.text}"
