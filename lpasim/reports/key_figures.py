"""The figures of merit of a run, as people read them."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from lpasim.reports.numbers import plain, scaled

KeyFigures = tuple[tuple[str, str], ...]
"""Names and values."""


def key_figures(summary: Mapping[str, Any]) -> tuple[KeyFigures, KeyFigures, KeyFigures]:
    """Return the figures of speed, of energy, and of area, from `SUMMARY_STATS` of `lpasim.reports.statistics`."""
    speed = (
        ("latency", scaled(summary["latency_ms"] * 1e-3, "s")),
        ("cycles", f"{summary['cycles']:,}"),
        ("inferences", f"{plain(summary['inferences_per_s'])} /s"),
        ("throughput", f"{plain(summary['throughput_gops'])} GOPS"),
        ("of a peak of", f"{plain(summary['peak_gops'])} GOPS"),
    )
    energy = (
        ("energy", scaled(summary["energy_mj"] * 1e-3, "J")),
        ("power", scaled((summary["power_mw"] or 0) * 1e-3, "W")),
        ("per inference", scaled(summary["energy_per_inference_mj"] * 1e-3, "J")),
        ("efficiency", f"{plain(summary['tops_per_w'])} TOPS/W"),
        ("energy × delay", scaled(summary["edp_mj_ms"] * 1e-6, "J s")),
    )
    area = (
        ("chip area", f"{plain(summary['area_mm2'])} mm²"),
        ("PEs and decoders", f"{plain(summary['compute_area_mm2'])} mm²"),
        ("density, chip", f"{plain(summary['tops_per_mm2'])} TOPS/mm²"),
        ("density, compute", f"{plain(summary['compute_tops_per_mm2'])} TOPS/mm²"),
        ("DRAM traffic", scaled(summary["dram_read_bytes"] + summary["dram_write_bytes"], "B")),
    )
    return speed, energy, area
