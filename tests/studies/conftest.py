"""Sweeps of a stub that can be disturbed, and one that was not."""

from __future__ import annotations

import pytest
from study_runs import Driver


@pytest.fixture
def driver(tmp_path) -> Driver:
    (tmp_path / "driver").mkdir()
    return Driver(tmp_path / "driver")


@pytest.fixture(scope="session")
def undisturbed(tmp_path_factory) -> dict[str, bytes]:
    """The files of the sweep when nothing happens to it."""
    return Driver(tmp_path_factory.mktemp("undisturbed")).finished()
