"""``lpasim compare``: what it prints and writes, and what it refuses."""

from __future__ import annotations

import csv
import io
import json
from pathlib import Path

import pytest


def test_a_table_and_a_folder(lpasim, small):
    done = lpasim("compare", small, "--hardware", "lpa,ant, adaptivfloat", "-o", "out")
    assert done.code == 0
    assert "over adaptivfloat" in done.out
    assert done.err.splitlines()[-1] == "results: out"
    names = sorted(path.name for path in Path("out").iterdir())
    assert names == sorted(
        [
            "citations.bib",
            "comparison.json",
            "comparison.csv",
            *(f"comparison.{form}" for form in ("pdf", "png", "svg")),
        ]
    )
    assert json.loads(Path("out/comparison.json").read_text())["schema"] == "lpasim-comparison"


def test_json_csv_and_default_folder(lpasim, small):
    done = lpasim("compare", small, small, "--hardware", "int8,lpa", "--json", "-q", "--baseline", "int8")
    data = json.loads(done.out)
    assert (data["baseline"], data["iso"], len(data["rows"])) == ("int8", None, 4)
    assert data["rows"][0]["normalized"]["latency_ms"] == 1
    (folder,) = Path("results").iterdir()
    assert folder.name.startswith("compare-")
    table = lpasim(
        "compare", small, "--hardware", "int8,lpa", "--format", "csv", "-q", "--iso", "area", "--baseline", "lpa"
    ).out
    rows = list(csv.DictReader(io.StringIO(table)))
    assert [row["hardware"] for row in rows] == ["int8", "lpa"]
    assert int(rows[0]["pes"]) == 36


def test_a_file_and_a_setting_for_all(lpasim, small):
    Path("mine.yaml").write_text("schema: lpasim-hardware\nversion: 1\nextends: ant\nclock_mhz: 1 GHz\n")
    done = lpasim("compare", small, "--hardware", "ant,mine.yaml", "--set", "dram.ideal=true", "--json", "-q")
    ant, mine = json.loads(done.out)["rows"]
    assert mine["hardware"] == "mine"
    assert (ant["cycles"], ant["latency_ms"]) == (mine["cycles"], pytest.approx(2 * mine["latency_ms"]))


def test_a_trace_of_its_own_keeps_its_bits(lpasim):
    """Four terms of 4 bits a cell in place of one of 8: the other accelerator keeps the workload's."""
    done = lpasim(
        "compare", "gemm:64x64x64@w8a8", "--hardware", "ant,lpa", "--trace", "ant=gemm:64x64x64@w4a4", "--json", "-q"
    )
    ant, lpa = json.loads(done.out)["rows"]
    assert (ant["average_weight_bits"], ant["average_activation_bits"]) == (4, 4)
    assert (lpa["average_weight_bits"], lpa["average_activation_bits"]) == (8, 8)


BAD = {
    "unknown hardware": (("--hardware", "lpa,antt"), "hardware must be a preset"),
    "empty name": (("--hardware", "lpa,"), "--hardware must be names separated by commas, such as lpa,ant, got 'lpa,'"),
    "no names": (("--hardware", ","), "--hardware must be names separated by commas, such as lpa,ant, got ','"),
    "twice": (("--hardware", "lpa,lpa"), "hardware must name each accelerator once, got 'lpa' 2 times"),
    "unknown baseline": (
        ("--hardware", "lpa,ant", "--baseline", "posit"),
        "--baseline must be one of lpa, ant, got 'posit'",
    ),
    "unknown iso": (
        ("--hardware", "lpa,ant", "--iso", "power"),
        "--iso must be one of area, pes, bandwidth, got 'power'",
    ),
    "no file": (("--hardware", "lpa,ant", "--trace", "ant"), "--trace must have the form NAME=FILE, got 'ant'"),
    "trace for nobody": (
        ("--hardware", "lpa", "--trace", "ant=gemm:2x2x2"),
        "--trace must be for one of lpa, got 'ant'",
    ),
    "other network": (
        ("--hardware", "lpa", "--trace", "lpa=gemm:2x2x2@w8a8"),
        "must be of the same network, with 6000 MACs, got 8",
    ),
}


@pytest.mark.parametrize("case", BAD)
def test_mistakes_are_one_line_and_leave_nothing(lpasim, small, case):
    options, message = BAD[case]
    done = lpasim("compare", small, *options)
    assert done.code == 2
    assert message in done.err
    assert len(done.err.strip().splitlines()) == 1
    assert not list(Path().iterdir())


def test_two_workloads_and_a_trace_do_not_go_together(lpasim, small):
    done = lpasim("compare", small, small, "--hardware", "lpa", "--trace", "lpa=gemm:2x2x2@w8a8")
    assert (done.code, "--trace must come with one workload, got 2" in done.err) == (2, True)
