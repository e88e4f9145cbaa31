"""Refusing a table of points whose columns hold other things than their names say."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from typing import TYPE_CHECKING

from lpasim.errors import ResultsError
from lpasim.networks.printable import printable
from lpasim.reports.statistics import SUMMARY_STATS, columns

if TYPE_CHECKING:
    from pathlib import Path

    import pandas as pd

STATISTICS = tuple(name for stat in SUMMARY_STATS for name in columns(stat))
"""Columns of a simulated point."""

LARGEST = 1e150
"""Magnitude up to which squares, and so the distances that axes and fronts are made of, are finite."""

_NUMBERS = "numbers up to 1e150"


def check_columns(points: pd.DataFrame, axes: Mapping[str, bool], objectives: Iterable[str], path: Path) -> None:
    """Make sure that a table of points has its columns, and that they hold what they should.

    Parameters
    ----------
    points : DataFrame
    axes : mapping of str to bool
        Columns of the axes, and whether their values are numbers.
    objectives : iterable of str
        Statistics of the Pareto front.
    path : Path
        Of the table, for messages.

    Raises
    ------
    ResultsError
        If a column is missing or holds other things.
    """
    from pandas.api import types

    statistics = [name for name in STATISTICS if name in points.columns]
    numbers, plain = (_is_number_everywhere, _NUMBERS), (_is_plain, "numbers or texts")
    rules: list[tuple[str, tuple[Callable[[pd.Series], bool], str]]] = [
        ("point", (types.is_integer_dtype, "whole numbers")),
        ("workload", (_is_text, "texts")),
        *((name, numbers if numeric else plain) for name, numeric in axes.items()),
        *((name, (_is_number, _NUMBERS)) for name in (*objectives, *statistics)),
        ("pareto", (types.is_bool_dtype, "true or false")),
        ("status", (_is_text, "texts")),
        ("error", (lambda column: _is_text(column.dropna()), "texts")),
    ]
    for name, _ in rules:
        if name not in points.columns:
            raise ResultsError(f"points must have the column {name}, got none ({printable(path)})")
    for name, (holds, words) in rules:
        if not holds(points[name]):
            raise ResultsError(f"{name} must be a column of {words}, got {_words(points[name])} ({printable(path)})")


def _words(column: pd.Series) -> str:
    """Say what a column holds that it should not."""
    from pandas.api import types

    if types.is_float_dtype(column) and not _is_number(column):
        return f"{column[column.abs() > LARGEST].iloc[0]:g}"
    return f"{column.dtype}, or empty fields"


def _is_plain(column: pd.Series) -> bool:
    """Tell whether every field is a number, a flag or a text."""
    from pandas.api import types

    return _is_text(column) or bool(types.is_numeric_dtype(column) and column.notna().all())


def _is_text(column: pd.Series) -> bool:
    """Tell whether every field is a text."""
    from pandas.api import types

    return column.empty or bool(column.notna().all() and types.is_string_dtype(column.astype(object)))


def _is_number_everywhere(column: pd.Series) -> bool:
    """Tell whether every field is a number that is not too large."""
    return _is_number(column) and bool(column.notna().all())


def _is_number(column: pd.Series) -> bool:
    """Tell whether every field is empty or a number that is not too large."""
    import numpy as np
    from pandas.api import types

    if not types.is_numeric_dtype(column) or types.is_bool_dtype(column):
        return bool(column.isna().all())
    return bool((np.abs(column.dropna().to_numpy(dtype=float)) <= LARGEST).all())
