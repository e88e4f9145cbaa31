"""Lanes that are threads of this process, for tests that are not about processes."""

from __future__ import annotations

from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass

from lpasim.studies.lanes import evaluate
from lpasim.studies.outcome import Outcome
from lpasim.studies.simulator import Model, Task


@dataclass
class Threads:
    model: Model
    size: int = 2

    def open(self) -> Thread:
        return Thread(self.model, ThreadPoolExecutor(1))

    def is_lost(self, error: BaseException) -> bool:
        return False

    def stop(self) -> None:
        pass


@dataclass
class Thread:
    model: Model
    executor: ThreadPoolExecutor
    has_started = True

    def submit(self, task: Task) -> Future[Outcome]:
        return self.executor.submit(evaluate, self.model, task)

    def stop(self) -> None:
        self.executor.shutdown(cancel_futures=True)
