"""Which points a page can hold: all of them, or as many as keep it quick."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    import pandas as pd

GOLDEN = (5**0.5 - 1) / 2
"""Multiples of it, less their whole parts, are spread evenly: a pick by them is never in step with a plan's axes."""
MOST_POINTS = 20_000
"""Beyond these the page answers slowly (docs/page.md)."""


def shown_points(done: pd.DataFrame, most: int = MOST_POINTS) -> pd.DataFrame:
    """Return all points, or the Pareto front and about as many others as `most` leaves, in their order."""
    if len(done) <= most:
        return done
    front = done["pareto"].to_numpy(dtype=bool)
    if front.all():
        return done
    share = max(0, most - front.sum()) / (~front).sum()
    kept = front | ((np.arange(len(done)) * GOLDEN) % 1 < share)
    return done.iloc[np.flatnonzero(kept)].reset_index(drop=True)
