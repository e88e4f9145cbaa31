"""An assessment on a terminal: the tensors, the most difficult first, and below them the verdict with its reasons."""

from __future__ import annotations

from collections.abc import Iterator
from math import inf

from rich import box
from rich.console import RenderableType
from rich.table import Table
from rich.text import Text

from lpasim import __version__
from lpasim.networks.printable import file_name, printable
from lpasim.quantization.assessment import DIFFICULT_BITS, AssessedTensor, Assessment
from lpasim.quantization.format_error import COMPARED
from lpasim.quantization.verdict import Verdict
from lpasim.reports.assess_words import LIMITS, SENTENCES, reasons
from lpasim.reports.fitted import Fitted
from lpasim.reports.numbers import counted, plain

SHORT = {"lp": "LP", "int": "int", "posit": "posit", "adaptivfloat": "AdFl", "flint": "flint"}
KEY = (
    "kurt: kurtosis, 3 if normal. In octaves: range, largest over smallest magnitude; peak, largest over root mean "
    "square; spread, largest over median channel. By channel: LP at 4 bits, every live channel counting the same; "
    "activations, which have none, lie where LP 4 puts them. Others: signal over noise in dB of the best format of "
    "each kind and width."
)
DROPPED = ("spread", "peak", "LP 2", "range", "LP 8", "kurt", "posit 4", "flint 4", "AdFl 4")
"""Columns that a narrow terminal goes without, the first first; JSON and CSV have them."""
NAME_WIDTH = 22
"""Columns that a name keeps, if it is that long."""
GAP, EDGES = 2, 4
"""Characters between two columns; those beside the name and at the edges of the table."""
OPERANDS = {"weights": "weights", "input": "input", "second input": "2nd input"}


def render_assessment(assessment: Assessment, verdict: Verdict) -> Iterator[RenderableType]:
    """Draw an assessment as rich objects, from top to bottom."""
    heading = Text(file_name(assessment.model), "bold")
    calibration, rule = assessment.calibration, assessment.preprocess
    source = calibration.describe(rule) if calibration is not None and rule is not None else "no images"
    count = counted(len(assessment.tensors), "tensor")
    heading.append(f"\n{count}; batch normalization: {assessment.batchnorm}; {source}; lpasim {__version__}", "dim")
    yield heading
    yield Fitted(lambda width: _table(assessment, width))
    yield Text(KEY, "dim")
    yield Text(f"\n{SENTENCES[verdict.grade]}", "bold")
    for reason in reasons(assessment, verdict):
        yield _bullet(reason)
    yield Text(LIMITS, "dim")


def _bullet(reason: str) -> Table:
    grid = Table.grid(padding=(0, 1, 0, 0))
    grid.add_row("-", Text(printable(reason)))
    return grid


def _table(assessment: Assessment, width: int) -> Table:
    rows = [_cells(tensor) for tensor in assessment.ranking]
    shown, names = list(rows[0]), [printable(tensor.layer) for tensor in assessment.ranking]
    least = min(NAME_WIDTH, max(len(name) for name in names))
    others = EDGES + len(str(len(rows))) + GAP + max(len(OPERANDS[tensor.operand]) for tensor in assessment.ranking)
    for dropped in ("", *DROPPED):
        shown = [name for name in shown if name != dropped]
        if width - others - sum(GAP + _width(name, rows) for name in shown) >= least:
            break
    table = Table(box=box.SIMPLE_HEAD, pad_edge=False, padding=(0, 1, 0, 0))
    table.add_column("#", justify="right", no_wrap=True, min_width=len(str(len(rows))))
    table.add_column("layer", vertical="bottom", overflow="fold")
    table.add_column("of", vertical="bottom", no_wrap=True)
    for name in shown:
        table.add_column(name.replace(" ", "\n", 1), justify="right", vertical="bottom", no_wrap=True)
    for rank, (tensor, cells) in enumerate(zip(assessment.ranking, rows, strict=True), start=1):
        label = Text(printable(tensor.layer))
        table.add_row(str(rank), label, OPERANDS[tensor.operand], *(cells[name] for name in shown))
    return table


def _width(name: str, rows: list[dict[str, str]]) -> int:
    return max(*(len(part) for part in name.split(" ", 1)), *(len(row[name]) for row in rows))


def _cells(tensor: AssessedTensor) -> dict[str, str]:
    described = tensor.distribution
    return {
        "kurt": plain(described.kurtosis, 2),
        "range": f"{described.dynamic_range_log2:.0f}",
        "peak": f"{described.peak_log2:.1f}",
        "spread": "" if tensor.spread_log2 is None else f"{tensor.spread_log2:.1f}",
        "by channel": _decibels(tensor.difficulty_db) if tensor.operand == "weights" else "",
        **{f"{SHORT[kind]} 4": _decibels(tensor.score(kind, DIFFICULT_BITS).sqnr_db) for kind in COMPARED},
        "LP 8": _decibels(tensor.score("lp", 8).sqnr_db),
        "LP 2": _decibels(tensor.score("lp", 2).sqnr_db),
    }


def _decibels(value: float) -> str:
    return "exact" if value == inf else f"{value:.1f}"
