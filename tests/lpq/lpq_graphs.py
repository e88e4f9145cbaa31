"""Small ONNX models with weights drawn at random, and ways to run them."""

from __future__ import annotations

import numpy as np
import onnx
import pytest
from onnx import TensorProto, helper, numpy_helper

from lpasim.networks.execution import Executor
from lpasim.networks.fusion import fuse
from lpasim.networks.onnx_file import import_model


def node(operator, inputs, output, name=None, **attributes):
    """Make a node, named after its result; an empty name leaves it without."""
    return helper.make_node(operator, inputs.split(), [output], output if name is None else name, **attributes)


def drawn(*shape, seed=0, positive=False):
    values = np.random.default_rng([seed, *shape]).normal(size=shape).astype(np.float32)
    return np.abs(values) + np.float32(0.5) if positive else values


def model(nodes, inputs, output, weights, ir=8):
    """Make a model. `inputs` maps names to shapes, `weights` names to arrays."""
    graph = helper.make_graph(
        nodes,
        "test",
        [helper.make_tensor_value_info(name, TensorProto.FLOAT, shape) for name, shape in inputs.items()],
        [helper.make_tensor_value_info(output, TensorProto.FLOAT, None)],
        [numpy_helper.from_array(value, name) for name, value in weights.items()],
    )
    if ir < 4:
        graph.input.extend(
            helper.make_tensor_value_info(name, TensorProto.FLOAT, value.shape) for name, value in weights.items()
        )
    proto = helper.make_model(graph, opset_imports=[helper.make_opsetid("", 17)], ir_version=ir)
    return onnx.shape_inference.infer_shapes(proto)


def norm(name, channels, seed=7):
    """Return the operands of a batch normalization, and their values."""
    parts = {
        f"{name}.gamma": drawn(channels, seed=seed),
        f"{name}.beta": drawn(channels, seed=seed + 1),
        f"{name}.mean": drawn(channels, seed=seed + 2),
        f"{name}.variance": drawn(channels, seed=seed + 3, positive=True),
    }
    return " ".join(parts), parts


def layers(proto, **options):
    return fuse(import_model(proto, "test", **options))


def layer(graph, name):
    return next(found for found in graph.layers if found.name == name)


def stored_arrays(proto):
    return {tensor.name: numpy_helper.to_array(tensor) for tensor in proto.graph.initializer}


def executed(proto, inputs, *tensors):
    """Run with lpasim's executor and return the tensors of these names, by default the results."""
    network = import_model(proto, "test", batch=len(next(iter(inputs.values()))))
    seen = {}

    def keep(name, values):
        seen[name] = values
        return values

    results = Executor(network).run(inputs, stored=keep)
    return [seen[name] for name in tensors] if tensors else list(results.values())


def executed_by_onnxruntime(proto, inputs):
    runtime = pytest.importorskip("onnxruntime", reason="onnxruntime is not installed: nothing to compare with")
    options = runtime.SessionOptions()
    options.log_severity_level = 3  # it warns of constants that the file declares as inputs, as old files have to
    session = runtime.InferenceSession(proto.SerializeToString(), options, providers=["CPUExecutionProvider"])
    return session.run(None, inputs)


def assert_same_results(first, second, inputs, tolerance=1e-5):
    """Check that two models are valid and give the same, with the executor and with ONNX Runtime."""
    for proto in (first, second):
        onnx.checker.check_model(proto, full_check=True)
    for run in (executed, executed_by_onnxruntime):
        for before, after in zip(run(first, inputs), run(second, inputs), strict=True):
            assert after.shape == before.shape
            assert np.abs(after - before).max() <= tolerance * np.abs(before).max()
