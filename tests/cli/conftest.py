"""The command line, called in this process: exit code, standard output, standard error."""

from __future__ import annotations

import pytest
from command_calls import Done, called

SMALL = "gemm:20x30x10@w4a8"


@pytest.fixture
def lpasim(capsys, tmp_path, monkeypatch):
    """Call the command line in an empty directory."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.delenv("COLUMNS", raising=False)

    def call(*args: str) -> Done:
        return called(capsys, *args)

    return call


@pytest.fixture
def small() -> str:
    """A workload that takes no time."""
    return SMALL
