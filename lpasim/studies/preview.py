"""What a sweep would do: how many points, how many of them are stored, and how long the others take."""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass, replace
from random import Random

from lpasim.errors import LpasimError
from lpasim.studies.coordinator import Study, survey
from lpasim.studies.lanes import evaluate
from lpasim.studies.ledger import Ledger, Mark
from lpasim.studies.plan import Plan

MISSING = "missing"
TIMED = 4
"""Points that are evaluated, and stored, to tell how long a point takes."""
MOST_LOOKED_AT = 5000
"""Of a larger plan only so many points are looked at, which takes seconds, and they speak for the others."""


@dataclass(frozen=True, slots=True)
class Preview:
    """What is known of a plan before it is carried out.

    Attributes
    ----------
    planned : int
        Points of the plan.
    looked_at : int
        As many of them were looked at. If these are not all, the counts that follow are estimates.
    excluded, impossible, stored, missing : int
        Points that do not meet the conditions, that are no accelerator, that need no more work, and that do.
    why_impossible : str
        What is wrong with the first impossible one.
    seconds_each : float or None
        The time that a point takes [s]; None if none was timed.
    """

    planned: int
    looked_at: int
    excluded: int
    impossible: int
    stored: int
    missing: int
    why_impossible: str
    seconds_each: float | None


def preview(study: Study, listener: Callable[[int, int], None] | None = None) -> Preview:
    """Look at the points of a study, and time a few of those that are missing, evenly spread over them.

    Parameters
    ----------
    study : Study
    listener : callable, optional
        Told how many points were looked at, and of how many.

    Raises
    ------
    StudyError
        If the store fails.
    """
    planned, study = len(study.plan), replace(study, plan=_part_of(study.plan))
    total, seen = len(study.plan), 0
    ledger = Ledger(total)

    def look(why: str) -> None:
        nonlocal seen
        seen += 1
        if listener is not None:
            listener(seen, total)

    missing: set[bytes] = set()
    for jobs in survey(study, ledger, look):
        for _ in jobs:
            look(MISSING)
        missing.update(job.key for job in jobs)
    counts = (
        ledger.count(Mark.EXCLUDED),
        ledger.count(Mark.IMPOSSIBLE),
        ledger.count(Mark.ADDRESSED) - len(missing),
        len(missing),
    )
    excluded, impossible, stored, to_do = (round(count * planned / total) for count in counts)
    why, seconds = _first_reason(study, ledger), _time_some(study, ledger, missing)
    return Preview(planned, total, excluded, impossible, stored, to_do, why, seconds)


def _part_of(plan: Plan) -> Plan:
    """Return a plan, or a part of it drawn at random, where it is too large to look at all of it."""
    if len(plan) <= MOST_LOOKED_AT:
        return plan
    drawn = sorted(Random(0).sample(range(len(plan)), MOST_LOOKED_AT))
    return Plan(plan.space, drawn if plan.chosen is None else [plan.chosen[point] for point in drawn])


def _first_reason(study: Study, ledger: Ledger) -> str:
    """Say why the first impossible point is that."""
    for point in range(len(study.plan)):
        if ledger.mark(point) is Mark.IMPOSSIBLE:
            try:
                study.model.identify(study.plan.task(point))
            except LpasimError as error:
                return str(error)
    return ""


def _time_some(study: Study, ledger: Ledger, missing: set[bytes]) -> float | None:
    """Return the mean time of a few points."""
    points = [point for point in range(len(study.plan)) if ledger.key(point) in missing]
    chosen = {points[(2 * part + 1) * len(points) // (2 * TIMED)] for part in range(TIMED)} if points else set()
    spent = 0.0
    for point in sorted(chosen):
        start = time.perf_counter()
        outcome = evaluate(study.model, study.plan.task(point))
        spent += time.perf_counter() - start
        study.store.put([(ledger.key(point), outcome)])
    return spent / len(chosen) if chosen else None
