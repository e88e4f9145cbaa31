"""Building traces: calibration on images, borrowed formats, and provenance."""

import os
import sys
from pathlib import Path

import numpy as np
import onnx
import pytest
from onnx import helper
from onnx.reference import ReferenceEvaluator
from trace_samples import block, trace_of

from lpasim.errors import NetworkError
from lpasim.quantization.bits import BitAssignment
from lpasim.quantization.build import build_trace
from lpasim.quantization.calibrate import observe
from lpasim.quantization.fit import fit_log_posit
from lpasim.quantization.preprocess import PREPROCESSES, Preprocess
from lpasim.quantization.provenance import Calibration
from lpasim.quantization.sample import draw
from lpasim.quantization.workload import load_workload


@pytest.fixture
def network(tmp_path):
    path = tmp_path / "block.onnx"
    onnx.save_model(block(), path)
    return path


@pytest.fixture
def small(monkeypatch):
    """Add a preprocessing for 8 x 8 inputs."""
    rule = Preprocess(0, 8, (0.5, 0.25, 0.125), (0.5, 0.25, 2.0))
    monkeypatch.setitem(PREPROCESSES, "small", rule)
    return rule


def pictures(count, height, width):
    return np.random.default_rng(8).integers(0, 256, (count, height, width, 3), dtype=np.uint8)


def save_pictures(folder, pixels):
    image = pytest.importorskip("PIL.Image")
    folder.mkdir()
    for index, picture in enumerate(pixels):
        image.fromarray(picture).save(folder / f"{index}.png")
    (folder / "notes.txt").write_text("no image")


def prepared(picture, top, left, rule):
    cut = picture[top : top + 8, left : left + 8] / 255
    return ((cut - rule.mean) / rule.std).transpose(2, 0, 1)[None].astype(np.float32)


def test_activations_are_observed_on_images(network, small, tmp_path):
    pytest.importorskip("onnxruntime")
    pixels = pictures(3, 11, 12)
    save_pictures(tmp_path / "images", pixels)
    # of 11 rows and 12 columns: top (11 - 8 + 1) // 2, left (12 - 8 + 1) // 2
    inputs = [prepared(picture, 2, 2, small) for picture in pixels[:2]]
    proto = onnx.load_model(network)
    proto.graph.output.append(onnx.ValueInfoProto(name="r1"))
    relu = np.concatenate([ReferenceEvaluator(proto).run(["r1"], {"x": pixel})[0] for pixel in inputs])

    samples = observe(network, ["x", "r1"], tmp_path / "images", 2, "small")
    np.testing.assert_allclose(samples["x"].magnitudes, np.sort(np.abs(np.concatenate(inputs)).ravel()), atol=1e-6)
    np.testing.assert_allclose(samples["r1"].magnitudes, np.sort(relu.ravel()), rtol=1e-4, atol=1e-5)

    trace = build_trace(str(network), calibration=Calibration(tmp_path / "images", 2, "small"))
    layers = {layer.name: layer for layer in trace.layers}
    found = layers["conv2"].activation_format
    assert found.basis == "fitted"
    assert found.log_posit() == fit_log_posit(samples["r1"], 8, "log")
    assert layers["conv1"].activation_format.log_posit() == fit_log_posit(draw(np.concatenate(inputs), 9999), 8, "log")
    assert trace.provenance.activations.startswith(
        "fitted to the first 2 images of images, central 8 x 8, scaled to 0..1"
    )
    command = "python -m lpasim trace block.onnx --images images --limit 2 --preprocess small -o block.json"
    assert trace.provenance.command == command


def test_archives_of_pictures(network, monkeypatch, tmp_path):
    pytest.importorskip("onnxruntime")
    pytest.importorskip("PIL")
    monkeypatch.setitem(PREPROCESSES, "enlarged", Preprocess(8, 0, (0.0, 0.0, 0.0), (1.0, 1.0, 1.0)))
    np.savez(tmp_path / "set.npz", images=np.full((2, 4, 4, 3), 51, np.uint8))
    samples = observe(network, ["x", "y"], tmp_path / "set.npz", 9, "enlarged")
    np.testing.assert_allclose(samples["x"].magnitudes, 0.2, rtol=1e-6)
    assert samples["x"].weights.sum() == 2 * 3 * 64


def test_calibration_errors(network, small, tmp_path):
    pytest.importorskip("onnxruntime")
    save_pictures(tmp_path / "images", pictures(1, 9, 9))
    (tmp_path / "empty").mkdir()
    np.savez(tmp_path / "other.npz", labels=np.zeros(3))
    for arguments, message in (
        ((network, ["x"], tmp_path / "none", 2, "small"), "images must be a folder or an .npz file, got"),
        ((network, ["x"], tmp_path / "empty", 2, "small"), "with at least one image, got none"),
        ((network, ["x"], tmp_path / "other.npz", 2, "small"), "image archive must hold 'images', got labels"),
        ((network, ["x"], tmp_path / "images", 0, "small"), "limit must be at least 1 image, got 0"),
        ((network, ["x"], tmp_path / "images", 2, "tiny"), "preprocess must be one of imagenet, .*, got 'tiny'"),
        ((network, ["r1"], tmp_path / "images", 2, "cifar10"), r"network must run on images of shape \(1, 3, 9, 9\)"),
        ((network, ["r1"], tmp_path / "images", 2, "imagenet"), r"image must be at least 224 x 224, got 9 x 9"),
    ):
        with pytest.raises(NetworkError, match=message):
            observe(*arguments)


@pytest.mark.parametrize(("module", "name"), [("onnxruntime", "onnxruntime"), ("PIL", "Pillow")])
def test_missing_packages_are_named(network, monkeypatch, tmp_path, module, name):
    if module == "PIL":
        pytest.importorskip("onnxruntime")
    monkeypatch.setitem(sys.modules, module, None)
    with pytest.raises(NetworkError, match=rf"must have {name}, got none: pip install 'lpasim\[calibrate\]'"):
        observe(network, ["x"], tmp_path, 1, "imagenet")


def test_a_built_in_network_cannot_be_calibrated(tmp_path):
    with pytest.raises(
        NetworkError, match="calibrated network must be an ONNX file with weights, got built-in 'resnet18'"
    ):
        build_trace("resnet18", calibration=Calibration(tmp_path))


def test_formats_of_a_similar_network(network, tmp_path):
    proto = block(seed=5)
    for node in proto.graph.node:
        node.name = f"other/{node.name}"
    like = tmp_path / "similar.onnx"
    onnx.save_model(proto, like)
    own, borrowed = trace_of(proto), build_trace(str(network), like=like)
    for mine, theirs in zip(borrowed.layers, own.layers, strict=True):
        assert theirs.name == f"other/{mine.name}"
        assert mine.weight_format.log_posit() == theirs.weight_format.log_posit()
        assert {mine.weight_format.basis, mine.activation_format.basis} == {"assumed"}
    assert borrowed.provenance.weights.startswith("assumed to be those of the same layers of similar.onnx (sha256 ")
    assert borrowed.provenance.command == "python -m lpasim trace block.onnx --like similar.onnx -o block.json"


def test_a_network_that_is_not_similar(network, tmp_path):
    node = helper.make_node("Relu", ["x"], ["y"], "relu")
    kind = helper.make_tensor_type_proto(1, [1, 4])
    values = [onnx.ValueInfoProto(name=name, type=kind) for name in "xy"]
    graph = helper.make_graph([node], "other", values[:1], values[1:])
    onnx.save_model(helper.make_model(graph), tmp_path / "other.onnx")
    with pytest.raises(NetworkError, match="similar network must have the layers of block, got others"):
        build_trace(str(network), like=tmp_path / "other.onnx")


def test_provenance(network):
    trace = build_trace(str(network), bits=BitAssignment(2, 4, 8), name="mine")
    origin = trace.provenance
    assert origin.weights == "fitted to the values in block.onnx, batch normalization folded in"
    assert origin.activations == "assumed: normal with variance 1"
    assert origin.bit_assignment.startswith(
        "w2a4: weights 2 bits; first layer, last layer and depthwise convolutions 8 bits"
    )
    command = "python -m lpasim trace block.onnx --weight-bits 2 --activation-bits 4 -o mine.json"
    assert (origin.command, origin.reference) == (command, "none given")
    built_in = build_trace("resnet18").provenance
    assert (built_in.topology, built_in.weights[:8]) == ("built-in resnet18", "assumed:")
    assert "He et al." in built_in.reference


@pytest.mark.skipif("LPASIM_DATA" not in os.environ, reason="LPASIM_DATA is not set: no real networks at hand")
@pytest.mark.parametrize(("name", "preprocess"), [("squeezenet1_1", "imagenet")])
def test_the_committed_trace_is_made_by_its_command(name, preprocess):
    pytest.importorskip("onnxruntime")
    data = Path(os.environ["LPASIM_DATA"])
    committed = load_workload(name)
    calibration = Calibration(data / "images" / "imagenet_one_per_class", 32, preprocess)
    made = build_trace(str(data / "models" / f"{name}.onnx"), name=name, calibration=calibration)
    assert made.provenance == committed.provenance
    for new, old in zip(made.layers, committed.layers, strict=True):
        assert (new.gemm, new.window, new.ppu) == (old.gemm, old.window, old.ppu)
        assert new.weight_format == old.weight_format
        # onnxruntime's sums may differ in the last bits from one machine to the next
        assert abs(new.activation_format.sf - old.activation_format.sf) <= 2 / 256
