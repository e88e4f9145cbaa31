"""Operators whose meaning depends on the version of the operator set."""

from __future__ import annotations

import numpy as np
import onnx
import pytest
from onnx import TensorProto, helper

from lpasim.errors import NetworkError
from lpasim.networks.execution import Executor, executes
from lpasim.networks.onnx_file import import_model

SHAPE = (2, 3, 4, 5)
X = np.random.default_rng(4).normal(0, 2, SHAPE).astype(np.float32)


def model_of(opset, operator, weights=None, **attributes):
    inputs = ["x", *(weights or {})]
    graph = helper.make_graph(
        [helper.make_node(operator, inputs, ["y"], "y", **attributes)],
        "one",
        [helper.make_tensor_value_info("x", TensorProto.FLOAT, SHAPE)],
        [helper.make_tensor_value_info("y", TensorProto.FLOAT, None)],
        [onnx.numpy_helper.from_array(value, name) for name, value in (weights or {}).items()],
    )
    return helper.make_model(graph, opset_imports=[helper.make_opsetid("", opset)], ir_version=6)


def run(opset, operator, weights=None, **attributes):
    network = import_model(model_of(opset, operator, weights, **attributes), "one.onnx")
    assert network.opset == opset
    return Executor(network).run({"x": X})["y"]


def softmax_by_definition(axes):
    weights = np.exp(X.astype(np.float64))
    return weights / weights.sum(axis=axes, keepdims=True)


@pytest.mark.parametrize("operator", ["Softmax", "LogSoftmax"])
@pytest.mark.parametrize(
    ("opset", "axis", "axes"),
    [
        *((opset, None, (1, 2, 3)) for opset in (7, 11, 12)),
        (12, 0, (0, 1, 2, 3)),
        (12, 2, (2, 3)),
        (12, 3, (3,)),
        (12, -2, (2, 3)),
        *((opset, None, (3,)) for opset in (13, 17)),
        (13, 1, (1,)),
        (13, -2, (2,)),
    ],
)
def test_softmax_takes_all_axes_from_one_on_until_version_13(operator, opset, axis, axes):
    given = {} if axis is None else {"axis": axis}
    expected = softmax_by_definition(axes)
    if operator == "LogSoftmax":
        expected = np.log(expected)
    np.testing.assert_allclose(run(opset, operator, **given), expected, rtol=1e-5, atol=1e-6)


@pytest.mark.parametrize("opset", [12, 13])
def test_softmax_agrees_with_onnx_runtime(opset):
    runtime = pytest.importorskip("onnxruntime", reason="onnxruntime is not installed: nothing to compare with")
    model = model_of(opset, "Softmax", axis=1)
    session = runtime.InferenceSession(model.SerializeToString(), providers=["CPUExecutionProvider"])
    np.testing.assert_allclose(run(opset, "Softmax", axis=1), session.run(None, {"x": X})[0], rtol=1e-5)


CHANNELS = {name: np.full(3, value, np.float32) for name, value in zip("abcd", (1, 2, 0, 1), strict=True)}
SCALES = {"scales": np.array([1, 1, 2, 2], np.float32)}


@pytest.mark.parametrize(
    ("opset", "operator", "weights", "attributes", "message"),
    [
        (10, "Resize", SCALES, {}, r"operator set 11 or later, got an earlier one \(node 'y', operator Resize\)"),
        (6, "Relu", {}, {}, r"operator set must be of version 7 or later for .*, got 6 \(one.onnx\)"),
        (7, "BatchNormalization", CHANNELS, {"spatial": 0}, r"spatial must be 1, got 0 \(node 'y'"),
    ],
)
def test_what_old_files_leave_open_is_refused(opset, operator, weights, attributes, message):
    with pytest.raises(NetworkError, match=message):
        run(opset, operator, weights, **attributes)


def test_an_earlier_meaning_has_one_implementation():
    with pytest.raises(ValueError, match=r"one implementation, got two \(Softmax\)"):
        executes("Softmax", before=13)(lambda node, operands: operands)
