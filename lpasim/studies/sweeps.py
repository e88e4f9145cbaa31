"""A sweep: all points of a space, or a sample of them."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from lpasim.errors import StudyError
from lpasim.hardware import Overrides
from lpasim.studies.constraint import make_constraint
from lpasim.studies.coordinator import Listener, Study, evaluate_all
from lpasim.studies.crews import open_crew
from lpasim.studies.folder import Finished, Header, fill, open_study_folder
from lpasim.studies.lanes import Crew
from lpasim.studies.place import place_of
from lpasim.studies.plan import Plan, make_plan
from lpasim.studies.request import Axes, Request, make_request
from lpasim.studies.simulator import Model
from lpasim.studies.store import DEFAULT, Store
from lpasim.studies.table import Table
from lpasim.studies.workforce import Workforce

if TYPE_CHECKING:
    from collections.abc import Sequence

    from lpasim.reports.study_folder import Study as SavedStudy


@dataclass(frozen=True)
class Sweep:
    """A request, how its points are chosen, and where its results go.

    Attributes
    ----------
    request : Request
    sample : int or None
        Points of a Latin hypercube sample; None for all points.
    seed : int
        Of the sample.
    name : str or None
        Name of the study; None for one made of its content.
    out : Path or None
        Its folder; None for ``results/NAME``.
    store : Path
        The store of points.
    """

    request: Request
    sample: int | None = None
    seed: int = 0
    name: str | None = None
    out: Path | None = None
    store: Path = DEFAULT

    def plan(self) -> Plan:
        """Choose the points."""
        if self.sample is not None and self.sample < 1:
            raise StudyError(f"a sample must have at least 1 point, got {self.sample}")
        return make_plan(self.request.space, self.sample, self.seed)

    def place(self) -> tuple[str, Path]:
        """Return the name and the folder of the study, which may be there already if it is that of a study."""
        return place_of(self.name, self.out, lambda: self.request.default_name(self.sample, self.seed))

    def study(self, store: Store, model: Model | None = None) -> Study:
        """Put together what is evaluated."""
        plan = self.plan()
        constraint = make_constraint(self.request.where, plan.space)
        return Study(plan, model or self.request.simulator(), constraint, store)


def run_sweep(
    sweep: Sweep,
    *,
    jobs: int | None = None,
    scheduler: str | None = None,
    listener: Listener | None = None,
    model: Model | None = None,
    crew: Crew | None = None,
) -> Finished:
    """Evaluate the points that are not stored yet, and write the folder of the study.

    Parameters
    ----------
    sweep : Sweep
    jobs : int, optional
        Worker processes on this machine; by default, one a core.
    scheduler : str, optional
        Address of a Dask scheduler, whose workers evaluate instead.
    listener : callable, optional
        Told how far the study is, at each point.
    model : Model, optional
        What evaluates a point, in place of the simulator.
    crew : Crew, optional
        Where points are evaluated, in place of what `jobs` and `scheduler` say.

    Raises
    ------
    LpasimError
        If the request is wrong, or the store or the folder cannot be written. A point that fails is no error.
    """
    request = sweep.request
    name, path = sweep.place()
    objectives, base = request.ranked_by, request.base
    with Store(sweep.store) as store:
        study = sweep.study(store, model)
        with Workforce(crew or open_crew(study.model, jobs, scheduler), store) as workforce:
            ledger = evaluate_all(study, workforce, listener)
        drawn = sweep.sample is not None
        sampling = {"sample": sweep.sample, "seed": sweep.seed if drawn else None}
        arguments = {**request.arguments(), **sampling}
        header = Header(name, "sweep", base, objectives, sampling, arguments, request.cited)
        with open_study_folder(path) as staging:
            description, front, failure = fill(staging, study, Table(study, ledger, objectives), header)
    return Finished(path, description, front, failure)


def sweep(
    workloads: str | Path | Sequence[str | Path],
    axes: Axes,
    *,
    hardware: str | Path = "lpa",
    overrides: Overrides = (),
    batch: int | None = None,
    where: str | None = None,
    sample: int | None = None,
    seed: int = 0,
    objectives: str | Sequence[str] | None = None,
    name: str | None = None,
    out: str | Path | None = None,
    store: str | Path = DEFAULT,
    jobs: int | None = None,
    scheduler: str | None = None,
    listener: Listener | None = None,
) -> SavedStudy:
    """Simulate every combination of workloads and values of hardware keys, and store each as it is done.

    Points that are in the store already are not simulated again. Where processes are started afresh (Windows, macOS,
    and Linux from Python 3.14 on, but by this function everywhere), the calling script must guard its own code by
    ``if __name__ == "__main__":``.

    Parameters
    ----------
    workloads : str, Path or sequence of them
        Names, traces, ONNX files, or products.
    axes : mapping or sequence of str
        ``{"array.rows": [8, 16], ("buffers.weight", "buffers.input"): [("64KiB", "64KiB"), ("128KiB", "64KiB")]}``
        or ``["array.rows=8,16"]``.
    hardware : str or Path
        A preset or a YAML file.
    overrides : str, sequence of str, or mapping of str to object
        Settings of all points: ``["clock_mhz=800"]``, or ``{"clock_mhz": 800}``.
    batch : int, optional
        Inferences of one run.
    where : str, optional
        Condition on the points: ``"area_mm2 < 5"``.
    sample, seed : int, optional
        Points of a Latin hypercube sample, and its seed; by default, all points.
    objectives : str or sequence of str, optional
        Statistics of the Pareto front; by default latency, energy and area.
    name : str, optional
        Name of the study.
    out : str or Path, optional
        Its folder; by default ``results/NAME``.
    store : str or Path
        The store of points.
    jobs : int, optional
        Worker processes; by default, one a core.
    scheduler : str, optional
        Address of a Dask scheduler: ``"tcp://host:8786"``.
    listener : callable, optional
        Told how far the study is (`lpasim.studies.coordinator.Progress`), at each point.

    Returns
    -------
    lpasim.reports.study_folder.Study
        With the table of all points.

    Raises
    ------
    LpasimError
        If the request is wrong, or the store or the folder cannot be written. A point that fails is no error: its row
        says why.
    """
    from lpasim.reports.study_folder import read_study

    request = make_request(workloads, axes, hardware, overrides, batch, where, objectives)
    asked = Sweep(request, sample, seed, name, None if out is None else Path(out), Path(store))
    return read_study(run_sweep(asked, jobs=jobs, scheduler=scheduler, listener=listener).path)
