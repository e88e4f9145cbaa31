"""Small ONNX models for the tests of this folder."""

from __future__ import annotations

import numpy as np
import onnx
from onnx import TensorProto, helper

from lpasim.networks.fusion import fuse
from lpasim.networks.layers import LayerGraph
from lpasim.networks.onnx_file import import_model


def node(operator, inputs, output, name=None, domain="", **attributes):
    outputs = output if isinstance(output, list) else [output]
    return helper.make_node(operator, inputs, outputs, name or outputs[0], domain=domain, **attributes)


def model(nodes, inputs, outputs, weights=(), opset=18, domains=()):
    """Make a model. `inputs` maps names to shapes, `weights` names to arrays or to shapes, then filled with 0.5."""
    stored = []
    for name, value in dict(weights).items():
        array = value if isinstance(value, np.ndarray) else np.full(value, 0.5, dtype=np.float32)
        stored.append(onnx.numpy_helper.from_array(array, name))
    graph = helper.make_graph(
        nodes,
        "test",
        [helper.make_tensor_value_info(name, TensorProto.FLOAT, shape) for name, shape in inputs.items()],
        [helper.make_tensor_value_info(name, TensorProto.FLOAT, None) for name in outputs],
        stored,
    )
    imports = [helper.make_opsetid("", opset), *(helper.make_opsetid(domain, 1) for domain in domains)]
    return helper.make_model(graph, opset_imports=imports, ir_version=9)


def network(*args, batch=None, input_shape=None, **kwargs):
    return import_model(model(*args, **kwargs), "test", batch=batch, input_shape=input_shape)


def layers(*args, **kwargs) -> LayerGraph:
    return fuse(network(*args, **kwargs))


def ints(*values):
    return np.array(values, dtype=np.int64)


def mnkc(layer):
    product = layer.product
    return product.count, product.m, product.k, product.n


def posts(layer):
    """Return operator, elements, activation and constant operand elements of what follows a product."""
    return [(p.operator, p.elements, p.activation_elements, p.constant_elements) for p in layer.post]


def stored(layer):
    return {out.tensor: out.elements for out in layer.outputs}
