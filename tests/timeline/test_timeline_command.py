"""The command ``lpasim trace timeline``: what it writes and says, and what it refuses."""

from __future__ import annotations

import json
import resource
import subprocess
import sys
from pathlib import Path

import pytest
from command_calls import called
from perfetto_file import read_perfetto
from vcd_file import read_vcd

from lpasim.hardware import load_hardware
from lpasim.quantization.workload import load_workload
from lpasim.reports.timeline.files import write_timeline, write_waves

WORKLOAD = "gemm:70x200x90@w4a8"
SETTINGS = ("--set", "array.rows=4", "--set", "array.cols=4", "--set", "buffers.weight=4 KiB")


@pytest.fixture
def lpasim(capsys, tmp_path, monkeypatch):
    """Call the command line in an empty directory."""
    monkeypatch.chdir(tmp_path)
    return lambda *args: called(capsys, *args)


@pytest.mark.parametrize("detail", [(), ("--detail", "layer"), ("--detail", "fold")])
def test_a_timeline_is_the_run_that_the_report_is_of(lpasim, tmp_path, detail):
    done = lpasim("trace", "timeline", WORKLOAD, "-o", "run.perfetto-trace", *SETTINGS, "--batch", "3", *detail)
    content = (tmp_path / "run.perfetto-trace").read_bytes()
    file = read_perfetto(content)
    count = sum(row.name not in ("weight buffer", "input buffer", "output buffer") for row in file.rows)
    assert (done.code, done.out, count > 5) == (0, "", True)
    assert done.err.startswith("run.perfetto-trace: ")
    assert done.err.endswith(" slices; open it at https://ui.perfetto.dev\n")
    report = json.loads(lpasim("run", WORKLOAD, *SETTINGS, "--batch", "3", "--format", "json", "-q").out)
    (run,) = file.slices("Layers")
    for name, value in file.layers["gemm"].items():
        first, _, second = name.partition(".")
        if first in report["layers"][0]:
            said = report["layers"][0][first]
            assert value == (said[second] if second else said), name
    assert run.arguments["cycles"] == report["summary"]["cycles"]
    assert run.arguments["latency_ms"] == pytest.approx(report["summary"]["latency_ms"], rel=1e-12)
    assert run.arguments["batch"] == 3


def test_words_have_the_bits_that_the_accelerator_gives_them(lpasim, tmp_path):
    lpasim("trace", "timeline", WORKLOAD, "-o", "run.perfetto-trace", "-q", "--set", "words.weight_bits=8")
    eight = read_perfetto((tmp_path / "run.perfetto-trace").read_bytes()).layers["gemm"]
    report = json.loads(lpasim("run", WORKLOAD, "--set", "words.weight_bits=8", "--format", "json", "-q").out)
    assert eight["cycles"] == report["summary"]["cycles"]
    assert eight["dram_bytes.weight"] == report["summary"]["dram_bytes"]["weight"]


def test_waveforms_by_the_name_of_the_file_or_by_the_option(lpasim, tmp_path):
    options = ("--layer", "gemm", *SETTINGS)
    done = lpasim("trace", "timeline", WORKLOAD, "-o", "gemm.vcd", *options)
    assert (done.code, done.out) == (0, "")
    assert done.err.startswith("gemm.vcd: ")
    lpasim("trace", "timeline", WORKLOAD, "-o", "gemm", "--format", "vcd", "-q", *options)
    assert (tmp_path / "gemm").read_text() == (tmp_path / "gemm.vcd").read_text()
    whole = read_vcd((tmp_path / "gemm.vcd").read_text())
    done = lpasim("trace", "timeline", WORKLOAD, "-o", "gemm", "--format", "vcd", "-q", *options, "--cycles", "100")
    assert (done.code, done.err) == (0, "")
    assert read_vcd((tmp_path / "gemm").read_text()).values("array.busy") == whole.values("array.busy")[:100]


@pytest.mark.parametrize(
    ("options", "rule"),
    [
        (("--detail", "word"), "Invalid value: --detail must be one of layer, tile, fold, got 'word'"),
        (("--format", "json"), "Invalid value: --format must be one of perfetto, vcd, got 'json'"),
        (("--layer", "conv"), "the layer must be one of gemm:70x200x90@w4a8, got 'conv'; the nearest is gemm"),
        (("--format", "vcd"), "Invalid value: --layer must name the layer whose waveforms are wanted, got none"),
        (
            ("--format", "vcd", "--layer", "gemm", "--detail", "fold"),
            "Invalid value: --detail must go with --format perfetto, got vcd: waveforms show every cycle",
        ),
        (("--cycles", "9"), "Invalid value: --cycles must go with --format vcd, got perfetto"),
        (("--cycles", "0"), "Invalid value for '--cycles': must be at least 1, got 0"),
        (
            ("--format", "vcd", "--layer", "gemm", "--set", "array.rows=64"),
            "waveforms must be of an array of at most 256 cells, got 64 x 8 = 512 (lpa)",
        ),
        (("--hardware", "none"), None),
    ],
)
def test_wrong_wishes_are_one_line_and_leave_nothing_behind(lpasim, tmp_path, options, rule):
    done = lpasim("trace", "timeline", WORKLOAD, "-o", "run.file", *options)
    assert (done.code, done.out, done.err.count("\n")) == (2, "", 1)
    assert rule is None or done.err == f"lpasim: {rule}\n"
    assert list(tmp_path.iterdir()) == []


def test_places_that_are_no_file_are_refused(lpasim, tmp_path):
    (tmp_path / "folder").mkdir()
    for place, reason in (("no/run", "No such file or directory"), ("folder", "Is a directory")):
        done = lpasim("trace", "timeline", "gemm:4x4x4", "-o", place, "-q")
        rule = "the timeline must be written to a writable place"
        assert (done.code, done.err) == (2, f"lpasim: {rule}, got {reason} ({place})\n")
    done = lpasim("trace", "timeline", "gemm:4x4x4", "-o", "/dev/null", "-q")
    assert (done.code, done.err) == (2, "lpasim: the timeline must be written to a plain file, got '/dev/null'\n")
    assert list(tmp_path.iterdir()) == [tmp_path / "folder"]


def test_a_run_that_is_stopped_leaves_the_file_of_before(tmp_path):
    def stop(done: int, total: int) -> None:
        raise KeyboardInterrupt

    trace, chip = load_workload(WORKLOAD), load_hardware("lpa").hardware
    for name, write in (
        ("run", lambda path: write_timeline(path, trace, chip, progress=stop)),
        ("run.vcd", lambda path: write_waves(path, trace, chip, "gemm", progress=stop)),
    ):
        (tmp_path / name).write_text("before")
        with pytest.raises(KeyboardInterrupt):
            write(tmp_path / name)
        assert (tmp_path / name).read_text() == "before"
    assert len(list(tmp_path.iterdir())) == 2


def test_a_file_that_grows_too_large_is_taken_away(tmp_path):
    """As on a full disk: a write fails in the middle of the run."""
    command = [
        sys.executable,
        "-m",
        "lpasim",
        "trace",
        "timeline",
        WORKLOAD,
        "-o",
        tmp_path / "run",
        "--detail",
        "fold",
    ]
    done = subprocess.run(
        [*command, "-q"],
        capture_output=True,
        text=True,
        cwd=Path(__file__).parents[2],
        preexec_fn=lambda: resource.setrlimit(resource.RLIMIT_FSIZE, (20_000, 20_000)),
    )
    rule = "the timeline must be written to a writable place, got File too large"
    assert (done.returncode, done.stderr) == (2, f"lpasim: {rule} ({tmp_path / 'run'})\n")
    assert list(tmp_path.iterdir()) == []
