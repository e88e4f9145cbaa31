"""A comparison on the terminal: one table a workload, absolute and over the baseline, and where the energy goes."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from itertools import groupby

from rich import box
from rich.console import RenderableType
from rich.table import Table
from rich.text import Text

from lpasim.reports.comparison import Comparison, Row
from lpasim.reports.numbers import percent, plain, scaled

ASSUMED = "Many values are assumptions: lpasim show hardware NAME says which."
ISO_WORDS = {
    "area": "arrays scaled to one compute area (PEs and decoders)",
    "pes": "arrays scaled to one number of PEs",
    "bandwidth": "all with one memory",
}
FIGURES = (
    ("latency\nms", "latency_ms"),
    ("energy\nmJ", "energy_mj"),
    ("speed\nGOPS", "throughput_gops"),
    ("compute\nmm²", "compute_area_mm2"),
    ("compute\nTOPS/mm²", "compute_tops_per_mm2"),
    ("chip\nTOPS/mm²", "tops_per_mm2"),
    ("\nTOPS/W", "tops_per_w"),
)
"""Headers and statistics."""


def render_comparison(comparison: Comparison) -> Iterator[RenderableType]:
    """Draw a comparison from top to bottom."""
    for workload, rows in groupby(comparison.rows, lambda row: str(row["workload"])):
        yield from _workload(workload, list(rows), comparison)
    made = f"; {ISO_WORDS[comparison.iso]}" if comparison.iso else ""
    yield Text(f"Ratios: over {comparison.baseline}, on the same workload{made}.", "dim")
    yield Text(ASSUMED, "dim")


def _workload(workload: str, rows: Sequence[Row], comparison: Comparison) -> Iterator[RenderableType]:
    yield Text(workload, "bold")
    table = _table("accelerator", ("PEs", "W/A\nbits", *(header for header, _ in FIGURES)))
    for row in rows:
        bits = (plain(row["average_weight_bits"], 2), plain(row["average_activation_bits"], 2))
        numbers = (plain(row[name]) for _, name in FIGURES)
        table.add_row(row["hardware"], str(row["pes"]), "/".join(bits), *numbers)
    yield table
    ratios = _table(f"over {comparison.baseline}", [header for header, _ in FIGURES])
    for row in rows:
        ratios.add_row(row["hardware"], *(_ratio(row["normalized"][name]) for _, name in FIGURES))
    yield ratios
    yield _energies(rows)
    for row in rows:
        if row["accuracy"]:
            yield Text(f"{row['hardware']}: {row['accuracy']}", "dim")


def _energies(rows: Sequence[Row]) -> Table:
    """Draw the shares of the components in each accelerator's energy."""
    parts = [name for name in rows[0]["component_energy_mj"] if any(row["component_energy_mj"][name] for row in rows)]
    table = _table("energy", ("total", *(part.replace("_", "\n") for part in parts)))
    for row in rows:
        shares = (percent(row["component_energy_mj"][part], row["energy_mj"]) for part in parts)
        table.add_row(row["hardware"], scaled(row["energy_mj"] * 1e-3, "J"), *shares)
    return table


def _table(first: str, headers: Sequence[str]) -> Table:
    table = Table(box=box.SIMPLE, pad_edge=False, padding=(0, 1, 0, 0))
    table.add_column(first, no_wrap=True, vertical="bottom")
    for header in headers:
        table.add_column(header, justify="right", no_wrap=True, vertical="bottom")
    return table


def _ratio(value: float | None) -> str:
    return "-" if value is None else f"{value:.2f}"
