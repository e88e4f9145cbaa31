"""The uncertainty of a report's figures of merit: that of prices carried through, and which price matters most."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from lpasim.cost.buffers import UM2_PER_MM2
from lpasim.cost.uncertainty import CENTRAL, SAMPLES, Interval, Outcome, PricedLayer, Uncertainty, propagate
from lpasim.hardware import ResolvedHardware, describe
from lpasim.quantization.activity import LayerActivity
from lpasim.reports.memory_price import priced_commands
from lpasim.reports.summary import MJ_PER_PJ, OPS_PER_MAC
from lpasim.simulation.result import SimResult

METHOD = (
    "cycles and counts as simulated; bounds with all prices at the cheap and at the dear end of their ranges; central "
    f"{100 * (CENTRAL[1] - CENTRAL[0]):.0f} % of {SAMPLES} sets of prices, a Latin hypercube of independent triangular "
    "distributions on logarithmic scales"
)
RANKED = ("tops_per_mm2", "tops_per_w")
"""Figures for which prices are ranked."""


@dataclass(frozen=True, slots=True)
class Figure:
    """A figure of merit: its unit, and how it follows from an outcome and the run's throughput [TOPS] and time [s]."""

    unit: str
    of: Callable[[Outcome, float, float], float | None]


FIGURES: Mapping[str, Figure] = {
    "area_mm2": Figure("mm2", lambda outcome, tops, seconds: outcome.area_um2 / UM2_PER_MM2),
    "compute_area_mm2": Figure("mm2", lambda outcome, tops, seconds: outcome.compute_um2 / UM2_PER_MM2),
    "energy_mj": Figure("mJ", lambda outcome, tops, seconds: outcome.energy_pj * MJ_PER_PJ),
    "power_mw": Figure("mW", lambda outcome, tops, seconds: _ratio(outcome.energy_pj * MJ_PER_PJ, seconds)),
    "tops_per_mm2": Figure(
        "TOPS/mm2", lambda outcome, tops, seconds: _ratio(tops * UM2_PER_MM2, outcome.area_um2) if tops else None
    ),
    "compute_tops_per_mm2": Figure(
        "TOPS/mm2", lambda outcome, tops, seconds: _ratio(tops * UM2_PER_MM2, outcome.compute_um2) if tops else None
    ),
    "tops_per_w": Figure(
        "TOPS/W", lambda outcome, tops, seconds: _ratio(tops * seconds * 1e12, outcome.energy_pj) if tops else None
    ),
}
"""By the name that they have in the summary. Each rises or falls with area and energy alone."""


def run_uncertainty(
    result: SimResult, resolved: ResolvedHardware, activities: Sequence[LayerActivity | None]
) -> dict[str, Any]:
    """Carry the ranges of prices through a run, as JSON types.

    Parameters
    ----------
    result : SimResult
        Counted actions and cycles.
    resolved : ResolvedHardware
        The accelerator, with the ranges of its values.
    activities : sequence of LayerActivity or None
        Measured activity of each layer, if there is one.
    """
    layers = [
        PricedLayer(layer.actions, layer.cycles, activity, commands)
        for layer, activity, commands in zip(result.layers, activities, priced_commands(result, resolved), strict=True)
    ]
    known = propagate(layers, resolved)
    seconds = sum(layer.cycles for layer in layers) / (resolved.hardware.clock_mhz * 1e6)
    products = (layer.schedule.layer.gemm for layer in result.layers)
    operations = OPS_PER_MAC * sum(gemm.macs for gemm in products if gemm)
    tops = _ratio(operations / 1e12, seconds) or 0.0
    rows = {row.path: row for row in describe(resolved)}
    return {
        "method": METHOD,
        "figures": {
            name: {"unit": figure.unit, **figures}
            for name, figure in FIGURES.items()
            if (figures := _bounds(figure, known, tops, seconds)) is not None
        },
        "sensitivity": {name: _ranked(FIGURES[name], known, tops, seconds) for name in RANKED},
        "ranges": [
            {
                "key": swing.key,
                "value": rows[swing.key].value,
                "low": swing.range.low,
                "high": swing.range.high,
                "unit": rows[swing.key].unit,
                "basis": swing.range.basis,
            }
            for swing in known.swings
        ],
        "held_fixed": list(known.fixed),
    }


def _bounds(figure: Figure, known: Uncertainty, tops: float, seconds: float) -> dict[str, float] | None:
    """Give a figure's value and interval, the smaller end first; None where it would divide by zero."""

    def at(end: str) -> float | None:
        intervals: tuple[Interval, ...] = (known.area_um2, known.compute_um2, known.energy_pj)
        return figure.of(Outcome(*(getattr(interval, end) for interval in intervals)), tops, seconds)

    value, ends = at("value"), [at(end) for end in ("low", "central_low", "central_high", "high")]
    if value is None or None in ends:
        return None
    low, central_low, central_high, high = sorted(end for end in ends if end is not None)
    return {"value": value, "low": low, "central_low": central_low, "central_high": central_high, "high": high}


def _ranked(figure: Figure, known: Uncertainty, tops: float, seconds: float) -> list[dict[str, Any]]:
    """List what each price alone makes of a figure, the widest swing first; prices that do not matter are left out."""
    rows = [
        {"key": swing.key, "at_low": low, "at_high": high}
        for swing in known.swings
        if (low := figure.of(swing.at_low, tops, seconds)) is not None
        and (high := figure.of(swing.at_high, tops, seconds)) is not None
        and low != high
    ]
    return sorted(rows, key=_swing, reverse=True)


def _swing(row: Mapping[str, Any]) -> float:
    return abs(float(row["at_high"]) - float(row["at_low"]))


def _ratio(numerator: float, denominator: float) -> float | None:
    return numerator / denominator if denominator else None
