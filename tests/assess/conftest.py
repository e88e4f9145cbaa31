"""Calling the command line, and a small network."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import onnx
import pytest
from command_calls import Done, called
from onnx import TensorProto, helper, numpy_helper


@pytest.fixture
def assess(capsys, tmp_path, monkeypatch) -> Callable[..., Done]:
    """Call ``lpasim assess`` in an empty directory."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.delenv("COLUMNS", raising=False)

    def call(*args: str) -> Done:
        return called(capsys, "assess", *args)

    return call


@pytest.fixture
def network():
    """Make a convolution with a normalization, a depthwise one, and a classifier; arguments replace constants."""

    def make(**replaced):
        random = np.random.default_rng(3)
        stored = {
            "w1": random.standard_normal((8, 3, 3, 3)),
            "gamma": 2.0 ** np.arange(8),
            "beta": np.zeros(8),
            "mean": np.zeros(8),
            "variance": np.ones(8),
            "w2": random.standard_normal((8, 1, 3, 3)),
            "w3": random.laplace(size=(8, 5)),
            **replaced,
        }
        nodes = [
            helper.make_node("Conv", ["x", "w1"], ["c1"], "first", pads=[1, 1, 1, 1]),
            helper.make_node("BatchNormalization", ["c1", "gamma", "beta", "mean", "variance"], ["n1"], "norm"),
            helper.make_node("Relu", ["n1"], ["r1"], "relu"),
            helper.make_node("Conv", ["r1", "w2"], ["c2"], "depthwise", pads=[1, 1, 1, 1], group=8),
            helper.make_node("GlobalAveragePool", ["c2"], ["p"], "pool"),
            helper.make_node("Flatten", ["p"], ["f"], "flat"),
            helper.make_node("MatMul", ["f", "w3"], ["y"], "classifier"),
        ]
        graph = helper.make_graph(
            nodes,
            "net",
            [helper.make_tensor_value_info("x", TensorProto.FLOAT, ["N", 3, 6, 6])],
            [helper.make_tensor_value_info("y", TensorProto.FLOAT, ["N", 5])],
            [numpy_helper.from_array(value.astype(np.float32), name) for name, value in stored.items()],
        )
        return helper.make_model(graph, opset_imports=[helper.make_opsetid("", 17)], ir_version=8)

    return make


@pytest.fixture
def saved(network, tmp_path):
    """Write the network to a file."""
    path = tmp_path / "net.onnx"
    onnx.save(network(), path)
    return path
