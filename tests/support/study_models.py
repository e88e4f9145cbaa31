"""Models of studies that take no time, count their evaluations, and misbehave when asked to."""

from __future__ import annotations

import hashlib
import os
import signal
import time
from dataclasses import dataclass
from pathlib import Path

from lpasim.errors import MappingError
from lpasim.studies.constraint import STATISTICS
from lpasim.studies.simulator import Known, Task


def numbers_of(task: Task) -> list[int]:
    return [int(text.partition("=")[2]) for text in task.settings]


def key_of(task: Task) -> bytes:
    return hashlib.sha256(repr((task.workload, task.settings)).encode()).digest()


@dataclass(frozen=True)
class Stub:
    """Results that follow from the settings; each evaluation leaves a line in a file.

    A point for which the file ``<folder>/<settings>`` says so kills its worker, or fails in another way: with
    ``once-...`` the file goes away before it does.
    """

    folder: Path
    seconds: float = 0.0

    def identify(self, task: Task) -> Known:
        return Known(key_of(task), {"area_mm2": float(sum(numbers_of(task)))})

    def evaluate(self, task: Task) -> dict[str, float | int]:
        name = ",".join(task.settings)
        with (self.folder / "evaluated").open("a") as log:
            log.write(f"{key_of(task).hex()}\n")
        time.sleep(self.seconds)
        self._misbehave(self.folder / name)
        first, *others = numbers_of(task)
        named = {"area_mm2": float(first + sum(others)), "cycles": first, "latency_ms": 1 / first}
        return {**dict.fromkeys(STATISTICS, first), **named}

    def _misbehave(self, order: Path) -> None:
        if not order.exists():
            return
        how = order.read_text()
        if how.startswith("once-"):
            order.unlink()
        match how.removeprefix("once-"):
            case "die":
                os.kill(os.getpid(), signal.SIGKILL)
            case "memory":
                raise MemoryError
            case "fit":
                raise MappingError("a layer must fit, got one that does not")
            case "bug":
                raise ZeroDivisionError("a fault of the model")


def evaluated(folder: Path) -> list[str]:
    """List the addresses of all points that were evaluated, each as often as it was."""
    log = folder / "evaluated"
    return log.read_text().splitlines() if log.exists() else []
