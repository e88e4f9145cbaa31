"""What the project declares about itself is so."""

from __future__ import annotations

import re
import tomllib
from pathlib import Path

import pytest

from lpasim.reports import libraries

ROOT = Path(__file__).parents[2]
PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]


def names(requirements: list[str]) -> set[str]:
    return {re.split(r"[<>=! ]", requirement)[0] for requirement in requirements}


def test_the_doctor_knows_what_the_project_requires():
    assert set(libraries.REQUIRED) == names(PROJECT["dependencies"])


FOR_DEVELOPERS = {"test", "browser", "docs", "dev", "benchmark"}


def test_the_doctor_knows_every_extra_that_adds_to_the_program():
    extras = PROJECT["optional-dependencies"]
    told = {extra: set(added) for extra, (added, _) in libraries.EXTRAS.items()}
    assert told == {extra: names(extras[extra]) for extra in extras.keys() - FOR_DEVELOPERS}


IMPORT_NAMES = {"pyyaml": "yaml"}


@pytest.mark.parametrize("library", libraries.REQUIRED)
def test_what_is_required_is_imported(library):
    name = IMPORT_NAMES.get(library, library)
    pattern = re.compile(rf"^\s*(import|from) {name}\b", re.MULTILINE)
    assert any(pattern.search(path.read_text(encoding="utf-8")) for path in (ROOT / "lpasim").rglob("*.py"))


KERNELS = sorted((ROOT / "lpasim_ext").glob("*.pyx"))


@pytest.mark.parametrize("kernel", KERNELS, ids=lambda path: path.stem)
def test_a_kernel_stands_on_numpy_alone(kernel):
    lines = re.findall(r"^\s*(?:cimport|import|from)\s+([\w.]+)", kernel.read_text(encoding="utf-8"), re.MULTILINE)
    assert {line.partition(".")[0] for line in lines} <= {"numpy", "cython", "libc", "cpython", "__future__"}


def test_each_kernel_is_called_from_one_module():
    assert KERNELS
    texts = {path: path.read_text(encoding="utf-8") for path in (ROOT / "lpasim").rglob("*.py")}
    for kernel in KERNELS:
        users = [
            path.name for path, text in texts.items() if re.search(rf"^from lpasim_ext.*\b{kernel.stem}\b", text, re.M)
        ]
        assert len(users) == 1, (kernel.stem, users)


def test_the_source_distribution_holds_what_its_documents_point_to():
    manifest = (ROOT / "MANIFEST.in").read_text(encoding="utf-8")
    assert "results/README.md" in manifest
    assert ".ci/run" in manifest
