"""The report on a terminal: what ran, the layers, the summary, where time, energy and area go, and what is assumed."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Sequence
from typing import Any

from rich.console import RenderableType
from rich.padding import Padding
from rich.table import Table
from rich.text import Text

from lpasim import __version__
from lpasim.cost.dram_price import is_priced_by_commands
from lpasim.hardware import describe
from lpasim.hardware.entries import COMMAND_LINE
from lpasim.quantization.trace import Trace
from lpasim.reports.breakdown import breakdown
from lpasim.reports.fitted import Fitted, side_by_side
from lpasim.reports.hardware_table import assumptions_table
from lpasim.reports.layer_table import CAUSES, layer_table
from lpasim.reports.measured import sentence
from lpasim.reports.numbers import plain, scaled
from lpasim.reports.report import Report
from lpasim.reports.statistics import BUFFERS
from lpasim.reports.uncertainty_table import uncertainty_table

FIGURES_WIDTH = 31
BREAKDOWN_WIDTH = 30


def render(report: Report, *, uncertainty: bool = False) -> Iterator[RenderableType]:
    """Draw a report as rich objects, from top to bottom; on demand with the uncertainty of its figures."""
    yield _heading(report)
    yield layer_table(report.layer_rows, report.summary["utilization"])
    yield Padding(_figures(report.summary), (1, 0, 0, 0))
    yield Padding(_breakdowns(report.summary), (1, 0))
    if uncertainty:
        yield from uncertainty_table(report.uncertainty)
    yield Text("Assumed, for want of published values (lpasim show hardware says why):", "bold")
    yield assumptions_table(report.resolved)
    yield _notes(report)


def _heading(report: Report) -> Text:
    chip, trace, summary = report.resolved.hardware, report.trace, report.summary
    sizes = ", ".join(f"{getattr(chip.buffers, name) / 1024:g}" for name in BUFFERS)
    memory = "memory never late" if chip.dram.ideal else f"{chip.dram.preset} {chip.dram.bandwidth_gbps:g} GB/s"
    shapes = ", ".join("×".join(str(size) for size in shape) for shape in trace.input_shapes.values())
    bits = (summary["average_weight_bits"], summary["average_activation_bits"])
    text = Text()
    text.append(f"{trace.title}", "bold")
    text.append(f" on {', '.join([chip.name, *_changes(report)])}\n")
    text.append(
        f"{chip.array.rows}×{chip.array.cols} PEs at {chip.clock_mhz:g} MHz, {chip.technology.node_nm} nm; "
        f"weight, input, output buffer {sizes} KiB; {memory}\n",
        "dim",
    )
    text.append(
        f"batch {trace.batch}, input {shapes}; {scaled(summary['macs'], 'MACs')}; "
        f"on average {plain(bits[0])}-bit weights, {plain(bits[1])}-bit streamed activations; lpasim {__version__}",
        "dim",
    )
    return text


def _changes(report: Report) -> list[str]:
    """List what the command line changed of the accelerator."""
    return [f"{row.path} = {row.text}" for row in describe(report.resolved) if row.source == COMMAND_LINE]


def _figures(summary: dict[str, Any]) -> Fitted:
    """Lay the figures of merit out in up to three columns of name and value: speed, energy, and area."""
    figures = (
        ("latency", scaled(summary["latency_ms"] * 1e-3, "s")),
        ("energy", scaled(summary["energy_mj"] * 1e-3, "J")),
        ("chip area", f"{plain(summary['area_mm2'])} mm²"),
        ("cycles", f"{summary['cycles']:,}"),
        ("power", scaled((summary["power_mw"] or 0) * 1e-3, "W")),
        ("PEs and decoders", f"{plain(summary['compute_area_mm2'])} mm²"),
        ("inferences", f"{plain(summary['inferences_per_s'])} /s"),
        ("per inference", scaled(summary["energy_per_inference_mj"] * 1e-3, "J")),
        ("density, chip", f"{plain(summary['tops_per_mm2'])} TOPS/mm²"),
        ("throughput", f"{plain(summary['throughput_gops'])} GOPS"),
        ("efficiency", f"{plain(summary['tops_per_w'])} TOPS/W"),
        ("density, compute", f"{plain(summary['compute_tops_per_mm2'])} TOPS/mm²"),
        ("of a peak of", f"{plain(summary['peak_gops'])} GOPS"),
        ("energy × delay", scaled(summary["edp_mj_ms"] * 1e-6, "J s")),
        ("DRAM traffic", scaled(summary["dram_read_bytes"] + summary["dram_write_bytes"], "B")),
    )
    columns = [_pairs(figures[first::3]) for first in range(3)]
    return Fitted(lambda width: side_by_side(columns, width, FIGURES_WIDTH, gap=2))


def _pairs(figures: Sequence[tuple[str, str]]) -> Table:
    table = Table.grid(padding=(0, 2, 0, 0))
    table.add_column(style="dim", no_wrap=True, min_width=12)
    table.add_column(justify="right", style="bold", no_wrap=True, min_width=13)
    for figure in figures:
        table.add_row(*figure)
    return table


def _breakdowns(summary: dict[str, Any]) -> Fitted:
    """Set cycles, energy and area side by side, as far as they fit."""
    waiting = {f"wait: {CAUSES[cause]}": cycles for cause, cycles in summary["stall_cycles"].items()}
    parts = [
        breakdown("cycles", {"array busy": summary["busy_cycles"], **waiting}, "green"),
        breakdown("energy", summary["component_energy_mj"], "yellow"),
        breakdown("chip area", summary["component_area_mm2"], "blue"),
    ]
    return Fitted(lambda width: side_by_side(parts, width, BREAKDOWN_WIDTH))


def _notes(report: Report) -> Text:
    """Say what words were taken to be, what prices the memory, where formats come from, and what costs nothing."""
    text = Text()
    text.append("Activity: ", "bold")
    text.append(sentence(report.activity, report.trace) + "\n", "dim")
    if is_priced_by_commands(report.resolved):
        preset = report.resolved.hardware.dram.preset
        text.append("Memory: ", "bold")
        text.append(f"energy of its commands and of standby, by the currents of {preset}, not of each bit.\n", "dim")
    text.append("Number formats: ", "bold")
    text.append(_formats(report.trace) + "\n", "dim")
    if report.trace.free:
        kinds = Counter(operator.operator for operator in report.trace.free)
        text.append("Free operators: ", "bold")
        text.append(", ".join(f"{count} {name}" for name, count in kinds.items()) + ".", "dim")
    return text


def _formats(trace: Trace) -> str:
    bases = Counter(layer.weight_format.basis for layer in trace.layers if layer.weight_format is not None)
    formats = ", ".join(f"{count} {basis}" for basis, count in sorted(bases.items()))
    return f"weights of layers: {formats or 'none'}; {trace.provenance.bit_assignment}"
