"""Where points are evaluated: lanes, each of which evaluates one point after the other.

A lane of this machine is an executor of `concurrent.futures` with a single worker process: when a process dies, it is
known which point it was at, the others are not disturbed, and neighbouring points find the tilings of the one before
still in its memory.
"""

from __future__ import annotations

import multiprocessing
import os
import signal
import threading
from collections.abc import Iterator
from concurrent.futures import Future, ProcessPoolExecutor
from concurrent.futures.process import BrokenProcessPool
from contextlib import contextmanager
from typing import Protocol

from lpasim.errors import LpasimError
from lpasim.studies.identity import model_version, require_model
from lpasim.studies.outcome import Outcome, Status, broken, failed
from lpasim.studies.simulator import Model, Task

_STARTING = threading.Lock()
"""Held while a process starts, so that it is known which one it is."""
_model: Model | None = None
_version = ""
"""The model of a worker process, and which one the coordinator has."""


class Lane(Protocol):
    """One worker, as the coordinator sees it: the part of `concurrent.futures.Executor` that it needs."""

    @property
    def has_started(self) -> bool:
        """Whether the worker has ever been ready for a point."""

    def submit(self, task: Task) -> Future[Outcome]:
        """Queue a point. The future raises what `is_lost` knows if the worker is gone, StudyError if it is none."""

    def stop(self) -> None:
        """End the worker at once, with whatever it is doing."""


class Crew(Protocol):
    """Makes lanes."""

    size: int

    def open(self) -> Lane:
        """Start a lane."""

    def is_lost(self, error: BaseException) -> bool:
        """Tell whether an error of a future says that the worker is gone, not that the point is at fault."""

    def stop(self) -> None:
        """Let go of what the lanes shared."""


class Processes:
    """Lanes that are processes of this machine.

    Parameters
    ----------
    model : Model
    size : int
        Number of lanes.
    """

    def __init__(self, model: Model, size: int) -> None:
        self.size = size
        self._model = model
        # Afresh, and not as a fork: this process has threads, and its working directory may hold another lpasim.
        self._context = multiprocessing.get_context("spawn")

    def open(self) -> Lane:
        """Start a process."""
        return _Process(self._context, self._model)

    def is_lost(self, error: BaseException) -> bool:
        """Tell whether a process died, which breaks its executor."""
        return isinstance(error, BrokenProcessPool)

    def stop(self) -> None:
        """Do nothing: processes share nothing."""


class _Process:
    def __init__(self, context: multiprocessing.context.BaseContext, model: Model) -> None:
        self._executor = ProcessPoolExecutor(1, context, initializer=_start, initargs=(model, model_version()))
        with _STARTING, _deaf_to_interrupts():
            before = set(multiprocessing.active_children())
            self._ready = self._executor.submit(os.getpid)
            self._workers = set(multiprocessing.active_children()) - before

    @property
    def has_started(self) -> bool:
        return self._ready.done() and self._ready.exception() is None

    def submit(self, task: Task) -> Future[Outcome]:
        try:
            return self._executor.submit(_evaluate_here, task)
        except BrokenProcessPool as error:  # died while it had nothing to do
            lost: Future[Outcome] = Future()
            lost.set_exception(error)
            return lost

    def stop(self) -> None:
        self._executor.shutdown(wait=False, cancel_futures=True)
        for worker in self._workers:
            worker.terminate()


def evaluate(model: Model, task: Task) -> Outcome:
    """Evaluate a point, whatever comes of it."""
    try:
        return Outcome(Status.DONE, model.evaluate(task))
    except LpasimError as error:
        return failed(error)
    except MemoryError:
        return broken("the point must fit the memory, got none left")
    except Exception as error:  # a fault of the model: the other points go on
        return broken(f"{type(error).__name__}: {error}")


def _start(model: Model, version: str) -> None:
    """Prepare a worker process: it leaves Ctrl-C to the coordinator, and does not outlive it."""
    global _model, _version
    _model, _version = model, version
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    signal.signal(signal.SIGTERM, signal.SIG_DFL)
    threading.Thread(target=_end_with_coordinator, daemon=True).start()


def _end_with_coordinator() -> None:
    parent = multiprocessing.parent_process()
    if parent is not None:
        parent.join()
        os._exit(1)


def _evaluate_here(task: Task) -> Outcome:
    if _model is None:
        raise RuntimeError("a worker must be started with a model, got none")
    require_model(_version)
    return evaluate(_model, task)


@contextmanager
def _deaf_to_interrupts() -> Iterator[None]:
    """Start processes that never see Ctrl-C, not even before they can say so; here, it waits until the body ends."""
    if not hasattr(signal, "pthread_sigmask"):
        yield
        return
    before = signal.pthread_sigmask(signal.SIG_BLOCK, {signal.SIGINT})
    try:
        yield
    finally:
        signal.pthread_sigmask(signal.SIG_SETMASK, before)
