"""The answers of a network in number formats on a terminal: one line an accumulator, and one a layer."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from math import inf, isnan

from rich import box
from rich.console import Group, RenderableType
from rich.table import Table
from rich.text import Text

from lpasim import __version__
from lpasim.inference.evaluate import Evaluation, Side
from lpasim.networks.printable import file_name, printable
from lpasim.reports.fitted import Fitted
from lpasim.reports.layer_table import Column
from lpasim.reports.numbers import counted, plain

KEY = (
    "agree: same answer as unquantized. SQNR: power of the unquantized values over that of the differences to them. "
    "float: float32 products of quantized values; wide, paper: the datapath bit for bit."
)
DROPPED = ("images/s", "top-5", "images")
"""Columns of answers that a narrow terminal goes without, the first first. Names and numbers are never cut."""
ACCUMULATOR = "accumulator"
GAP, EDGES = 2, 2
"""Characters between two columns, and on both sides of the table."""
SHORT_S = 1.0
"""Seconds below which images per second are a rough number: threads start, and caches fill."""
ROUGH = "~"
ROUGH_KEY = f"{ROUGH}: timed over less than a second."


def render_inference(evaluation: Evaluation, preprocess_from: str, hardware: str) -> Iterator[RenderableType]:
    """Draw an evaluation as rich objects, from top to bottom."""
    images, widths = evaluation.images, evaluation.datapath
    heading = Text()
    heading.append(file_name(evaluation.model), "bold")
    compared = "" if evaluation.reference is None else f"; unquantized: {file_name(evaluation.reference)}"
    heading.append(f" with the formats of {evaluation.trace.name}{compared}\n")
    heading.append(
        f"{counted(len(images), 'image')} of {file_name(images.source)}, preprocess {images.preprocess.name} "
        f"({preprocess_from}); {counted(evaluation.threads, 'thread')}; lpasim {__version__}\n"
        f"{printable(hardware)}: {counted(widths.rows, 'row')}; converter {widths.converter_in_bits} to "
        f"{widths.converter_out_bits} bits, partial sums {widths.psum_fraction_bits}, encoder {widths.encoder_in_bits}",
        "dim",
    )
    yield heading
    yield _answers(evaluation)
    yield _layers(evaluation)
    yield Text(KEY, "dim")


def _answers(evaluation: Evaluation) -> Fitted:
    """Draw one line for floating point and one for each accumulator, and say what there was no room for."""
    sides = (evaluation.unquantized, *evaluation.sides)
    compared = [(_percent(side.accuracy.agreement), _decibels(side.logit_powers.sqnr_db)) for side in evaluation.sides]
    agreements, ratios = zip(("", ""), *compared, strict=True)
    columns = [
        Column("images", [f"{side.accuracy.images:,}" for side in sides]),
        Column("top-1\n%", [_percent(side.accuracy.top1) for side in sides]),
        Column("top-5\n%", [_percent(side.accuracy.top5) for side in sides]),
        Column("agree\n%", agreements),
        Column("logit SQNR\ndB", ratios),
        Column("images/s", [_speed(side) for side in sides]),
    ]
    return Fitted(lambda width: _draw([side.name for side in sides], columns, width))


def _draw(names: Sequence[str], columns: Sequence[Column], width: int) -> Group:
    """Draw the columns that fit in a width."""
    room = width - EDGES - max(len(name) for name in (ACCUMULATOR, *names))
    left_out: list[str] = []
    for name in DROPPED:
        if sum(GAP + column.width for column in columns) <= room:
            break
        columns = [column for column in columns if column.name != name]
        left_out.append(name)
    table = _table(ACCUMULATOR, *(column.header for column in columns))
    for name, *cells in zip(names, *(column.cells for column in columns), strict=True):
        table.add_row(name, *cells)
    notes = [f"Left out for want of room: {', '.join(left_out)}."] if left_out else []
    if any(ROUGH in cell for column in columns for cell in column.cells):
        notes.append(ROUGH_KEY)
    return Group(table, Text(" ".join(notes), "dim")) if notes else Group(table)


def _speed(side: Side) -> str:
    """Return images per second, marked where too little ran for a good number."""
    return f"{ROUGH if side.seconds < SHORT_S else ''}{plain(side.images_per_s)}"


def _layers(evaluation: Evaluation) -> Table:
    table = _table("layer", *(f"{side.name}\nSQNR dB" for side in evaluation.sides))
    columns = [evaluation.layers(side) for side in evaluation.sides]
    for layer in columns[0] if columns else ():
        table.add_row(Text(printable(layer)), *(_decibels(column[layer].sqnr_db) for column in columns))
    return table


def _table(first: str, *others: str) -> Table:
    table = Table(box=box.SIMPLE_HEAD, pad_edge=False, padding=(0, GAP - 1, 0, 0))
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
