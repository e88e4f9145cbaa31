"""Networks, traces and references that may not belong together, and what a network is compared with."""

from __future__ import annotations

import json

import numpy as np
import onnx
import pytest
from command_calls import called
from inference_samples import COUNT, SIZE, make_network

from lpasim.errors import NetworkError
from lpasim.inference.evaluate import evaluate
from lpasim.inference.images import read_images
from lpasim.quantization.build import build_trace
from lpasim.quantization.provenance import digest, fingerprint, names_file
from lpasim.quantization.trace_file import write_trace

SEARCH = ("--population", "2", "--passes", "0", "--preprocess", "raw")


def saved(path, **changes):
    """Write the small network with other values of some weights."""
    proto, _ = make_network()
    for tensor in proto.graph.initializer:
        if tensor.name in changes:
            values = onnx.numpy_helper.to_array(tensor) * np.float32(changes[tensor.name])
            tensor.CopyFrom(onnx.numpy_helper.from_array(values, tensor.name))
    onnx.save(proto, path)
    return path


@pytest.fixture
def folder(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    saved(tmp_path / "net.onnx")
    pixels = np.random.default_rng(3).integers(0, 256, (COUNT, SIZE, SIZE, 3), dtype=np.uint8)
    np.savez(tmp_path / "set.npz", images=pixels, labels=np.arange(COUNT))
    return tmp_path


@pytest.fixture
def infer(capsys, folder):
    def call(model, trace, *args):
        options = ("--images", "set.npz", "--trace", trace, "--preprocess", "raw", "--accumulator", "float")
        return called(capsys, "infer", model, *options, *args)

    return call


@pytest.fixture
def corrected(capsys, folder):
    """Quantize the network, and correct its weights."""
    done = called(capsys, "quantize", "net.onnx", "--images", "set.npz", "-o", "q.json", *SEARCH)
    assert done.code == 0, done.err
    return folder


def test_a_corrected_network_is_not_the_one_before(corrected, infer):
    before = json.loads(infer("net.onnx", "q.json", "--format", "json", "--out", "before", "-q").out)
    alone = infer("q.onnx", "q.json")
    told = f"q.onnx is {fingerprint(corrected / 'net.onnx')}, weights and biases corrected by lpasim "
    assert alone.err.startswith(told)
    assert alone.err.endswith("unquantized is this network, not the one before; --reference FILE compares with that\n")
    assert alone.err.count("\n") == 1
    done = infer("q.onnx", "q.json", "--reference", "net.onnx", "--format", "json", "--out", "after")
    assert done.err == "results: after\n"
    found = json.loads(done.out)
    assert (before["reference"], found["reference"]) == (None, "net.onnx")
    assert found["unquantized"]["top1"] == before["unquantized"]["top1"]
    scores = [np.load(corrected / name / "logits-unquantized.npy") for name in ("before", "after")]
    np.testing.assert_array_equal(*scores)
    ours = np.load(corrected / "after" / "logits-float.npy")
    agreeing = np.mean(ours.argmax(axis=1) == scores[0].argmax(axis=1))
    assert found["accumulators"]["float"]["agreement"] == agreeing
    sqnr = 10 * np.log10((scores[0].astype(float) ** 2).sum() / ((ours - scores[0].astype(float)) ** 2).sum())
    assert found["accumulators"]["float"]["logit_sqnr_db"] == pytest.approx(sqnr)
    assert json.loads((corrected / "after" / "run.json").read_text())["arguments"]["reference"] == "net.onnx"
    assert "with the formats of q; unquantized: net.onnx" in infer("q.onnx", "q.json", "--reference", "net.onnx").out


def test_a_reference_that_it_was_not_corrected_from_is_told(corrected, infer):
    saved(corrected / "other.onnx", b=2)
    done = infer("q.onnx", "q.json", "--reference", "other.onnx")
    assert done.code == 0
    assert done.err.startswith("warning: q.onnx is net.onnx (sha256 ")
    assert done.err.endswith(f", got the reference {fingerprint(corrected / 'other.onnx')}\n")
    assert done.err.count("\n") == 1


def test_a_trace_of_another_file_is_told(folder, infer):
    trace = build_trace("net.onnx", name="made")
    write_trace(trace, folder / "made.json")
    other = saved(folder / "other.onnx", b=2)
    assert infer("net.onnx", "made.json").err == ""
    done = infer("other.onnx", "made.json")
    told = f"trace made was made of {fingerprint(folder / 'net.onnx')}, got {fingerprint(other)}"
    assert (done.code, done.err) == (0, f"warning: {told}\n")
    assert infer("other.onnx", "made.json", "-q").err == ""


def test_both_files_of_one_quantization_belong_to_its_trace(corrected, infer):
    assert "warning" not in infer("net.onnx", "q.json").err
    assert "warning" not in infer("q.onnx", "q.json").err
    saved(corrected / "other.onnx", b=2)
    assert infer("other.onnx", "q.json").err.startswith("warning: trace q was made of net.onnx (sha256 ")


def test_the_network_before_its_correction_is_not_what_the_trace_was_measured_with(corrected, infer):
    after = digest(corrected / "q.onnx")
    rule = f"trace q, and the accuracy that it records, go with the corrected one {after}"
    assert infer("net.onnx", "q.json").err == f"net.onnx is the network before its correction: {rule}\n"
    assert infer("net.onnx", "q.json", "-q").err == ""
    assert rule not in infer("q.onnx", "q.json").err


def test_a_text_without_checksums_may_mean_any_file(folder):
    file = folder / "net.onnx"
    assert names_file("built-in resnet18", file)
    assert names_file(f"{fingerprint(file)}, corrected (sha256 0123456789abcdef)", file)
    assert not names_file("net.onnx (sha256 0123456789abcdef)", file)


def other_classes():
    proto, weights = make_network()
    proto.graph.initializer[2].CopyFrom(onnx.numpy_helper.from_array(weights["v"][:5], "v"))
    proto.graph.output[0].type.tensor_type.shape.dim[1].dim_value = 5
    return proto


def renamed():
    proto, _ = make_network()
    for node in proto.graph.node:
        for names in (node.input, node.output):
            names[:] = ["other" if name == "r" else name for name in names]
    return proto


@pytest.mark.parametrize(
    ("proto", "rule"),
    [
        (make_network(sizes=(9, 8))[0], r"input of the reference must be \[5, 3, 8, 8\], got \[5, 3, 9, 8\]"),
        (other_classes(), r"class scores of the reference must be \[5, 7\], got \[5, 5\]"),
        (renamed(), r"tensor 'r' of the reference must be \[5, 4, 6, 6\], got none"),
    ],
    ids=["input", "classes", "tensor"],
)
def test_a_reference_of_other_tensors_is_refused(folder, infer, proto, rule):
    if "9, 8" in rule:  # whose classifier takes as many inputs as there are
        weights = np.zeros((7, 4 * 7 * 6), np.float32)
        proto.graph.initializer[2].CopyFrom(onnx.numpy_helper.from_array(weights, "v"))
    onnx.save(proto, folder / "other.onnx")
    trace, images = build_trace("net.onnx"), read_images(folder / "set.npz", None, "raw")
    with pytest.raises(NetworkError, match=rf"^{rule} \(reference .*other.onnx, network .*net.onnx\)$"):
        evaluate(folder / "net.onnx", trace, images, ("float",), threads=1, reference=folder / "other.onnx")


def test_a_reference_that_is_not_there_is_one_line(corrected, infer):
    for name, message in {
        "none.onnx": "network must be an existing file, got 'none.onnx'",
        "fashio": "network must be an ONNX file with weights or one of fashion, got 'fashio'; did you mean fashion?",
    }.items():
        done = infer("q.onnx", "q.json", "--reference", name)
        assert (done.code, done.out, done.err) == (2, "", f"lpasim: {message}\n")
