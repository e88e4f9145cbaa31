"""Lanes on a Dask cluster: its scheduler says where a point goes, and gives those of a lost worker to another one."""

from __future__ import annotations

import logging
import pickle
import re
from concurrent.futures import CancelledError, Future
from typing import Any

from lpasim.errors import StudyError
from lpasim.networks.printable import first_line
from lpasim.studies.identity import model_version, require_model
from lpasim.studies.lanes import Lane, evaluate
from lpasim.studies.outcome import Outcome
from lpasim.studies.simulator import Model, Task

HOW_TO_INSTALL = "in a checkout of lpasim: pip install '.[dask]'"
LOGGERS = tuple(f"distributed{part}" for part in ("", ".batched", ".client", ".comm.tcp", ".core"))
"""Write tracebacks of what is said in one line here: that a scheduler is lost."""
PATIENCE_S = 30
"""How long to wait for the scheduler, and for its first worker."""
_ADDRESS = re.compile(r"tcp://([^/:\s\[\]]+|\[[0-9a-fA-F:]+\]):[0-9]{1,5}")


class DaskWorkers:
    """Lanes of a Dask cluster, one a thread of its workers.

    Parameters
    ----------
    model : Model
        Is sent once, and from worker to worker.
    address : str
        Of the scheduler: ``tcp://host:port``.

    Raises
    ------
    StudyError
        If Dask is not installed, the scheduler cannot be reached, has no worker, or one has another model.
    """

    def __init__(self, model: Model, address: str) -> None:
        try:
            import distributed
            import distributed.comm
        except ImportError as error:
            raise StudyError(f"--scheduler must have Dask installed, got none; {HOW_TO_INSTALL}") from error
        if not _ADDRESS.fullmatch(address):  # of which Dask would leave a thread behind that never ends
            raise StudyError(f"--scheduler must have the form tcp://HOST:PORT, got {address!r}")
        self._address = address
        self._levels = {name: logging.getLogger(name).level for name in LOGGERS}
        for name in LOGGERS:
            logging.getLogger(name).setLevel(logging.CRITICAL)
        try:
            self._client: Any = distributed.Client(address, timeout=PATIENCE_S, set_as_default=False)
        except (OSError, ValueError, TimeoutError) as error:
            self._speak()
            raise StudyError(
                f"--scheduler must be that of a Dask cluster, got {address!r}: {first_line(error)}"
            ) from error
        self._losses = (CancelledError, distributed.KilledWorker, distributed.comm.CommClosedError)
        try:
            self._check_workers()
        except BaseException:
            self.stop()
            raise
        self.size = max(1, sum(self._client.nthreads().values()))
        # A task, not scattered data: the cluster makes it again when all workers that hold it are lost.
        self._model = self._client.submit(pickle.loads, pickle.dumps(model), pure=False)
        self._executor = self._client.get_executor(pure=False)

    def open(self) -> Lane:
        """Return a lane, if the scheduler is still there."""
        if self._client.status != "running":
            raise StudyError(
                f"the scheduler must stay, got a lost connection ({self._address}); nothing stored is lost"
            )
        return _DaskLane(self._executor, self._model)

    def is_lost(self, error: BaseException) -> bool:
        """Tell whether workers died, more often than the scheduler takes for chance, or the scheduler did."""
        return isinstance(error, self._losses)

    def stop(self) -> None:
        """Leave the cluster, which goes on without us."""
        self._client.close()
        self._speak()

    def _speak(self) -> None:
        """Let Dask log as before."""
        for name, level in self._levels.items():
            logging.getLogger(name).setLevel(level)

    def _check_workers(self) -> None:
        try:
            self._client.wait_for_workers(1, timeout=PATIENCE_S)
        except TimeoutError as error:
            raise StudyError(f"a scheduler must have workers, got none in {PATIENCE_S} s ({self._address})") from error
        own = model_version()
        for worker, version in self._client.run(model_version).items():
            if version != own:
                raise StudyError(f"workers must have the model {own}, got {version} ({worker})")


class _DaskLane:
    has_started = True

    def __init__(self, executor: Any, model: Any) -> None:
        self._executor, self._model = executor, model
        self._given: list[Future[Outcome]] = []

    def submit(self, task: Task) -> Future[Outcome]:
        self._given = [future for future in self._given if not future.done()]
        future: Future[Outcome] = self._executor.submit(_evaluate_there, self._model, task, model_version())
        self._given.append(future)
        return future

    def stop(self) -> None:
        for future in self._given:
            future.cancel()


def _evaluate_there(model: Model, task: Task, version: str) -> Outcome:
    """Evaluate a point on a worker, which may have come later, with another version."""
    require_model(version)
    return evaluate(model, task)
