"""Measured activity on the command line: from ``infer --activity`` into ``run --activity measured``."""

from __future__ import annotations

import csv
import hashlib
import json

import numpy as np
import onnx
import pytest
from onnx import TensorProto, helper, numpy_helper

import lpasim as package
from lpasim.quantization.activity_file import read_activity
from lpasim.quantization.build import build_trace
from lpasim.quantization.trace_file import write_trace


@pytest.fixture
def network(lpasim, tmp_path):
    """A convolution with a pool and a classifier, its trace, and four images, in the current folder."""
    random = np.random.default_rng(2)
    weights = {"w": random.normal(0, 0.4, (6, 3, 3, 3)), "v": random.normal(0, 0.3, (5, 6))}
    nodes = [
        helper.make_node("Conv", ["x", "w"], ["c"], "conv"),
        helper.make_node("Relu", ["c"], ["r"], "relu"),
        helper.make_node("GlobalAveragePool", ["r"], ["p"], "pool"),
        helper.make_node("Flatten", ["p"], ["f"], "flatten"),
        helper.make_node("Gemm", ["f", "v"], ["y"], "classifier", transB=1),
    ]
    graph = helper.make_graph(
        nodes,
        "net",
        [helper.make_tensor_value_info("x", TensorProto.FLOAT, ["N", 3, 32, 32])],
        [helper.make_tensor_value_info("y", TensorProto.FLOAT, ["N", 5])],
        [numpy_helper.from_array(value.astype(np.float32), name) for name, value in weights.items()],
    )
    onnx.save_model(
        helper.make_model(graph, opset_imports=[helper.make_opsetid("", 17)], ir_version=8), tmp_path / "net.onnx"
    )
    write_trace(build_trace("net.onnx"), tmp_path / "net.json")
    pixels = random.integers(0, 256, (4, 32, 32, 3), dtype=np.uint8)
    np.savez(tmp_path / "images.npz", images=pixels, labels=np.zeros(4, np.int64))
    return tmp_path


def measure(lpasim, *more):
    common = ("--trace", "net.json", "--images", "images.npz", "--preprocess", "cifar10", "--accumulator", "paper")
    return lpasim("infer", "net.onnx", *common, "--activity", "net.activity.json", *more)


def test_from_measuring_to_pricing(lpasim, network):
    done = measure(lpasim)
    assert (done.code, done.err.splitlines()[-1]) == (0, "activity: net.activity.json")
    assert "0 in" in done.out
    activity = read_activity(network / "net.activity.json")
    assert activity.images.count == 4
    assert [layer.name for layer in activity.layers] == ["conv", "classifier"]
    assumed = lpasim("run", "net.json", "--format", "json", "--out", "a", "-q")
    named = lpasim("run", "net.json", "--activity", "assumed", "--format", "json", "--out", "b", "-q")
    assert named.out == assumed.out
    options = ("--activity", "measured", "--activity-file", "net.activity.json", "-q")
    measured = lpasim("run", "net.json", *options, "--format", "json", "--out", "m")
    before, after = json.loads(assumed.out), json.loads(measured.out)
    assert before["activity"]["basis"] == "assumed"
    assert after["activity"]["basis"] == "measured"
    assert after["activity"]["file"] == "net.activity.json"
    assert after["activity"]["measured_layers"] == 2
    assert after["activity"]["provenance"]["trace"]["sha256"] == activity.trace.sha256
    energies = [report["summary"]["component_energy_mj"] for report in (before, after)]
    assert {name for name in energies[0] if energies[0][name] != energies[1][name]} == {"pe_array", "decoders"}
    total = sum(sum(row["energy_pj"].values()) for row in after["layers"])
    assert after["summary"]["energy_mj"] == pytest.approx(total * 1e-9, rel=1e-12)
    rows = list(csv.DictReader((network / "m" / "layers.csv").read_text().splitlines()))
    assert {row["name"]: row["activity"] for row in rows} == {"conv": "measured", "classifier": "measured"}
    assert (network / "m" / "activity.json").read_bytes() == (network / "net.activity.json").read_bytes()
    inputs = json.loads((network / "m" / "run.json").read_text())
    assert inputs["arguments"]["activity_file"] == "net.activity.json"
    assert inputs["activity_sha256"] == hashlib.sha256((network / "net.activity.json").read_bytes()).hexdigest()
    assert json.loads((network / "a" / "run.json").read_text())["activity_sha256"] is None
    lpasim("run", "net.json", "--out", "m", "-q")
    assert not (network / "m" / "activity.json").exists()
    table = lpasim("run", "net.json", "--activity-file", "net.activity.json", "-q").out
    assert "Activity: measured for 2 of 2 layers: net.activity.json, net (trace" in table
    assert "Activity: assumed" in lpasim("run", "net.json", "-q").out
    assert package.simulate("net.json", activity="net.activity.json").to_dict() == after


def test_the_batch_of_a_run_may_be_another(lpasim, network):
    measure(lpasim, "-q")
    run = lpasim("run", "net.json", "--batch", "4", "--activity-file", "net.activity.json", "--format", "json", "-q")
    assert json.loads(run.out)["activity"]["measured_layers"] == 2


def test_the_same_file_again_whatever_the_batch(lpasim, network):
    measure(lpasim, "-q")
    first = (network / "net.activity.json").read_bytes()
    measure(lpasim, "-q", "--batch", "2", "--threads", "1")
    assert (network / "net.activity.json").read_bytes() == first


def change(path, edit):
    content = json.loads(path.read_text())
    edit(content)
    path.write_text(json.dumps(content))


WITH = "activity must be measured with"


@pytest.mark.parametrize(
    ("edit", "message"),
    [
        (lambda c: c.update(schema="lpasim-trace"), "schema must be 'lpasim-activity', got 'lpasim-trace'"),
        (lambda c: c.update(version=2), "version must be 1, got 2"),
        (lambda c: c.update(more=1), "more must be a key of the schema, got an unknown one"),
        (lambda c: c["layers"].pop(0), "activity must hold layer conv of trace net, got none ("),
        (lambda c: c["layers"][0].update(k=26), "activity of layer conv must be of K = 27"),
        (lambda c: c["layers"][0].update(weight_format="lp4,1,3,0"), "weights.histogram must have 16 counts, got 256"),
        (lambda c: c["layers"][0].update(weight_format="lp8,2,2,1.5"), "activity of layer conv must be of K = 27"),
        (lambda c: c["layers"][0].update(weight_format="nat8"), "weight_format must be a number format, got 'nat8'"),
        (lambda c: c["layers"].append(c["layers"][0]), "layers[2].name must be used once, got 'conv'"),
        (lambda c: c["layers"][0].update(zero_macs=10**12), "layers[0].zero_macs must be at most macs, "),
        (
            lambda c: c["layers"][1]["partial_sums"].update(flipped_bits=10**9),
            "layers[1].partial_sums.flipped_bits must be at most transitions times bits, ",
        ),
        (lambda c: c["layers"][0]["weights"]["wire"].pop("bits"), "layers[0].weights.wire.bits must be given"),
        (lambda c: c["array"].update(rows=4), f"{WITH} array.rows = 8, got 4 (net.activity.json)"),
        (lambda c: c["array"].update(cols=9), f"{WITH} array.cols = 8, got 9 (net.activity.json)"),
        (lambda c: c["datapath"].pop("encoder_in_bits"), "datapath.encoder_in_bits must be given"),
        (lambda c: c["datapath"].update(converter_in_bits=-1), "datapath.converter_in_bits must be"),
        (lambda c: c["datapath"].update(more=1), "datapath.more must be a key of the schema, got an unknown one"),
    ],
)
def test_a_file_that_does_not_fit(lpasim, network, edit, message):
    measure(lpasim, "-q")
    change(network / "net.activity.json", edit)
    before = sorted(path.name for path in network.iterdir())
    done = lpasim("run", "net.json", "--activity", "measured", "--activity-file", "net.activity.json")
    assert (done.code, done.out) == (2, "")
    assert message in done.err
    assert done.err.count("\n") == 1
    assert sorted(path.name for path in network.iterdir()) == before


@pytest.mark.parametrize(
    ("key", "value", "measured"),
    [
        ("datapath.psum_fraction_bits", 16, 8),
        ("datapath.converter_in_bits", 5, 6),
        ("datapath.converter_out_bits", 7, 8),
        ("datapath.encoder_in_bits", 12, 8),
        ("array.rows", 16, 8),
        ("array.cols", 4, 8),
    ],
)
def test_a_file_of_another_datapath(lpasim, network, key, value, measured):
    measure(lpasim, "-q")
    setting = ("--set", f"{key}={value}")
    done = lpasim("run", "net.json", "--activity-file", "net.activity.json", *setting)
    assert (done.code, done.out, done.err.count("\n")) == (2, "", 1)
    assert f"{WITH} {key} = {value}, got {measured} (net.activity.json)" in done.err
    assert not (network / "results").exists()
    measure(lpasim, "-q", *setting)
    assert lpasim("run", "net.json", "--activity-file", "net.activity.json", *setting).code == 0


@pytest.mark.parametrize(
    ("args", "message"),
    [
        (("--activity", "measured"), "--activity measured must come with --activity-file FILE, got none"),
        (("--activity", "guessed"), "--activity must be assumed or measured, got 'guessed'"),
        (("--activity", "assumed", "--activity-file", "x"), "--activity-file must come with --activity measured"),
        (("--activity-file", "none.json"), "activity must be an existing file, got 'none.json'"),
    ],
)
def test_wrong_options_are_one_line(lpasim, small, args, message):
    done = lpasim("run", small, *args)
    assert (done.code, done.out) == (2, "")
    assert message in done.err
    assert done.err.count("\n") == 1


def test_one_accumulator_and_a_place_for_the_file(lpasim, network):
    done = measure(lpasim, "--accumulator", "all")
    assert (done.code, done.err.count("\n")) == (2, 1)
    assert "--activity must come with --accumulator float, wide or paper" in done.err
    done = measure(lpasim, "--activity", "missing/x.json")
    assert (done.code, done.err.count("\n")) == (2, 1)
    assert "activity must be written to a file in an existing folder, got 'missing/x.json'" in done.err


def test_activity_is_of_arrays_with_the_lanes_of_lpa(lpasim, network):
    measure(lpasim, "-q")
    done = lpasim("run", "net.json", "--activity-file", "net.activity.json", "--set", "pe.weight_lanes=8:1")
    assert done.code == 2
    assert "measured activity must be used for LPA's lanes" in done.err
