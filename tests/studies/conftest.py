"""Sweeps of a stub that can be disturbed, and one that was not."""

from __future__ import annotations

import pytest
from command_calls import called
from study_runs import Driver
from study_threads import Threads


@pytest.fixture
def driver(tmp_path) -> Driver:
    (tmp_path / "driver").mkdir()
    return Driver(tmp_path / "driver")


@pytest.fixture(scope="session")
def undisturbed(tmp_path_factory) -> dict[str, bytes]:
    """The files of the sweep when nothing happens to it."""
    return Driver(tmp_path_factory.mktemp("undisturbed")).finished()


@pytest.fixture
def lpasim(capsys, tmp_path, monkeypatch):
    """Call the command line in an empty directory, with threads for processes."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.delenv("COLUMNS", raising=False)
    for module in ("sweeps", "explorations"):
        monkeypatch.setattr(f"lpasim.studies.{module}.open_crew", lambda model, jobs, scheduler: Threads(model))
    return lambda *args: called(capsys, *args)
