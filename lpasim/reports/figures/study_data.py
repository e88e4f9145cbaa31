"""What figures of studies have in common: axes as columns, statistics, and which way is better."""

from __future__ import annotations

from collections.abc import Sequence
from difflib import get_close_matches
from math import isfinite
from typing import TYPE_CHECKING

from lpasim.errors import ResultsError
from lpasim.networks.printable import printable
from lpasim.reports.figures.kind import UnsuitedError
from lpasim.reports.figures.words import LINKED
from lpasim.reports.goals import MORE_IS_BETTER
from lpasim.reports.study_columns import STATISTICS

if TYPE_CHECKING:
    import pandas as pd

    from lpasim.reports.study_folder import Study

DEFAULT_OBJECTIVES = ("latency_ms", "energy_mj")
MOST_LISTED = 12
"""Columns up to which a message lists them all."""


def table_of(study: Study) -> tuple[pd.DataFrame, list[str]]:
    """Return the points with results, and the columns that the axes are in; linked keys share one, as text.

    Raises
    ------
    ResultsError
        If no point has results.
    """
    table, names = study.done, []
    if not statistics_in(table):
        raise ResultsError(f"study must have points with results, got none ({printable(study.path)})")
    for axis in study.axes:
        name = LINKED.join(axis.columns)
        if len(axis.columns) > 1:
            rows = zip(*(table[key] for key in axis.columns), strict=True)
            table[name] = [LINKED.join(map(str, values)) for values in rows]
        names.append(name)
    return table, names


def in_order(values: pd.Series) -> list[object]:
    """Return the distinct values of an axis: numbers by size, those of linked keys by the first that differs.

    Other texts stay in the order of the points.
    """
    found = list(dict.fromkeys(values))
    if values.dtype.kind in "iuf":
        return sorted(found)
    try:
        return sorted(found, key=lambda value: [float(part) for part in str(value).split(LINKED)])
    except ValueError:
        return found


def is_statistic(column: str) -> bool:
    """Tell whether a column is a result, and no axis."""
    return column in STATISTICS


def objectives_of(study: Study, known: Sequence[str]) -> list[str]:
    """Return the columns that the study judges by; where fewer than two of them are known, latency and energy as well.

    Columns without numbers are none of them; where fewer than two are left, the first other statistics are.
    """
    named = [objective.column for objective in study.objectives if objective.column in known]
    if len(named) < 2:
        named = list(dict.fromkeys((*named, *(name for name in DEFAULT_OBJECTIVES if name in known))))
    return named if len(named) > 1 else list(dict.fromkeys((*named, *known)))[:2]


def less_is_better(study: Study, column: str) -> bool:
    """Tell which way a column is better: as the study says, or else as its name does."""
    goals = {objective.column: objective.goal for objective in study.objectives}
    return goals.get(column, "max" if column in MORE_IS_BETTER else "min") == "min"


def chosen(asked: str | None, default: str, known: Sequence[str], option: str) -> str:
    """Return the column that was asked for, or the default.

    Raises
    ------
    ResultsError
        If it is no column that fits.
    """
    name = default if asked is None else asked
    if name in known:
        return name
    if len(known) <= MOST_LISTED:
        raise ResultsError(f"--{option} must be one of {', '.join(known)}, got {name!r}")
    near = get_close_matches(name, known, 3, 0.5)
    hint = f"; did you mean {' or '.join(near)}?" if near else ": such as latency_ms, energy_mj or area_mm2"
    raise ResultsError(f"--{option} must be a column of statistics, got {name!r}{hint}")


def statistics_in(table: pd.DataFrame) -> list[str]:
    """Return the columns that are statistics, which have numbers in some row."""
    return [name for name in STATISTICS if name in table.columns and table[name].notna().any()]


def with_numbers(table: pd.DataFrame, columns: Sequence[str]) -> pd.DataFrame:
    """Return the points that have numbers in all of some columns.

    Raises
    ------
    UnsuitedError
        If no point has.
    """
    found = table[table[list(columns)].notna().all(axis=1)]
    if found.empty:
        raise UnsuitedError(f"a point must have {' and '.join(columns)}, got none that has")
    return found


def at_front(left: pd.Series, right: pd.Series, less: tuple[bool, bool]) -> list[bool]:
    """Tell which pairs no other pair dominates: as good in both, and better in one.

    Parameters
    ----------
    left, right : Series
        The numbers; a pair without both is at no front.
    less : tuple of bool
        Whether less is better, in each.
    """
    signs = [1 if each else -1 for each in less]
    pairs = [(signs[0] * a, signs[1] * b) for a, b in zip(left, right, strict=True)]
    whole = [at for at, pair in enumerate(pairs) if all(map(isfinite, pair))]
    order = sorted(whole, key=lambda at: pairs[at])
    found, best = [False] * len(pairs), float("inf")
    previous: tuple[float, float] | None = None
    for at in order:
        if pairs[at][1] < best or pairs[at] == previous:
            found[at], best, previous = True, pairs[at][1], pairs[at]
    return found
