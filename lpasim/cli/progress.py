"""Progress and notes on standard error: a bar on a terminal, plain lines in a file, nothing when asked to be quiet."""

from __future__ import annotations

import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager

Progress = Callable[[int, int], None]
LINE_EVERY_S = 5.0
"""Seconds between two lines of a long run where there is no terminal."""


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
    with Bars(*columns, console=Console(stderr=True), transient=True) as bars:
        task = bars.add_task("mapping   ", total=None)

        def update(done: int, tiles: int) -> None:
            bars.update(task, description="simulating", completed=done, total=tiles)

        yield update


def _lines() -> Progress:
    last = time.monotonic()

    def update(done: int, tiles: int) -> None:
        nonlocal last
        if time.monotonic() - last >= LINE_EVERY_S:
            last = time.monotonic()
            sys.stderr.write(f"simulating: {done} of {tiles} tiles\n")

    return update
