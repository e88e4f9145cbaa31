"""Optuna, as a source of points: it is asked for some and told what they gave, and never evaluates anything itself."""

from __future__ import annotations

import warnings
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from typing import Any

from lpasim.errors import StudyError
from lpasim.studies.axis import Axis
from lpasim.studies.space import Space

NSGA2, TPE = "nsga2", "tpe"
SAMPLERS = (NSGA2, TPE)
HOW_TO_INSTALL = "in a checkout of lpasim: pip install '.[explore]'"
LARGEST_POPULATION, LEAST_POPULATION, GENERATIONS = 50, 8, 12
"""A population of Optuna's default size, unless that leaves fewer generations than this."""
TPE_BATCH = 8
"""Points that TPE is asked for at once. It is fixed, so that what it is asked does not depend on the machine."""
_FEASIBLE = "feasible"


class Optimizer:
    """A search over the steps of axes.

    It depends on the seed and on what it is told alone: the same answers lead to the same questions.

    Parameters
    ----------
    space : Space
        With one workload.
    objectives : int
        Number of losses that it is told of each point.
    sampler : str
        One of `SAMPLERS`.
    trials : int
        How often it will be asked.
    seed : int

    Raises
    ------
    StudyError
        If Optuna is not installed.
    """

    def __init__(self, space: Space, objectives: int, sampler: str, trials: int, seed: int) -> None:
        try:
            import optuna
        except ImportError as error:
            raise StudyError(f"explore must have Optuna installed, got none; {HOW_TO_INSTALL}") from error
        self._space, self._trials = space, trials
        self.batch = population(trials) if sampler == NSGA2 else TPE_BATCH
        optuna.logging.set_verbosity(optuna.logging.WARNING)
        with _calm():
            if sampler == NSGA2:
                chosen: Any = optuna.samplers.NSGAIISampler(
                    population_size=self.batch, seed=seed, constraints_func=_violation
                )
            else:
                chosen = optuna.samplers.TPESampler(seed=seed, constraints_func=_violation, multivariate=True)
            self._study = optuna.create_study(directions=["minimize"] * objectives, sampler=chosen)
        self._failed = optuna.trial.TrialState.FAIL
        self._asked: list[Any] = []

    def ask(self) -> list[int]:
        """Return the numbers of the next combinations, some perhaps asked for before; none at the end."""
        left = self._trials - len(self._study.trials)
        with _calm():
            self._asked = [self._study.ask() for _ in range(min(self.batch, left))]
            return [self._index(trial) for trial in self._asked]

    def tell(self, results: Sequence[tuple[Sequence[float] | None, bool]]) -> None:
        """Tell the losses of what was asked for last, in order (None: it failed), and whether each counts."""
        with _calm():
            for trial, (losses, feasible) in zip(self._asked, results, strict=True):
                trial.set_user_attr(_FEASIBLE, feasible)
                if losses is None:
                    self._study.tell(trial, state=self._failed)
                else:
                    self._study.tell(trial, list(losses))

    def _index(self, trial: Any) -> int:
        index = 0
        for axis in self._space.axes:
            index = index * len(axis.values) + _step(trial, axis)
        return index


def population(trials: int) -> int:
    """Return how many points a generation of NSGA-II has."""
    return min(trials, max(LEAST_POPULATION, min(LARGEST_POPULATION, trials // GENERATIONS)))


def _step(trial: Any, axis: Axis) -> int:
    """Ask for a step: numbers have an order, words and linked keys have none."""
    steps = range(len(axis.values))
    ordered = all(len(value) == 1 and not isinstance(value[0], bool | str) for value in axis.values)
    if ordered and list(axis.values) == sorted(axis.values):
        return int(trial.suggest_int(axis.label, 0, len(axis.values) - 1))
    return int(trial.suggest_categorical(axis.label, list(steps)))


def _violation(trial: Any) -> tuple[float]:
    return (0.0 if trial.user_attrs.get(_FEASIBLE, True) else 1.0,)


@contextmanager
def _calm() -> Iterator[None]:
    """Keep Optuna's remarks on its experimental parts to itself."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        yield
