"""``lpasim run``: what it prints and what it leaves."""

from __future__ import annotations

import csv
import io
import json
from pathlib import Path

import pytest


def tree(path: Path) -> dict[str, bytes]:
    return {file.name: file.read_bytes() for file in path.iterdir()}


def test_table(lpasim, small, tmp_path):
    done = lpasim("run", small)
    assert done.code == 0
    assert max(len(line) for line in done.out.splitlines()) <= 100
    assert "on lpa" in done.out
    (folder,) = (tmp_path / "results").iterdir()
    assert done.err.strip() == f"results: results/{folder.name}"


def test_json(lpasim, small):
    done = lpasim("run", small, "--format", "json")
    report = json.loads(done.out)
    (layer,) = report["layers"]
    assert (layer["m"], layer["k"], layer["n"], layer["weight_bits"]) == (20, 30, 10, 4)
    assert layer["cycles"] == report["summary"]["cycles"]


def test_csv(lpasim, small):
    done = lpasim("run", small, "--format", "csv", "--quiet")
    (row,) = csv.DictReader(io.StringIO(done.out))
    assert row["macs"] == "6000"
    assert done.err == ""


def test_the_folder_holds_what_is_printed(lpasim, small, tmp_path):
    printed = lpasim("run", small, "--format", "json", "--out", "here").out
    assert (tmp_path / "here" / "report.json").read_text(encoding="utf-8") == printed
    assert lpasim("run", small, "--format", "csv", "--out", "here").out == (tmp_path / "here/layers.csv").read_text()


def test_two_runs_give_the_same_bytes(lpasim, small, tmp_path):
    lpasim("run", small, "--set", "array.rows=4", "--out", "a")
    lpasim("run", small, "--set", "array.rows=4", "--out", "b")
    assert tree(tmp_path / "a") == tree(tmp_path / "b")
    lpasim("run", small, "--set", "array.rows=4", "--out", "a")
    assert tree(tmp_path / "a") == tree(tmp_path / "b")


def test_a_run_folder_is_an_input(lpasim, small, tmp_path):
    lpasim("run", small, "--set", "array.rows=4", "--out", "a")
    done = lpasim("run", "a/trace.json", "--hardware", "a/config.yaml", "--out", "b")
    assert done.code == 0
    for name in ("layers.csv", "layers.parquet", "trace.json", "citations.bib"):
        assert (tmp_path / "a" / name).read_bytes() == (tmp_path / "b" / name).read_bytes(), name


def test_set_wins_and_the_last_one_most(lpasim, small):
    options = ("--set", "array.rows=16", "--set", "array.cols=4", "--set", "array.rows=2", "--set", "clock_mhz=1 GHz")
    report = json.loads(lpasim("run", small, *options, "--format", "json").out)
    assert report["configuration"]["array"]["rows"] == 2
    assert report["configuration"]["array"]["cols"] == 4
    assert report["configuration"]["clock_mhz"] == 1000
    assert report["summary"]["latency_ms"] == pytest.approx(report["summary"]["cycles"] / 1e6, rel=1e-12)


def test_batch(lpasim, small):
    report = json.loads(lpasim("run", small, "--batch", "3", "--format", "json").out)
    assert report["summary"]["batch"] == 3
    assert report["summary"]["macs"] == 18000


def test_resnet18(lpasim):
    report = json.loads(lpasim("run", "resnet18", "--format", "json", "--quiet").out)
    layers = {row["name"]: row for row in report["layers"]}
    products = [row for row in report["layers"] if row["m"]]
    assert len(products) == 21
    assert sum(row["macs"] for row in products) == report["summary"]["macs"] == 1_814_073_344
    assert len(layers) == len(report["layers"])
    assert products[0]["m"], products[0]["k"] == (112 * 112, 147)
