"""Optuna, as a source of points: it is asked for some and told what they gave, and never evaluates anything itself."""

from __future__ import annotations

import warnings
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from typing import Any

from lpasim.errors import StudyError
from lpasim.studies.axis import Axis
from lpasim.studies.neighbours import Neighbours
from lpasim.studies.space import Space, number

SAMPLERS = TPE, NSGA2 = "tpe", "nsga2"
HOW_TO_INSTALL = "in a checkout of lpasim: pip install '.[explore]'"
LARGEST_POPULATION, LEAST_POPULATION, GENERATIONS = 50, 8, 25
"""A population of Optuna's default size, unless that leaves fewer generations than this."""
TPE_BATCH = 8
"""Points that TPE is asked for at once. It is fixed, so that what it is asked does not depend on the machine."""
_VIOLATION = "violation"
_MEETS, _EXCLUDED, _HAS_NO_RESULTS = 0.0, 1.0, 2.0
"""How far a point is from one that counts: less is better, whatever its losses."""


class Optimizer:
    """A search over the steps of axes.

    It depends on the seed and on what it is told alone: the same answers lead to the same questions. It asks for each
    combination once: where Optuna comes back to one, it gets the nearest that is new.

    Parameters
    ----------
    space : Space
        With one workload.
    objectives : int
        Number of losses that it is told of each point.
    sampler : str
        One of `SAMPLERS`.
    trials : int
        Combinations that it will ask for, or all of the space if that has fewer.
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
        self._space, self._left, self._objectives = space, min(trials, space.size), objectives
        self._new = Neighbours([len(axis.values) for axis in space.axes], [_is_ordered(a) for a in space.axes], seed)
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
        """Return the numbers of the next combinations, none of them asked for before; none at the end."""
        count = min(self.batch, self._left)
        self._left -= count
        with _calm():
            asked = [self._ask() for _ in range(count)]
        self._asked = [trial for trial, _ in asked]
        return [number(steps, self._new.sizes) for _, steps in asked]

    def tell(self, results: Sequence[tuple[Sequence[float] | None, bool]]) -> None:
        """Tell the losses of what was asked for last, in order (None: it has none), and whether each counts."""
        with _calm():
            for trial, (losses, counts) in zip(self._asked, results, strict=True):
                trial.set_user_attr(_VIOLATION, _HAS_NO_RESULTS if losses is None else _MEETS if counts else _EXCLUDED)
                # Those without results are part of their generation, ranked by that alone: it would not end else.
                self._study.tell(trial, [0.0] * self._objectives if losses is None else list(losses))

    def _ask(self) -> tuple[Any, tuple[int, ...]]:
        """Return a trial and its steps."""
        trial = self._study.ask()
        steps = self._steps(trial)
        found = self._new.take(steps)
        if found != steps:
            self._study.tell(trial, state=self._failed)
            labels = [axis.label for axis in self._space.axes]
            self._study.enqueue_trial(dict(zip(labels, found, strict=True)))
            trial = self._study.ask()
            self._steps(trial)
        return trial, found

    def _steps(self, trial: Any) -> tuple[int, ...]:
        return tuple(_step(trial, axis) for axis in self._space.axes)


def population(trials: int) -> int:
    """Return how many points a generation of NSGA-II has."""
    return min(trials, max(LEAST_POPULATION, min(LARGEST_POPULATION, trials // GENERATIONS)))


def _is_ordered(axis: Axis) -> bool:
    """Tell whether the steps of an axis are numbers that grow, those of all of its keys; words have no order."""
    for values in zip(*axis.values, strict=True):
        numbers = [value for value in values if not isinstance(value, bool | str)]
        if len(numbers) < len(values) or numbers != sorted(numbers):
            return False
    return True


def _step(trial: Any, axis: Axis) -> int:
    if _is_ordered(axis):
        return int(trial.suggest_int(axis.label, 0, len(axis.values) - 1))
    return int(trial.suggest_categorical(axis.label, list(range(len(axis.values)))))


def _violation(trial: Any) -> tuple[float]:
    return (trial.user_attrs.get(_VIOLATION, _MEETS),)


@contextmanager
def _calm() -> Iterator[None]:
    """Keep Optuna's remarks on its experimental parts to itself."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        yield
