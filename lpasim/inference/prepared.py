"""Preparing a network's products for number formats: weights as code words, and what is folded into them."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from lpasim.errors import NetworkError
from lpasim.inference.products import PRODUCTS, LpProduct, Stack
from lpasim.networks.execution.executor import Executor
from lpasim.networks.execution.registry import implementation_of
from lpasim.networks.graph import Network, Node
from lpasim.networks.layers import LayerGraph, NetworkLayer
from lpasim.networks.operators.registry import role_of
from lpasim.networks.roles import Folded, Matrix
from lpasim.quantization.formats import as_posit
from lpasim.quantization.trace import Layer
from lpasim.quantization.weights import layer_weights


def prepared_product(graph: LayerGraph, layer: NetworkLayer, entry: Layer, node: Node, original: Executor) -> LpProduct:
    """Prepare a layer's product: its weights as code words, and all that is added to its result.

    Raises
    ------
    NetworkError
        If it is of a kind that has no implementation in number formats, or its weights have no values.
    """
    role = role_of(node, graph.network)
    if node.operator not in PRODUCTS or not isinstance(role, Matrix) or entry.weight_format is None:
        raise NetworkError(f"product in number formats must be one of {', '.join(PRODUCTS)}, got another ({node})")
    weight_format = as_posit(entry.weight_format)
    weights = None
    if layer.constant_weights:
        values = layer_weights(graph, layer)
        if values is None:
            raise NetworkError(f"weights must have data, got none (layer {layer.name}, {graph.network.name})")
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


def without_folded(graph: LayerGraph) -> Callable[[Node], Node]:
    """Return what takes a node's place where products hold everything that is folded into them."""
    folded = {name for names in graph.folded.values() for name in names}

    def without(node: Node) -> Node:
        if node.name not in folded:
            return node
        source = _source(node, graph.network)
        return replace(node, operator="Identity", domain="", inputs=(source,), outputs=node.outputs[:1], attributes={})

    return without
