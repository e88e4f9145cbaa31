"""A search at work: points are evaluated batch by batch, and remembered."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from random import Random

from lpasim.studies.coordinator import Listener, Progress, Study, evaluate_all
from lpasim.studies.hypervolume_curve import Result
from lpasim.studies.ledger import Ledger, Mark
from lpasim.studies.optimizer import Optimizer
from lpasim.studies.outcome import Status
from lpasim.studies.pareto import Objective
from lpasim.studies.plan import Plan
from lpasim.studies.workforce import EVALUATED, HOPELESS, STORED, Workforce


class Search:
    """Evaluates what is asked for.

    Parameters
    ----------
    study : Study
        Its plan is empty, of the space that is searched.
    objectives : sequence of Objective
    workforce : Workforce
    total : Total
        Adds up the progress.

    Attributes
    ----------
    results : dict of int to Result
        By the number of the combination, in the order in which they were asked for.
    """

    def __init__(self, study: Study, objectives: Sequence[Objective], workforce: Workforce, total: Total) -> None:
        self._study, self._objectives, self._workforce, self._total = study, objectives, workforce, total
        self.results: dict[int, Result] = {}

    def by_optimizer(self, optimizer: Optimizer) -> list[int]:
        """Let an optimizer ask until it has no more questions; return the combinations that it asked for."""
        found: list[int] = []
        while asked := optimizer.ask():
            self._evaluate(asked)
            optimizer.tell([self.results[index] for index in asked])
            found += asked
        return found

    def by_chance(self, count: int, seed: int) -> list[int]:
        """Return as many different combinations, drawn evenly from the whole space."""
        chosen = draw(self._study.plan.space.size, count, seed)
        self._evaluate(chosen)
        return chosen

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


class Total:
    """Adds up the progress of batches, of so many trials in all."""

    def __init__(self, trials: int, listener: Listener | None) -> None:
        self._listener = listener
        self._state = Progress(trials)
        self._batch, self._before = Progress(0), Progress(0)

    def __call__(self, batch: Progress) -> None:
        """Take in how far a batch is."""
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
