"""Progress and notes on standard error: a bar on a terminal, plain lines in a file, nothing when asked to be quiet."""

from __future__ import annotations

import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from rich.progress import Progress as Bars

    from lpasim.lpq.stages import Progress as StageProgress
    from lpasim.simulation.engine import Progress

LINE_EVERY_S = 5.0
"""Seconds between two lines of a long run where there is no terminal."""
PACE_AFTER_S = 1.0
"""Seconds after which it is known how fast a run goes."""
LONG_S = 60.0
"""Seconds from which on a run is announced as a long one."""


def note(text: str, quiet: bool) -> None:
    """Write one line to standard error."""
    if not quiet:
        sys.stderr.write(f"{text}\n")


@dataclass(frozen=True, slots=True)
class Work:
    """What is done, in words: at first, then thing by thing."""

    first: str
    then: str
    things: str


SIMULATION = Work("mapping", "simulating", "tiles")
INFERENCE = Work("reading", "running", "images")
VERIFICATION = Work("reading", "verifying", "words")
ASSESSMENT = Work("reading", "assessing", "tensors")
COMPARISON = Work("mapping", "comparing", "runs")
SURVEY = Work("reading", "looking up", "points")


@contextmanager
def progress_bar(quiet: bool, work: Work = SIMULATION) -> Iterator[Progress | None]:
    """Give a callback that takes what is done and what there is to do; the bar is gone when the body ends."""
    if quiet:
        yield None
    elif sys.stderr.isatty():
        with _bar(work) as update:
            yield update
    else:
        yield _lines(work)


@contextmanager
def stages(quiet: bool) -> Iterator[StageProgress | None]:
    """Give a callback that takes a stage, what of it is done and what there is to do, or 0 if that is not known."""
    if quiet:
        yield None
    elif sys.stderr.isatty():
        with _bars() as bars:
            yield _stage_bar(bars)
    else:
        yield _stage_lines()


def _bars(*things: str) -> Bars:
    """Return a bar that is gone when it ends, with what it counts."""
    from rich.console import Console
    from rich.progress import BarColumn, MofNCompleteColumn, TextColumn, TimeElapsedColumn
    from rich.progress import Progress as Bars

    before = (TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn())
    return Bars(*before, *things, TimeElapsedColumn(), console=Console(stderr=True), transient=True)


def _stage_bar(bars: Bars) -> StageProgress:
    """Return what shows each stage as a bar of its own, in the place of the one before."""
    current, task = "reading", bars.add_task("reading", total=None)

    def update(stage: str, done: int, total: int) -> None:
        nonlocal current, task
        if stage != current:
            bars.remove_task(task)
            current, task = stage, bars.add_task(stage, total=None)
        bars.update(task, completed=done, total=total or None)

    return update


def _stage_lines() -> StageProgress:
    """Return what writes a line for each stage, and further ones while it lasts."""
    current, last = "", time.monotonic()

    def update(stage: str, done: int, total: int) -> None:
        nonlocal current, last
        if stage != current:
            sys.stderr.write(f"{stage}\n")
        elif total and time.monotonic() - last >= LINE_EVERY_S:
            sys.stderr.write(f"{stage}: {done} of {total}\n")
        else:
            return
        current, last = stage, time.monotonic()

    return update


@contextmanager
def _bar(work: Work) -> Iterator[Progress]:
    pace = _Pace(work.things)
    with _bars(work.things) as bars:
        task = bars.add_task(work.first.ljust(len(work.then)), total=None)

        def update(done: int, total: int) -> None:
            bars.update(task, description=work.then, completed=done, total=total)
            if warning := pace.warning(done, total):
                bars.console.print(warning, highlight=False)

        yield update


def _lines(work: Work) -> Progress:
    last, pace = time.monotonic(), _Pace(work.things)

    def update(done: int, total: int) -> None:
        nonlocal last
        if warning := pace.warning(done, total):
            sys.stderr.write(f"{warning}\n")
        if time.monotonic() - last >= LINE_EVERY_S:
            last = time.monotonic()
            sys.stderr.write(f"{work.then}: {done} of {total} {work.things}\n")

    return update


class _Pace:
    """How fast a run goes, measured from its first sign of life on."""

    def __init__(self, things: str) -> None:
        self._things = things
        self._first: tuple[float, int] | None = None
        self._known = False

    def warning(self, done: int, total: int) -> str | None:
        """Announce a long run, once, as soon as its length can be told."""
        now = time.monotonic()
        if self._first is None:
            self._first = now, done
        since, at = self._first
        if self._known or now - since < PACE_AFTER_S or done == at:
            return None
        self._known = True
        left_s = (total - done) * (now - since) / (done - at)
        if left_s < LONG_S:
            return None
        return f"{total:,} {self._things} take about {_rough(left_s)} (Ctrl-C stops the run)"


def _rough(seconds: float) -> str:
    """Write a long time as people say it.

    >>> _rough(300), _rough(9000)
    ('5 min', '2.5 h')
    """
    if seconds < 7200:
        return f"{seconds / 60:.0f} min"
    hours = seconds / 3600
    return f"{hours:.1f} h" if hours < 10 else f"{hours:.0f} h"
