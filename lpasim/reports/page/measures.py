"""The figures of merit by which points of a study are chosen: their labels, and which way is better."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

Goal = Literal["min", "max"]


@dataclass(frozen=True, slots=True)
class Measure:
    """A column of a study's points.

    Attributes
    ----------
    name : str
        The column; it names the unit.
    label, unit : str
        For people.
    goal : str
        Which way is better.
    """

    name: str
    label: str
    unit: str
    goal: Goal


MEASURES = (
    Measure("latency_ms", "latency", "ms", "min"),
    Measure("energy_mj", "energy", "mJ", "min"),
    Measure("area_mm2", "chip area", "mm²", "min"),
    Measure("power_mw", "power", "mW", "min"),
    Measure("throughput_gops", "throughput", "GOPS", "max"),
    Measure("utilization", "utilization", "", "max"),
    Measure("tops_per_w", "efficiency", "TOPS/W", "max"),
    Measure("tops_per_mm2", "density", "TOPS/mm²", "max"),
    Measure("edp_mj_ms", "energy × delay", "mJ ms", "min"),
)
"""What the page offers of any study, besides its own objectives."""
ALWAYS = ("latency_ms", "area_mm2")
"""What can be limited at first sight, besides the objectives."""
