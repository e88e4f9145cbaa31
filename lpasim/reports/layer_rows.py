"""One row a layer: what the simulator counted and what it costs, in the units that `statistics` declares."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import asdict
from typing import TYPE_CHECKING, Any

from lpasim.cost import EnergyReport
from lpasim.hardware.lanes import width_of
from lpasim.hardware.model import Hardware
from lpasim.quantization.trace import Layer
from lpasim.reports.measured import ASSUMED, MEASURED
from lpasim.reports.statistics import BUFFERS, DRAM_COMMANDS, LAYER_STATS, RANKS, ROWS, columns
from lpasim.simulation.dram.use import DramUse
from lpasim.simulation.result import LayerResult

if TYPE_CHECKING:
    import pandas as pd

Row = dict[str, Any]
"""A statistic's name -> its value."""
NULLABLE = ("count", "m", "k", "n", "weight_bits", "macs_per_cell")
"""Whole numbers that layers without a matrix product do not have."""


def layer_row(result: LayerResult, energy: EnergyReport, hardware: Hardware, *, measured: bool) -> Row:
    """Collect the statistics of one layer.

    Parameters
    ----------
    result : LayerResult
        What the simulator counted.
    energy : EnergyReport
        What it costs.
    hardware : Hardware
        The accelerator.
    measured : bool
        Whether the activity of layers with a product was measured.

    Returns
    -------
    dict
        A value for each of `LAYER_STATS`, in that order; None for the dimensions of a layer without a matrix product.
    """
    layer, actions = result.schedule.layer, result.actions
    gemm, macs = layer.gemm, layer.gemm.macs if layer.gemm else 0
    slots = result.cycles * hardware.array.rows * hardware.array.cols * macs_per_cell(result)
    weight_bits = layer.weight_format.n if layer.weight_format is not None else None
    row = {
        "name": layer.name,
        "operator": layer.operator,
        "count": gemm.count if gemm else None,
        "m": gemm.m if gemm else None,
        "k": gemm.k if gemm else None,
        "n": gemm.n if gemm else None,
        "macs": macs,
        "weight_bits": weight_bits,
        "activation_bits": layer.activation_format.n,
        "mode": _mode(layer, hardware) if gemm else None,
        "macs_per_cell": macs_per_cell(result) if gemm else None,
        "tiles": result.schedule.tile_count,
        "cycles": result.cycles,
        "array_cycles": result.array_cycles,
        "busy_cycles": result.busy_cycles,
        "stall_cycles": asdict(result.stalls),
        "utilization": macs / slots if gemm and slots else 0.0,
        "dram_read_bytes": actions.dram_read_bytes,
        "dram_write_bytes": actions.dram_write_bytes,
        "dram_bytes": dict(result.traffic_bytes),
        **_memory(result.dram or DramUse()),
        "buffer_read_bytes": {name: getattr(actions, f"{name}_buffer_read_bits") / 8 for name in BUFFERS},
        "buffer_write_bytes": {name: getattr(actions, f"{name}_buffer_write_bits") / 8 for name in BUFFERS},
        "dram_busy_cycles": result.channel_busy_cycles,
        "ppu_busy_cycles": result.ppu_busy_cycles,
        "activity": MEASURED if measured and gemm else ASSUMED,
        "energy_pj": energy.by_component(),
    }
    return {stat.name: row[stat.name] for stat in LAYER_STATS}


def macs_per_cell(result: LayerResult) -> int:
    """Return the multiply-accumulates of one cell of the array in a cycle."""
    return result.schedule.lanes * result.schedule.terms


def _mode(layer: Layer, hardware: Hardware) -> str | None:
    """Name the widths at which a layer's words run, as in a product's name: w4a8."""
    if layer.weight_format is None:
        return None
    pe = hardware.pe
    widths = width_of(pe.weight_lanes, layer.weight_format.n), width_of(pe.activation_lanes, layer.activation_format.n)
    return f"w{widths[0]}a{widths[1]}"


def _memory(use: DramUse) -> Row:
    commands = use.commands
    counts = (commands.activates, commands.precharges, commands.reads, commands.writes, commands.refreshes)
    found = (use.row_hits, use.row_misses, use.row_conflicts)
    return {
        "dram_commands": dict(zip(DRAM_COMMANDS, counts, strict=True)),
        "dram_bursts": dict(zip(ROWS, found, strict=True)),
        "dram_clocks": dict(zip(RANKS, (commands.active_cycles, commands.idle_cycles), strict=True)),
    }


def total(rows: Iterable[Row], name: str) -> Any:
    """Sum a statistic over rows: a number, or one for each of its parts."""
    values = [row[name] for row in rows]
    if values and isinstance(values[0], Mapping):
        return {part: sum(value[part] for value in values) for part in values[0]}
    return sum(values)


def flatten(row: Row) -> Row:
    """Spell a row for a flat table: `columns` of each statistic -> a number, a text or None."""
    flat: Row = {}
    for name, value in row.items():
        if isinstance(value, Mapping):
            flat.update({f"{part}_{name}": number for part, number in value.items()})
        else:
            flat[name] = value
    return flat


def layer_frame(rows: Iterable[Row]) -> pd.DataFrame:
    """Return rows of layers as a table, one flat column a statistic and part."""
    import pandas as pd

    names = [name for stat in LAYER_STATS for name in columns(stat)]
    return pd.DataFrame([flatten(row) for row in rows], columns=names).astype(dict.fromkeys(NULLABLE, "Int64"))
