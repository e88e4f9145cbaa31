"""The benchmarks of `lpasim quantize`, as small as they get: what they write, and that they go on."""

import csv
import importlib
from itertools import pairwise
from pathlib import Path

import pytest

BENCHMARKS = Path(__file__).parents[2] / "benchmarks"
SMALL = ["fashion", "--images", "40", "--calibration-images", "16", "--search-images", "8", "--newcomers", "1"]
SMALL += ["--bits", "modes"]


@pytest.fixture
def run(monkeypatch, tmp_path):
    """Run a benchmark, and return its rows."""
    monkeypatch.syspath_prepend(str(BENCHMARKS))

    def run(name, *options, small=SMALL):
        program = importlib.import_module(f"lpq_{name}")
        assert program.main([*small, "--screening", "4", "--passes", "1", "--out", str(tmp_path), *options]) == 0
        with (tmp_path / f"{name}.csv").open(newline="") as text:
            return list(csv.DictReader(text))

    return run


def test_formats(run, tmp_path, capsys):
    few = ["--population", "2", "--methods", "float32", "int8", "int4", "LPQ, by channel", "flint"]
    rows = {row["method"]: row for row in run("formats", *few)}
    assert list(rows) == ["float32", "int8", "int4", "LPQ, by channel", "flint"]
    assert rows["float32"]["drop_points"] == "0.00"
    assert rows["float32"]["agreement_percent"] == "100.00"
    assert rows["int8"]["weight_bits"] == "8.00"
    assert 4 < float(rows["int4"]["weight_bits"]) < 4.1  # the first and the last layer have 8, and so have depthwise
    assert 0 < float(rows["int8"]["divergence_nat"]) < float(rows["int4"]["divergence_nat"])
    for name in ("LPQ, by channel", "flint"):
        assert float(rows[name]["weight_bits"]) <= 4.2
        assert float(rows[name]["activation_bits"]) <= 5.5
    assert float(rows["flint"]["searched_images"]) > 0
    assert int(rows["LPQ, by channel"]["channel_factors"]) > 0
    page = (tmp_path / "formats.md").read_text()
    assert page.count("| flint |") == 2  # a column side by side, and a row
    assert "40 of fashion/images.npz; formats fitted to 16 of fashion/calibration.npz" in page
    before = (tmp_path / "formats.csv").read_bytes()
    capsys.readouterr()
    run("formats", *few)
    assert (tmp_path / "formats.csv").read_bytes() == before  # with the times of the first run
    assert capsys.readouterr().out.count("there already") == 5
    few[few.index("--methods") :] = ["--methods", "int4", "flint", "--weight-bits", "6"]
    again = {row["method"]: row for row in run("formats", *few)}
    assert [again[name] == rows[name] for name in rows] == [True, True, True, True, False]


def test_objectives(run, tmp_path):
    few = ["--population", "2", "--seeds", "1", "--weight-bits", "3", "--activation-bits", "5"]
    rows = run("objectives", *few, "--objective", "kl", "mse", "--pooling", "mean", "max", "--lambda", "0.05", "0")
    variants = [(row["objective"], row["pooling"], row["temperature"], row["lambda"], row["seed"]) for row in rows]
    assert sorted(variants) == [(name, "", "", lam, "0") for name in ("kl", "mse") for lam in ("0", "0.05")]
    for row in rows:
        assert float(row["weight_bits"]) <= 3
        assert float(row["corrected_divergence_nat"]) < float(row["nearest_divergence_nat"])
    page = (tmp_path / "objectives.md").read_text()
    assert page.count("| kl | - | - |") == 2


def test_variants_are_those_that_an_objective_tells_apart(run, monkeypatch):
    program = importlib.import_module("lpq_objectives")
    _, options = program.arguments_of(
        ["--pooling", "mean", "max", "--temperature", "0.1", "0.2", "--lambda", "0", "0.1"]
    )
    found = [(row["objective"], row["pooling"], row["temperature"]) for row in program.variants(options)]
    counts = {name: sum(objective == name for objective, _, _ in found) for name, _, _ in found}
    assert counts == {"global-local-contrastive": 8, "global-contrastive": 4, "kl": 2, "mse": 2}
    assert ("global-contrastive", "", "0.2") in found


def test_search(run, tmp_path):
    rows = run("search", "--population", "3", "--seeds", "1")
    curves = {}
    for row in rows:
        curves.setdefault(row["search"], []).append({name: float(row[name]) for name in list(row)[3:-1]})
    assert list(curves) == ["plain", "fitted start", "fitted start, screening"]
    for name, points in curves.items():
        for before, after in pairwise(points):
            assert after["best_fitness"] <= before["best_fitness"]
            assert all(after[cost] >= before[cost] for cost in ("images_evaluated", "images_run", "seconds"))
        ran, evaluated = points[-1]["images_run"], points[-1]["images_evaluated"]
        assert ran == evaluated if name == "plain" else ran < evaluated
    first = {name: points[0]["best_fitness"] for name, points in curves.items()}
    assert first["fitted start"] == first["fitted start, screening"] < first["plain"]
    assert curves["plain"][0]["images_evaluated"] == 8
    assert curves["fitted start"][0]["images_evaluated"] == 8 + 16 * (9 + 2)  # 16 images, 9 layers, closed forms
    assert (tmp_path / "search_fashion.svg").read_text().count("<svg") == 1
    assert (tmp_path / "search.md").read_text().count("| fashion | fitted start | ") == 3


def test_what_is_missing_is_said_in_one_line(run, tmp_path, capsys):
    for options, said in (
        (["resnet20"], "data pack must be given for resnet20 (--data), got none"),
        (["resnet21"], "network must be one of fashion, "),
        (["ds_cnn", "--data", str(tmp_path)], "images must be a folder or an .npz file"),
    ):
        with pytest.raises(SystemExit) as stopped:
            run("formats", small=options)
        assert stopped.value.code == 2
        error = capsys.readouterr().err
        assert said in error
        assert error.count("\n") == 1
