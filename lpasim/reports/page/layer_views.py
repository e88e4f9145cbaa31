"""The views of the chart of layers: what its bars are made of."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from lpasim.reports.figures.words import COMPONENTS as NAMES
from lpasim.reports.layer_table import CAUSES
from lpasim.reports.page.palette import CAUSE_COLOURS, COMPONENT_COLOURS, ENGINE_COLOURS
from lpasim.reports.statistics import COMPONENTS, STALL_CAUSES
from lpasim.simulation.result import ENGINES

Row = Mapping[str, Any]
View = dict[str, Any]
"""`id`, `label`, `axis` (title of the value axis), `percent` and `series`: name, colour, and a value a layer."""


def layer_views(rows: Sequence[Row], clock_mhz: float) -> list[View]:
    """List the views; the first one is shown at first."""
    ms = 1e-3 / clock_mhz
    times = {"array busy": [row["busy_cycles"] for row in rows]} | {
        f"waits on {CAUSES[cause]}": [row["stall_cycles"][cause] for row in rows] for cause in STALL_CAUSES
    }
    colours = ("busy", *(CAUSE_COLOURS[cause] for cause in STALL_CAUSES))
    cycles = [max(1, row["cycles"]) for row in rows]
    time = [_series(name, colour, [value * ms for value in values]) for (name, values), colour in _with(times, colours)]
    share = [
        _series(name, colour, [100 * value / whole for value, whole in zip(values, cycles, strict=True)])
        for (name, values), colour in _with(times, colours)
    ]
    used = [_series("utilization", "busy", [100 * row["utilization"] for row in rows])]
    energy = [
        _series(NAMES[name], COMPONENT_COLOURS[name], [row["energy_pj"][name] * 1e-6 for row in rows])
        for name in COMPONENTS
    ]
    traffic = [_series(name, ENGINE_COLOURS[name], [row["dram_bytes"][name] / 1e3 for row in rows]) for name in ENGINES]
    return [
        _view("time", "Latency and waiting", "time of the layer [ms]", time),
        _view("share", "Share of its time", "share of the layer's time [%]", share, percent=True),
        _view("utilization", "Utilization", "MACs over what all lanes could do [%]", used, percent=True),
        _view("energy", "Energy", "energy [µJ]", energy),
        _view("traffic", "DRAM traffic", "bytes on the DRAM channel [kB]", traffic),
    ]


def _view(name: str, label: str, axis: str, series: list[dict[str, Any]], *, percent: bool = False) -> View:
    return {"id": name, "label": label, "axis": axis, "percent": percent, "series": series}


def _series(name: str, colour: str, values: Sequence[float]) -> dict[str, Any]:
    return {"name": name, "colour": colour, "values": list(values)}


def _with(parts: Mapping[str, list[int]], colours: Sequence[str]) -> zip[tuple[tuple[str, list[int]], str]]:
    return zip(parts.items(), colours, strict=True)
