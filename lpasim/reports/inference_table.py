"""The answers of a network in number formats on a terminal: one line an accumulator, and one a layer."""

from __future__ import annotations

from collections.abc import Iterator
from math import inf, isnan

from rich import box
from rich.console import RenderableType
from rich.table import Table
from rich.text import Text

from lpasim import __version__
from lpasim.inference.evaluate import Evaluation, Side
from lpasim.networks.printable import printable
from lpasim.reports.numbers import counted, plain

KEY = (
    "agree: same answer as unquantized. SQNR: power of the unquantized values over that of the differences to them. "
    "float: float32 products of quantized values; wide, paper: the datapath bit for bit."
)


def render_inference(evaluation: Evaluation, preprocess_from: str, hardware: str) -> Iterator[RenderableType]:
    """Draw an evaluation as rich objects, from top to bottom."""
    images, widths = evaluation.images, evaluation.datapath
    heading = Text()
    heading.append(printable(evaluation.model.name), "bold")
    heading.append(f" with the formats of {evaluation.trace.name}\n")
    heading.append(
        f"{counted(len(images), 'image')} of {printable(images.source.name)}, preprocess {images.preprocess.name} "
        f"({preprocess_from}); {counted(evaluation.threads, 'thread')}; lpasim {__version__}\n"
        f"{printable(hardware)}: {counted(widths.rows, 'row')}; converter {widths.converter_in_bits} to "
        f"{widths.converter_out_bits} bits, partial sums {widths.psum_fraction_bits}, encoder {widths.encoder_in_bits}",
        "dim",
    )
    yield heading
    yield _answers(evaluation)
    yield _layers(evaluation)
    yield Text(KEY, "dim")


def _answers(evaluation: Evaluation) -> Table:
    table = _table("accumulator", "images", "top-1\n%", "top-5\n%", "agree\n%", "logit SQNR\ndB", "images/s")
    table.add_row(*_cells(evaluation.unquantized)[:4], "", "", plain(evaluation.unquantized.images_per_s))
    for side in evaluation.sides:
        table.add_row(*_cells(side))
    return table


def _cells(side: Side) -> tuple[str, ...]:
    accuracy = side.accuracy
    shares = (_percent(share) for share in (accuracy.top1, accuracy.top5, accuracy.agreement))
    return (side.name, f"{accuracy.images:,}", *shares, _decibels(side.logit_powers.sqnr_db), plain(side.images_per_s))


def _layers(evaluation: Evaluation) -> Table:
    table = _table("layer", *(f"{side.name}\nSQNR dB" for side in evaluation.sides))
    columns = [evaluation.layers(side) for side in evaluation.sides]
    for layer in columns[0] if columns else ():
        table.add_row(Text(printable(layer)), *(_decibels(column[layer].sqnr_db) for column in columns))
    return table


def _table(first: str, *others: str) -> Table:
    table = Table(box=box.SIMPLE_HEAD, pad_edge=False)
    table.add_column(first, vertical="bottom", overflow="fold")
    for header in others:
        table.add_column(header, justify="right", vertical="bottom", no_wrap=True)
    return table


def _percent(share: float | None) -> str:
    return "-" if share is None else f"{100 * share:.2f}"


def _decibels(value: float) -> str:
    if isnan(value):
        return "-"
    return "exact" if value == inf else f"{value:.1f}"
