"""Reading folders of runs and studies: what they hold, and refusing what is none."""

from __future__ import annotations

import json
import shutil
from pathlib import Path

import pandas as pd
import pytest

import lpasim
from lpasim.errors import ResultsError
from lpasim.reports.figures.drawing import source_of
from lpasim.reports.run_folder import Arguments, open_folder
from lpasim.reports.saved_run import SavedRun, is_run, read_run
from lpasim.reports.study_folder import FILES, column_of, is_study, read_study


@pytest.fixture(scope="module")
def report():
    return lpasim.simulate("gemm:20x30x10@w4a8")


@pytest.fixture
def run_path(report, tmp_path):
    with open_folder(tmp_path / "run", report.trace, report.resolved, Arguments("gemm", "lpa")) as folder:
        folder.fill(report)
    return tmp_path / "run"


def test_a_run_reads_back(report, run_path):
    run = read_run(run_path)
    assert is_run(run_path)
    assert (run.name, run.workload, run.hardware) == ("run", report.trace.name, "lpa")
    assert run.summary == report.summary
    assert run.trace == report.trace
    assert run.description["arguments"]["workload"] == "gemm"
    pd.testing.assert_frame_equal(run.layers, report.layers)
    pd.testing.assert_frame_equal(run.layers, SavedRun.of(report).layers)


def test_a_study_reads_back(study_path):
    study = read_study(study_path)
    assert is_study(study_path)
    assert sorted(file.name for file in study_path.iterdir()) == sorted(FILES)
    assert [axis.columns for axis in study.axes] == [
        ("array.rows",),
        ("array.cols",),
        ("buffers.weight_bytes",),
        ("dram.preset",),
    ]
    assert [each.column for each in study.objectives] == ["latency_ms", "energy_mj", "area_mm2"]
    assert len(study.done) < len(study.points) == 32
    assert study.description["schema"] == "lpasim-study"


def test_linked_axes_have_a_column_a_key(linked_path):
    assert read_study(linked_path).axes[0].columns == ("array.rows", "array.cols")


def test_columns_have_units():
    assert column_of("dram.device.capacity") == "dram.device.capacity_bytes"
    assert column_of("clock_mhz") == "clock_mhz"
    assert column_of("of_another_version") == "of_another_version"


@pytest.mark.parametrize("read", [read_run, read_study])
def test_other_folders_are_refused(read, tmp_path):
    with pytest.raises(ResultsError, match=r"must be a folder with \w+\.json, got a folder without it"):
        read(tmp_path)
    with pytest.raises(ResultsError, match=r"must be a folder with \w+\.json, got no folder"):
        read(tmp_path / "nowhere")


@pytest.mark.parametrize(
    ("path", "message"),
    [
        (["summary"], "summary must be given as in a report, got nothing"),
        (["summary", "cycles"], "summary.cycles must be given, got nothing"),
        (["layers", 0, "utilization"], r"layers\[0\].utilization must be given, got nothing"),
        (["workload", "name"], "workload.name must be a text, got nothing"),
    ],
)
def test_reports_that_lack_something(run_path, path, message):
    report = json.loads((run_path / "report.json").read_text())
    place = report
    for key in path[:-1]:
        place = place[key]
    del place[path[-1]]
    (run_path / "report.json").write_text(json.dumps(report))
    with pytest.raises(ResultsError, match=message):
        read_run(run_path)


def change(study_path: Path, to: Path, **changed) -> Path:
    shutil.copytree(study_path, to)
    description = {**json.loads((to / "study.json").read_text()), **changed}
    (to / "study.json").write_text(json.dumps({key: value for key, value in description.items() if value is not None}))
    return to


@pytest.mark.parametrize(
    ("changed", "message"),
    [
        ({"version": 2}, "version must be 1, got 2"),
        ({"kind": "guess"}, "kind must be 'sweep' or 'explore', got 'guess'"),
        ({"axes": None}, "axes must be given, got nothing"),
        ({"axes": [{"label": "a", "keys": []}]}, r"axes\[0\].keys must "),
        (
            {"axes": [{"label": "a", "keys": ["array.psum_bits"]}]},
            "points must have the column array.psum_bits, got none",
        ),
        (
            {"axes": [{"label": "a", "keys": ["workload"]}]},
            r"axes\[0\].keys must be keys of an accelerator, got the column 'workload'",
        ),
        ({"objectives": [{"column": "status", "goal": "max"}]}, "status must be a column of numbers up to 1e150"),
        ({"objectives": [{"column": "beauty", "goal": "max"}]}, "points must have the column beauty, got none"),
    ],
)
def test_studies_that_do_not_fit_together(study_path, tmp_path, changed, message):
    with pytest.raises(ResultsError, match=message):
        read_study(change(study_path, tmp_path / "study", **changed))


@pytest.mark.parametrize("content", [b"", b"PAR1", b"point,workload\n0,a\n"])
def test_points_that_are_no_table(study_path, tmp_path, content):
    path = change(study_path, tmp_path / "study")
    (path / "points.parquet").write_bytes(content)
    with pytest.raises(ResultsError, match="points must be a Parquet file, got"):
        read_study(path)


def test_a_study_without_points(study_path, tmp_path):
    path = change(study_path, tmp_path / "study")
    (path / "points.parquet").unlink()
    with pytest.raises(ResultsError, match="points must be an existing file"):
        read_study(path)


@pytest.mark.parametrize(
    ("path", "value", "message"),
    [
        (["layers", 0, "count"], 1.5, r"layers\[0\].count must be a whole number, got 1.5"),
        (["layers", 0, "cycles"], "x", r"layers\[0\].cycles must be a whole number, got 'x'"),
        (["layers", 0, "cycles"], 10**400, r"layers\[0\].cycles must be within 0..9.01e\+15, got "),
        (["layers", 0, "stall_cycles"], [], r"layers\[0\].stall_cycles must be numbers by part, got \[\]"),
        (["layers", 0, "energy_pj", "ppu"], None, r"layers\[0\].energy_pj.ppu must be a number, got None"),
        (["layers"], [], "layers must be one at least, got none"),
        (["layers"], [3], r"layers\[0\].name must be given, got nothing"),
        (["summary", "area_mm2"], -1, r"summary.area_mm2 must be within 0..1.8e\+308, got -1"),
        (["configuration", "array"], 3, "configuration.array must be "),
        (["configuration", "clock_mhz"], "fast", "configuration.clock_mhz must be "),
    ],
    ids=range(10),
)
def test_reports_with_values_of_another_kind(run_path, path, value, message):
    report = json.loads((run_path / "report.json").read_text())
    place = report
    for key in path[:-1]:
        place = place[key]
    place[path[-1]] = value
    (run_path / "report.json").write_text(json.dumps(report))
    with pytest.raises(ResultsError, match=message) as raised:
        read_run(run_path)
    assert len(str(raised.value)) < 300 + len(str(run_path))


@pytest.mark.parametrize(
    ("column", "value", "message"),
    [
        ("point", "a", "point must be a column of whole numbers, got "),
        ("pareto", 1, "pareto must be a column of true or false, got int64"),
        ("status", None, "status must be a column of texts, got "),
        ("array.rows", [[1]], "array.rows must be a column of numbers up to 1e150, got "),
        ("array.rows", "eight", "array.rows must be a column of numbers up to 1e150, got "),
        ("array.rows", None, "array.rows must be a column of numbers up to 1e150, got "),
        ("latency_ms", "fast", "latency_ms must be a column of numbers up to 1e150, got "),
        ("utilization", float("inf"), "utilization must be a column of numbers up to 1e150, got inf"),
        ("latency_ms", 1e308, "latency_ms must be a column of numbers up to 1e150, got 1e[+]308"),
    ],
)
def test_points_of_another_kind(study_path, tmp_path, column, value, message):
    path = change(study_path, tmp_path / "study")
    points = pd.read_parquet(path / "points.parquet")
    points[column] = value * len(points) if isinstance(value, list) else value
    points.to_parquet(path / "points.parquet")
    with pytest.raises(ResultsError, match=message):
        read_study(path)


def test_a_name_in_results_is_told_where_it_is(study_path, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    change(study_path, tmp_path / "results" / "pe")
    with pytest.raises(ResultsError, match=r"got no folder \(pe\); did you mean results/pe\?$"):
        source_of("pe")
    with pytest.raises(ResultsError, match=r"got no folder \(p\)$"):
        source_of("p")
