"""The report of a run: its inputs, its results, and the views of them that users read."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING, Any

from lpasim.cost import AreaReport, EnergyReport
from lpasim.hardware import ResolvedHardware, describe
from lpasim.quantization.activity import LayerActivity
from lpasim.quantization.trace import Trace
from lpasim.reports.layer_rows import Row, layer_frame, layer_row
from lpasim.reports.measured import MeasuredActivity, basis
from lpasim.reports.numbers import scaled
from lpasim.reports.statistics import LAYER_STATS, SUMMARY_STATS
from lpasim.reports.summary import summarize
from lpasim.reports.uncertainty import run_uncertainty
from lpasim.simulation.result import SimResult

if TYPE_CHECKING:
    import pandas as pd

SCHEMA = "lpasim-report"
VERSION = 1


@dataclass(frozen=True, repr=False)
class Report:
    """What one run gives.

    Attributes
    ----------
    trace : Trace
        The workload.
    resolved : ResolvedHardware
        The accelerator, and where each of its values comes from.
    result : SimResult
        Cycles, stalls and action counts.
    area : AreaReport
        Area of the accelerator.
    energies : tuple of EnergyReport
        Energy of each layer.
    activity : MeasuredActivity or None
        The activity for which energies are; None where words are taken to be random.
    layer_activities : tuple of LayerActivity or None
        That of each layer; empty where words are taken to be random.
    """

    trace: Trace
    resolved: ResolvedHardware
    result: SimResult
    area: AreaReport
    energies: tuple[EnergyReport, ...]
    activity: MeasuredActivity | None = None
    layer_activities: tuple[LayerActivity | None, ...] = ()

    def __repr__(self) -> str:
        """Say what ran, and what came out in short."""
        latency, energy = scaled(self.summary["latency_ms"] * 1e-3, "s"), scaled(self.summary["energy_mj"] * 1e-3, "J")
        cycles = f"{self.summary['cycles']:,} cycles"
        return f"<Report {self.trace.name} on {self.resolved.hardware.name}: {cycles}, {latency}, {energy}>"

    @cached_property
    def layer_rows(self) -> list[Row]:
        """One dictionary a layer; `lpasim.reports.statistics.LAYER_STATS` declares the keys."""
        hardware = self.resolved.hardware
        return [
            layer_row(layer, energy, hardware, measured=self.activity is not None)
            for layer, energy in zip(self.result.layers, self.energies, strict=True)
        ]

    @cached_property
    def summary(self) -> dict[str, Any]:
        """The whole run; `lpasim.reports.statistics.SUMMARY_STATS` declares the keys."""
        return summarize(self.trace, self.resolved.hardware, self.layer_rows, self.area)

    @cached_property
    def layers(self) -> pd.DataFrame:
        """The per-layer table, one flat column a statistic and part."""
        return layer_frame(self.layer_rows)

    @cached_property
    def assumptions(self) -> list[dict[str, Any]]:
        """The values that nobody published: key, value, unit and why it was chosen."""
        return [
            {"key": row.path, "value": row.value, "unit": row.unit, "source": row.source}
            for row in describe(self.resolved)
            if row.assumption
        ]

    @cached_property
    def uncertainty(self) -> dict[str, Any]:
        """What the ranges of prices make of the figures of merit: see `lpasim.reports.uncertainty`."""
        activities = self.layer_activities or (None,) * len(self.result.layers)
        return run_uncertainty(self.result, self.resolved, activities)

    def to_dict(self) -> dict[str, Any]:
        """Spell the report with JSON's types."""
        return {
            "schema": SCHEMA,
            "version": VERSION,
            "workload": {
                "name": self.trace.name,
                "title": self.trace.title,
                "batch": self.trace.batch,
                "input_shapes": {name: list(shape) for name, shape in self.trace.input_shapes.items()},
                "provenance": self.trace.provenance.model_dump(mode="json"),
            },
            "activity": basis(self.activity, self.trace),
            "configuration": self.resolved.hardware.model_dump(mode="json", by_alias=True),
            "summary": self.summary,
            "layers": self.layer_rows,
            "free": [operator.model_dump(mode="json") for operator in self.trace.free],
            "assumptions": self.assumptions,
            "uncertainty": self.uncertainty,
            "units": {
                "summary": {stat.name: stat.unit for stat in SUMMARY_STATS if stat.unit},
                "layers": {stat.name: stat.unit for stat in LAYER_STATS if stat.unit},
            },
        }
