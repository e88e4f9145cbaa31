"""The command line, called in this process: exit code, standard output, standard error."""

from __future__ import annotations

from dataclasses import dataclass

import pytest

from lpasim.cli.entry import main

SMALL = "gemm:20x30x10@w4a8"


@dataclass(frozen=True)
class Done:
    code: int
    out: str
    err: str


@pytest.fixture
def lpasim(capsys, tmp_path, monkeypatch):
    """Call the command line in an empty directory."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.delenv("COLUMNS", raising=False)

    def call(*args: str) -> Done:
        with pytest.raises(SystemExit) as exit_:
            main(args)
        captured = capsys.readouterr()
        return Done(int(exit_.value.code or 0), captured.out, captured.err)

    return call


@pytest.fixture
def small() -> str:
    """A workload that takes no time."""
    return SMALL
