"""A search for the Pareto front of a space that is too large to sweep, measured against chance."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from lpasim.errors import StudyError
from lpasim.hardware import Overrides
from lpasim.studies.constraint import make_constraint
from lpasim.studies.coordinator import Listener, Study, survey
from lpasim.studies.crews import open_crew
from lpasim.studies.folder import Finished, Header, fill, open_study_folder
from lpasim.studies.hypervolume_curve import hypervolume_curve
from lpasim.studies.lanes import Crew
from lpasim.studies.ledger import Ledger
from lpasim.studies.optimizer import SAMPLERS, TPE, Optimizer
from lpasim.studies.place import place_of
from lpasim.studies.plan import Plan
from lpasim.studies.request import Axes, Request, make_request
from lpasim.studies.search import Search, Total
from lpasim.studies.simulator import Model
from lpasim.studies.store import DEFAULT, Store
from lpasim.studies.table import Table
from lpasim.studies.workforce import Workforce

if TYPE_CHECKING:
    from collections.abc import Sequence

    from lpasim.reports.study_folder import Study as SavedStudy

TRIALS = 300


@dataclass(frozen=True)
class Exploration:
    """A request, how it is searched, and where its results go.

    Attributes
    ----------
    request : Request
        With one workload.
    trials : int
        Points that are asked for, all different; if the space has fewer, all of it is.
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
    trials: int = TRIALS
    sampler: str = TPE
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
        settings = (self.trials, self.sampler, self.seed, self.compare)
        return place_of(self.name, self.out, lambda: self.request.default_name("explore", *settings))


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
    objectives, base, space = request.ranked_by, request.base, request.space
    trials = min(asked.trials, space.size)
    with Store(asked.store) as store:
        nothing = Plan(space, [])
        study = Study(nothing, model or request.simulator(), make_constraint(request.where, space), store)
        optimizer = Optimizer(space, len(objectives), asked.sampler, trials, asked.seed)
        with Workforce(crew or open_crew(study.model, jobs, scheduler), store) as workforce:
            search = Search(study, objectives, workforce, Total(2 * trials if asked.compare else trials, listener))
            found = search.by_optimizer(optimizer)
            chance = search.by_chance(trials, asked.seed) if asked.compare else None
        of_chance = None if chance is None else [search.results[index] for index in chance]
        volumes = hypervolume_curve(objectives, [search.results[index] for index in found], of_chance)
        whole = Study(Plan(space, found), study.model, study.constraint, store)
        settings = {"trials": asked.trials, "sampler": asked.sampler, "seed": asked.seed}
        more = {"search": {**settings, "distinct_points": len(found), "hypervolume": volumes}}
        sampling = {"sample": None, "seed": asked.seed}
        arguments = {**request.arguments(), **settings, "random": asked.compare}
        header = Header(name, "explore", base, objectives, sampling, arguments, request.cited, more, ("optuna",))
        with open_study_folder(path) as staging:
            description, best, failure = fill(staging, whole, Table(whole, _ledger_of(whole), objectives), header)
    return Finished(path, description, best, failure)


def explore(
    workload: str | Path,
    axes: Axes,
    *,
    trials: int = TRIALS,
    sampler: str = TPE,
    seed: int = 0,
    random: bool = True,
    hardware: str | Path = "lpa",
    overrides: Overrides = (),
    batch: int | None = None,
    where: str | None = None,
    objectives: str | Sequence[str] | None = None,
    name: str | None = None,
    out: str | Path | None = None,
    store: str | Path = DEFAULT,
    jobs: int | None = None,
    scheduler: str | None = None,
    listener: Listener | None = None,
) -> SavedStudy:
    """Search a space that is too large to sweep for the points that no other one beats; needs Optuna.

    Points are stored as those of `lpasim.studies.sweep` are, and the same holds for a script that calls it. A search
    that was interrupted goes on when it is called again.

    Parameters
    ----------
    workload : str or Path
        A name, a trace, an ONNX file, or a product.
    axes : mapping or sequence of str
        As those of `lpasim.studies.sweep`.
    trials : int
        Points that the search asks for, all different.
    sampler : str
        Who asks: ``"tpe"`` or ``"nsga2"``, of Optuna.
    seed : int
        Of the search, and of the points at random; the same seed asks for the same points.
    random : bool
        Whether to draw as many points at random, to measure the search against chance.
    hardware, overrides, batch, where, objectives, name, out, store, jobs, scheduler, listener
        As those of `lpasim.studies.sweep`.

    Returns
    -------
    lpasim.reports.study_folder.Study
        With the table of the points that the search asked for, in that order; ``description["search"]`` has the
        hypervolume after some numbers of trials, beside that of the points at random.

    Raises
    ------
    LpasimError
        If the request is wrong, Optuna is not installed, or the store or the folder cannot be written. A point that
        fails is no error: its row says why.
    """
    from lpasim.reports.study_folder import read_study

    request = make_request(workload, axes, hardware, overrides, batch, where, objectives)
    folder = None if out is None else Path(out)
    asked = Exploration(request, trials, sampler, seed, random, name, folder, Path(store))
    return read_study(run_exploration(asked, jobs=jobs, scheduler=scheduler, listener=listener).path)


def _ledger_of(study: Study) -> Ledger:
    """Look all points of a plan up; they have been evaluated."""
    ledger = Ledger(len(study.plan))
    for _ in survey(study, ledger, lambda why: None):
        pass
    return ledger
