"""A workload on the terminal: its layers, what follows each of them, its number formats, and where they come from."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from rich import box
from rich.console import JustifyMethod, RenderableType
from rich.table import Table
from rich.text import Text

from lpasim.quantization.trace import Format, FreeOperator, Layer, Trace
from lpasim.reports.fitted import Fitted
from lpasim.reports.numbers import scaled

DROPPED = ("then", "activations", "weights", "operator", "count")
"""Columns that a narrow terminal goes without, the first first. Numbers are never cut."""
MIN_NAME_WIDTH = 12
MIN_TEXT_WIDTH = 14
"""Least width of the column that says what follows a layer: its text wraps."""
EDGES = 2


def workload_table(trace: Trace) -> Iterator[RenderableType]:
    """Draw a trace from top to bottom."""
    heading = Text(trace.title, "bold")
    heading.append(f"\n{trace.name}, batch {trace.batch}, {scaled(trace.macs, 'MACs')}", "dim")
    yield heading
    yield Fitted(lambda width: _layers(trace, width))
    yield _provenance(trace)


def _layers(trace: Trace, width: int) -> Table:
    cells = [_cells(layer) for layer in trace.layers]
    shown = [name for name in cells[0] if name != "layer" and any(row[name] for row in cells)]
    room = 0
    for dropped in ("", *DROPPED):
        shown = [name for name in shown if name != dropped]
        room = width - EDGES - sum(2 + _width(name, cells) for name in shown)
        if room >= MIN_NAME_WIDTH:
            break
    table = Table(box=box.SIMPLE_HEAD, pad_edge=False, padding=(0, 1, 0, 0))
    table.add_column("layer", no_wrap=True, overflow="ellipsis", max_width=max(room, MIN_NAME_WIDTH))
    for name in shown:
        sizes = name in ("count", "M", "K", "N")
        justify: JustifyMethod = "right" if sizes else "left"
        table.add_column(name, justify=justify, no_wrap=name != "then", min_width=_width(name, cells))
    for row in cells:
        table.add_row(row["layer"], *(row[name] for name in shown))
    return table


def _width(name: str, rows: Sequence[dict[str, str]]) -> int:
    return MIN_TEXT_WIDTH if name == "then" else max(len(name), *(len(row[name]) for row in rows))


def _cells(layer: Layer) -> dict[str, str]:
    gemm = layer.gemm
    return {
        "layer": layer.name,
        "operator": layer.operator,
        "count": f"{gemm.count}×" if gemm and gemm.count > 1 else "",
        "M": str(gemm.m) if gemm else "",
        "K": str(gemm.k) if gemm else "",
        "N": str(gemm.n) if gemm else "",
        "weights": "" if layer.weight_format is None else _format(layer.weight_format),
        "activations": _format(layer.activation_format),
        "then": ", ".join(step.operator.replace("Normalization", "Norm") for step in layer.ppu),
    }


def _format(number_format: Format) -> str:
    mark = "*" if number_format.basis == "assumed" else ""
    return f"{number_format.n},{number_format.es},{number_format.rs},{number_format.sf:.3g}{mark}"


def _provenance(trace: Trace) -> Text:
    text = Text("Number formats are LP<n, es, rs, sf>; * marks an assumed one, the others are fitted.\n", "dim")
    for name, value in trace.provenance.model_dump(exclude_none=True).items():
        text.append(f"{name.replace('_', ' ')}: ", "bold")
        text.append(f"{value}\n", "dim")
    if trace.free:
        text.append("free operators:", "bold")
        text.append("".join(f"\n  {line}" for line in _free(trace)), "dim")
    return text


def _free(trace: Trace) -> Iterator[str]:
    """Put the operators of one kind that are free for one reason together; layers that a reason names may differ."""
    names = {layer.name for layer in trace.layers}
    groups: dict[tuple[str, str], list[FreeOperator]] = {}
    for free in trace.free:
        reason = " ".join("its layer" if word in names else word for word in free.reason.split(" "))
        groups.setdefault((free.operator, reason), []).append(free)
    for (operator, reason), group in groups.items():
        if len(group) == 1:
            yield f"{operator} {group[0].node}: {group[0].reason}"
        else:
            yield f"{len(group)} {operator}, {group[0].node} to {group[-1].node}: {reason}"
