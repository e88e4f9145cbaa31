"""Which points a page can hold: all of them, or as many as keep it quick."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import pandas as pd

MOST_POINTS = 20_000
"""Beyond these the page answers slowly (docs/page.md)."""


def shown_points(done: pd.DataFrame, most: int = MOST_POINTS) -> pd.DataFrame:
    """Return all points, or the Pareto front and every n-th of the others, in their order."""
    if len(done) <= most:
        return done
    front = done["pareto"].astype(bool)
    others = done.index[~front]
    step = -(-len(others) // max(1, most - int(front.sum())))
    return done.loc[sorted([*done.index[front], *others[::step]])].reset_index(drop=True)
