"""A small network of a convolution, a ReLU and a classifier."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import numpy as np
from onnx import TensorProto, helper, numpy_helper

from lpasim.quantization.preprocess import Preprocess
from lpasim.quantization.trace import Trace

SIZE, CLASSES, COUNT = 8, 7, 5
TINY = Preprocess(name="tiny", crop=SIZE, mean=(0.5, 0.5, 0.5), std=(0.25, 0.25, 0.25))


@dataclass(frozen=True)
class Sample:
    model: Path
    trace: Trace
    folder: Path
    labels: Path
    pixels: np.ndarray
    weights: dict[str, np.ndarray]


def make_network(batch="N", sizes=(SIZE, SIZE)):
    random = np.random.default_rng(5)
    weights = {
        "w": random.normal(0, 0.4, (4, 3, 3, 3)).astype(np.float32),
        "b": random.normal(0, 0.2, 4).astype(np.float32),
        "v": random.normal(0, 0.3, (CLASSES, 4 * 6 * 6)).astype(np.float32),
    }
    nodes = [
        helper.make_node("Conv", ["x", "w", "b"], ["c"], "conv"),
        helper.make_node("Relu", ["c"], ["r"], "relu"),
        helper.make_node("Flatten", ["r"], ["f"], "flatten"),
        helper.make_node("Gemm", ["f", "v"], ["y"], "classifier", transB=1),
    ]
    graph = helper.make_graph(
        nodes,
        "tiny",
        [helper.make_tensor_value_info("x", TensorProto.FLOAT, [batch, 3, *sizes])],
        [helper.make_tensor_value_info("y", TensorProto.FLOAT, [batch, CLASSES])],
        [numpy_helper.from_array(value, name) for name, value in weights.items()],
    )
    return helper.make_model(graph, opset_imports=[helper.make_opsetid("", 17)], ir_version=8), weights
