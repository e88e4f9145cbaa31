"""The stages of a quantization: how long each takes, and who is told."""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass, field

Progress = Callable[[str, int, int], None]
"""Is told what is being done, how much of it is done, and how much there is."""


@dataclass
class Clock:
    """Times stages, and tells which one begins.

    Attributes
    ----------
    seconds : dict
        Time of each stage that ended, on top of what was there at first.
    """

    progress: Progress | None
    seconds: dict[str, float] = field(default_factory=dict)
    _current: tuple[str, float] | None = None

    def begin(self, stage: str) -> None:
        """End the stage before, and begin another."""
        self.end()
        self._current = stage, time.perf_counter()
        self.tell(stage, 0, 0)

    def end(self) -> None:
        """End the stage."""
        self.seconds, self._current = self.spent(), None

    def spent(self) -> dict[str, float]:
        """Return the time of each stage so far [s], the current one included."""
        if self._current is None:
            return dict(self.seconds)
        stage, started = self._current
        return {**self.seconds, stage: self.seconds.get(stage, 0.0) + time.perf_counter() - started}

    def tell(self, stage: str, done: int, total: int) -> None:
        """Pass progress on."""
        if self.progress is not None:
            self.progress(stage, done, total)
