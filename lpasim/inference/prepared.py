"""Preparing a network's products for number formats: weights as code words, and what is folded into them."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from lpasim.errors import NetworkError, TraceError
from lpasim.inference.products import PRODUCTS, LpProduct, Stack
from lpasim.networks.execution.executor import Executor
from lpasim.networks.execution.registry import implementation_of
from lpasim.networks.graph import Network, Node
from lpasim.networks.layers import LayerGraph, NetworkLayer
from lpasim.networks.operators.registry import role_of
from lpasim.networks.roles import Folded, Matrix
from lpasim.quantization.finite import refuse_values
from lpasim.quantization.formats import as_posit
from lpasim.quantization.trace import Layer
from lpasim.quantization.weights import layer_weights

HOW_TO_ADD_PRODUCT = "to add one: a function in lpasim/inference/products.py, see docs/operators.md"
"""What the refusal of a product ends with that cannot be computed in number formats."""


def prepared_product(graph: LayerGraph, layer: NetworkLayer, entry: Layer, node: Node, original: Executor) -> LpProduct:
    """Prepare a layer's product: its weights as code words, and all that is added to its result.

    Raises
    ------
    NetworkError
        If it is of a kind that has no implementation in number formats, or its weights have no values.
    TraceError
        If the trace has no format for the weights.
    """
    if node.operator not in PRODUCTS:
        known = ", ".join(PRODUCTS)
        got = f"{node.operator} ({node}, {graph.network.name})"
        raise NetworkError(f"product in number formats must be one of {known}, got {got}; {HOW_TO_ADD_PRODUCT}")
    role = role_of(node, graph.network)
    if not isinstance(role, Matrix):
        raise NetworkError(f"layer with a product must open with one, got a {type(role).__name__} ({node})")
    if entry.weight_format is None:
        raise TraceError(f"weight_format of layer {layer.name} must be given, got null ({graph.network.name})")
    weight_format = as_posit(entry.weight_format)
    weights = None
    if layer.constant_weights:
        values = layer_weights(graph, layer)
        if values is None:
            raise NetworkError(f"weights must have data, got none (layer {layer.name}, {graph.network.name})")
        refuse_values(values, f"with what is folded into them, layer {layer.name}, {graph.network.name}")
        weights = Stack.of(values.reshape(graph.network.shape(role.stationary)), weight_format, "linear")
    return LpProduct(
        node=node,
        activation_format=as_posit(entry.activation_format),
        weight_format=weight_format,
        weights=weights,
        weights_first=role.stationary == node.inputs[0],
        offset=_offset(graph, layer, node, role, original),
    )


def _offset(
    graph: LayerGraph, layer: NetworkLayer, node: Node, role: Matrix, original: Executor
) -> NDArray[Any] | float:
    """Return what a product of zero becomes behind the nodes that are folded into it, one value a column."""
    network = graph.network
    shape = network.shape(node.outputs[0])
    columns = tuple(size if axis in role.columns else 1 for axis, size in enumerate(shape))
    value: NDArray[Any] = np.zeros(columns, np.float32)
    bias = node.input(2)
    if bias:
        if bias not in network.constants:
            raise NetworkError(f"bias must be constant in number formats, got {bias!r} ({node})")
        constant = original.constant(bias)
        scale = node.attribute("beta", 1.0) if node.operator == "Gemm" else 1.0
        value = value + scale * (constant.reshape(-1, *(1 for _ in shape[2:])) if node.operator == "Conv" else constant)
    folded = [n for n in network.nodes if n.name in graph.folded.get(layer.name, ())]
    for inner in folded:
        source = _source(inner, network)
        operands = tuple(value if name == source else original.constant(name) for name in inner.inputs)
        (value,) = implementation_of(inner, network).function(inner, operands)
    return value


def _source(node: Node, network: Network) -> str:
    role = role_of(node, network)
    return role.source if isinstance(role, Folded) else node.inputs[0]


def lightened(graph: LayerGraph, products: Mapping[str, LpProduct]) -> tuple[Node, ...]:
    """Return the network's nodes without what products hold: operands, biases, and all that is folded into them."""
    folded = {name for names in graph.folded.values() for name in names}
    return tuple(
        _lightened(node, graph.network, node.name in folded, products.get(node.name)) for node in graph.network.nodes
    )


def _lightened(node: Node, network: Network, folded: bool, product: LpProduct | None) -> Node:
    if folded:
        source = _source(node, network)
        return replace(node, operator="Identity", domain="", inputs=(source,), outputs=node.outputs[:1], attributes={})
    if product is not None and product.weights is not None:
        return replace(node, inputs=tuple("" if name in network.constants else name for name in node.inputs))
    return node
