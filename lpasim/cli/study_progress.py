"""Progress of a study on standard error: points, how fast they come, and the time that is left."""

from __future__ import annotations

import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING

from lpasim.cli.progress import LINE_EVERY_S, PACE_AFTER_S

if TYPE_CHECKING:
    from lpasim.studies.coordinator import Listener, Progress

SHOW_EVERY_S = 0.1
"""Seconds between two updates of a bar: points from the store come by the thousand."""


@contextmanager
def point_progress(quiet: bool) -> Iterator[Listener]:
    """Give a listener for a study; the bar is gone when the body ends. It also keeps the last state, for notes."""
    if quiet or not sys.stderr.isatty():
        yield _Lines(quiet)
    else:
        with _bar() as listener:
            yield listener


class Pace:
    """How fast points are evaluated: those of the store and those that are excluded do not count."""

    def __init__(self) -> None:
        self._start: float | None = None
        self._before = 0

    def words(self, state: Progress) -> str:
        """Say the rate and the time left, once they can be told."""
        now = time.monotonic()
        if self._start is None and state.evaluated:
            self._start, self._before = now, state.evaluated
        if self._start is None or now - self._start < PACE_AFTER_S or state.evaluated == self._before:
            return ""
        rate = (state.evaluated - self._before) / (now - self._start)
        return f"{60 * rate:,.0f} a minute, {time_left((state.total - state.settled) / rate)} left"


class _Lines:
    """Writes a line every few seconds, or none at all."""

    def __init__(self, quiet: bool) -> None:
        self._quiet, self._last, self._pace = quiet, time.monotonic(), Pace()

    def __call__(self, state: Progress) -> None:
        words = self._pace.words(state)
        if self._quiet or time.monotonic() - self._last < LINE_EVERY_S:
            return
        self._last = time.monotonic()
        sys.stderr.write(f"{state.settled:,} of {state.total:,} points{', ' if words else ''}{words}\n")


@contextmanager
def _bar() -> Iterator[Listener]:
    from rich.console import Console
    from rich.progress import BarColumn, MofNCompleteColumn, TextColumn, TimeElapsedColumn
    from rich.progress import Progress as Bars

    pace, last = Pace(), 0.0
    shown = (TextColumn("points"), BarColumn(), MofNCompleteColumn(), TextColumn("{task.fields[pace]}"))
    with Bars(*shown, TimeElapsedColumn(), console=Console(stderr=True), transient=True) as bars:
        task = bars.add_task("points", total=None, pace="")

        def update(state: Progress) -> None:
            nonlocal last
            now = time.monotonic()
            if now - last >= SHOW_EVERY_S or state.settled == state.total:
                last = now
                bars.update(task, completed=state.settled, total=state.total, pace=pace.words(state))

        yield update


def time_left(seconds: float) -> str:
    """Write a time that is left as people say it.

    >>> time_left(7), time_left(300), time_left(9000)
    ('7 s', '5 min', '2.5 h')
    """
    if seconds < 100:
        return f"{seconds:.0f} s"
    return f"{seconds / 60:.0f} min" if seconds < 7200 else f"{seconds / 3600:.1f} h"
