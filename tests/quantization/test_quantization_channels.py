"""Which weights belong to an output channel, found by running the network without them."""

import numpy as np
import pytest
from onnx import TensorProto, helper, numpy_helper

from lpasim.networks.execution import Executor
from lpasim.networks.fusion import fuse
from lpasim.networks.onnx_file import import_model
from lpasim.quantization.channels import by_channel
from lpasim.quantization.weights import layer_weights

CASES = {
    "Conv": ("Conv", "x w", {"group": 2}, (1, 4, 5, 5), (6, 2, 3, 3), 1),
    "ConvTranspose": ("ConvTranspose", "x w", {}, (1, 4, 5, 5), (4, 6, 3, 3), 1),
    "ConvTranspose in groups": ("ConvTranspose", "x w", {"group": 2}, (1, 4, 5, 5), (4, 3, 3, 3), 1),
    "Gemm": ("Gemm", "x w", {}, (3, 4), (4, 6), 1),
    "Gemm, second transposed": ("Gemm", "x w", {"transB": 1}, (3, 4), (6, 4), 1),
    "Gemm, constant first": ("Gemm", "w x", {}, (4, 3), (6, 4), 0),
    "Gemm, constant first, transposed": ("Gemm", "w x", {"transA": 1}, (4, 3), (4, 6), 0),
    "Gemm, constant first, second transposed": ("Gemm", "w x", {"transB": 1}, (3, 4), (6, 4), 0),
    "MatMul": ("MatMul", "x w", {}, (2, 3, 4), (4, 6), 2),
    "MatMul, constant first": ("MatMul", "w x", {}, (2, 4, 3), (6, 4), 1),
}


def build(case, norm=()):
    operator, operands, attributes, inputs, shape, _ = CASES[case]
    random = np.random.default_rng(3)
    weights = {"w": random.normal(size=shape).astype(np.float32)}
    weights |= {name: random.uniform(0.5, 2, 6).astype(np.float32) for name in norm}
    nodes = [helper.make_node(operator, operands.split(), ["y"], "product", **attributes)]
    if norm:
        nodes.append(helper.make_node("BatchNormalization", ["y", *norm], ["z"], "norm"))
    graph = helper.make_graph(
        nodes,
        "test",
        [helper.make_tensor_value_info("x", TensorProto.FLOAT, inputs)],
        [helper.make_tensor_value_info("z" if norm else "y", TensorProto.FLOAT, None)],
        [numpy_helper.from_array(value, name) for name, value in weights.items()],
    )
    return helper.make_model(graph, opset_imports=[helper.make_opsetid("", 17)], ir_version=8), weights


@pytest.mark.parametrize("case", CASES)
def test_a_channels_weights_make_that_channel_alone(case):
    model, weights = build(case)
    network = import_model(model, "test")
    (layer,) = fuse(network).layers
    values = weights["w"]
    places = by_channel(network, layer, np.arange(values.size).reshape(values.shape)).astype(int)
    assert sorted(places.ravel()) == list(range(values.size))
    assert len(places) == 6
    x = np.random.default_rng(4).normal(size=network.inputs["x"]).astype(np.float32)
    full = Executor(network).run({"x": x})["y"]
    for channel, indices in enumerate(places):
        less = values.copy()
        less.flat[indices] = 0
        model.graph.initializer[0].CopyFrom(numpy_helper.from_array(less, "w"))
        got = Executor(import_model(model, "test")).run({"x": x})["y"]
        expected = full.copy()
        np.moveaxis(expected, CASES[case][5], 0)[channel] = 0
        assert np.allclose(got, expected, atol=1e-5)


@pytest.mark.parametrize("case", [case for case, values in CASES.items() if values[5] == 1 and len(values[3]) != 3])
def test_a_folded_normalization_scales_its_channels(case):
    model, weights = build(case, ("g", "b", "m", "v"))
    graph = fuse(import_model(model, "test"))
    (layer,) = graph.layers
    folded = layer_weights(graph, layer)
    assert folded.shape == weights["w"].shape
    gain = weights["g"] / np.sqrt(weights["v"] + 1e-5)
    expected = by_channel(graph.network, layer, weights["w"]) * gain[:, None]
    assert np.allclose(by_channel(graph.network, layer, folded), expected, rtol=1e-5)
