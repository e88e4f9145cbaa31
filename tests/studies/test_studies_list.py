"""`lpasim list studies`: which studies there are, and the commands of a group that is called without one."""

from __future__ import annotations

import json
from pathlib import Path

import pytest


@pytest.fixture
def studies(lpasim):
    for name, axis in (("b", "array.rows=8,16"), ("a", "array.rows,array.cols=8x8,16x8")):
        assert lpasim("sweep", "gemm:8x8x8@w4a8", "--axis", axis, "--name", name, "-j1").code == 0
    return Path("results")


def test_every_study_has_a_line(lpasim, studies):
    (studies / ".a.partial-0000-1").mkdir()
    (studies / ".a.partial-0000-1" / "study.json").write_text("{}")
    done = lpasim("list", "studies")
    assert (done.code, done.err) == (0, "")
    lines = [" ".join(line.split()) for line in done.out.splitlines() if "gemm" in line]
    assert lines == [
        "results/a sweep 2 gemm:8x8x8@w4a8 lpa array.rows x array.cols",
        "results/b sweep 2 gemm:8x8x8@w4a8 lpa array.rows",
    ]
    assert "results/b" in lpasim("list", "studies", "results/b").out


def test_a_broken_one_is_named_and_the_others_are_listed(lpasim, studies):
    description = json.loads((studies / "a" / "study.json").read_text())
    (studies / "a" / "study.json").write_text(json.dumps(description | {"points": 3}))
    done = lpasim("list", "studies")
    assert done.code == 0
    assert "results/b" in done.out
    assert "results/a" not in done.out
    assert done.err.startswith("left out: points must be ")
    assert "results/a/study.json" in done.err


def test_folders_without_studies(lpasim, tmp_path):
    assert lpasim("list", "studies", ".").err == "no studies in .\n"
    missing = lpasim("list", "studies")
    assert missing.code == 2
    assert (
        missing.err
        == "lpasim: studies must lie in a folder that can be read, got no such file or directory (results)\n"
    )


@pytest.mark.parametrize("group", ["list", "show"])
def test_a_group_alone_says_what_it_has(lpasim, group):
    done = lpasim(group)
    assert done.code == 0
    assert "hardware" in done.out
    assert done.out.endswith("\n")


def test_the_first_failure_is_told(lpasim):
    done = lpasim("sweep", "gemm:8x8x8@w4a8", "--axis", "buffers.weight=64,1MiB", "--name", "x", "-j1")
    assert done.code == 0
    assert "why; the first: buffers.weight must hold one fold" in " ".join(done.out.split())


@pytest.mark.parametrize(
    ("option", "message"),
    [
        (("--axis", "array=8"), "array must be a key with a value, got a section: array."),
        (
            ("--axis", "array.rows=8", "--where", "1e999 < 3"),
            "where must be a number below 1e308, got '1e999'",
        ),
        (
            ("--axis", "array.rows=8", "--where", f"{'9' * 400} < 3"),
            "where must be a number with a unit such as B, got '9",
        ),
        (
            ("--axis", "array.rows=8", "--where", "clock_mhz < 3"),
            "where must name workload, a key of an axis, or a statistic of points.csv, got 'clock_mhz'",
        ),
        (("--axis", "array.rows=8", "--objectives", "latency"), "did you mean latency_ms?"),
        (("--axis", "array.rows=8", "--name", ""), "a study's name must be up to 100 letters"),
        (("--axis", "array.rows=8", "--objectives", ""), "an objective must be a statistic of a run, got ''"),
    ],
)
def test_wrong_questions(lpasim, option, message):
    done = lpasim("sweep", "gemm:8x8x8@w4a8", *(() if "--name" in option else ("--name", "x")), *option)
    assert done.code == 2
    assert len(done.err.splitlines()) == 1
    assert message in done.err
    assert not Path("results/x").exists()
