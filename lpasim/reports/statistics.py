"""Every statistic of a report, declared once with its unit and meaning.

Names carry the unit. A statistic with `parts` is a dictionary over those parts; flat files spell such a column
``<part>_<name>``, for example ``weights_late_stall_cycles``.
"""

from __future__ import annotations

from dataclasses import dataclass, fields

from lpasim.cost import AreaReport, EnergyReport
from lpasim.simulation.result import ENGINES, Stalls

STALL_CAUSES = tuple(field.name for field in fields(Stalls))
BUFFERS = ("weight", "input", "output")
DRAM_COMMANDS = ("activate", "precharge", "read", "write", "refresh")
ROWS = ("row_hit", "row_miss", "row_conflict")
RANKS = ("bank_open", "all_closed")
COMPONENTS = tuple(field.name for field in fields(EnergyReport))
"""What the energy of a layer is split into."""
AREA_COMPONENTS = tuple(field.name for field in fields(AreaReport))
"""What the area of the chip is split into."""


@dataclass(frozen=True, slots=True)
class Stat:
    """A statistic: its key, its unit, what it means, the keys that it is split into, and the type of its values."""

    name: str
    unit: str
    description: str
    parts: tuple[str, ...] = ()
    kind: type = int


LAYER_STATS = (
    Stat("name", "", "layer", kind=str),
    Stat("operator", "", "operator that occupies the array, or the post-processing unit", kind=str),
    Stat("count", "products", "independent products of the layer; null without a product, as are m to macs_per_cell"),
    Stat("m", "rows", "rows of the streamed operand: batch x output positions, or tokens"),
    Stat("k", "", "reduction length"),
    Stat("n", "columns", "columns of the stationary operand: output channels of a group"),
    Stat("macs", "MAC", "multiply-accumulates"),
    Stat("weight_bits", "bit", "width of a word of the stationary operand"),
    Stat("activation_bits", "bit", "width of a word of the streamed operand"),
    Stat("mode", "", "widths at which words run in the array: w4a8 for 4-bit weights, 8-bit activations", kind=str),
    Stat("macs_per_cell", "MAC", "multiply-accumulates of one cell of the array in a cycle, in this mode"),
    Stat("tiles", "tiles", "tiles of the schedule"),
    Stat(
        "cycles",
        "cycles",
        "from the end of the previous layer to its own end; the cycles of all layers add up to the run's",
    ),
    Stat("array_cycles", "cycles", "from the layer's first weight word into the array to its last result out"),
    Stat("busy_cycles", "cycles", "cycles less stalls"),
    Stat("stall_cycles", "cycles", "cycles in which the array waits, by cause", STALL_CAUSES),
    Stat(
        "utilization",
        "",
        "MACs over those that all lanes of all PEs could do in the layer's cycles and mode",
        kind=float,
    ),
    Stat("dram_read_bytes", "B", "bytes read from external memory, whole bursts"),
    Stat("dram_write_bytes", "B", "bytes written to external memory, whole bursts"),
    Stat("dram_bytes", "B", "bytes on the DRAM channel, by DMA engine", ENGINES),
    Stat("dram_commands", "commands", "commands for the layer's transfers; 0 without banks", DRAM_COMMANDS),
    Stat("dram_bursts", "bursts", "bursts by what they found: their row open, their bank closed, another row", ROWS),
    Stat("dram_clocks", "clocks", "memory clocks of all ranks until the layer's last transfer, by open banks", RANKS),
    Stat(
        "buffer_read_bytes",
        "B",
        "bytes read from on-chip buffers; words of less than 8 bits are packed",
        BUFFERS,
        kind=float,
    ),
    Stat("buffer_write_bytes", "B", "bytes written to on-chip buffers", BUFFERS, kind=float),
    Stat("dram_busy_cycles", "cycles", "cycles in which the DRAM channel moves the layer's data"),
    Stat(
        "ppu_busy_cycles",
        "cycles",
        "cycles in which the post-processing unit makes passes over the layer's results; waiting for an operand is not",
    ),
    Stat("activity", "", "what the energy takes the words to be: assumed to be random, or as measured", kind=str),
    Stat("energy_pj", "pJ", "energy, by component", COMPONENTS, kind=float),
)
"""Columns of the per-layer table."""

SUMMARY_STATS = (
    Stat("batch", "inferences", "inferences of one run"),
    Stat("cycles", "cycles", "one run, until its last result is in external memory"),
    Stat("latency_ms", "ms", "time of one run: cycles over clock", kind=float),
    Stat("inferences_per_s", "1/s", "batch over latency, runs back to back without overlap", kind=float),
    Stat("macs", "MAC", "multiply-accumulates of one run"),
    Stat("throughput_gops", "GOPS", "achieved: two operations a MAC, over latency", kind=float),
    Stat(
        "peak_gops",
        "GOPS",
        "with all lanes of all PEs busy, each layer in its own mode; achieved over utilization",
        kind=float,
    ),
    Stat("peak_narrowest_gops", "GOPS", "with all lanes of all PEs busy and the narrowest words", kind=float),
    Stat("utilization", "", "achieved over peak_gops", kind=float),
    Stat("array_cycles", "cycles", "sum over the layers"),
    Stat("busy_cycles", "cycles", "sum over the layers"),
    Stat("stall_cycles", "cycles", "sum over the layers, by cause", STALL_CAUSES),
    Stat("average_weight_bits", "bit", "mean over all constant weights; null without any", kind=float),
    Stat("average_activation_bits", "bit", "mean over all streamed operands' elements; null without any", kind=float),
    Stat("dram_read_bytes", "B", "sum over the layers"),
    Stat("dram_write_bytes", "B", "sum over the layers"),
    Stat("dram_bytes", "B", "sum over the layers, by DMA engine", ENGINES),
    Stat("dram_commands", "commands", "sum over the layers", DRAM_COMMANDS),
    Stat("dram_bursts", "bursts", "sum over the layers", ROWS),
    Stat("dram_clocks", "clocks", "sum over the layers", RANKS),
    Stat("dram_utilization", "", "dram_busy_cycles over cycles: how much of the time data is on the bus", kind=float),
    Stat("buffer_read_bytes", "B", "sum over the layers", BUFFERS, kind=float),
    Stat("buffer_write_bytes", "B", "sum over the layers", BUFFERS, kind=float),
    Stat("dram_busy_cycles", "cycles", "sum over the layers"),
    Stat("ppu_busy_cycles", "cycles", "sum over the layers"),
    Stat("area_mm2", "mm2", "whole chip, without external memory", kind=float),
    Stat("compute_area_mm2", "mm2", "PEs and decoders, the area in which LPA was published", kind=float),
    Stat("component_area_mm2", "mm2", "whole chip, by component", AREA_COMPONENTS, kind=float),
    Stat("tops_per_mm2", "TOPS/mm2", "achieved, over area_mm2", kind=float),
    Stat("compute_tops_per_mm2", "TOPS/mm2", "achieved, over compute_area_mm2", kind=float),
    Stat("energy_mj", "mJ", "one run, external memory and leakage included", kind=float),
    Stat("energy_per_inference_mj", "mJ", "energy_mj over batch", kind=float),
    Stat("component_energy_mj", "mJ", "one run, by component", COMPONENTS, kind=float),
    Stat("power_mw", "mW", "energy over latency", kind=float),
    Stat("tops_per_w", "TOPS/W", "achieved over power: two operations a MAC, over energy", kind=float),
    Stat("edp_mj_ms", "mJ ms", "energy-delay product of one run", kind=float),
)
"""Keys of the summary."""


def columns(stat: Stat) -> list[str]:
    """List the flat column names of a statistic."""
    return [f"{part}_{stat.name}" for part in stat.parts] or [stat.name]
