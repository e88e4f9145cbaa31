"""What a sweep would do: how many points, how many of them are stored, and how long the others take."""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass

from lpasim.studies.coordinator import Study, survey
from lpasim.studies.lanes import evaluate
from lpasim.studies.ledger import Ledger, Mark

MISSING = "missing"
TIMED = 4
"""Points that are evaluated, and stored, to tell how long a point takes."""


@dataclass(frozen=True, slots=True)
class Preview:
    """Points of the plan by what is known of them, and the time that one takes [s]; None if none was timed."""

    planned: int
    excluded: int
    impossible: int
    stored: int
    missing: int
    seconds_each: float | None


def preview(study: Study, listener: Callable[[int, int], None] | None = None) -> Preview:
    """Look at every point of a study, and time a few of those that are missing, evenly spread over them.

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
    total, seen, missing = len(study.plan), 0, 0
    ledger = Ledger(total)

    def look(why: str) -> None:
        nonlocal seen
        seen += 1
        if listener is not None:
            listener(seen, total)

    addresses: set[bytes] = set()
    for jobs in survey(study, ledger, look):
        for _ in jobs:
            look(MISSING)
        addresses.update(job.key for job in jobs)
        missing += len(jobs)
    stored = ledger.count(Mark.ADDRESSED) - missing
    seconds = _time_some(study, ledger, addresses)
    return Preview(total, ledger.count(Mark.EXCLUDED), ledger.count(Mark.IMPOSSIBLE), stored, missing, seconds)


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
