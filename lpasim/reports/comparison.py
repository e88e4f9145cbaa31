"""Accelerators side by side: each workload on each of them, absolute and relative to one of them."""

from __future__ import annotations

import csv
import io
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

from lpasim.errors import HardwareError
from lpasim.hardware import ResolvedHardware
from lpasim.quantization.trace import Trace
from lpasim.reports.layer_rows import flatten
from lpasim.reports.libraries import NUMERICAL, versions
from lpasim.reports.report import Report
from lpasim.reports.simulate import run
from lpasim.reports.statistics import SUMMARY_STATS, Stat

SCHEMA = "lpasim-comparison"
VERSION = 1
NORMALIZED = (
    "latency_ms",
    "energy_mj",
    "edp_mj_ms",
    "throughput_gops",
    "area_mm2",
    "compute_area_mm2",
    "tops_per_mm2",
    "compute_tops_per_mm2",
    "tops_per_w",
)
"""Statistics that are also given over the baseline's."""
_SUMMARY = {stat.name: stat for stat in SUMMARY_STATS}
_TAKEN = (
    *("cycles", "latency_ms", "macs", "throughput_gops", "peak_gops", "utilization", "average_weight_bits"),
    *("average_activation_bits", "energy_mj", "component_energy_mj", "power_mw", "edp_mj_ms", "area_mm2"),
    *("compute_area_mm2", "component_area_mm2", "tops_per_mm2", "compute_tops_per_mm2", "tops_per_w"),
)
STATS = (
    Stat("workload", "", "network", kind=str),
    Stat("hardware", "", "accelerator", kind=str),
    Stat("pes", "PEs", "processing elements of the array"),
    *(_SUMMARY[name] for name in _TAKEN),
    Stat(
        "accuracy",
        "",
        "what the trace says of the answers in its formats; null where others are computed with",
        kind=str,
    ),
    Stat("normalized", "", "over the baseline's, on the same workload", NORMALIZED, kind=float),
)
"""Keys of a row."""

Row = dict[str, Any]


@dataclass(frozen=True)
class Comparison:
    """Reports of every workload on every accelerator, workload by workload.

    Attributes
    ----------
    reports : tuple of Report
        In the order of the workloads, and for each of them in the order of the accelerators.
    names : tuple of str
        The accelerators.
    baseline : str
        The accelerator that the others are normalized to.
    iso : str or None
        What the accelerators were made equal in.
    """

    reports: tuple[Report, ...]
    names: tuple[str, ...]
    baseline: str
    iso: str | None = None

    @property
    def accelerators(self) -> tuple[ResolvedHardware, ...]:
        """The accelerators as they ran."""
        return tuple(report.resolved for report in self.reports[: len(self.names)])

    @property
    def rows(self) -> list[Row]:
        """One dictionary a workload and accelerator; `STATS` declares the keys."""
        rows = []
        for first in range(0, len(self.reports), len(self.names)):
            reports = self.reports[first : first + len(self.names)]
            base = reports[self.names.index(self.baseline)].summary
            rows += [_row(report, base) for report in reports]
        return rows

    def to_dict(self) -> dict[str, Any]:
        """Spell the comparison with JSON's types."""
        return {
            "schema": SCHEMA,
            "version": VERSION,
            "baseline": self.baseline,
            "iso": self.iso,
            "accelerators": [_accelerator(each) for each in self.accelerators],
            "workloads": [_workload(report) for report in self.reports],
            "rows": self.rows,
            "units": {stat.name: stat.unit for stat in STATS if stat.unit},
            "versions": versions(NUMERICAL),
        }


def compare(
    workloads: Sequence[Sequence[Trace]],
    accelerators: Sequence[ResolvedHardware],
    baseline: str,
    iso: str | None = None,
    done: Callable[[int, int], None] | None = None,
) -> Comparison:
    """Run every workload on every accelerator.

    Parameters
    ----------
    workloads : sequence of sequence of Trace
        For each workload, the trace that each accelerator runs.
    accelerators : sequence of ResolvedHardware
        With names that differ.
    baseline : str
        Name of one of them.
    iso : str, optional
        What they were made equal in, for the record.
    done : callable, optional
        Told how many runs are done, and of how many.

    Raises
    ------
    HardwareError
        If two accelerators have one name, or none has that of the baseline.
    LpasimError
        If a layer does not fit an accelerator.
    """
    names = [each.hardware.name for each in accelerators]
    for name in names:
        if names.count(name) > 1:
            raise HardwareError(f"hardware must name each accelerator once, got {name!r} {names.count(name)} times")
    if baseline not in names:
        raise HardwareError(f"baseline must be one of {', '.join(names)}, got {baseline!r}")
    pairs = [(trace, each) for traces in workloads for trace, each in zip(traces, accelerators, strict=True)]
    reports = []
    for trace, each in pairs:
        reports.append(run(trace, each))
        if done is not None:
            done(len(reports), len(pairs))
    return Comparison(tuple(reports), tuple(names), baseline, iso)


def csv_of(comparison: Comparison) -> str:
    """Spell the rows as CSV; an empty field stands for None."""
    rows = [flatten(row) for row in comparison.rows]
    text = io.StringIO()
    writer = csv.DictWriter(text, list(rows[0]), lineterminator="\n")
    writer.writeheader()
    writer.writerows(rows)
    return text.getvalue()


def _row(report: Report, base: dict[str, Any]) -> Row:
    chip, summary = report.resolved.hardware, report.summary
    ratios = {name: summary[name] / base[name] if summary[name] and base[name] else None for name in NORMALIZED}
    known = chip.words.are_those_of_the_trace
    values = {
        **summary,
        "workload": report.trace.name,
        "hardware": chip.name,
        "pes": chip.pes,
        "accuracy": report.trace.provenance.accuracy if known else None,
        "normalized": ratios,
    }
    return {stat.name: values[stat.name] for stat in STATS}


def _accelerator(resolved: ResolvedHardware) -> dict[str, Any]:
    return {
        "name": resolved.hardware.name,
        "title": resolved.hardware.title,
        "configuration": resolved.hardware.model_dump(mode="json", by_alias=True),
        "assumptions": list(resolved.assumptions),
    }


def _workload(report: Report) -> dict[str, Any]:
    return {
        "workload": report.trace.name,
        "hardware": report.resolved.hardware.name,
        "batch": report.trace.batch,
        "bit_assignment": report.trace.provenance.bit_assignment,
    }
