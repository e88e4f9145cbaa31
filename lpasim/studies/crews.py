"""Choosing where points are evaluated: processes of this machine, or the workers of a Dask cluster."""

from __future__ import annotations

import os

from lpasim.errors import StudyError
from lpasim.studies.lanes import Crew, Processes
from lpasim.studies.simulator import Model


def open_crew(model: Model, jobs: int | None = None, scheduler: str | None = None) -> Crew:
    """Return what makes the lanes of a study.

    Parameters
    ----------
    model : Model
    jobs : int, optional
        Processes of this machine; by default, one a core that it may use.
    scheduler : str, optional
        Address of a Dask scheduler, in place of processes.

    Raises
    ------
    StudyError
        If both are given, there is no such scheduler, or Dask is not installed.
    """
    if scheduler is None:
        return Processes(model, jobs if jobs is not None else cores())
    if jobs is not None:
        raise StudyError(f"jobs must be left to the scheduler where there is one, got {jobs} (--jobs)")
    from lpasim.studies.dask_lanes import DaskWorkers

    return DaskWorkers(model, scheduler)


def cores() -> int:
    """Count the cores that this process may use."""
    if hasattr(os, "sched_getaffinity"):
        return len(os.sched_getaffinity(0))
    return os.cpu_count() or 1
