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
from lpasim.quantization.trace import Trace
from lpasim.reports.breakdown import breakdown
from lpasim.reports.fitted import Fitted, side_by_side
from lpasim.reports.hardware_table import assumptions_table
from lpasim.reports.headline import changes, chip_line
from lpasim.reports.key_figures import key_figures
from lpasim.reports.layer_table import CAUSES, layer_table
from lpasim.reports.measured import sentence
from lpasim.reports.numbers import plain, scaled
from lpasim.reports.report import Report
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
    shapes = ", ".join("×".join(str(size) for size in shape) for shape in trace.input_shapes.values())
    bits = (summary["average_weight_bits"], summary["average_activation_bits"])
    text = Text()
    text.append(f"{trace.title}", "bold")
    text.append(f" on {', '.join([chip.name, *changes(report.resolved)])}\n")
    text.append(f"{chip_line(chip)}\n", "dim")
    text.append(
        f"batch {trace.batch}, input {shapes}; {scaled(summary['macs'], 'MACs')}; "
        f"on average {plain(bits[0])}-bit weights, {plain(bits[1])}-bit streamed activations; lpasim {__version__}",
        "dim",
    )
    return text


def _figures(summary: dict[str, Any]) -> Fitted:
    """Lay the figures of merit out in up to three columns of name and value: speed, energy, and area."""
    columns = [_pairs(figures) for figures in key_figures(summary)]
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
