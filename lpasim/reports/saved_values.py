"""Refusing the values of a saved report that are not as a report declares them, before anything is made of them."""

from __future__ import annotations

import reprlib
import sys
from collections.abc import Mapping, Sequence
from typing import Any

from pydantic import ValidationError

from lpasim.errors import ResultsError
from lpasim.hardware.model import Hardware
from lpasim.quantization.documents import first_problem
from lpasim.reports.statistics import LAYER_STATS, SUMMARY_STATS, Stat

LAYER_OPTIONAL = ("count", "m", "k", "n", "weight_bits", "mode", "macs_per_cell")
"""What a layer without a product lacks."""
SUMMARY_OPTIONAL = (
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
_SECTIONS = {"workload": dict, "configuration": dict, "summary": dict, "layers": list}
_WORDS = {str: "a text", int: "a whole number", float: "a number"}
_MOST: dict[type, float] = {int: 2**53, float: sys.float_info.max}
"""What floats hold exactly, and at all."""


def check_report(report: Mapping[str, Any], where: str) -> None:
    """Refuse a report without what is read from it, or with values of another kind.

    Parameters
    ----------
    report : mapping
        ``report.json``, of a schema and a version that are right.
    where : str
        Names the file.

    Raises
    ------
    ResultsError
        If something is missing or wrong.
    """
    for name, kind in _SECTIONS.items():
        if not isinstance(report.get(name), kind):
            raise ResultsError(f"{name} must be given as in a report, got {_kind(report.get(name))} ({where})")
    if not report["layers"]:
        raise ResultsError(f"layers must be one at least, got none ({where})")
    _check_row(report["summary"], "summary", SUMMARY_STATS, SUMMARY_OPTIONAL, where)
    for index, row in enumerate(report["layers"]):
        _check_row(row, f"layers[{index}]", LAYER_STATS, LAYER_OPTIONAL, where)
    name = report["workload"].get("name")
    if not isinstance(name, str):
        raise ResultsError(f"workload.name must be a text, got {_kind(name)} ({where})")
    try:
        Hardware.model_validate(report["configuration"])
    except ValidationError as error:
        raise ResultsError(f"configuration.{first_problem(error)} ({where})") from error


def _check_row(row: Any, name: str, stats: Sequence[Stat], optional: Sequence[str], where: str) -> None:
    for stat in stats:
        if not isinstance(row, dict) or stat.name not in row:
            raise ResultsError(f"{name}.{stat.name} must be given, got nothing ({where})")
        value = row[stat.name]
        if stat.parts and not isinstance(value, dict):
            raise ResultsError(f"{name}.{stat.name} must be numbers by part, got {reprlib.repr(value)} ({where})")
        parts = {f".{part}": value.get(part) for part in stat.parts} if stat.parts else {"": value}
        for part, found in parts.items():
            if not (found is None and stat.name in optional):
                _check_value(found, f"{name}.{stat.name}{part}", stat.kind, where)


def _check_value(value: Any, name: str, kind: type, where: str) -> None:
    """Refuse a value of another kind; whole numbers are numbers, too, and true is none."""
    right = isinstance(value, (int, float) if kind is float else kind)
    if not right or isinstance(value, bool):
        raise ResultsError(f"{name} must be {_WORDS[kind]}, got {reprlib.repr(value)} ({where})")
    if kind is not str and not 0 <= value <= _MOST[kind]:
        raise ResultsError(f"{name} must be within 0..{_MOST[kind]:.3g}, got {reprlib.repr(value)} ({where})")


def _kind(value: Any) -> str:
    return "nothing" if value is None else f"a {type(value).__name__}"
