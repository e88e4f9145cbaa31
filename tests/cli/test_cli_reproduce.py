"""``lpasim reproduce``: what it prints and writes, and what it refuses."""

from __future__ import annotations

import csv
import io
import json
from pathlib import Path

import pytest

FILES = ["areas.pdf", "areas.png", "areas.svg", "citations.bib"]
FILES += [f"reproduction.{form}" for form in ("csv", "json", "md")]


def test_a_table_and_the_default_folder(lpasim):
    done = lpasim("reproduce", "areas")
    assert done.code == 0
    assert "12,079* +0.0 %" in done.out
    assert "circular" in done.out
    assert max(map(len, done.out.splitlines())) <= 100
    assert done.err.splitlines()[-1] == "results: results/reproduction"
    assert sorted(path.name for path in Path("results/reproduction").iterdir()) == FILES


def test_json_and_csv(lpasim):
    data = json.loads(lpasim("reproduce", "areas", "--json", "-q", "-o", "out").out)
    assert data == json.loads(Path("out/reproduction.json").read_text())
    table = lpasim("reproduce", "areas", "--format", "csv", "-q", "-o", "out").out
    assert table == Path("out/reproduction.csv").read_text()
    assert [row["design"] for row in csv.DictReader(io.StringIO(table))][:2] == ["lpa", "ant"]


def test_the_same_bytes_again(lpasim):
    for name in ("one", "two"):
        assert lpasim("reproduce", "areas", "-q", "-o", name).code == 0
    assert all(Path("one", name).read_bytes() == Path("two", name).read_bytes() for name in FILES)


def test_a_smaller_run_leaves_no_figures_of_an_earlier_one(lpasim):
    lpasim("reproduce", "areas", "-q", "-o", "out")
    Path("out/throughput.pdf").write_bytes(b"old")
    lpasim("reproduce", "areas", "-q", "-o", "out")
    assert sorted(path.name for path in Path("out").iterdir()) == FILES


@pytest.mark.parametrize(
    ("args", "message"),
    [
        (["nothing"], "comparison must be one of areas, throughput, pe-study, latency-energy, all, got 'nothing'"),
        (["areas", "--format", "xml"], "must be one of table, json, csv, got 'xml'"),
        (["areas", "-o", " "], "must name a folder"),
        (["areas", "throughput"], "throughput"),
    ],
)
def test_wrong_arguments_are_one_line(lpasim, args, message):
    done = lpasim("reproduce", *args)
    assert (done.code, done.out) == (2, "")
    assert len(done.err.splitlines()) == 1
    assert message in done.err
    assert not Path("results").exists()


def test_a_folder_of_something_else_is_left_alone(lpasim):
    Path("mine").mkdir()
    Path("mine/notes.txt").write_text("mine")
    done = lpasim("reproduce", "areas", "-o", "mine")
    assert done.code == 2
    assert done.err == "lpasim: the results must go to a new or empty folder or one of an earlier run, got mine\n"
    assert [path.name for path in Path("mine").iterdir()] == ["notes.txt"]
