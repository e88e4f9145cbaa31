"""Calling the command line in this process: exit code, standard output, standard error."""

from __future__ import annotations

from dataclasses import dataclass

import pytest

from lpasim.cli.entry import main


@dataclass(frozen=True)
class Done:
    code: int
    out: str
    err: str


def called(capsys, *args: str) -> Done:
    with pytest.raises(SystemExit) as exit_:
        main(args)
    captured = capsys.readouterr()
    return Done(int(exit_.value.code or 0), captured.out, captured.err)
