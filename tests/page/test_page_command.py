"""``lpasim report``: where the page goes, and what is said of folders that are none."""

from __future__ import annotations

import json
import shutil
from pathlib import Path

import pandas as pd
import pytest
from command_calls import called


@pytest.fixture
def lpasim(capsys, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    return lambda *args: called(capsys, *args)


@pytest.fixture
def copy(run_path, tmp_path):
    return shutil.copytree(run_path, tmp_path / "run")


@pytest.fixture
def study_copy(study, tmp_path):
    return shutil.copytree(study[0], tmp_path / "study")


def refused(done, *words: str) -> None:
    """One line on standard error, exit code 2, nothing on standard output."""
    assert (done.code, done.out, done.err.count("\n")) == (2, "", 1), done
    assert done.err.startswith("lpasim: ")
    assert all(word in done.err for word in words), done.err


def test_the_page_goes_into_the_folder(lpasim, copy, run_html):
    done = lpasim("report", "run")
    assert (done.code, done.out, done.err) == (0, "", "page: run/report.html\n")
    assert (copy / "report.html").read_bytes() == run_html


def test_or_where_it_is_told_to_go(lpasim, copy, tmp_path):
    done = lpasim("report", "run", "-o", "page.html", "--quiet")
    assert (done.code, done.out, done.err) == (0, "", "")
    assert (tmp_path / "page.html").is_file()
    assert not (copy / "report.html").exists()


def test_another_run_into_the_folder_takes_the_old_page_away(lpasim):
    assert lpasim("run", "gemm:20x30x10@w4a8", "--out", "run", "--quiet").code == 0
    assert lpasim("report", "run", "--quiet").code == 0
    assert lpasim("run", "gemm:20x30x10@w8a8", "--out", "run", "--quiet").code == 0
    assert not Path("run/report.html").exists()


@pytest.mark.parametrize(("name", "got"), [("nowhere", "no folder"), ("empty", "another folder")])
def test_what_is_no_folder_of_results(lpasim, tmp_path, name, got):
    (tmp_path / "empty").mkdir()
    refused(lpasim("report", name), "run.json or study.json", got, name)


def test_a_place_that_cannot_be_written(lpasim, copy, tmp_path):
    refused(lpasim("report", "run", "-o", "missing/page.html"), "page must be written", "missing/page.html")
    assert sorted(each.name for each in tmp_path.iterdir()) == ["run"]


@pytest.mark.parametrize(
    ("key", "value", "words"),
    [
        ("cycles", "many", ("layers[0].cycles must be a whole number, got 'many'", "report.json")),
        ("utilization", None, ("layers[0].utilization must be a number",)),
        ("stall_cycles", 3, ("layers[0].stall_cycles must be numbers by part, got 3",)),
        ("energy_pj", {"pe_array": 1.0}, ("layers[0].energy_pj.decoders must be a number, got None",)),
        ("name", 7, ("layers[0].name must be a text, got 7",)),
    ],
)
def test_values_of_another_kind(lpasim, copy, key, value, words):
    report = json.loads((copy / "report.json").read_text(encoding="utf-8"))
    report["layers"][0][key] = value
    (copy / "report.json").write_text(json.dumps(report), encoding="utf-8")
    refused(lpasim("report", "run"), *words)
    assert not (copy / "report.html").exists()


def test_a_run_without_layers(lpasim, copy):
    report = json.loads((copy / "report.json").read_text(encoding="utf-8"))
    (copy / "report.json").write_text(json.dumps(report | {"layers": []}), encoding="utf-8")
    refused(lpasim("report", "run"), "layers must be one at least, got none", "report.json")


@pytest.mark.parametrize("name", ["config.yaml", "citations.bib", "report.json"])
def test_a_missing_file(lpasim, copy, name):
    (copy / name).unlink()
    refused(lpasim("report", "run"), name)


def test_a_bibliography_of_other_bytes(lpasim, copy):
    (copy / "citations.bib").write_bytes(b"\xff\xfe")
    refused(lpasim("report", "run"), "citations must be UTF-8", "citations.bib")


def test_a_study_without_results(lpasim, study_copy):
    points = pd.read_parquet(study_copy / "points.parquet")
    points["status"] = "failed"
    points.to_parquet(study_copy / "points.parquet", index=False)
    refused(lpasim("report", "study"), "study must have a point with results, got none", "study")


def test_a_study_whose_figures_are_texts(lpasim, study_copy):
    points = pd.read_parquet(study_copy / "points.parquet").astype({"latency_ms": str})
    points.to_parquet(study_copy / "points.parquet", index=False)
    refused(lpasim("report", "study"), "latency_ms must be a column of numbers up to 1e150", "points.parquet")


@pytest.mark.parametrize("library", ["plotly", "jinja2"])
def test_a_library_that_is_not_installed(lpasim, copy, monkeypatch, library):
    from lpasim.reports.page import libraries

    found = libraries.find_spec
    monkeypatch.setattr(libraries, "find_spec", lambda name: None if name == library else found(name))
    refused(lpasim("report", "run"), f"{library} must be installed", "pip install '.[page]'")
