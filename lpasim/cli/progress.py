"""Progress and notes on standard error: a bar on a terminal, plain lines in a file, nothing when asked to be quiet."""

from __future__ import annotations

import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING

if TYPE_CHECKING:
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


@contextmanager
def progress_bar(quiet: bool) -> Iterator[Progress | None]:
    """Give a callback for `lpasim.reports.simulate.run`; the bar is gone when the body ends."""
    if quiet:
        yield None
    elif sys.stderr.isatty():
        with _bar() as update:
            yield update
    else:
        yield _lines()


@contextmanager
def _bar() -> Iterator[Progress]:
    from rich.console import Console
    from rich.progress import BarColumn, MofNCompleteColumn, TextColumn, TimeElapsedColumn
    from rich.progress import Progress as Bars

    columns = (TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn(), "tiles", TimeElapsedColumn())
    pace = _Pace()
    with Bars(*columns, console=Console(stderr=True), transient=True) as bars:
        task = bars.add_task("mapping   ", total=None)

        def update(done: int, tiles: int) -> None:
            bars.update(task, description="simulating", completed=done, total=tiles)
            if warning := pace.warning(done, tiles):
                bars.console.print(warning, highlight=False)

        yield update


def _lines() -> Progress:
    last, pace = time.monotonic(), _Pace()

    def update(done: int, tiles: int) -> None:
        nonlocal last
        if warning := pace.warning(done, tiles):
            sys.stderr.write(f"{warning}\n")
        if time.monotonic() - last >= LINE_EVERY_S:
            last = time.monotonic()
            sys.stderr.write(f"simulating: {done} of {tiles} tiles\n")

    return update


class _Pace:
    """How fast a run goes, measured from its first tile on."""

    def __init__(self) -> None:
        self._first: tuple[float, int] | None = None
        self._known = False

    def warning(self, done: int, tiles: int) -> str | None:
        """Announce a long run, once, as soon as its length can be told."""
        now = time.monotonic()
        if self._first is None:
            self._first = now, done
        since, at = self._first
        if self._known or now - since < PACE_AFTER_S or done == at:
            return None
        self._known = True
        left_s = (tiles - done) * (now - since) / (done - at)
        return f"{tiles:,} tiles take about {_rough(left_s)} (Ctrl-C stops the run)" if left_s >= LONG_S else None


def _rough(seconds: float) -> str:
    """Write a long time as people say it.

    >>> _rough(300), _rough(9000)
    ('5 min', '2.5 h')
    """
    if seconds < 7200:
        return f"{seconds / 60:.0f} min"
    hours = seconds / 3600
    return f"{hours:.1f} h" if hours < 10 else f"{hours:.0f} h"
