"""The commands sweep and explore, with the real simulator on products that take no time."""

from __future__ import annotations

import csv
import io
import json
import os
import re
import signal
import subprocess
import sys
import time
from pathlib import Path

import numpy as np
import pytest
from study_runs import ENVIRONMENT, files_of, stored

import lpasim as package
from lpasim import studies
from lpasim.quantization.workload import workload_folder
from lpasim.reports.study_folder import read_study

SMALL = "gemm:20x30x10@w4a8"
OTHER = "gemm:40x30x10@w4a8"
AXES = ("--axis", "array.rows=4,8", "--axis", "buffers.weight=64,64KiB", "--axis", "dram.preset=hbm2,lpddr4-3200")
SWEEP = ("sweep", SMALL, OTHER, *AXES, "--name", "pe")
STORE = Path("results") / ".store" / "points.sqlite"


def test_a_sweep_simulates_each_point_as_run_does(lpasim):
    done = lpasim(*SWEEP)
    counts = "points: 16 planned, 12 simulated, 0 from the store, 4 excluded or impossible"
    assert (done.code, done.err) == (0, f"{counts}\nresults: {Path('results/pe')}\n")
    points = studies.load("pe")
    assert points["point"].tolist() == list(range(16))
    assert points["workload"].tolist() == [SMALL] * 8 + [OTHER] * 8
    assert points["array.rows"].tolist() == [4, 4, 4, 4, 8, 8, 8, 8] * 2
    assert points["buffers.weight_bytes"].tolist() == [64, 64, 65536, 65536] * 4
    assert points["dram.preset"].tolist() == ["hbm2", "lpddr4-3200"] * 8
    # A fold of 8 rows does not fit 32 bytes, half of the smaller buffer.
    assert points["status"].tolist() == (["done"] * 4 + ["failed"] * 2 + ["done"] * 2) * 2
    for point in (0, 3, 14):
        row = points.iloc[point]
        settings = {
            key: row[f"{key}_bytes" if key == "buffers.weight" else key]
            for key in ("array.rows", "buffers.weight", "dram.preset")
        }
        summary = package.simulate(row["workload"], overrides=settings).summary
        assert row["cycles"] == summary["cycles"]
        assert row["energy_mj"] == summary["energy_mj"]
        assert row["dram_component_energy_mj"] == summary["component_energy_mj"]["dram"]
        assert row["weights_late_stall_cycles"] == summary["stall_cycles"]["weights_late"]


def test_another_run_simulates_nothing_and_gives_the_same_bytes(lpasim, tmp_path):
    first = lpasim(*SWEEP)
    before = files_of(tmp_path / "results" / "pe")
    again = lpasim(*SWEEP, "--quiet")
    assert (again.out, again.err) == (first.out, "")
    assert files_of(tmp_path / "results" / "pe") == before
    wider = lpasim(*SWEEP[:-1], "wider", "--axis", "array.cols=8,16")
    assert "points: 32 planned, 8 simulated, 12 from the store, 12 excluded or impossible\n" in wider.err


def test_the_best_points_say_in_full_of_what_they_are_the_best(lpasim):
    objectives = "latency_ms,tops_per_w,compute_tops_per_mm2,dram_read_bytes,dram_utilization"
    table = lpasim("sweep", SMALL, "--axis", "array.rows=4,8", "--objectives", objectives, "--name", "best").out
    for goal in (
        "least latency",
        "most TOPS/W",
        "most compute TOPS/mm2",
        "least dram read bytes",
        "most dram utilization",
    ):
        assert f"\n {goal}  " in table


def test_a_workload_without_a_front_is_named(lpasim):
    table = lpasim(*SWEEP, "--where", "cycles < 0").out
    for workload in (SMALL, OTHER):
        assert f"\n{workload}: no point has results in every objective\n" in table
    assert "best points" not in table


def test_the_table_csv_and_json_agree_with_the_folder(lpasim, tmp_path):
    table = lpasim(*SWEEP).out
    assert all(line in table for line in ("pe: gemm:20x30x10@w4a8", "16 points, 12 done, 4 failed", "Pareto front"))
    text = lpasim(*SWEEP, "--format", "csv").out
    assert text == (tmp_path / "results" / "pe" / "points.csv").read_text()
    rows = list(csv.DictReader(io.StringIO(text)))
    found = json.loads(lpasim(*SWEEP, "--format", "json").out)
    front = [row for row in rows if row["pareto"] == "true"]
    assert [row["point"] for row in front] == [str(row["point"]) for row in found["pareto"]]
    for workload in (SMALL, OTHER):
        mine = [row for row in rows if row["workload"] == workload and row["status"] == "done"]
        for column in ("latency_ms", "energy_mj", "area_mm2"):
            assert found["best"][workload][column][column] == min(float(row[column]) for row in mine)
    assert found["points"] == {"planned": 16, "done": 12, "failed": 4, "excluded": 0}
    assert [axis["unit"] for axis in found["axes"]] == [None, "B", None]


def test_points_that_a_condition_excludes_early_are_not_simulated(lpasim):
    done = lpasim(*SWEEP, "--where", "array.rows == 4 and dram.preset == 'hbm2' and buffers.weight > 64")
    assert "points: 16 planned, 2 simulated, 0 from the store, 14 excluded or impossible\n" in done.err
    points = studies.load("pe")
    assert points["point"].tolist() == [2, 10]
    area = float(points["area_mm2"].max())
    lpasim(*SWEEP, "--where", f"area_mm2 < {area}")
    assert (studies.load("pe")["area_mm2"].dropna() < area).all()
    lpasim(*SWEEP, "--where", "cycles < 0")
    points = studies.load("pe")
    assert (set(points["status"]), points["pareto"].any()) == ({"excluded", "failed"}, False)
    assert points["cycles"].notna().sum() == 12
    assert read_study(Path("results/pe")).description["points"] == {
        "planned": 16,
        "done": 0,
        "failed": 4,
        "excluded": 12,
    }


def test_a_space_file_says_what_options_say(lpasim, tmp_path):
    lpasim(*SWEEP, "--set", "clock_mhz=800", "--where", "array.rows < 9")
    expected = files_of(tmp_path / "results" / "pe")
    (tmp_path / "space.yaml").write_text(
        "schema: lpasim-space\nversion: 1\nhardware: lpa\nworkloads: [gemm:20x30x10@w4a8, gemm:40x30x10@w4a8]\n"
        "set: {clock_mhz: 800}\nwhere: array.rows < 9\n"
        "axes:\n  array.rows: [4, 8]\n  buffers.weight: [64, 64KiB]\n  dram.preset: [hbm2, lpddr4-3200]\n"
    )
    lpasim("sweep", "--space", "space.yaml", "--name", "pe")
    assert files_of(tmp_path / "results" / "pe") == expected


def test_a_space_file_names_files_beside_it_and_the_study_says_which(lpasim, tmp_path):
    (tmp_path / "mine").mkdir()
    trace = workload_folder() / "fashion.json"
    (tmp_path / "mine" / "net.json").write_bytes(trace.read_bytes())
    (tmp_path / "mine" / "chip.yaml").write_text("schema: lpasim-hardware\nversion: 1\nextends: lpa\nname: small\n")
    (tmp_path / "mine" / "space.yaml").write_text(
        "schema: lpasim-space\nversion: 1\nhardware: chip.yaml\nworkloads: [net.json]\naxes: {array.rows: [4]}\n"
    )
    done = lpasim("sweep", "--space", "mine/space.yaml", "--name", "s")
    assert done.code == 0, done.err
    study = read_study(tmp_path / "results" / "s")
    assert (study.head.workloads, study.description["hardware"]) == (("fashion",), "small")
    arguments = study.description["arguments"]
    assert (arguments["workloads"], arguments["hardware"]) == (["net.json"], "chip.yaml")


def test_a_study_is_found_by_its_name_beside_a_folder_of_the_same_name(lpasim, tmp_path):
    (tmp_path / "pe").mkdir()
    lpasim("sweep", SMALL, "--axis", "array.rows=4", "--name", "pe")
    assert len(studies.load("pe")) == 1


def test_a_dry_run_counts_and_keeps_the_few_points_that_it_times(lpasim, tmp_path):
    done = lpasim(*SWEEP, "--dry-run", "--jobs", "2")
    counts, reason, time_it_takes = done.out.splitlines()
    assert counts == "16 points, 4 impossible; 12 to simulate"
    assert reason.startswith("the first impossible one: buffers.weight must hold one fold")
    assert time_it_takes.startswith("about ")
    assert not (tmp_path / "results" / "pe").exists()
    assert len(stored(tmp_path / STORE)) == 4
    found = json.loads(lpasim(*SWEEP, "--dry-run", "--format", "json").out)
    assert {name: found[name] for name in ("planned", "impossible", "stored", "missing", "excluded")} == {
        "planned": 16,
        "impossible": 4,
        "stored": 4,
        "missing": 8,
        "excluded": 0,
    }
    lpasim(*SWEEP)
    counts = "16 points, 4 impossible, 12 in the store; 0 to simulate\n"
    assert lpasim(*SWEEP, "--dry-run").out.startswith(counts)


def test_a_dry_run_looks_at_a_part_of_a_plan_of_very_many_points(lpasim, monkeypatch):
    monkeypatch.setattr("lpasim.studies.preview.MOST_LOOKED_AT", 200)
    axes = (
        "--axis",
        f"array.rows={','.join(map(str, range(1, 101)))}",
        "--axis",
        "buffers.weight=64,64KiB,128KiB,256KiB",
    )
    found = json.loads(lpasim("sweep", SMALL, *axes, "--dry-run", "--json").out)
    assert (found["planned"], found["looked_at"]) == (400, 200)
    assert found["impossible"] == pytest.approx(100, abs=35)
    assert found["impossible"] + found["missing"] == 400
    assert found["why_impossible"].startswith("buffers.weight must hold one fold")
    text = lpasim("sweep", SMALL, *axes, "--dry-run").out
    assert re.match(
        r"400 points, about \d+ impossible, about 8 in the store; about \d+ to simulate \(judged by 200", text
    )


def test_a_sample_is_smaller_and_its_seed_decides(lpasim):
    for seed in ("1", "2"):
        lpasim(*SWEEP[:-1], f"s{seed}", "--sample", "8", "--seed", seed)
    one, two = (studies.load(f"s{seed}").drop(columns="point") for seed in "12")
    assert len(one) == len(two) == 8
    assert not one.equals(two)
    assert one["workload"].value_counts().tolist() == one["array.rows"].value_counts().tolist() == [4, 4]


SPACE = (*("--axis", "array.rows=4,8,16,32"), *("--axis", "array.cols=4,8,16,32"), "--axis", "clock_mhz=250,500,1000")


@pytest.mark.parametrize("sampler", ["nsga2", "tpe"])
def test_a_search_answers_from_the_store_and_is_the_same_again(lpasim, tmp_path, sampler):
    pytest.importorskip("optuna", reason="needs the extra explore")
    command = ("explore", SMALL, *SPACE, "--trials", "24", "--sampler", sampler, "--seed", "3", "--name", "found")
    done = lpasim(*command)
    assert done.code == 0, done.err
    before = files_of(tmp_path / "results" / "found")
    study = read_study(tmp_path / "results" / "found")
    search = study.description["search"]
    assert (study.head.kind, search["trials"], search["distinct_points"]) == ("explore", 24, len(study.points))
    assert not study.points[["array.rows", "array.cols", "clock_mhz"]].duplicated().any()
    volumes = search["hypervolume"]
    for curve in (volumes["search"], volumes["random"]):
        assert curve == sorted(curve)
        assert 0 <= curve[0] <= curve[-1] <= volumes["most"]
    size = len(stored(tmp_path / STORE))
    again = lpasim(*command, "--quiet")
    assert (again.out, len(stored(tmp_path / STORE))) == (done.out, size)
    assert files_of(tmp_path / "results" / "found") == before


def test_a_search_from_python_is_that_of_the_command(lpasim, tmp_path):
    pytest.importorskip("optuna", reason="needs the extra explore")
    options = ("--trials", "12", "--seed", "3", "--set", "dram.preset=hbm2", "--where", "array.rows < 32")
    lpasim("explore", SMALL, *SPACE, *options, "--objectives", "cycles,area_mm2", "--name", "found")
    axes = {"array.rows": [4, 8, 16, 32], "array.cols": list(4 * 2 ** np.arange(4)), "clock_mhz": (250, 500, 1000)}
    asked = {"overrides": {"dram.preset": "hbm2"}, "where": "array.rows < 32", "objectives": ["cycles", "area_mm2"]}
    study = studies.explore(SMALL, axes, trials=12, seed=3, **asked, out=Path("again") / "found")
    assert files_of(tmp_path / "again" / "found") == files_of(tmp_path / "results" / "found")
    assert study.description["arguments"]["random"] is True
    assert len(study.points) == 12 - study.description["points"]["excluded"]


def test_a_sweep_from_python_takes_settings_as_simulate_does(lpasim):
    forms = ("clock_mhz=800", ["clock_mhz=800"], {"clock_mhz": 800})
    asked = [studies.sweep(SMALL, {"array.rows": [4]}, overrides=settings, name="s", store="s") for settings in forms]
    assert asked[0].description == asked[1].description == asked[2].description
    assert asked[0].points["cycles"].tolist() == [
        package.simulate(SMALL, overrides=["clock_mhz=800", "array.rows=4"]).summary["cycles"]
    ]


def test_a_search_of_all_points_finds_the_front_of_the_sweep(lpasim):
    pytest.importorskip("optuna", reason="needs the extra explore")
    axes = ("--axis", "array.rows=4,8", "--axis", "clock_mhz=500,1000")
    lpasim("sweep", SMALL, *axes, "--name", "all")
    lpasim("explore", SMALL, *axes, "--trials", "60", "--name", "found", "--no-random")
    fronts = [
        studies.load(name).query("pareto")[["array.rows", "clock_mhz"]].values.tolist() for name in ("all", "found")
    ]
    assert sorted(fronts[0]) == sorted(fronts[1])
    search = read_study(Path("results/found")).description["search"]
    assert (search["trials"], search["distinct_points"], search["hypervolume"]["random"]) == (60, 4, None)


@pytest.mark.parametrize(
    ("args", "message"),
    [
        (("sweep",), "a workload must be given, got none"),
        (("sweep", SMALL), "an axis must be given, got none"),
        (("sweep", SMALL, "--axis", "array.row=4"), "array.row must be a known key"),
        (
            ("sweep", SMALL, "--axis", "array.rows=4", "--where", "area < 5"),
            "where must name workload, a key of an axis, or a statistic",
        ),
        (("sweep", SMALL, "--axis", "array.rows=4", "--objectives", "speed"), "an objective must be a statistic"),
        (("sweep", SMALL, "--axis", "array.rows=4", "--name", "../x"), "a study's name must be"),
        (("sweep", SMALL, "--axis", "array.rows=4", "--out", "my study"), "got 'my study' (my study); --name gives"),
        (("sweep", SMALL, "--axis", "array.rows=4", "--sample", "0"), "must be at least 1, got 0"),
        (("sweep", SMALL, "--axis", "array.rows=4", "--set", "array.cols=0"), "array.cols must be at least 1"),
        (("sweep", SMALL, "--space", "none.yaml"), "space file must exist, got none (none.yaml)"),
        (("sweep", SMALL, "--axis", "array.rows=4", "--out", "full"), "the results must go to a new or empty folder"),
        (("sweep", SMALL, "--axis", "array.rows=4", "--store", "full"), "store must be a file that can be opened"),
        (("explore", SMALL, *SPACE, "--sampler", "best"), "a sampler must be one of tpe, nsga2, got 'best'"),
        (("explore", SMALL, OTHER, *SPACE), "a search must have one workload, got 2"),
    ],
)
def test_wrong_input_is_one_line_before_anything_is_written(lpasim, tmp_path, args, message):
    (tmp_path / "full").mkdir()
    (tmp_path / "full" / "mine").write_text("")
    done = lpasim(*args)
    assert (done.code, done.out, done.err.count("\n")) == (2, "", 1)
    assert message in done.err
    assert not (tmp_path / "results").exists() or not list((tmp_path / "results").glob("[!.]*"))


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("schema: other\nversion: 1\n", "schema must be 'lpasim-space' in a space file, got 'other' (s.yaml)"),
        ("schema: lpasim-space\nversion: 2\n", "version must be 1 in a space file, got 2"),
        (
            "schema: lpasim-space\nversion: 1\naxis: {}\n",
            "keys schema, version, hardware, workloads, set, axes, where only",
        ),
        ("schema: lpasim-space\nversion: 1\naxes: [1]\n", "axes must be a mapping"),
        (
            "schema: lpasim-space\nversion: 1\naxes: {array.rows: 4}\n",
            "an axis must have a list of values, got 4 (s.yaml, axes",
        ),
        (
            "schema: lpasim-space\nversion: 1\naxes: {array.rows: [a]}\n",
            "array.rows must be a number, got 'a' (s.yaml, axes",
        ),
        ("schema: lpasim-space\nversion: 1\nworkloads: 4\n", "workloads must be a list of names, got 4"),
        ("schema: lpasim-space\nversion: 1\nwhere: 4\n", "where must be a text, got 4"),
    ],
)
def test_a_wrong_space_file_is_named(lpasim, tmp_path, text, message):
    (tmp_path / "s.yaml").write_text(text)
    done = lpasim("sweep", SMALL, "--space", "s.yaml")
    assert (done.code, done.err.count("\n")) == (2, 1)
    assert message in done.err


@pytest.mark.skipif(os.name != "posix", reason="needs signals of POSIX")
def test_ctrl_c_says_how_to_go_on(tmp_path):
    rows = ",".join(str(rows) for rows in range(1, 200))
    command = [sys.executable, "-m", "lpasim", "sweep", "resnet18", "--axis", f"array.rows={rows}", "-j", "1"]
    pipes = {"stdout": subprocess.PIPE, "stderr": subprocess.PIPE, "text": True}
    with subprocess.Popen(command, cwd=tmp_path, env=ENVIRONMENT, **pipes) as process:
        deadline = time.monotonic() + 60
        while not stored(tmp_path / STORE) and process.poll() is None and time.monotonic() < deadline:
            time.sleep(0.01)
        process.send_signal(signal.SIGINT)
        out, err = process.communicate(timeout=30)
    *_, kept, last = err.splitlines()
    assert (process.returncode, out, last) == (130, "", "lpasim: interrupted")
    assert kept.endswith(f"of 199 points ({STORE}); the same command goes on from there")
    assert [path.name for path in (tmp_path / "results").iterdir()] == [".store"]
