"""Building traces: calibration on images, borrowed formats, and provenance."""

import os
import re
import sys

import numpy as np
import onnx
import pytest
from onnx import helper
from onnx.reference import ReferenceEvaluator
from trace_samples import block, posit, trace_of

from lpasim.errors import NetworkError
from lpasim.networks.fusion import fuse
from lpasim.networks.onnx_file import import_model
from lpasim.quantization.bits import BitAssignment
from lpasim.quantization.build import build_trace
from lpasim.quantization.calibrate import observe
from lpasim.quantization.fit import fit_log_posit
from lpasim.quantization.formats import weight_formats
from lpasim.quantization.preprocess import PREPROCESSES, Preprocess
from lpasim.quantization.provenance import Calibration
from lpasim.quantization.sample import draw
from lpasim.quantization.trace_file import read_trace, write_trace
from lpasim.quantization.trace_rules import broken_rules
from lpasim.quantization.weights import layer_weights


@pytest.fixture
def network(tmp_path):
    path = tmp_path / "block.onnx"
    onnx.save_model(block(), path)
    return path


@pytest.fixture
def small(monkeypatch):
    """Add a preprocessing for 8 x 8 inputs."""
    rule = Preprocess(name="small", crop=8, mean=(0.5, 0.25, 0.125), std=(0.5, 0.25, 2.0))
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

    samples = observe(network, ["x", "r1"], tmp_path / "images", 2, small)
    np.testing.assert_allclose(samples["x"].magnitudes, np.sort(np.abs(np.concatenate(inputs)).ravel()), atol=1e-6)
    np.testing.assert_allclose(samples["r1"].magnitudes, np.sort(relu.ravel()), rtol=1e-4, atol=1e-5)

    trace = build_trace(str(network), calibration=Calibration(tmp_path / "images", 2, "small"))
    layers = {layer.name: layer for layer in trace.layers}
    found = layers["conv2"].activation_format
    assert found.basis == "fitted"
    assert posit(found) == fit_log_posit(samples["r1"], 8, "log")
    assert posit(layers["conv1"].activation_format) == fit_log_posit(draw(np.concatenate(inputs), 9999), 8, "log")
    assert trace.provenance.activations.startswith(
        "fitted to the first 2 images of images, central 8 x 8, scaled to 0..1"
    )
    command = "python -m lpasim trace block.onnx --images images --limit 2 --preprocess small -o block.json"
    assert trace.provenance.command == command
    assert trace.preprocess == small
    write_trace(trace, tmp_path / "block.json")
    assert read_trace(tmp_path / "block.json") == trace
    assert build_trace(str(network)).preprocess is None


@pytest.mark.parametrize(("size", "recorded"), [(8, True), (16, False)])
def test_a_borrowed_preprocessing_is_recorded_where_inputs_are_of_one_size(small, tmp_path, size, recorded):
    pytest.importorskip("onnxruntime")
    save_pictures(tmp_path / "images", pictures(1, 8, 8))
    nodes = [helper.make_node("Conv", ["x", "w"], ["y"], "conv")]
    for name, side in (("net", size), ("trained", 8)):
        proto = product(nodes, {"w": np.ones((4, 3, 3, 3), np.float32)}, [1, 3, side, side])
        onnx.save_model(proto, tmp_path / f"{name}.onnx")
    calibration = Calibration(tmp_path / "images", 1, "small")
    trace = build_trace(str(tmp_path / "net.onnx"), like=tmp_path / "trained.onnx", calibration=calibration)
    assert trace.preprocess == (small if recorded else None)
    assert "central 8 x 8, scaled to 0..1" in trace.provenance.activations


def test_a_file_says_how_images_are_prepared(network, tmp_path):
    pytest.importorskip("onnxruntime")
    save_pictures(tmp_path / "images", pictures(1, 8, 8))
    (tmp_path / "mine.yaml").write_text("scale: 0.5\nmean: [1, 2, 3]\nstd: [1, 1, 1]\n")
    trace = build_trace(str(network), calibration=Calibration(tmp_path / "images", 1, str(tmp_path / "mine.yaml")))
    assert trace.preprocess == Preprocess(name="mine", scale=0.5, mean=(1, 2, 3), std=(1, 1, 1))
    assert trace.provenance.command.endswith("--images images --limit 1 --preprocess mine.yaml -o block.json")
    assert trace.provenance.activations.endswith("images of images, times 0.5, minus (1, 2, 3)")


def test_archives_of_pictures(network, tmp_path):
    pytest.importorskip("onnxruntime")
    pytest.importorskip("PIL")
    enlarged = Preprocess(name="enlarged", resize=8, mean=(0, 0, 0), std=(1, 1, 1))
    np.savez(tmp_path / "set.npz", images=np.full((2, 4, 4, 3), 51, np.uint8))
    samples = observe(network, ["x", "y"], tmp_path / "set.npz", 9, enlarged)
    np.testing.assert_allclose(samples["x"].magnitudes, 0.2, rtol=1e-6)
    assert samples["x"].weights.sum() == 2 * 3 * 64


def test_calibration_errors(network, small, tmp_path):
    pytest.importorskip("onnxruntime")
    save_pictures(tmp_path / "images", pictures(1, 9, 9))
    (tmp_path / "empty").mkdir()
    np.savez(tmp_path / "other.npz", labels=np.zeros(3))
    np.savez(tmp_path / "floats.npz", images=np.zeros(3))
    (tmp_path / "damaged.npz").write_bytes(b"PK\x03\x04 and no more")
    (tmp_path / "empty.npz").touch()
    with (tmp_path / "array.npz").open("wb") as file:
        np.save(file, np.zeros(3))
    (tmp_path / "damaged").mkdir()
    (tmp_path / "damaged" / "0.png").write_bytes(b"no picture")
    for arguments, message in (
        ((network, ["x"], tmp_path / "none", 2, small), "images must be a folder or an .npz file, got"),
        ((network, ["x"], tmp_path / "empty", 2, small), "with at least one image, got none"),
        (
            (network, ["x"], tmp_path / "other.npz", 2, small),
            "image archive must hold one of images, features, features_int8, got labels",
        ),
        ((network, ["x"], tmp_path / "floats.npz", 2, small), r"\[N, H, W, 3\] or \[N, H, W\], got float64 \[3\]"),
        ((network, ["x"], tmp_path / "damaged.npz", 2, small), "image archive must be a whole .npz file, got"),
        ((network, ["x"], tmp_path / "empty.npz", 2, small), "image archive must be a whole .npz file, got"),
        ((network, ["x"], tmp_path / "array.npz", 2, small), "image archive must be a whole .npz file, got"),
        ((network, ["x"], tmp_path / "damaged", 2, small), r"image must be a readable picture, got .*0\.png"),
        ((network, ["x"], tmp_path / "images", 0, small), "limit must be at least 1 image, got 0"),
        (
            (network, ["r1"], tmp_path / "images", 2, PREPROCESSES["cifar10"]),
            r"network expects Nx3x8x8, got images of 1x3x9x9 \(.*0\.png, prep",
        ),
        (
            (network, ["r1"], tmp_path / "images", 2, PREPROCESSES["imagenet"]),
            r"image must be at least 224 x 224, got 9 x 9 \(preprocess imagenet, .*\); --preprocess says",
        ),
    ):
        with pytest.raises(NetworkError, match=message):
            observe(*arguments)


@pytest.mark.parametrize(("module", "name"), [("onnxruntime", "onnxruntime"), ("PIL", "Pillow")])
def test_missing_packages_are_named(network, monkeypatch, tmp_path, module, name):
    if module == "PIL":
        pytest.importorskip("onnxruntime")
    monkeypatch.setitem(sys.modules, module, None)
    with pytest.raises(
        NetworkError,
        match=rf"^{name} must be installed to .*, got none; in a checkout of lpasim: pip install '\.\[calibrate\]'$",
    ):
        observe(network, ["x"], tmp_path, 1, PREPROCESSES["imagenet"])


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
        assert posit(mine.weight_format) == posit(theirs.weight_format)
        assert {mine.weight_format.basis, mine.activation_format.basis} == {"assumed"}
    assert borrowed.provenance.weights.startswith("assumed to be those of the same layers of similar.onnx (sha256 ")
    assert borrowed.provenance.command == "python -m lpasim trace block.onnx --like similar.onnx -o block.json"


def test_a_network_that_is_not_similar(network, tmp_path):
    node = helper.make_node("Relu", ["x"], ["y"], "relu")
    kind = helper.make_tensor_type_proto(1, [1, 4])
    values = [onnx.ValueInfoProto(name=name, type=kind) for name in "xy"]
    graph = helper.make_graph([node], "other", values[:1], values[1:])
    onnx.save_model(helper.make_model(graph), tmp_path / "other.onnx")
    with pytest.raises(NetworkError, match=r"similar network must have the layers of .*block\.onnx, got others"):
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


def product(nodes, weights, shape):
    """Make a network of one product and what follows it."""
    graph = helper.make_graph(
        nodes,
        "product",
        [helper.make_tensor_value_info("x", onnx.TensorProto.FLOAT, shape)],
        [helper.make_tensor_value_info("y", onnx.TensorProto.FLOAT, None)],
        [onnx.numpy_helper.from_array(value, name) for name, value in weights.items()],
    )
    return helper.make_model(graph, opset_imports=[helper.make_opsetid("", 18)], ir_version=9)


@pytest.mark.parametrize(
    ("operator", "attributes", "shape", "weights", "axis"),
    [
        ("Gemm", {}, ["N", 5], (5, 4), 1),
        ("Gemm", {"transB": 1}, ["N", 5], (4, 5), 0),
        ("MatMul", {}, ["N", 5], (5, 4), 1),
        ("ConvTranspose", {"strides": [2, 2]}, ["N", 5, 3, 3], (5, 4, 2, 2), 1),
        ("Conv", {}, ["N", 5, 3, 3], (4, 5, 2, 2), 0),
    ],
)
def test_a_normalization_scales_the_weights_of_its_channels(tmp_path, operator, attributes, shape, weights, axis):
    rng = np.random.default_rng(3)
    gains = np.array([1, 32, 1024, 32768], np.float32)
    ones, zeros = np.ones(4, np.float32), np.zeros(4, np.float32)
    values = {"w": rng.standard_normal(weights).astype(np.float32), "g": gains, "b": zeros, "m": zeros, "v": ones}
    nodes = [
        helper.make_node(operator, ["x", "w"], ["p"], "p", **attributes),
        helper.make_node("BatchNormalization", ["p", *"gbmv"], ["y"], "y", epsilon=0.0),
    ]
    onnx.save_model(product(nodes, values, shape), tmp_path / "net.onnx")
    trace = build_trace(str(tmp_path / "net.onnx"))
    scaled = values["w"] * gains.reshape([-1 if index == axis else 1 for index in range(len(weights))])
    assert posit(trace.layers[0].weight_format) == fit_log_posit(draw(scaled, 10**6), 8, "linear")
    assert trace.provenance.weights == "fitted to the values in net.onnx, batch normalization folded in"


def test_groups_of_a_transposed_convolution_are_scaled_by_their_own_channels(tmp_path):
    values = {"w": np.ones((4, 2, 1, 1), np.float32)} | dict.fromkeys("bm", np.zeros(4, np.float32))
    values |= {"g": np.array([1, 2, 4, 8], np.float32), "v": np.ones(4, np.float32)}
    nodes = [
        helper.make_node("ConvTranspose", ["x", "w"], ["p"], "p", group=2),
        helper.make_node("BatchNormalization", ["p", *"gbmv"], ["y"], "y", epsilon=0.0),
    ]
    graph = fuse(import_model(product(nodes, values, [1, 4, 3, 3]), "net"))
    found = layer_weights(graph, graph.layers[0]).reshape(4, 2)
    # input channels 0 and 1 are of the first group, whose outputs are channels 0 and 1
    np.testing.assert_array_equal(found, [[1, 2], [1, 2], [4, 8], [4, 8]])


@pytest.fixture
def one_product(tmp_path):
    """Save a product with 20 weights, one of which is given; return the file."""

    def make(bad):
        weights = np.ones((5, 4))
        weights[2, 1] = bad
        proto = product([helper.make_node("MatMul", ["x", "w"], ["y"], "fc\nlast")], {"w": weights}, [1, 5])
        proto.graph.input[0].type.tensor_type.elem_type = onnx.TensorProto.DOUBLE
        onnx.save_model(proto, tmp_path / "net.onnx")
        return str(tmp_path / "net.onnx")

    return make


@pytest.mark.parametrize("bad", [np.nan, np.inf, -np.inf])
def test_weights_that_are_not_finite_are_refused(one_product, bad):
    """The line names tensor, layer and file."""
    file = one_product(bad)
    got = r"got 1 of 20 that are NaN or infinite \(tensor w, layer fc\\nlast, " + re.escape(file)
    with pytest.raises(NetworkError, match=f"^weights must be finite, {got}\\)$"):
        build_trace(file)


def test_weights_that_no_format_fits_are_assumed_and_said(one_product):
    reason = "root mean square must be in 2^-256..2^256, about, got 2^99"
    trace = build_trace(one_product(1e300))
    assert (trace.layers[0].name, trace.layers[0].weight_format.basis) == (r"fc\nlast", "assumed")
    source = trace.provenance.weights
    assert source.startswith(
        rf"assumed: normal with standard deviation sqrt(2 / fan-in); not fitted: fc\nlast: {reason}"
    )


def test_tiny_weights_are_fitted(tmp_path):
    weights = np.random.default_rng(0).standard_normal((5, 4)) * 1e-70
    proto = product([helper.make_node("MatMul", ["x", "w"], ["y"], "fc")], {"w": weights}, [1, 5])
    proto.graph.input[0].type.tensor_type.elem_type = onnx.TensorProto.DOUBLE
    onnx.save_model(proto, tmp_path / "net.onnx")
    found = build_trace(str(tmp_path / "net.onnx")).layers[0].weight_format
    assert found.basis == "fitted"
    assert found.sf == pytest.approx(-np.log2(1e-70), abs=4)


@pytest.mark.parametrize("state", ["missing", "cut"])
def test_weights_whose_data_is_not_whole_are_assumed_and_said(tmp_path, state):
    weights = {"w": np.ones((5, 40), np.float32), "w2": np.ones((40, 6), np.float32), "w3": np.ones((6, 3), np.float32)}
    nodes = [
        helper.make_node("MatMul", ["x", "w"], ["a"], "first"),
        helper.make_node("MatMul", ["a", "w2"], ["b"], "second"),
        helper.make_node("MatMul", ["b", "w3"], ["y"], "third"),
    ]
    proto, path = product(nodes, weights, [1, 5]), tmp_path / "net.onnx"
    onnx.save_model(proto, path, save_as_external_data=True, location="net.data", size_threshold=900)
    data = tmp_path / "net.data"
    if state == "missing":
        data.unlink()
    else:
        # the first tensor is whole, the second ends within
        data.write_bytes(data.read_bytes()[:100])
    trace = build_trace(str(path))
    bases = [layer.weight_format.basis for layer in trace.layers]
    assert bases == ["fitted", "assumed", "fitted"]
    fault = {"missing": "no such file", "cut": "a file of 100 B, which ends before byte 960"}[state]
    rule = f"data of tensor 'w2' must be whole in the file net.data beside the network, got {fault} (net.onnx)"
    assert trace.provenance.weights.endswith(f"; not fitted: second: {rule}")
    assert trace.provenance.weights.startswith("2 of 3 fitted to the values in net.onnx; others assumed: ")
    pytest.importorskip("onnxruntime")
    with pytest.raises(NetworkError, match=rf"^{re.escape(rule)}$"):
        observe(path, ["x"], tmp_path, 1, PREPROCESSES["imagenet"])


def test_a_normalization_that_makes_weights_nan_is_refused():
    values = {"w": np.ones((5, 4), np.float32), "g": np.ones(4, np.float32), "v": -np.ones(4, np.float32)}
    nodes = [
        helper.make_node("Gemm", ["x", "w"], ["p"], "fc"),
        helper.make_node("BatchNormalization", ["p", "g", "g", "g", "v"], ["y"], "bn"),
    ]
    graph = fuse(import_model(product(nodes, values, [1, 5]), "net"))
    got = r"got 20 of 20 that are NaN or infinite \(tensor w, layer fc, batch normalization folded in, net\)"
    with pytest.raises(NetworkError, match=f"weights must be finite, {got}"):
        weight_formats(graph, BitAssignment(), 10**6)


def test_names_that_would_break_a_line_are_escaped():
    nodes = [helper.make_node("Relu", ["x"], ["a\tb"], "one\r"), helper.make_node("Exp", ["a\tb"], ["y"], "one\\r")]
    trace = trace_of(product(nodes, {}, [1, 4]))
    assert [post.node for post in trace.layers[0].ppu] == [r"one\r", r"one\r_1"]
    matrices = [helper.make_node("MatMul", [a, "w"], [b]) for a, b in (("x", "a\tb"), ("a\tb", "y"))]
    trace = trace_of(product(matrices, {"w": np.ones((4, 4), np.float32)}, [1, 4]))
    assert trace.layers[0].outputs[0].tensor == r"a\tb"
    assert broken_rules(trace) == []


def test_many_reasons_are_counted(tmp_path):
    names = ["a", "b", "c", "d", "y"]
    nodes = [
        helper.make_node("MatMul", [source, "w"], [result], result)
        for source, result in zip(["x", *names], names, strict=False)
    ]
    proto = product(nodes, {"w": np.full((2, 2), 1e300)}, [1, 2])
    proto.graph.input[0].type.tensor_type.elem_type = onnx.TensorProto.DOUBLE
    onnx.save_model(proto, tmp_path / "net.onnx")
    source = build_trace(str(tmp_path / "net.onnx")).provenance.weights
    assert source.count("root mean square must be") == 3
    assert source.endswith("; and 2 more")


def test_weights_that_the_file_computes():
    nodes = [
        helper.make_node("Mul", ["w", "w"], ["w2"], "square"),
        helper.make_node("Transpose", ["w2"], ["w3"], "turn"),
        helper.make_node("MatMul", ["x", "w3"], ["y"], "fc"),
    ]
    small = fuse(import_model(product(nodes, {"w": np.full((3, 2), 2, np.float32)}, [1, 2]), "net"))
    np.testing.assert_array_equal(layer_weights(small, small.layers[0]), np.full((2, 3), 4))
    large = fuse(import_model(product(nodes, {"w": np.ones((300, 256), np.float32)}, [1, 256]), "net"))
    with pytest.raises(NetworkError, match=r"values must be stored, got ones that Mul computes \(tensor 'w2'\)"):
        layer_weights(large, large.layers[0])


def test_activations_that_are_not_finite_are_assumed_and_said(network, small, tmp_path):
    pytest.importorskip("onnxruntime")
    save_pictures(tmp_path / "images", pictures(1, 8, 8))
    proto = onnx.load_model(network)
    weights = next(tensor for tensor in proto.graph.initializer if tensor.name == "w2")
    weights.CopyFrom(onnx.numpy_helper.from_array(np.full((8, 1, 3, 3), 3e38, np.float32), "w2"))
    onnx.save_model(proto, network)
    trace = build_trace(str(network), calibration=Calibration(tmp_path / "images", 1, "small"))
    reasons = r"; not fitted: s: values must be finite, got [1-9]\d* that are not; p: "
    assert re.search(reasons, trace.provenance.activations)
    layers = {layer.name: layer for layer in trace.layers}
    assert (layers["conv2"].activation_format.basis, layers["scores"].activation_format.basis) == ("fitted", "assumed")


def test_a_batch_that_a_stored_shape_fixes(tmp_path):
    proto = block()
    shape = next(tensor for tensor in proto.graph.initializer if tensor.name == "shape")
    shape.CopyFrom(onnx.numpy_helper.from_array(np.array([1, 8, 16]), "shape"))
    onnx.save_model(proto, tmp_path / "net.onnx")
    assert build_trace(str(tmp_path / "net.onnx")).batch == 1
    with pytest.raises(NetworkError) as caught:
        build_trace(str(tmp_path / "net.onnx"), batch=4)
    message = str(caught.value)
    assert "result must have the 512 elements of shape (4, 8, 4, 4), got shape (1, 8, 16) (node 'tokens'" in message
    assert message.endswith("make a trace at batch 1 and run it with --batch 4")
    assert str(tmp_path / "net.onnx") in message


def test_a_network_without_layers(tmp_path):
    proto = product([helper.make_node("Identity", ["x"], ["y"], "same")], {}, [1, 4])
    onnx.save_model(proto, tmp_path / "net.onnx")
    with pytest.raises(
        NetworkError, match=r"must have an operator that takes time, got 1 that take none \(.*net\.onnx"
    ):
        build_trace(str(tmp_path / "net.onnx"))


@pytest.mark.parametrize(("text", "hint"), [("resnet999", "resnet50"), ("RESNET18", "resnet18"), ("zzz", None)])
def test_an_unknown_topology(text, hint):
    with pytest.raises(NetworkError) as caught:
        build_trace(text)
    assert str(caught.value).startswith("network must be an ONNX file or one of resnet18, resnet50, ")
    assert str(caught.value).endswith(f"got {text!r}; did you mean {hint}?" if hint else "got 'zzz'")


def test_a_folder_is_no_network(tmp_path):
    with pytest.raises(NetworkError, match=r"network must be a readable file, got '.*' \(Is a directory\)"):
        build_trace(str(tmp_path))


def test_a_name_of_a_file_that_is_no_text(network, tmp_path):
    odd = os.fsdecode(b"net\xff\n.onnx")
    try:
        network.rename(tmp_path / odd)
    except OSError:
        pytest.skip("the file system takes UTF-8 names only")
    trace = build_trace(str(tmp_path / odd))
    assert trace.name == r"net\udcff\n"
    assert trace.provenance.topology.startswith(r"net\udcff\n.onnx (sha256")
    assert trace.provenance.command.endswith(r"trace 'net\udcff\n.onnx' -o 'net\udcff\n.json'")
    write_trace(trace, tmp_path / "out.json")
    assert read_trace(tmp_path / "out.json") == trace
