"""A workload on the terminal: its layers, what follows each of them, its number formats, and where they come from."""

from __future__ import annotations

from collections.abc import Iterator

from rich import box
from rich.console import RenderableType
from rich.table import Table
from rich.text import Text

from lpasim.quantization.trace import Format, Layer, Trace
from lpasim.reports.numbers import scaled


def workload_table(trace: Trace) -> Iterator[RenderableType]:
    """Draw a trace from top to bottom, for 100 columns."""
    heading = Text(trace.title, "bold")
    heading.append(f"\n{trace.name}, batch {trace.batch}, {scaled(trace.macs, 'MACs')}", "dim")
    yield heading
    table = Table(box=box.SIMPLE_HEAD, pad_edge=False, padding=(0, 1, 0, 0))
    table.add_column("layer", no_wrap=True, overflow="ellipsis")
    table.add_column("operator", no_wrap=True)
    several = any(layer.gemm is not None and layer.gemm.count > 1 for layer in trace.layers)
    for name in ("count", "M", "K", "N") if several else ("M", "K", "N"):
        table.add_column(name, justify="right", no_wrap=True)
    for name in ("weights", "activations"):
        table.add_column(name, no_wrap=True)
    table.add_column("then", overflow="fold")
    for layer in trace.layers:
        name, operator, count, *cells = _cells(layer)
        table.add_row(name, operator, *([count] if several else []), *cells)
    yield table
    yield _provenance(trace)


def _cells(layer: Layer) -> tuple[str, ...]:
    gemm = layer.gemm
    sizes = (f"{gemm.count}×" if gemm.count > 1 else "", gemm.m, gemm.k, gemm.n) if gemm else ("", "", "", "")
    weights = "" if layer.weight_format is None else _format(layer.weight_format)
    after = ", ".join(step.operator.replace("Normalization", "Norm") for step in layer.ppu)
    return (layer.name, layer.operator, *map(str, sizes), weights, _format(layer.activation_format), after)


def _format(number_format: Format) -> str:
    mark = "*" if number_format.basis == "assumed" else ""
    return f"{number_format.n},{number_format.es},{number_format.rs},{number_format.sf:.3g}{mark}"


def _provenance(trace: Trace) -> Text:
    text = Text("Number formats are LP<n, es, rs, sf>; * marks an assumed one, the others are fitted.\n", "dim")
    for name, value in trace.provenance.model_dump().items():
        text.append(f"{name.replace('_', ' ')}: ", "bold")
        text.append(f"{value}\n", "dim")
    if trace.free:
        text.append("free operators:", "bold")
        for operator in trace.free:
            text.append(f"\n  {operator.operator} {operator.node}: {operator.reason}", "dim")
    return text
