"""Refusing a table of points whose columns hold other things than their names say."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import TYPE_CHECKING

from lpasim.errors import ResultsError
from lpasim.networks.printable import printable
from lpasim.reports.statistics import SUMMARY_STATS, columns

if TYPE_CHECKING:
    from pathlib import Path

    import pandas as pd

STATISTICS = tuple(name for stat in SUMMARY_STATS for name in columns(stat))
"""Columns of a simulated point."""


def check_columns(points: pd.DataFrame, axes: Iterable[str], objectives: Iterable[str], path: Path) -> None:
    """Make sure that a table of points has its columns, and that they hold what they should.

    Parameters
    ----------
    points : DataFrame
    axes : iterable of str
        Columns of the axes.
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

    rules: dict[str, tuple[Callable[[pd.Series], bool], str]] = {
        "point": (types.is_integer_dtype, "whole numbers"),
        "workload": (_is_text, "texts"),
        **dict.fromkeys(axes, (lambda column: _is_plain(column.dropna()), "numbers or texts")),
        **dict.fromkeys(objectives, (_is_number, "numbers")),
        "pareto": (types.is_bool_dtype, "true or false"),
        "status": (_is_text, "texts"),
        "error": (lambda column: _is_text(column.dropna()), "texts"),
    }
    for name in rules:
        if name not in points.columns:
            raise ResultsError(f"points must have the column {name}, got none ({printable(path)})")
    rules |= {name: (_is_number, "numbers") for name in STATISTICS if name in points.columns}
    for name, (holds, words) in rules.items():
        if not holds(points[name]):
            got = f"{points[name].dtype}, or empty fields"
            raise ResultsError(f"{name} must be a column of {words}, got {got} ({printable(path)})")


def _is_plain(column: pd.Series) -> bool:
    """Tell whether every field is a number, a flag or a text."""
    from pandas.api import types

    return types.is_numeric_dtype(column) or _is_text(column)


def _is_text(column: pd.Series) -> bool:
    """Tell whether every field is a text."""
    from pandas.api import types

    return column.empty or bool(column.notna().all() and types.is_string_dtype(column.astype(object)))


def _is_number(column: pd.Series) -> bool:
    """Tell whether every field is a finite number or empty."""
    import numpy as np
    from pandas.api import types

    if not types.is_numeric_dtype(column) or types.is_bool_dtype(column):
        return bool(column.isna().all())
    return not bool(np.isinf(column.dropna().to_numpy(dtype=float)).any())
