"""Refusing a report whose values are not what statistics declare, before anything is computed from it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from math import isfinite
from pathlib import Path
from typing import Any

from lpasim.errors import ResultsError
from lpasim.networks.printable import printable
from lpasim.reports.statistics import LAYER_STATS, SUMMARY_STATS, Stat

_LAYER_OPTIONAL = ("count", "m", "k", "n", "weight_bits", "mode", "macs_per_cell")
"""What a layer without a product lacks."""
_SUMMARY_OPTIONAL = (
    "inferences_per_s",
    "throughput_gops",
    "peak_gops",
    "utilization",
    "average_weight_bits",
    "average_activation_bits",
    "tops_per_mm2",
    "compute_tops_per_mm2",
    "power_mw",
    "tops_per_w",
)
"""What would divide by zero."""


def check_report(report: Mapping[str, Any], path: Path) -> None:
    """Make sure that workload, summary and layers hold what the page computes with.

    Raises
    ------
    ResultsError
        If a value is of another kind, or there is no layer.
    """
    where = printable(path)
    if not report["layers"]:
        raise ResultsError(f"layers must be one at least, got none ({where})")
    _check_workload(report["workload"], where)
    _check_row(report["summary"], "summary", SUMMARY_STATS, _SUMMARY_OPTIONAL, where)
    for index, row in enumerate(report["layers"]):
        _check_row(row, f"layers[{index}]", LAYER_STATS, _LAYER_OPTIONAL, where)


def _check_workload(workload: Mapping[str, Any], where: str) -> None:
    shapes, batch = workload.get("input_shapes"), workload.get("batch")
    if not isinstance(shapes, dict) or not all(isinstance(shape, list) for shape in shapes.values()):
        raise ResultsError(f"workload.input_shapes must be lists by name, got {shapes!r} ({where})")
    if not _is_number(batch):
        raise ResultsError(f"workload.batch must be a number, got {batch!r} ({where})")


def _check_row(row: Mapping[str, Any], name: str, stats: Sequence[Stat], optional: Sequence[str], where: str) -> None:
    for stat in stats:
        value = row[stat.name]
        if stat.parts and not isinstance(value, dict):
            raise ResultsError(f"{name}.{stat.name} must be numbers by part, got {value!r} ({where})")
        parts = {f".{part}": value.get(part) for part in stat.parts} if stat.parts else {"": value}
        for part, found in parts.items():
            fits = isinstance(found, str) if stat.kind is str else _is_number(found)
            if not fits and not (found is None and stat.name in optional):
                kind = "a text" if stat.kind is str else "a number"
                raise ResultsError(f"{name}.{stat.name}{part} must be {kind}, got {found!r} ({where})")


def _is_number(value: Any) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool) and isfinite(value)
