"""A reproduction as a page of Markdown."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from lpasim.reports.reproduction.published import CONFIDENCES, published
from lpasim.reports.reproduction.reproduction import Reproduction, calibrated
from lpasim.reports.reproduction.study import Study
from lpasim.reports.reproduction.words import CIRCULAR, cell, grouped, letters, named, quantities, reasons, value

HEAD = """# Published comparisons beside the model

Made by `python -m lpasim reproduce`. Deviation: simulated over published, less one. Settings are named by letters; the
first one of each comparison is the model as it comes, every other one changes what its text says.
"""


def markdown_of(reproduction: Reproduction) -> str:
    """Write the page."""
    lines = [HEAD]
    for study in reproduction.studies:
        lines += _study(study)
    lines += ["## Calibrated", "", "Values of presets that were chosen so that a published number follows.", ""]
    cells = [(each.hardware, f"`{each.key}`", each.value, f"`{each.follows}`", each.source) for each in calibrated()]
    lines += [*_table(("preset", "key", "value", "so that", "source"), cells), ""]
    lines += ["## Published values", "", *(f"* {name}: {text}" for name, text in CONFIDENCES.items()), ""]
    values = [
        (f"`{v.key}`", f"{v.value:g}", v.unit, f"{v.error:g}", v.confidence, v.source) for v in published().values()
    ]
    lines += _table(("key", "value", "unit", "error", "confidence", "source"), values)
    return "\n".join(lines) + "\n"


def _study(study: Study) -> Iterator[str]:
    yield from (f"## {study.title}", "")
    yield from (f"* **{each.letter}, {each.label}**: {each.change}" for each in study.settings)
    yield ""
    for quantity in quantities(study):
        groups = grouped(study, quantity)
        shown = letters(row for rows in groups for row in rows)
        unit = groups[0][0].published.unit
        cells = []
        for rows in groups:
            found = {row.setting: cell(row) for row in rows}
            number = rows[0].published.value
            cells.append((named(rows[0]), value(number, number), *(found.get(letter, "") for letter in shown)))
        yield from _table((f"{quantity}{f', {unit}' if unit else ''}", "published", *shown), cells)
        yield ""
        yield from (f"* {reason}" for reason in reasons(study, quantity))
        yield ""
    if any(row.circular for row in study.rows):
        yield from (f"\\{CIRCULAR} circular: comes back because it entered the model.", "")
    yield from ("What follows:", "")
    yield from (f"* {finding}" for finding in study.findings)
    yield ""


def _table(headers: Sequence[str], rows: Sequence[Sequence[str]]) -> Iterator[str]:
    yield f"| {' | '.join(headers)} |"
    yield f"|{'---|' * len(headers)}"
    yield from (f"| {' | '.join(each.replace('*', chr(92) + '*') for each in row)} |" for row in rows)
