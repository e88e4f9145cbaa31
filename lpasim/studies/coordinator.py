"""Evaluating the points of a plan: those that are not stored yet, each stored as soon as it is done."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass

from lpasim.errors import LpasimError
from lpasim.studies.constraint import Constraint
from lpasim.studies.ledger import Ledger
from lpasim.studies.plan import Plan
from lpasim.studies.simulator import Model
from lpasim.studies.store import Store
from lpasim.studies.workforce import Job, Workforce


@dataclass
class Progress:
    """How far a study is.

    Attributes
    ----------
    total : int
        Points of the plan.
    settled : int
        Points that need no more work.
    evaluated : int
        Those of them that were evaluated by this run; the others were stored, excluded or impossible.
    """

    total: int
    settled: int = 0
    evaluated: int = 0


Listener = Callable[[Progress], None]


@dataclass
class Study:
    """A plan, and what its points are evaluated and kept with."""

    plan: Plan
    model: Model
    constraint: Constraint
    store: Store


def survey(study: Study, ledger: Ledger, settled: Callable[[], None]) -> Iterator[list[Job]]:
    """Look at each point once; generate groups of those that must be evaluated, and note the others.

    Parameters
    ----------
    study : Study
    ledger : Ledger
        Gets a mark for each point.
    settled : callable
        Called for each point that needs no work.
    """
    for group in study.plan.groups():
        jobs = []
        for point in group:
            job = _look_at(study, ledger, point)
            if job is None or ((found := study.store.status(job.key)) is not None and found.is_final):
                settled()
            else:
                jobs.append(job)
        if jobs:
            yield jobs


def _look_at(study: Study, ledger: Ledger, point: int) -> Job | None:
    """Note what a point is; return it if it has an address."""
    task, values, constraint = study.plan.task(point), study.plan.values(point), study.constraint
    if not constraint.holds(constraint.by_axes, values):
        ledger.exclude(point)
        return None
    try:
        known = study.model.identify(task)
    except LpasimError:
        ledger.refuse(point)
        return None
    if not constraint.holds(constraint.by_area, {**values, **known.columns}):
        ledger.exclude(point)
        return None
    ledger.address(point, known.key)
    return Job(known.key, task)


def evaluate_all(study: Study, workforce: Workforce, listener: Listener | None = None) -> Ledger:
    """Evaluate whatever is not stored yet.

    Returns
    -------
    Ledger
        Where the results of each point are.

    Raises
    ------
    StudyError
        If the store fails, or no worker starts.
    """
    ledger, progress = Ledger(len(study.plan)), Progress(len(study.plan))

    def settled(evaluated: int = 0) -> None:
        progress.settled += 1
        progress.evaluated += evaluated
        if listener is not None:
            listener(progress)

    workforce.evaluate(survey(study, ledger, settled), settled)
    return ledger
