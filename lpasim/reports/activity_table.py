"""Measured activity on a terminal: one line a layer."""

from __future__ import annotations

from collections.abc import Iterator

from rich import box
from rich.console import RenderableType
from rich.table import Table
from rich.text import Text

from lpasim.quantization.activity import Activity, LayerActivity, Wire

KEY = (
    "0 in: share of words that are zero, and of MACs with a zero operand. flips in: mean bits that flip from one word "
    "to the next, and where words are random. Partial sums (psums) are those of the paper accumulator, beneath every "
    "row of at most {outputs} columns and {folds} folds of a layer in the first image; all else is counted completely."
)
HEADERS = (
    "0 in\nweights %",
    "0 in\nactiv. %",
    "0 in\nMACs %",
    "flips in\nweights",
    "flips in\nactiv.",
    "flips in\npsums",
)


def render_activity(activity: Activity) -> Iterator[RenderableType]:
    """Draw an activity as rich objects, from top to bottom."""
    table = Table(box=box.SIMPLE_HEAD, pad_edge=False)
    table.add_column("layer", vertical="bottom", overflow="fold")
    for header in HEADERS:
        table.add_column(header, justify="right", vertical="bottom", no_wrap=True)
    for layer in activity.layers:
        table.add_row(Text(layer.name), *_cells(layer))
    yield table
    yield Text(KEY.format(outputs=activity.sampled_outputs, folds=activity.sampled_folds), "dim")


def _cells(layer: LayerActivity) -> tuple[str, ...]:
    shares = (layer.weights.zero_share, layer.activations.zero_share, layer.zero_mac_share)
    wires = (layer.weights.wire, layer.activations.wire, layer.partial_sums)
    return (*(f"{100 * share:.1f}" for share in shares), *(_flips(wire) for wire in wires))


def _flips(wire: Wire) -> str:
    mean = "-" if wire.mean_bits is None else f"{wire.mean_bits:.2f}"
    return f"{mean} of {wire.random_bits:.3g}"
