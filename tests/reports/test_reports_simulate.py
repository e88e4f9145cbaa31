"""The Python interface."""

from __future__ import annotations

import subprocess
import sys

import numpy as np
import onnx
import pytest
from onnx import TensorProto, helper, numpy_helper

import lpasim
from lpasim.errors import LpasimError
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


def test_ideal_memory_counts_whole_bursts_of_narrow_tiles():
    """256 x 128 bytes, of which a tile stores a column of 8: half a word of 16, so that each burst is written twice."""
    written = [
        lpasim.simulate("gemm:256x64x128@w8a8", overrides=[f"dram.ideal={ideal}"]).summary["dram_write_bytes"]
        for ideal in ("true", "false")
    ]
    assert written == [2 * 256 * 128, 256 * 128]


def test_batch(small_report):
    one, four = (lpasim.simulate("gemm:9x16x8@w8a8", batch=batch).summary for batch in (1, 4))
    assert four["batch"] == 4
    assert four["macs"] == 4 * one["macs"]
    assert four["energy_per_inference_mj"] == pytest.approx(four["energy_mj"] / 4, rel=1e-12)
    assert four["inferences_per_s"] == pytest.approx(4000 / four["latency_ms"], rel=1e-12)


@pytest.mark.parametrize("overrides", ["array.rows=4", ["array.rows=16", "array.rows=4"], {"array.rows": 4}])
def test_overrides_in_three_forms(small_trace, overrides):
    report = lpasim.simulate(small_trace, overrides=overrides)
    assert report.resolved.hardware.array.rows == 4


@pytest.mark.parametrize("batch", [True, 2.0, "2"])
def test_batch_must_be_a_whole_number(batch):
    with pytest.raises(ValueError, match=rf"^batch must be a whole number, got {batch!r}$"):
        lpasim.simulate("gemm:8x8x8", batch=batch)


def test_batch_may_be_any_integer():
    assert lpasim.simulate("gemm:8x8x8", batch=np.int64(2)).summary["batch"] == 2


def test_a_report_shows_itself_in_short(small_report):
    assert repr(small_report).startswith("<Report small on lpa: ")
    assert f"{small_report.summary['cycles']:,} cycles" in repr(small_report)
    assert len(repr(small_report)) < 100


def test_input_shape_closes_an_open_network(tmp_path):
    image = helper.make_tensor_value_info("image", TensorProto.FLOAT, ["n", 3, "height", "width"])
    out = helper.make_tensor_value_info("out", TensorProto.FLOAT, None)
    weights = numpy_helper.from_array(np.linspace(-1, 1, 108, dtype=np.float32).reshape(4, 3, 3, 3), "w")
    graph = helper.make_graph([helper.make_node("Conv", ["image", "w"], ["out"])], "net", [image], [out], [weights])
    path = tmp_path / "net.onnx"
    onnx.save(helper.make_model(graph, opset_imports=[helper.make_opsetid("", 17)]), path)
    report = lpasim.simulate(path, input_shape="2x3x10x12")
    assert report.summary["macs"] == 2 * 8 * 10 * 27 * 4
    with pytest.raises(LpasimError):
        lpasim.simulate("resnet18", input_shape="1x3x224x224")


def test_progress_ends_at_its_total(small_trace):
    calls = []
    report = lpasim.simulate(small_trace, progress=lambda done, tiles: calls.append((done, tiles)))
    assert calls[-1][0] == calls[-1][1] == sum(row["tiles"] for row in report.layer_rows)
    assert [done for done, _ in calls] == sorted(done for done, _ in calls)


def test_loaded_things_take_no_changes(small_trace):
    with pytest.raises(ValueError, match="batch must be None"):
        lpasim.simulate(small_trace, batch=2)
    with pytest.raises(ValueError, match="input_shape must be None"):
        lpasim.simulate(small_trace, input_shape="1x3x8x8")
    with pytest.raises(ValueError, match="overrides must be empty"):
        lpasim.simulate(small_trace, load_hardware("lpa"), overrides=["array.rows=4"])


def test_import_is_light():
    program = "import sys, lpasim; lpasim.__version__; print(sorted({'numpy', 'pydantic', 'rich'} & set(sys.modules)))"
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True)
    assert done.stdout == "[]\n"


def test_unknown_names_are_attribute_errors():
    with pytest.raises(AttributeError, match="no attribute 'simulat'"):
        _ = lpasim.simulat
