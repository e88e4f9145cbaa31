"""A process on the terminal and as JSON types: every number with its source."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import asdict
from itertools import groupby
from typing import Any

from rich import box
from rich.console import RenderableType
from rich.table import Table
from rich.text import Text

from lpasim.cost.dram_energy import describe_dram_device
from lpasim.cost.sram import FIGURES, load_sram_points
from lpasim.cost.sram_error import interpolation_errors
from lpasim.cost.technologies import CONFIDENCE, SUPPLY_V, Technology, TechnologyRow
from lpasim.hardware.scaling import AREA_OF_45NM, CITATION, area_factor
from lpasim.hardware.technology import SRAM_TABLES
from lpasim.reports.fitted import Fitted
from lpasim.reports.hardware_table import SOURCES_FROM

_SRAM_SOURCE = (
    "[cacti7] at 28 nm and 360 K, one read-write port (lpasim/cost/tables/sram_28nm_cacti7.md); computed for lpasim"
)


def technology_as_json(technology: Technology) -> dict[str, Any]:
    """Spell a process with JSON's types."""
    return {
        "schema": "lpasim-technology",
        "version": 1,
        "name": technology.name,
        "node_nm": technology.node_nm,
        "numbers": [asdict(row) for row in technology.rows],
        "scaled_from_other_nodes": [asdict(row) for row in technology.scaled],
        "sram_tables": {name: _sram_as_json(name) for name in technology.sram_tables},
        "area_factors": {"source": CITATION, "from_nm": _area_factors(technology.node_nm)},
        "confidence": CONFIDENCE,
    }


def technology_table(technology: Technology) -> Iterator[RenderableType]:
    """Draw a process from top to bottom."""
    heading = Text(f"{technology.name}\n", "bold")
    heading.append("names in brackets stand in citations.bib. How sure a number is:\n", "dim")
    heading.append("\n".join(f"  {name:10} {meaning}" for name, meaning in CONFIDENCE.items()), "dim")
    yield heading
    yield _numbers("numbers of this node", technology.rows)
    if technology.scaled:
        yield _numbers(f"logic of other nodes, scaled to this one and {SUPPLY_V:g} V {CITATION}", technology.scaled)
    factors = ", ".join(f"{node} nm {factor:.3g}" for node, factor in _area_factors(technology.node_nm).items())
    if factors:
        yield Text(f"\narea here over area there {CITATION}: {factors}")
    for name in technology.sram_tables:
        yield _macros(name)
        yield _errors(name)


def dram_as_json(name: str) -> dict[str, Any]:
    """Spell the currents of a DRAM with JSON's types."""
    rows = [{**row, "value": float(row["value"])} for row in describe_dram_device(name)]
    return {"schema": "lpasim-technology", "version": 1, "name": name, "numbers": rows, "confidence": CONFIDENCE}


def dram_table(name: str) -> Iterator[RenderableType]:
    """Draw the times, supplies and currents of a DRAM device."""
    yield Text(f"{name}: one device of a rank", "bold")
    table = Table(box=box.SIMPLE_HEAD, pad_edge=False, padding=(0, 1, 0, 0))
    for header, fold in (("symbol", False), ("value", False), ("confidence", False), ("source", True)):
        table.add_column(header, no_wrap=not fold, overflow="fold" if fold else "ellipsis")
    for row in describe_dram_device(name):
        table.add_row(row["symbol"], f"{row['value']} {row['unit']}", row["confidence"], Text(row["source"], "dim"))
    yield table


def _numbers(title: str, rows: Sequence[TechnologyRow]) -> Fitted:
    """List numbers; without bounds and sources where there is no room for them."""
    return Fitted(lambda width: _numbers_table(title, rows, with_sources=width >= SOURCES_FROM))


def _numbers_table(title: str, rows: Sequence[TechnologyRow], with_sources: bool) -> Table:
    table = Table(box=box.SIMPLE_HEAD, pad_edge=False, padding=(0, 1, 0, 0), title_justify="left")
    table.title = Text(f"\n{title}")
    table.add_column("component", overflow="fold")
    table.add_column("value", justify="right", no_wrap=True)
    table.add_column("confidence", no_wrap=True)
    if with_sources:
        table.add_column("between", no_wrap=True)
        table.add_column("source", overflow="fold", style="dim")
    else:
        table.caption = f"Sources: on {SOURCES_FROM} columns or more, or with --json."
        table.caption_justify = "left"
    above = ""
    for component, group in groupby(rows, lambda row: row.component):
        table.add_row(Text(component, "bold"))
        for row in group:
            span = "" if row.low is None else f"{row.low:.4g} .. {row.high:.4g}"
            source = f"{row.source}; range: {row.range_source}" if row.range_source else row.source
            shown = Text("as above" if source == above else source)
            above = source
            cells = (Text(f"  {row.quantity}"), f"{row.value:.6g} {row.unit}", row.confidence, span, shown)
            table.add_row(*(cells if with_sources else cells[:3]))
    return table


def _macros(name: str) -> Table:
    table = Table(box=box.SIMPLE_HEAD, pad_edge=False, padding=(0, 1, 0, 0), title_justify="left")
    table.title = Text(f"\nSRAM table {name}: measured; {_SRAM_SOURCE}")
    for header in ("size B", "port bit", "read pJ", "write pJ", "leakage mW", "area mm2"):
        table.add_column(header, justify="right", overflow="fold")
    for (size, port), macro in sorted(load_sram_points(name).items()):
        table.add_row(f"{size}", f"{port}", *(f"{getattr(macro, figure):.6g}" for figure in FIGURES))
    return table


def _errors(name: str) -> Text:
    """Say how far off the table is between its points."""
    parts = (
        f"{figure.rpartition('_')[0]} {100 * error.median:.1f} % ({100 * error.largest:.1f} %)"
        for figure, error in interpolation_errors(name).items()
    )
    return Text(f"a size left out and interpolated from its neighbours is off by (median, largest): {', '.join(parts)}")


def _sram_as_json(name: str) -> dict[str, Any]:
    points = [
        {"size_bytes": size, "port_bits": port, **asdict(macro)}
        for (size, port), macro in sorted(load_sram_points(name).items())
    ]
    return {
        "device_class": SRAM_TABLES[name].device_class,
        "confidence": "measured",
        "source": _SRAM_SOURCE,
        "interpolation_error": {figure: asdict(error) for figure, error in interpolation_errors(name).items()},
        "points": points,
    }


def _area_factors(node_nm: int | None) -> dict[int, float]:
    if node_nm is None:
        return {}
    return {node: area_factor(node, node_nm) for node in AREA_OF_45NM if node != node_nm}
