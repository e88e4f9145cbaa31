"""Sweeps in processes of their own, which can be killed, and what they leave behind."""

from __future__ import annotations

import os
import signal
import sqlite3
import subprocess
import sys
import time
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path

import study_driver
from study_models import Stub
from study_threads import Threads

import lpasim
from lpasim.reports.study_folder import FILES

IMPORTS = (Path(lpasim.__file__).parents[1], Path(__file__).parent)
ENVIRONMENT = {**os.environ, "PYTHONPATH": os.pathsep.join(str(folder) for folder in IMPORTS)}


def stored(store: Path) -> set[str]:
    """List the addresses in a store, as another process sees it."""
    if not store.exists():
        return set()
    with closing(sqlite3.connect(f"file:{store}?mode=ro", uri=True, timeout=10)) as base:
        try:
            return {key.hex() for (key,) in base.execute("SELECT key FROM points WHERE status != 'broken'")}
        except sqlite3.OperationalError:  # not made yet
            return set()


def files_of(folder: Path) -> dict[str, bytes]:
    assert {path.name for path in folder.iterdir()} == set(FILES)
    return {path.name: path.read_bytes() for path in folder.iterdir()}


@dataclass(frozen=True)
class Driver:
    """A folder, and the sweep of 60 points in it."""

    folder: Path

    @property
    def store(self) -> Path:
        return self.folder / "points.sqlite"

    def started(self, seconds: float) -> subprocess.Popen:
        command = [sys.executable, study_driver.__file__, str(self.folder), str(seconds)]
        pipes = {"stdout": subprocess.PIPE, "stderr": subprocess.PIPE, "text": True}
        return subprocess.Popen(command, env=ENVIRONMENT, **pipes)

    def stopped(self, number: int, at: int) -> int:
        """Send a signal when so many points are stored; return the exit code."""
        with self.started(0.03) as process:
            deadline = time.monotonic() + 60
            while len(stored(self.store)) < at and process.poll() is None and time.monotonic() < deadline:
                time.sleep(0.003)
            assert process.poll() is None, process.communicate()
            process.send_signal(number)
            try:
                out, err = process.communicate(timeout=30)
            finally:
                process.kill()
        if number == signal.SIGKILL:  # Python sweeps up after a process that could not
            err = "" if "Traceback" not in err else err
        assert (out, err) == ("", ""), (out, err)
        return process.returncode

    def finished(self, processes: bool = False) -> dict[str, bytes]:
        """Run the sweep to its end, from this process; return its files."""
        study_driver.run(self.folder, crew=None if processes else Threads(Stub(self.folder)))
        return files_of(self.folder / "out")
