"""A reproduction on the terminal: a table a quantity, reasons below it, and what follows."""

from __future__ import annotations

from collections.abc import Iterator

from rich import box
from rich.console import RenderableType
from rich.padding import Padding
from rich.table import Table
from rich.text import Text

from lpasim.reports.reproduction.reproduction import Reproduction, calibrated
from lpasim.reports.reproduction.study import Study
from lpasim.reports.reproduction.words import (
    CIRCULAR,
    DESIGNS,
    cell,
    grouped,
    letters,
    named,
    quantities,
    reasons,
    value,
)

FOOT = f"{CIRCULAR} circular: comes back because it entered the model."


def render_reproduction(reproduction: Reproduction) -> Iterator[RenderableType]:
    """Draw a reproduction from top to bottom."""
    for study in reproduction.studies:
        yield from _study(study)
    yield Text("Calibrated: values of presets that were chosen so that a published number follows", "bold")
    yield _calibrated()


def _study(study: Study) -> Iterator[RenderableType]:
    yield Text(study.title, "bold")
    for setting in study.settings:
        yield _hanging(f"{setting.letter}  {setting.label}: {setting.change}")
    for quantity in quantities(study):
        yield Text()
        yield Text(_headed(study, quantity), "bold")
        yield _table(study, quantity)
        for reason in reasons(study, quantity):
            yield _hanging(reason, "dim")
    if any(row.circular for row in study.rows):
        yield Text(FOOT, "dim")
    yield Text()
    for finding in study.findings:
        yield _hanging(f"-  {finding}")
    yield Text()


def _headed(study: Study, quantity: str) -> str:
    unit = grouped(study, quantity)[0][0].published.unit
    return f"{quantity[0].upper()}{quantity[1:]}{f' [{unit}]' if unit else ''}"


def _table(study: Study, quantity: str) -> Table:
    groups = grouped(study, quantity)
    shown = letters(row for rows in groups for row in rows)
    table = Table(box=box.SIMPLE, pad_edge=False, padding=(0, 1, 0, 0))
    table.add_column(no_wrap=True)
    table.add_column("published", justify="right", no_wrap=True)
    for letter in shown:
        table.add_column(letter, justify="right", no_wrap=True)
    for rows in groups:
        found = {row.setting: cell(row) for row in rows}
        number = rows[0].published.value
        table.add_row(named(rows[0]), value(number, number), *(found.get(letter, "") for letter in shown))
    return table


def _calibrated() -> Table:
    table = Table(box=box.SIMPLE, pad_edge=False, padding=(0, 2, 0, 0))
    for header in ("preset", "key", "value", "so that"):
        table.add_column(header, no_wrap=True)
    for each in calibrated():
        table.add_row(DESIGNS[each.hardware], each.key, each.value, each.follows)
    return table


def _hanging(text: str, style: str = "") -> Padding:
    return Padding(Text(text, style), (0, 0, 0, 1))
