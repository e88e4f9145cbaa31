"""How much a search has found after how many trials, beside chance: the hypervolume of its points."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

from lpasim.studies.hypervolume import Losses, hypervolume, normalized
from lpasim.studies.pareto import Objective, front

CHECKPOINTS = 20
"""Numbers of trials at which the hypervolume is given."""
CORNER = 1.1
"""The reference point, where the front of all points ends at 1: a little beyond, so that its ends count.

References
----------
H. Ishibuchi, R. Imada, Y. Setoguchi, Y. Nojima: How to specify a reference point in hypervolume calculation for fair
performance comparison. Evolutionary Computation 26(3), 2018, pp. 411-440.
"""
Result = tuple[tuple[float, ...] | None, bool]
"""The losses of a point, None if it has no results, and whether it meets the condition."""


def hypervolume_curve(
    objectives: Sequence[Objective], found: Sequence[Result], chance: Sequence[Result] | None
) -> dict[str, Any] | None:
    """Return the hypervolume after some numbers of trials, of a search and of chance, as JSON types.

    Parameters
    ----------
    objectives : sequence of Objective
    found, chance : sequence of Result
        In the order of the trials; the latter is None where there is nothing to compare with.

    Returns
    -------
    dict or None
        None if no point has results that count.
    """
    both = [result[0] for result in (*found, *(chance or ())) if result[0] is not None and result[1]]
    if not both:
        return None
    best = np.array(both)[front(np.array(both))]
    low, high = best.min(axis=0), best.max(axis=0)
    steps = sorted({max(1, part * len(found) // CHECKPOINTS) for part in range(1, CHECKPOINTS + 1)})

    def curve(results: Sequence[Result]) -> list[float]:
        return [hypervolume(_losses(results[:step], low, high), [CORNER] * len(objectives)) for step in steps]

    ends = zip(objectives, low, high, strict=True)
    bounds = {each.column: {"best": each.loss(float(a)), "worst": each.loss(float(b))} for each, a, b in ends}
    return {
        "reference": f"{CORNER} in each objective, scaled so that the best and the worst value on the front of all "
        "points of both searches are 0 and 1",
        "bounds": bounds,
        "most": CORNER ** len(objectives),
        "trials": steps,
        "search": curve(found),
        "random": None if chance is None else curve(chance),
    }


def _losses(results: Sequence[Result], low: Losses, high: Losses) -> Losses:
    usable = [losses for losses, counts in results if losses is not None and counts]
    return normalized(np.array(usable, dtype=np.float64).reshape(len(usable), len(low)), low, high)
