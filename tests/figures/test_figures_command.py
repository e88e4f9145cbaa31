"""``lpasim plot``: what it prints and leaves, and what it refuses."""

from __future__ import annotations

import json
import os

import pytest

RUN = "gemm:20x30x10@w4a8"


@pytest.fixture
def run(lpasim_here, tmp_path):
    lpasim_here("run", RUN, "--out", "run", "--quiet")
    return tmp_path / "run"


def test_figures_go_beside_the_run(lpasim_here, run):
    done = lpasim_here("plot", "run", "--format", "svg")
    assert (done.code, done.err) == (0, "")
    names = sorted(os.listdir(run / "figures"))
    assert sorted(done.out.split()) == [f"run/figures/{name}" for name in names]
    kinds = ("area", "bits", "energy", "latency", "layer-energy", "roofline", "utilization")
    assert names == sorted(f"{kind}.{form}" for kind in kinds for form in ("csv", "svg"))


def test_some_kinds_and_forms_as_json(lpasim_here, run):
    done = lpasim_here(
        "plot", "run", "--kind", "energy,area", "--kind", "area", "--format", "png, svg", "--json", "-o", "out"
    )
    assert json.loads(done.out) == {
        "figures": [
            {"kind": kind, "files": [f"out/{kind}.{form}" for form in ("csv", "png", "svg")]}
            for kind in ("energy", "area")
        ]
    }


def test_a_run_can_be_made_again_with_figures_in_it(lpasim_here, run):
    lpasim_here("plot", "run", "--kind", "area", "--format", "svg")
    assert lpasim_here("run", RUN, "--out", "run", "--quiet").code == 0
    assert (run / "figures" / "area.svg").is_file()


def test_several_runs(lpasim_here, run, tmp_path):
    lpasim_here("run", RUN, "--hardware", "int8", "--out", "other", "--quiet")
    done = lpasim_here("plot", "run", "other", "--format", "svg", "--baseline", "int8")
    assert done.out.split() == ["figures/compare.csv", "figures/compare.svg"]
    assert ",int8," in (tmp_path / "figures" / "compare.csv").read_text().splitlines()[1]


def test_a_study(lpasim_here, linked_path, tmp_path):
    done = lpasim_here(
        "plot",
        linked_path,
        "--kind",
        "heatmap",
        "--x",
        "clock_mhz",
        "--z",
        "latency_ms",
        "--format",
        "svg",
        "-o",
        "out",
    )
    assert done.code == 0
    header = (tmp_path / "out" / "heatmap.csv").read_text().splitlines()[0]
    assert header == "workload,clock_mhz,array.rows x array.cols,latency_ms,points"


@pytest.mark.parametrize(
    ("words", "message"),
    [
        (["nowhere"], "run or study must be a folder with run.json or study.json, got no folder (nowhere)"),
        (["."], "run or study must be a folder with run.json or study.json, got another folder (.)"),
        (["run", "--kind", "pie"], "kind must be one of latency, utilization, "),
        (["run", "--kind", "pareto"], "pareto must have one study, got one run"),
        (["run", "--style", "nature"], "style must be one of ieee, acm, slides, got 'nature'"),
        (["run", "--width", "3in"], "--width must be one of single, double, got '3in'"),
        (["run", "--format", "pdf,gif"], "--format must be one of pdf, svg, png, got 'gif'"),
        (["run", "--x", "latency_ms"], "--x, --y and --z must come with --kind, got no kind"),
        (["run", "--kind", "area", "--x", "a"], "--x must come with a kind of pareto, heatmap, got area"),
        (["run", "--kind", "distributions"], "distributions must come with --assessment"),
        (
            ["run", "--kind", "bits", "--assessment", "run"],
            "assessment must be an existing file, got 'run/assessment.json'",
        ),
        (["run", "--kind", "bits", "--sensitivity", "no.json"], "quantization must be an existing file, got 'no.json'"),
        (["run", "-o", "run"], "figures must go to a folder of their own, got that of results (run)"),
        (["run", "run"], "runs must be different ones, got one of them twice"),
    ],
)
def test_wrong_words(lpasim_here, run, words, message):
    before = sorted(os.listdir(run))
    done = lpasim_here("plot", *words, *(() if "--format" in words else ("--format", "svg")))
    assert done.code == 2
    assert message in done.err
    assert done.err.count("\n") == 1
    assert sorted(os.listdir(run)) == before


@pytest.mark.parametrize(
    ("file", "content", "message"),
    [
        ("run.json", "{", "run must be whole JSON"),
        ("run.json", '{"schema": "lpasim-run", "version": 9}', "version must be 1, got 9"),
        ("report.json", None, "report must be an existing file"),
        (
            "report.json",
            '{"schema": "lpasim-report", "version": 1}',
            "workload must be given as in a report, got nothing",
        ),
    ],
)
def test_broken_runs(lpasim_here, run, file, content, message):
    (run / file).unlink() if content is None else (run / file).write_text(content)
    done = lpasim_here("plot", "run")
    assert done.code == 2
    assert message in done.err
    assert done.err.count("\n") == 1


def test_a_wrong_column_names_those_there_are(lpasim_here, linked_path):
    done = lpasim_here("plot", linked_path, "--kind", "heatmap", "--x", "array.rows", "-o", "out")
    assert done.code == 2
    assert "--x must be one of array.rows x array.cols, clock_mhz, got 'array.rows'" in done.err
