"""What a product becomes before the post-processing unit sees it, bit for bit: docs/datapath.md, section 6."""

from __future__ import annotations

import numpy as np
import onnx
import pytest
from onnx import TensorProto, helper, numpy_helper

from lpasim.datapath import reference_sums
from lpasim.datapath.parameters import Datapath
from lpasim.inference.prepared import prepared_product
from lpasim.inference.products import Multiplier
from lpasim.networks.execution.executor import Executor
from lpasim.networks.fusion import fuse
from lpasim.networks.onnx_file import import_model
from lpasim.quantization.build import build_trace
from lpasim.quantization.formats import as_posit

EPSILON = 1e-3
F32, F64 = np.float32, np.float64


def network_with(tmp_path, with_bias):
    """A convolution of one position and its normalization, whose constants have all the digits of float32."""
    random = np.random.default_rng(5)
    constants = {"w": random.standard_normal((7, 5, 1, 1)), "b": random.standard_normal(7)}
    constants |= {name: random.standard_normal(7) for name in ("gamma", "beta", "mean")}
    constants["variance"] = np.exp2(random.uniform(-4, 4, 7))
    constants = {name: value.astype(F32) for name, value in constants.items()}
    nodes = [
        helper.make_node("Conv", ["x", "w", "b"] if with_bias else ["x", "w"], ["c"], "conv"),
        helper.make_node("BatchNormalization", ["c", "gamma", "beta", "mean", "variance"], ["y"], epsilon=EPSILON),
    ]
    graph = helper.make_graph(
        nodes,
        "case",
        [helper.make_tensor_value_info("x", TensorProto.FLOAT, [3, 5, 1, 2])],
        [helper.make_tensor_value_info("y", TensorProto.FLOAT, None)],
        [numpy_helper.from_array(value, name) for name, value in constants.items() if with_bias or name != "b"],
    )
    path = tmp_path / "case.onnx"
    onnx.save(helper.make_model(graph, opset_imports=[helper.make_opsetid("", 17)], ir_version=8), path)
    return path, constants


@pytest.mark.parametrize("accumulator", ["wide", "paper"])
@pytest.mark.parametrize("with_bias", [True, False])
def test_a_folded_normalization_is_rounded_as_documented(tmp_path, accumulator, with_bias):
    path, given = network_with(tmp_path, with_bias)
    network, trace, datapath = import_model(onnx.load(path), str(path)), build_trace(str(path)), Datapath(rows=2)
    graph = fuse(network)
    conv = next(node for node in network.nodes if node.name == "conv")
    product = prepared_product(graph, graph.layers[0], trace.layers[0], conv, Executor(network))
    x = np.random.default_rng(6).standard_normal((3, 5, 1, 2)).astype(F32)
    found = product.compute((x, given["w"], None), Multiplier(accumulator, datapath))
    assert found.dtype == F32

    weight, streamed = as_posit(trace.layers[0].weight_format), as_posit(trace.layers[0].activation_format)
    moving = streamed.encode(x, rounding="log")
    values, coarse = np.empty_like(found), 0
    for n, f, j in np.ndindex(3, 7, 2):
        gain = F32(given["gamma"][f] / np.sqrt(F32(given["variance"][f] + F32(EPSILON))))
        shift = F32(given["beta"][f] - F32(given["mean"][f] * gain))
        offset = F32(F32(given["b"][f] * gain) + shift) if with_bias else shift
        words = weight.encode(np.array([F32(w * gain) for w in given["w"][f].ravel()]), rounding="linear")
        total = reference_sums.dot(words, moving[n, :, 0, j], weight, streamed, accumulator, datapath)
        real = total * 2.0 ** -(weight.sf + streamed.sf)
        values[n, f, 0, j] = F32(F64(real) + F64(offset))
        coarse += F32(F32(real) + offset) != values[n, f, 0, j]
    assert found.tobytes() == values.tobytes()
    if accumulator == "wide":
        assert coarse, "rounding the product first would give other bits"
