"""Small traces and networks for the tests of this folder."""

from __future__ import annotations

import numpy as np
import onnx
from onnx import TensorProto, helper

from lpasim.formats import LogPosit
from lpasim.networks.fusion import fuse
from lpasim.networks.onnx_file import import_model
from lpasim.quantization.assemble import assemble
from lpasim.quantization.bits import BitAssignment
from lpasim.quantization.formats import TensorFormats, activation_formats, weight_formats
from lpasim.quantization.provenance import provenance

WEIGHTS = {
    "w1": (8, 3, 3, 3),
    "g": (8,),
    "b": (8,),
    "m": (8,),
    "v": (8,),
    "w2": (8, 1, 3, 3),
    "w3": (8, 6),
    "bias": (6,),
}


def posit(entry):
    """Return the number format itself."""
    return LogPosit(entry.n, entry.es, entry.rs, entry.sf)


def block(batch="N", seed=0):
    """Make a small network: convolution, normalization, depthwise convolution with residual, classifier, attention."""
    rng = np.random.default_rng(seed)
    stored = {name: rng.standard_normal(shape).astype(np.float32) for name, shape in WEIGHTS.items()}
    stored["v"] = np.abs(stored["v"]) + 1
    nodes = [
        helper.make_node("Conv", ["x", "w1"], ["c1"], "conv1", pads=[1, 1, 1, 1], strides=[2, 2]),
        helper.make_node("BatchNormalization", ["c1", "g", "b", "m", "v"], ["n1"], "bn1"),
        helper.make_node("Relu", ["n1"], ["r1"], "relu1"),
        helper.make_node("Conv", ["r1", "w2"], ["c2"], "conv2", pads=[1, 1, 1, 1], group=8),
        helper.make_node("Add", ["c2", "r1"], ["s"], "add"),
        helper.make_node("Reshape", ["s", "shape"], ["t"], "tokens"),
        helper.make_node("Transpose", ["t"], ["k"], "keys", perm=[0, 2, 1]),
        helper.make_node("MatMul", ["k", "t"], ["scores"], "scores"),
        helper.make_node("Softmax", ["scores"], ["p"], "softmax"),
        helper.make_node("MatMul", ["p", "k"], ["context"], "context"),
        helper.make_node("ReduceMean", ["context", "axis"], ["f"], "mean", keepdims=0),
        helper.make_node("MatMul", ["f", "w3"], ["z"], "fc"),
        helper.make_node("Add", ["z", "bias"], ["y"], "fc_bias"),
    ]
    stored |= {"shape": np.array([0, 8, -1]), "axis": np.array([1])}
    graph = helper.make_graph(
        nodes,
        "block",
        [helper.make_tensor_value_info("x", TensorProto.FLOAT, [batch, 3, 8, 8])],
        [helper.make_tensor_value_info("y", TensorProto.FLOAT, [batch, 6])],
        [onnx.numpy_helper.from_array(array, name) for name, array in stored.items()],
    )
    return helper.make_model(graph, opset_imports=[helper.make_opsetid("", 18)], ir_version=9)


def trace_of(proto, name="block", batch=None, samples=None, bits=None):
    bits = bits or BitAssignment()
    graph = fuse(import_model(proto, name, batch=batch))
    weights, activations = weight_formats(graph, bits, 10**6), activation_formats(graph, bits, samples or {})
    formats = TensorFormats(weights.by_name, activations.by_name)
    origin = provenance(topology=name, reference="none", weights="", activations="", bits=bits, command="none")
    return assemble(graph, formats, name, name, origin)
