"""A search for the Pareto front of a space that is too large to sweep, measured against chance."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from random import Random
from typing import Any

import numpy as np

from lpasim.errors import StudyError
from lpasim.reports.staging import check_place
from lpasim.reports.study_folder import KIND
from lpasim.studies.constraint import make_constraint
from lpasim.studies.coordinator import Listener, Progress, Study, evaluate_all, survey
from lpasim.studies.crews import open_crew
from lpasim.studies.folder import Finished, Header, fill, open_study_folder
from lpasim.studies.hypervolume import Losses, hypervolume, normalized
from lpasim.studies.lanes import Crew
from lpasim.studies.ledger import Ledger, Mark
from lpasim.studies.optimizer import NSGA2, SAMPLERS, Optimizer
from lpasim.studies.outcome import Status
from lpasim.studies.pareto import Objective, front
from lpasim.studies.plan import Plan
from lpasim.studies.request import RESULTS, Request, check_name
from lpasim.studies.simulator import Model
from lpasim.studies.store import DEFAULT, Store
from lpasim.studies.table import Table
from lpasim.studies.workforce import EVALUATED, HOPELESS, STORED, Workforce

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


@dataclass(frozen=True)
class Exploration:
    """A request, how it is searched, and where its results go.

    Attributes
    ----------
    request : Request
        With one workload.
    trials : int
        Points that are asked for.
    sampler : str
        One of `lpasim.studies.optimizer.SAMPLERS`.
    seed : int
        Of the search, and of the random one that it is compared with.
    compare : bool
        Whether it is.
    name : str or None
        Name of the study; None for one made of its content.
    out : Path or None
        Its folder; None for ``results/NAME``.
    store : Path
        The store of points.
    """

    request: Request
    trials: int
    sampler: str = NSGA2
    seed: int = 0
    compare: bool = True
    name: str | None = None
    out: Path | None = None
    store: Path = DEFAULT

    def check(self) -> tuple[str, Path]:
        """Return the name and the folder of the study.

        Raises
        ------
        LpasimError
            If the search cannot be done, or the folder is that of something else.
        """
        if self.trials < 1:
            raise StudyError(f"a search must have at least 1 trial, got {self.trials}")
        if self.sampler not in SAMPLERS:
            raise StudyError(f"a sampler must be one of {', '.join(SAMPLERS)}, got {self.sampler!r}")
        if len(self.request.workloads) != 1:
            raise StudyError(f"a search must have one workload, got {len(self.request.workloads)}")
        given = self.name if self.name is not None or self.out is None else self.out.name or None
        settings = (self.trials, self.sampler, self.seed, self.compare)
        name = check_name(self.request.default_name("explore", *settings) if given is None else given)
        path = self.out if self.out is not None else RESULTS / name
        check_place(path, KIND)
        return name, path


def run_exploration(
    asked: Exploration,
    *,
    jobs: int | None = None,
    scheduler: str | None = None,
    listener: Listener | None = None,
    model: Model | None = None,
    crew: Crew | None = None,
) -> Finished:
    """Search, and write the folder of the study; for parameters see `lpasim.studies.sweeps.run_sweep`.

    A search that was interrupted goes on when it is run again: the optimizer asks for the same points, and those that
    are stored are not evaluated again.
    """
    request = asked.request
    name, path = asked.check()
    objectives, base = request.ranked_by, request.base
    with Store(asked.store) as store:
        study = Study(
            Plan(request.space, []), model or request.simulator(), make_constraint(request.where, request.space), store
        )
        optimizer = Optimizer(request.space, len(objectives), asked.sampler, asked.trials, asked.seed)
        with Workforce(crew or open_crew(study.model, jobs, scheduler), store) as workforce:
            search = _Search(study, objectives, workforce, _Total(asked, request.space.size, listener))
            found = search.by_optimizer(optimizer)
            chance = search.by_chance(asked) if asked.compare else None
        plan = Plan(request.space, list(search.results)[: search.distinct])
        whole = Study(plan, study.model, study.constraint, store)
        ledger = _ledger_of(whole)
        more = {"search": _description(asked, objectives, search.distinct, found, chance)}
        sampling = {"sample": None, "seed": asked.seed}
        settings = {"trials": asked.trials, "sampler": asked.sampler, "seed": asked.seed}
        arguments = {**request.arguments(), **settings}
        header = Header(name, "explore", base, objectives, sampling, arguments, request.cited, more, ("optuna",))
        with open_study_folder(path) as staging:
            description, best, failure = fill(staging, whole, Table(whole, ledger, objectives), header)
    return Finished(path, description, best, failure)


class _Search:
    """Evaluates what is asked for, batch by batch, and remembers it."""

    def __init__(self, study: Study, objectives: Sequence[Objective], workforce: Workforce, total: _Total) -> None:
        self._study, self._objectives, self._workforce, self._total = study, objectives, workforce, total
        self.results: dict[int, Result] = {}
        self.distinct = 0

    def by_optimizer(self, optimizer: Optimizer) -> list[Result]:
        """Let an optimizer ask until it has no more questions; return the results of its trials."""
        found: list[Result] = []
        while asked := optimizer.ask():
            self._evaluate(asked)
            results = [self.results[index] for index in asked]
            optimizer.tell(results)
            found += results
        self.distinct = len(self.results)
        return found

    def by_chance(self, asked: Exploration) -> list[Result]:
        """Return the results of as many different points, drawn evenly from the whole space."""
        chosen = draw(self._study.plan.space.size, asked.trials, asked.seed)
        self._evaluate(chosen)
        return [self.results[index] for index in chosen]

    def _evaluate(self, indices: Sequence[int]) -> None:
        """Evaluate combinations of which nothing is known yet."""
        new = [index for index in dict.fromkeys(indices) if index not in self.results]
        study = Study(Plan(self._study.plan.space, new), self._study.model, self._study.constraint, self._study.store)
        ledger = evaluate_all(study, self._workforce, self._total)
        self._total.repeat(len(indices) - len(new))
        for point, index in enumerate(new):
            self.results[index] = self._result(study, ledger, point)

    def _result(self, study: Study, ledger: Ledger, point: int) -> Result:
        outcome = study.store.get(ledger.key(point)) if ledger.mark(point) is Mark.ADDRESSED else None
        if outcome is None or outcome.status is not Status.DONE or outcome.statistics is None:
            return None, False
        row = {**study.plan.values(point), **outcome.statistics}
        values = [outcome.statistics[each.column] for each in self._objectives]
        if None in values:
            return None, False
        losses = (each.loss(float(value or 0)) for each, value in zip(self._objectives, values, strict=True))
        return tuple(losses), study.constraint.holds(study.constraint.by_results, row)


class _Total:
    """Adds up the progress of batches."""

    def __init__(self, asked: Exploration, size: int, listener: Listener | None) -> None:
        self._listener = listener
        self._state = Progress(asked.trials + (min(asked.trials, size) if asked.compare else 0))
        self._batch, self._before = Progress(0), Progress(0)

    def __call__(self, batch: Progress) -> None:
        if batch is not self._batch:  # each has an object of its own
            self._batch, self._before = batch, replace(self._state)
        for why in (EVALUATED, STORED, HOPELESS):
            setattr(self._state, why, getattr(self._before, why) + getattr(batch, why))
        self.repeat(0)

    def repeat(self, count: int) -> None:
        """Count trials of points that are known already."""
        self._state.count(STORED, count)
        if self._listener is not None:
            self._listener(self._state)


def draw(size: int, count: int, seed: int) -> list[int]:
    """Draw different numbers below a size, all of them if there are no more.

    >>> draw(3, 5, 0)
    [0, 1, 2]
    """
    if count >= size:
        return list(range(size))
    random, found = Random(seed), dict[int, None]()
    while len(found) < count:
        found[int(random.random() * size)] = None
    return list(found)


def _ledger_of(study: Study) -> Ledger:
    """Look all points of a plan up; they have been evaluated."""
    ledger = Ledger(len(study.plan))
    for _ in survey(study, ledger, lambda why: None):
        pass
    return ledger


def _description(
    asked: Exploration,
    objectives: Sequence[Objective],
    distinct: int,
    found: Sequence[Result],
    chance: Sequence[Result] | None,
) -> dict[str, Any]:
    """Describe the search: what it asked for, and the hypervolume after some numbers of trials, beside chance."""
    both = [result[0] for result in (*found, *(chance or ())) if result[0] is not None and result[1]]
    description = {"sampler": asked.sampler, "trials": asked.trials, "seed": asked.seed, "distinct_points": distinct}
    if not both:
        return {**description, "hypervolume": None}
    best = np.array(both)[front(np.array(both))]
    low, high = best.min(axis=0), best.max(axis=0)
    steps = sorted({max(1, part * asked.trials // CHECKPOINTS) for part in range(1, CHECKPOINTS + 1)})

    def curve(results: Sequence[Result]) -> list[float]:
        return [hypervolume(_losses(results[:step], low, high), [CORNER] * len(objectives)) for step in steps]

    ends = zip(objectives, low, high, strict=True)
    bounds = {each.column: {"best": each.loss(float(a)), "worst": each.loss(float(b))} for each, a, b in ends}
    return {
        **description,
        "hypervolume": {
            "reference": f"{CORNER} in each objective, scaled so that the best and the worst value on the front of all "
            "points of both searches are 0 and 1",
            "bounds": bounds,
            "most": CORNER ** len(objectives),
            "trials": steps,
            "search": curve(found),
            "random": None if chance is None else curve(chance),
        },
    }


def _losses(results: Sequence[Result], low: Losses, high: Losses) -> Losses:
    usable = [losses for losses, counts in results if losses is not None and counts]
    return normalized(np.array(usable, dtype=np.float64).reshape(len(usable), len(low)), low, high)
