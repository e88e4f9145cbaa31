"""The command ``lpasim assess``: what it prints and writes, and what it refuses."""

from __future__ import annotations

import csv
import io
import json
import os
from pathlib import Path

import numpy as np
import onnx
import pytest
from onnx import TensorProto, helper

from lpasim.formats import parse_format

FILES = {"assessment.json", "layers.csv", "distributions.pdf", "distributions.svg", "distributions.png"}


def test_json_holds_what_its_definitions_say(assess, saved, network):
    done = assess("net.onnx", "--format", "json", "--quiet")
    assert (done.code, done.err) == (0, "")
    data = json.loads(done.out)
    assert (data["schema"], data["images"], data["batchnorm"], data["skipped"]) == (
        "lpasim-assessment",
        None,
        "fold",
        {},
    )
    assert [(row["layer"], row["operand"], row["depthwise"]) for row in data["tensors"]] == [
        ("first", "weights", False), ("depthwise", "weights", True), ("classifier", "weights", False),
    ]  # fmt: skip
    first = data["tensors"][0]
    stored = {each.name: onnx.numpy_helper.to_array(each) for each in network().graph.initializer}
    folded = stored["w1"] * (stored["gamma"] / np.sqrt(stored["variance"] + np.float32(1e-5)))[:, None, None, None]
    assert first["kurtosis"] == pytest.approx(np.mean(folded**4) / np.mean(folded**2) ** 2, rel=1e-5)
    assert first["macs"] == 8 * 3 * 9 * 36
    found = next(entry for entry in first["formats"] if (entry["kind"], entry["bits"]) == ("lp", 4))
    noise = parse_format(found["format"]).quantize(folded.astype(float), "linear") - folded
    assert found["sqnr_db"] == pytest.approx(10 * np.log10((folded**2).sum() / (noise**2).sum()), rel=1e-5)
    assert data["ranking"][0] == {"layer": "first", "operand": "weights"}
    assert data["verdict"]["sentence"].startswith("By the errors of its tensors, LP suits this network with ")


def test_normalizations_in_the_unit_leave_weights_alone(assess, saved):
    folded, kept = (
        json.loads(assess("net.onnx", "--format", "json", "--batchnorm", way).out) for way in ("fold", "ppu")
    )

    def four(data):
        return {
            row["layer"]: next(e for e in row["formats"] if (e["kind"], e["bits"]) == ("lp", 4))
            for row in data["tensors"]
        }

    assert four(kept)["first"]["channel_sqnr_db"] > four(folded)["first"]["channel_sqnr_db"] + 3
    assert four(kept)["classifier"] == four(folded)["classifier"]
    assert folded["verdict"]["other_batchnorm_4_bits"] == kept["verdict"]["weights"]["4"]
    assert kept["verdict"]["other_batchnorm_4_bits"] == folded["verdict"]["weights"]["4"]


def test_images_add_activations(assess, saved, tmp_path):
    pytest.importorskip("onnxruntime")
    features = np.random.default_rng(1).standard_normal((3, 3, 6, 6)).astype(np.float32)
    np.savez(tmp_path / "set.npz", features=features)
    (tmp_path / "own.yaml").write_text("mean: 0\nstd: 1\nscale: 1\n")
    args = ("net.onnx", "--images", "set.npz", "--preprocess", "own.yaml", "--limit", "2", "--format", "json")
    data = json.loads(assess(*args).out)
    assert [(row["layer"], row["operand"]) for row in data["tensors"]] == [
        (layer, operand) for layer in ("first", "depthwise", "classifier") for operand in ("weights", "input")
    ]
    row = data["tensors"][1]
    seen = features[:2].astype(float)
    assert row["elements"] == seen.size
    assert row["kurtosis"] == pytest.approx(np.mean(seen**4) / np.mean(seen**2) ** 2)
    assert data["tensors"][3]["zero_share"] > 0.3
    assert data["verdict"]["activations"]["8"]["of"] == 3
    assert data["images"]["limit"] == 2


def test_a_single_layer_reads_the_images_alone(assess, network, tmp_path):
    pytest.importorskip("onnxruntime")
    whole = network()
    values = [value for value in whole.graph.initializer if value.name == "w1"]
    result = helper.make_tensor_value_info("c1", TensorProto.FLOAT, ["N", 8, 6, 6])
    graph = helper.make_graph(whole.graph.node[:1], "one", whole.graph.input, [result], values)
    onnx.save(helper.make_model(graph, opset_imports=whole.opset_import, ir_version=8), tmp_path / "one.onnx")
    features = np.random.default_rng(1).standard_normal((3, 3, 6, 6)).astype(np.float32)
    np.savez(tmp_path / "set.npz", features=features)
    done = assess("one.onnx", "--images", "set.npz", "--preprocess", "none", "--format", "json", "-q")
    assert (done.code, done.err) == (0, "")
    assert [row["operand"] for row in json.loads(done.out)["tensors"]] == ["weights", "input"]


def test_table_ranks_tensors_and_ends_with_the_verdict(assess, saved):
    done = assess("net.onnx")
    assert done.code == 0
    lines = done.out.splitlines()
    assert lines[0] == "net.onnx"
    rows = [line.split() for line in lines if " weights " in line and line.split()[0] in "123"]
    assert [row[2] for row in rows if row[1] != "tensors;"] == ["weights"] * 3
    assert rows[0][1] == "first"
    assert "Not held at 4 bits: first (" in done.out
    assert "lpasim infer counts the answers." in " ".join(done.out.split())
    assert max(len(line) for line in lines) <= 100


def test_a_narrow_terminal_keeps_names(assess, saved, monkeypatch):
    monkeypatch.setenv("COLUMNS", "60")
    out = assess("net.onnx").out
    assert "classifier" in out
    assert max(len(line) for line in out.splitlines()) <= 60


def test_folder_is_the_same_bytes_again(assess, saved, tmp_path):
    done = assess("net.onnx", "--out", "one")
    assert (done.code, done.err) == (0, "assessment: one\n")
    assert assess("net.onnx", "--out", "two", "--quiet").err == ""
    contents = [{path.name: path.read_bytes() for path in (tmp_path / name).iterdir()} for name in ("one", "two")]
    assert contents[0] == contents[1]
    assert set(contents[0]) == FILES
    assert contents[0]["distributions.pdf"].startswith(b"%PDF")
    assert b"/Type3" not in contents[0]["distributions.pdf"]
    assert b"/CIDFontType2" in contents[0]["distributions.pdf"]
    assert contents[0]["distributions.png"].startswith(b"\x89PNG")
    data = json.loads(contents[0]["assessment.json"])
    rows = list(csv.DictReader(io.StringIO(contents[0]["layers.csv"].decode())))
    for row, entry in zip(rows, data["tensors"], strict=True):
        assert (row["layer"], int(row["rank"])) == (entry["layer"], entry["rank"])
        for found in entry["formats"]:
            assert float(row[f"{found['kind']}{found['bits']}_sqnr_db"]) == found["sqnr_db"]
    assert assess("net.onnx", "--out", "one").code == 0
    (tmp_path / "other").mkdir()
    (tmp_path / "other" / "notes.txt").touch()
    done = assess("net.onnx", "--out", "other")
    assert (done.code, done.err.count("\n")) == (2, 1)
    assert "new or empty folder" in done.err


def test_strange_names_do_not_break_the_figure(assess, network, tmp_path):
    proto = network()
    for node, name in zip(proto.graph.node[:2], ("$x_{1}$\n日本語" + "x" * 80, "n"), strict=True):
        node.name = name
    onnx.save(proto, tmp_path / "net.onnx")
    done = assess("net.onnx", "--out", "out", "--quiet")
    assert (done.code, done.err) == (0, "")


def test_layers_that_cannot_be_assessed_are_named(assess, network, tmp_path):
    onnx.save(network(w2=np.zeros((8, 1, 3, 3)), w3=np.full((8, 5), 1e-38)), tmp_path / "net.onnx")
    data = json.loads(assess("net.onnx", "--format", "json").out)
    assert data["skipped"] == {"depthwise: weights": "values must not all be zero"}
    assert any(reason.startswith("Not assessed: depthwise: weights: ") for reason in data["verdict"]["reasons"])


@pytest.mark.parametrize(
    ("replaced", "rule"),
    [
        ({"w3": np.full((8, 5), np.nan)}, "weights must be finite, got 40 of 40"),
        ({"gamma": np.full(8, np.inf)}, "weights must be finite, got 8 of 8"),
        ({f"w{i}": np.zeros(s) for i, s in ((1, (8, 3, 3, 3)), (2, (8, 1, 3, 3)), (3, (8, 5)))},
         "network must have weights that can be assessed, got none: values must not all be zero"),
    ],
)  # fmt: skip
def test_bad_weights_are_one_line(assess, network, tmp_path, replaced, rule):
    onnx.save(network(**replaced), tmp_path / "net.onnx")
    done = assess("net.onnx", "--out", "out")
    assert (done.code, done.out, done.err.count("\n")) == (2, "", 1)
    assert done.err.startswith(f"lpasim: {rule}")
    assert not (tmp_path / "out").exists()


def test_networks_without_layers_or_values(assess, network, tmp_path):
    graph = helper.make_graph(
        [helper.make_node("Relu", ["x"], ["y"], "relu")],
        "net",
        [helper.make_tensor_value_info("x", TensorProto.FLOAT, [1, 4])],
        [helper.make_tensor_value_info("y", TensorProto.FLOAT, [1, 4])],
    )
    onnx.save(
        helper.make_model(graph, opset_imports=[helper.make_opsetid("", 17)], ir_version=8), tmp_path / "relu.onnx"
    )
    done = assess("relu.onnx")
    assert (done.code, done.err) == (
        2, "lpasim: network must have a layer with constant weights, got none (relu.onnx)\n",
    )  # fmt: skip
    onnx.save_model(network(), tmp_path / "net.onnx", save_as_external_data=True, location="net.data", size_threshold=0)
    (tmp_path / "net.data").unlink()
    done = assess("net.onnx")
    assert (done.code, done.err.count("\n")) == (2, 1)
    assert "no such file" in done.err


@pytest.mark.parametrize(
    ("args", "message"),
    [
        (("none.onnx",), "network must be an existing file"),
        (("net.onnx", "--batchnorm", "no"), "--batchnorm must be one of fold, ppu, got 'no'"),
        (("net.onnx", "--format", "csv"), "--format must be one of table, json, got 'csv'"),
        (("net.onnx", "--images", "none"), "images must be a folder or an .npz file, got 'none'"),
        (("net.onnx", "--images", ".", "--preprocess", "no"), "preprocess must be"),
        (("net.onnx", "--limit", "0"), "must be at least 1, got 0"),
    ],
)
def test_bad_options_are_one_line(assess, saved, args, message):
    done = assess(*args)
    assert (done.code, done.out, done.err.count("\n")) == (2, "", 1)
    assert message in done.err


DATA = os.environ.get("LPASIM_DATA")


@pytest.mark.skipif(DATA is None, reason="LPASIM_DATA is not set")
@pytest.mark.parametrize(
    ("name", "grade"),
    [("ds_cnn_kws", "4 bits"), ("resnet20_cifar10", "4 and 8 bits"), ("mobilenet_v1_025", "difficult")],
)
def test_trained_networks(assess, name, grade):
    """Grades that agree with what was measured of these networks (docs/assess.md)."""
    done = assess(str(Path(str(DATA)) / "models" / f"{name}.onnx"), "--format", "json", "--quiet")
    assert json.loads(done.out)["verdict"]["grade"] == grade
