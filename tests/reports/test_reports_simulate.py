"""The Python interface."""

from __future__ import annotations

import subprocess
import sys

import pytest

import lpasim
from lpasim.hardware import load_hardware


def test_simulate_takes_loaded_things(small_trace, small_report):
    report = lpasim.simulate(small_trace, load_hardware("lpa"))
    assert report.summary == small_report.summary


def test_overrides_change_the_accelerator(small_trace, small_report):
    report = lpasim.simulate(small_trace, overrides=["array.rows=4", "array.rows=16"])
    assert report.resolved.hardware.array.rows == 16
    assert report.summary["cycles"] != small_report.summary["cycles"]


def test_one_product():
    report = lpasim.simulate("gemm:9x16x8@w8a8", overrides=["dram.ideal=true"])
    assert report.layer_rows[0]["array_cycles"] == 8 + (2 - 1) * 9 + (9 + 8 + 8 - 2)


def test_batch(small_report):
    one, four = (lpasim.simulate("gemm:9x16x8@w8a8", batch=batch).summary for batch in (1, 4))
    assert four["batch"] == 4
    assert four["macs"] == 4 * one["macs"]
    assert four["energy_per_inference_mj"] == pytest.approx(four["energy_mj"] / 4, rel=1e-12)
    assert four["inferences_per_s"] == pytest.approx(4000 / four["latency_ms"], rel=1e-12)


def test_progress_ends_at_its_total(small_trace):
    calls = []
    report = lpasim.simulate(small_trace, progress=lambda done, tiles: calls.append((done, tiles)))
    assert calls[-1][0] == calls[-1][1] == sum(row["tiles"] for row in report.layer_rows)
    assert [done for done, _ in calls] == sorted(done for done, _ in calls)


def test_loaded_things_take_no_changes(small_trace):
    with pytest.raises(ValueError, match="batch must be None"):
        lpasim.simulate(small_trace, batch=2)
    with pytest.raises(ValueError, match="overrides must be empty"):
        lpasim.simulate(small_trace, load_hardware("lpa"), overrides=["array.rows=4"])


def test_import_is_light():
    program = "import sys, lpasim; lpasim.__version__; print(sorted({'numpy', 'pydantic', 'rich'} & set(sys.modules)))"
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True)
    assert done.stdout == "[]\n"


def test_unknown_names_are_attribute_errors():
    with pytest.raises(AttributeError, match="no attribute 'simulat'"):
        _ = lpasim.simulat
