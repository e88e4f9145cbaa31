"""A folder for each block of a page, with what the page takes for granted, and the commands of this lpasim."""

from __future__ import annotations

import os
import subprocess
import sys
from importlib.util import find_spec
from pathlib import Path

import docs_sandbox
import pytest
from docs_pages import ROOT

WRAPPERS = {"python": '"$@"', "lpasim": '-m lpasim "$@"'}


@pytest.fixture(scope="session")
def shelf(tmp_path_factory) -> Path:
    """Make the files of the reader once."""
    folder = tmp_path_factory.mktemp("shelf")
    docs_sandbox.fill(folder)
    if find_spec("PIL"):
        docs_sandbox.fill_pictures(folder)
    return folder


@pytest.fixture(scope="session")
def environment(tmp_path_factory) -> dict[str, str]:
    """Return variables under which ``python`` and ``lpasim`` are those of the tests."""
    programs = tmp_path_factory.mktemp("bin")
    for name, arguments in WRAPPERS.items():
        (programs / name).write_text(f'#!/bin/sh\nexec "{sys.executable}" {arguments}\n')
        (programs / name).chmod(0o755)
    plain = {name: value for name, value in os.environ.items() if not name.startswith(("PYTEST", "COV"))}
    path = f"{programs}{os.pathsep}{plain['PATH']}"
    return {**plain, "PATH": path, "PYTHONPATH": str(ROOT), "COLUMNS": "100", "PYTHONIOENCODING": "utf-8"}


@pytest.fixture
def shell(shelf, environment, tmp_path):
    """Run a command of a block in the block's folder."""

    def run(command: str) -> subprocess.CompletedProcess[str]:
        return subprocess.run(
            ["bash", "-euc", command],
            cwd=tmp_path,
            env=environment,
            capture_output=True,
            text=True,
            encoding="utf-8",
            stdin=subprocess.DEVNULL,
        )

    return run
