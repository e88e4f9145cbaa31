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
from lpasim.studies.workforce import HOPELESS, STORED, Job, Settled, Workforce


@dataclass
class Progress:
    """How far a study is.

    Attributes
    ----------
    total : int
        Points of the plan.
    evaluated : int
        Points that were evaluated by this run.
    stored : int
        Points that had been evaluated before.
    hopeless : int
        Points that are not evaluated: excluded, or impossible.
    """

    total: int
    evaluated: int = 0
    stored: int = 0
    hopeless: int = 0

    @property
    def settled(self) -> int:
        """Points that need no more work."""
        return self.evaluated + self.stored + self.hopeless

    def count(self, why: str, points: int = 1) -> None:
        """Count points that need no more work for a reason."""
        setattr(self, why, getattr(self, why) + points)


Listener = Callable[[Progress], None]


@dataclass
class Study:
    """A plan, and what its points are evaluated and kept with."""

    plan: Plan
    model: Model
    constraint: Constraint
    store: Store


def survey(study: Study, ledger: Ledger, settled: Settled) -> Iterator[list[Job]]:
    """Look at each point once; generate groups of those that must be evaluated, and note the others.

    Parameters
    ----------
    study : Study
    ledger : Ledger
        Gets a mark for each point.
    settled : callable
        Told of each point that needs no work.
    """
    for group in study.plan.groups():
        jobs = []
        for point in group:
            job = _look_at(study, ledger, point)
            if job is None:
                settled(HOPELESS)
            elif (found := study.store.status(job.key)) is not None and found.is_final:
                settled(STORED)
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

    def settled(why: str) -> None:
        progress.count(why)
        if listener is not None:
            listener(progress)

    workforce.evaluate(survey(study, ledger, settled), settled)
    return ledger
