"""Run folders: complete or absent, the same bytes for the same inputs, and never over somebody's files."""

from __future__ import annotations

import json
import os
from pathlib import Path

import pytest

from lpasim.errors import OutputError
from lpasim.hardware import load_hardware
from lpasim.quantization.trace import Trace
from lpasim.reports.run_folder import Arguments, default_path, open_folder

FILES = ["citations.bib", "config.yaml", "layers.csv", "layers.parquet", "report.json", "run.json", "trace.json"]
ASKED = Arguments("small", "lpa")


def write(report, out, arguments=ASKED):
    with open_folder(out, report.trace, report.resolved, arguments) as folder:
        folder.fill(report)
    return folder.path


def test_all_files_and_nothing_else(small_report, tmp_path):
    path = write(small_report, tmp_path / "deep" / "run")
    assert sorted(file.name for file in path.iterdir()) == FILES
    assert os.listdir(tmp_path / "deep") == ["run"]


def test_same_bytes_twice(small_report, tmp_path):
    first, second = write(small_report, tmp_path / "a"), write(small_report, tmp_path / "b")
    for name in FILES:
        assert (first / name).read_bytes() == (second / name).read_bytes(), name


def test_no_absolute_paths_and_no_dates(small_report, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    arguments = Arguments(str(tmp_path / "net.onnx"), str(tmp_path / "chip.yaml"), ("array.rows=8",), 2, "1x3x8x8")
    path = write(small_report, None, arguments)
    for name in FILES:
        assert str(tmp_path).encode() not in (path / name).read_bytes(), name
    run = json.loads((path / "run.json").read_text())
    assert run["arguments"] == {
        "workload": "net.onnx",
        "hardware": "chip.yaml",
        "overrides": ["array.rows=8"],
        "batch": 2,
        "input_shape": "1x3x8x8",
        "activity_file": None,
    }
    assert run["seed"] is None
    assert {"lpasim", "python", "numpy", "simpy", "pyarrow"} <= run["versions"].keys()


def test_inputs_read_back(small_report, tmp_path):
    path = write(small_report, tmp_path / "run")
    assert load_hardware(str(path / "config.yaml")).hardware == small_report.resolved.hardware
    assert Trace.model_validate_json((path / "trace.json").read_text()) == small_report.trace
    assert json.loads((path / "report.json").read_text()) == small_report.to_dict()
    assert "@" in (path / "citations.bib").read_text()


def test_default_name_depends_on_what_decides_the_results(small_report):
    trace, resolved = small_report.trace, small_report.resolved
    path = default_path(trace, resolved)
    assert path.parts[0] == "results"
    assert path.name.startswith("small-lpa-")
    assert path == default_path(trace, load_hardware("lpa"))
    others = {default_path(trace, load_hardware("lpa", ["array.rows=16"])), default_path(trace, resolved)}
    others.add(default_path(trace.model_copy(update={"batch": 2}), resolved))
    assert len(others) == 3


def test_default_name_is_a_file_name(small_report):
    trace = small_report.trace.model_copy(update={"name": "gemm:1x2x3@w4a8/..\n"})
    assert default_path(trace, small_report.resolved).name.startswith("gemm_1x2x3@w4a8_.._-lpa-")


@pytest.mark.parametrize("error", [KeyboardInterrupt, RuntimeError])
def test_nothing_is_left_when_the_run_fails(small_report, tmp_path, error):
    def fail(folder):
        folder.fill(small_report)
        raise error

    def attempt():
        with open_folder(tmp_path / "deep" / "run", small_report.trace, small_report.resolved, ASKED) as folder:
            fail(folder)

    with pytest.raises(error):
        attempt()
    assert os.listdir(tmp_path) == []


def test_a_failing_run_leaves_an_earlier_one_alone(small_report, tmp_path):
    path = write(small_report, tmp_path / "run")
    before = {name: (path / name).read_bytes() for name in FILES}
    with pytest.raises(RuntimeError), open_folder(path, small_report.trace, small_report.resolved, ASKED):
        raise RuntimeError
    assert {file.name: file.read_bytes() for file in path.iterdir()} == before


def test_a_run_replaces_an_earlier_one(small_report, tmp_path):
    path = write(small_report, tmp_path / "run")
    (path / "report.json").write_text("old")
    write(small_report, path)
    assert json.loads((path / "report.json").read_text())["schema"] == "lpasim-report"
    assert sorted(file.name for file in path.iterdir()) == FILES


def test_two_runs_at_once(small_report, tmp_path):
    path = tmp_path / "run"
    with open_folder(path, small_report.trace, small_report.resolved, ASKED) as folder:
        folder.fill(small_report)
        other = folder.staging.with_name("other")
        folder.staging.rename(other)
        folder.staging.mkdir()
        folder.fill(small_report)
        other.rename(path)
    assert sorted(file.name for file in path.iterdir()) == FILES


def test_what_a_killed_run_leaves_is_in_nobodys_way(small_report, tmp_path):
    """A folder of its own choice that is still empty, and the files that a run had prepared in it."""
    for token in (f".partial-{os.getpid()}", ".partial-0123"):
        (tmp_path / "out" / token).mkdir(parents=True)
    write(small_report, tmp_path / "out")
    assert sorted(file.name for file in (tmp_path / "out").iterdir() if file.is_file()) == FILES


def test_a_run_that_appears_while_another_takes_its_place_is_replaced(small_report, tmp_path, monkeypatch):
    path, rename = tmp_path / "run", Path.rename

    def late(staging, target):
        monkeypatch.setattr(Path, "rename", rename)
        write(small_report, path)
        return rename(staging, target)

    with open_folder(path, small_report.trace, small_report.resolved, ASKED) as folder:
        folder.fill(small_report)
        monkeypatch.setattr(Path, "rename", late)
    assert sorted(os.listdir(path)) == FILES
    assert os.listdir(tmp_path) == ["run"]


def test_an_empty_folder_is_taken(small_report, tmp_path):
    assert write(small_report, tmp_path) == tmp_path
    assert sorted(file.name for file in tmp_path.iterdir()) == FILES


def test_a_foreign_folder_is_refused_before_the_run(small_report, tmp_path):
    (tmp_path / "thesis.tex").write_text("precious")
    with pytest.raises(OutputError, match="must go to a new or empty folder or one of an earlier run"):
        write(small_report, tmp_path)
    assert os.listdir(tmp_path) == ["thesis.tex"]


@pytest.mark.parametrize(
    "mark", ["", "{", "[]", "{}", '{"schema": "other", "version": 1}', '"lpasim-run"', "[" * 100_000]
)
def test_a_folder_with_a_mark_of_another_program_is_refused(small_report, tmp_path, mark):
    (tmp_path / "run.json").write_text(mark)
    with pytest.raises(OutputError, match="must go to a new or empty folder or one of an earlier run"):
        write(small_report, tmp_path)
    assert (tmp_path / "run.json").read_text() == mark
    assert os.listdir(tmp_path) == ["run.json"]


@pytest.mark.parametrize("name", FILES)
def test_a_folder_in_the_place_of_a_file_is_refused_before_the_run(small_report, tmp_path, name):
    write(small_report, tmp_path)
    before = {file: (tmp_path / file).read_bytes() for file in FILES}
    (tmp_path / name).unlink()
    (tmp_path / name).mkdir()
    ran = False
    with pytest.raises(OutputError, match=r"the results must"):  # noqa: SIM117
        with open_folder(tmp_path, small_report.trace, small_report.resolved, ASKED):
            ran = True
    assert not ran
    assert sorted(os.listdir(tmp_path)) == FILES
    assert all((tmp_path / file).read_bytes() == before[file] for file in FILES if file != name)


def test_a_folder_that_appears_during_the_run_leaves_the_other_files(small_report, tmp_path):
    write(small_report, tmp_path)
    before = {file: (tmp_path / file).read_bytes() for file in FILES if file != "run.json"}
    with pytest.raises(OutputError, match="must replace files"):  # noqa: PT012, SIM117
        with open_folder(tmp_path, small_report.trace, load_hardware("lpa", "array.rows=4"), ASKED) as folder:
            folder.fill(small_report)
            (folder.staging / "layers.csv").write_text("other")
            (tmp_path / "run.json").unlink()
            (tmp_path / "run.json").mkdir()
    assert all((tmp_path / file).read_bytes() == content for file, content in before.items())
    assert sorted(os.listdir(tmp_path)) == FILES


@pytest.mark.parametrize("out", ["file", "file/run", "file/deep/run"])
def test_a_file_in_the_way_is_refused_before_the_run(small_report, tmp_path, out):
    (tmp_path / "file").write_text("precious")
    ran = False
    with pytest.raises(OutputError, match=r"the results must"):  # noqa: SIM117
        with open_folder(tmp_path / out, small_report.trace, small_report.resolved, ASKED):
            ran = True
    assert not ran
    assert (tmp_path / "file").read_text() == "precious"
