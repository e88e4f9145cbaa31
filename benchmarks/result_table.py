"""A table that grows row by row on disk: a measurement may be stopped at any time, and goes on from there."""

from __future__ import annotations

import csv
import io
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

from lpasim.whole_file import write_whole

Row = dict[str, str]
SETTINGS = "settings"
"""Column that says what else decided a row: a row of other settings is not taken for a finished one."""


class ResultTable:
    """Rows of a CSV file.

    Parameters
    ----------
    path : Path
        The file; what it holds already is kept.
    keys : sequence of str
        Columns that tell measurements apart; each gives one row, or several that are added together.
    columns : sequence of str
        The other ones.
    order : callable
        From a row to what rows are sorted by.
    """

    def __init__(self, path: Path, keys: Sequence[str], columns: Sequence[str], order: Callable[[Row], Any]) -> None:
        self.path, self._keys, self._order = path, tuple(keys), order
        self._columns = (*keys, *columns, SETTINGS)
        self.rows: list[Row] = []
        if path.is_file():
            with path.open(newline="", encoding="utf-8") as text:
                found = [row for row in csv.DictReader(text) if tuple(row) == self._columns]
            self.rows = sorted(found, key=order)

    def has(self, row: Row) -> bool:
        """Tell whether the measurement of these keys and settings is finished."""
        asked = self._key(row), row[SETTINGS]
        return any((self._key(there), there[SETTINGS]) == asked for there in self.rows)

    def add(self, new: Sequence[Row]) -> None:
        """Add rows, in the place of those with the same keys, and write the file."""
        for row in new:
            if set(row) != set(self._columns):
                raise ValueError(f"row must have the columns {self._columns}, got {tuple(row)}")
        taken = {self._key(row) for row in new}
        self.rows = sorted([*(row for row in self.rows if self._key(row) not in taken), *new], key=self._order)
        text = io.StringIO(newline="")
        writer = csv.DictWriter(text, self._columns, lineterminator="\n")
        writer.writeheader()
        writer.writerows(self.rows)
        self.path.parent.mkdir(parents=True, exist_ok=True)
        write_whole(text.getvalue().encode(), self.path, "table")

    def _key(self, row: Row) -> tuple[str, ...]:
        return tuple(row[name] for name in self._keys)


def markdown(head: Sequence[str], rows: Sequence[Sequence[str]]) -> str:
    """Return a table in Markdown."""
    lines = [head, ["---"] * len(head), *rows]
    return "".join(f"| {' | '.join(cells)} |\n" for cells in lines)


def write_text(text: str, path: Path) -> None:
    """Write a text file, whole or not at all; its folder is made if it is missing."""
    path.parent.mkdir(parents=True, exist_ok=True)
    write_whole(text.encode(), path, "table")
