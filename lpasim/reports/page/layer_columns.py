"""The table of the layers: what stands in a cell, and what it sorts by."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from lpasim.reports.layer_table import CAUSES

Row = Mapping[str, Any]
NONE = "-"
"""What a cell says where a layer has no such value."""


@dataclass(frozen=True, slots=True)
class Cell:
    """A text, and the number or text that it sorts by; None sorts last."""

    text: str
    value: float | str | None


@dataclass(frozen=True, slots=True)
class Column:
    """A column of a table: its header and unit, what they mean, whether it holds numbers, and a cell a row."""

    label: str
    unit: str
    meaning: str
    is_number: bool
    cells: tuple[Cell, ...]


def layer_columns(rows: Sequence[Row]) -> tuple[Column, ...]:
    """Choose what the page shows of the layers; `layers.csv` of the run has the rest."""
    run_cycles = sum(row["cycles"] for row in rows)
    several = any((row["count"] or 1) > 1 for row in rows)
    return (
        _texts("layer", "name in the network", rows, lambda row: row["name"]),
        _texts("operator", "what occupies the array, or the post-processing unit", rows, lambda row: row["operator"]),
        *([_counts("count", "", "independent products", rows, "count")] if several else []),
        _counts("M", "", "rows of the streamed operand", rows, "m"),
        _counts("K", "", "reduction length", rows, "k"),
        _counts("N", "", "columns of the stationary operand", rows, "n"),
        _counts("weights", "bit", "width of a word of the stationary operand", rows, "weight_bits"),
        _counts("inputs", "bit", "width of a word of the streamed operand", rows, "activation_bits"),
        _counts("cycles", "", "from the end of the layer before to its own end", rows, "cycles"),
        _shares("time", "share of the run", rows, lambda row: _percent(row["cycles"], run_cycles)),
        _shares("used", "utilization: MACs over what all lanes of all PEs could do", rows, _utilization),
        _shares("waits", "share of the layer's cycles in which the array stands still", rows, _waits),
        _texts("waits on", "what holds the array up most", rows, main_cause),
        _amounts("DRAM", "kB", "read and written, whole bursts", rows, _traffic_kb),
        _amounts("energy", "µJ", "all components", rows, lambda row: sum(row["energy_pj"].values()) * 1e-6),
    )


def main_cause(row: Row) -> str:
    """Name what the array waits on most; nothing where it does not wait."""
    stalls = row["stall_cycles"]
    cause = max(stalls, key=lambda name: stalls[name])
    return CAUSES.get(cause, cause) if stalls[cause] else ""


def _counts(label: str, unit: str, meaning: str, rows: Sequence[Row], key: str) -> Column:
    values = [row[key] for row in rows]
    cells = (Cell(NONE if value is None else f"{value:,}", value) for value in values)
    return Column(label, unit, meaning, True, tuple(cells))


def _shares(label: str, meaning: str, rows: Sequence[Row], of: Callable[[Row], float | None]) -> Column:
    values = [of(row) for row in rows]
    cells = (Cell(NONE if value is None else f"{value:.1f}", value) for value in values)
    return Column(label, "%", meaning, True, tuple(cells))


def _amounts(label: str, unit: str, meaning: str, rows: Sequence[Row], of: Callable[[Row], float]) -> Column:
    cells = (Cell(f"{of(row):,.1f}", of(row)) for row in rows)
    return Column(label, unit, meaning, True, tuple(cells))


def _texts(label: str, meaning: str, rows: Sequence[Row], of: Callable[[Row], str]) -> Column:
    texts = [of(row) for row in rows]
    return Column(label, "", meaning, False, tuple(Cell(text or NONE, text or None) for text in texts))


def _percent(part: float, whole: float) -> float:
    return 100 * part / whole if whole else 0.0


def _utilization(row: Row) -> float | None:
    return 100 * row["utilization"] if row["m"] is not None else None


def _waits(row: Row) -> float:
    return _percent(sum(row["stall_cycles"].values()), row["cycles"])


def _traffic_kb(row: Row) -> float:
    return float(row["dram_read_bytes"] + row["dram_write_bytes"]) / 1e3
