"""Computing small constants when the network is compiled: mostly arithmetic on shapes."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from lpasim.networks.graph import Node, Shape

if TYPE_CHECKING:
    import onnx

SHAPE_OPERATORS = frozenset({"Shape", "Size"})
"""Operators whose result does not depend on their operand's values."""


def evaluate_shape(node: Node, shape: Shape) -> NDArray[Any]:
    """Return the result of `Shape` or `Size` of an operand."""
    sizes = np.array(shape, dtype=np.int64)
    if node.operator == "Size":
        return np.asarray(sizes.prod())
    return sizes[node.attribute("start", 0) : node.attribute("end", None)]


def evaluate(
    node: Node, proto: onnx.NodeProto, values: Mapping[str, NDArray[Any]], opsets: Mapping[str, int]
) -> dict[str, NDArray[Any]]:
    """Compute a node's results with ONNX's reference implementation.

    Returns
    -------
    dict
        Values by name; empty if an operand's value is not known or the reference does not have the operator.
    """
    if not all(name in values for name in node.present):
        return {}
    import onnx
    import onnx.reference

    outputs = [name for name in node.outputs if name]
    takes, gives = ([_untyped(name) for name in names] for names in (node.present, outputs))
    graph = onnx.helper.make_graph([proto], "constant", takes, gives)
    imports = [onnx.helper.make_opsetid(domain, version) for domain, version in opsets.items()]
    evaluator = onnx.reference.ReferenceEvaluator(onnx.helper.make_model(graph, opset_imports=imports))
    try:
        results = evaluator.run(None, {name: values[name] for name in node.present})
    except (NotImplementedError, RuntimeError, TypeError, ValueError):
        return {}
    return {name: np.asarray(value) for name, value in zip(outputs, results, strict=True)}


def _untyped(name: str) -> onnx.ValueInfoProto:
    import onnx

    return onnx.helper.make_value_info(name, onnx.TypeProto())
