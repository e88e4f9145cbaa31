"""A network that runs in the number formats of its trace, in floating point or on the datapath bit for bit.

Tensors that the accelerator stores in external memory are rounded to their format when they are stored, the operands
of products are code words, and what the post-processing unit does between a product and a store is computed in float32
(an assumption: its arithmetic is not published). Biases and folded normalizations are added as a result leaves the
array.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import replace
from difflib import get_close_matches
from typing import Any

import numpy as np
from numpy.typing import NDArray

from lpasim.datapath.encoder import encode
from lpasim.datapath.parameters import Datapath
from lpasim.errors import NetworkError, TraceError
from lpasim.formats import LogPosit
from lpasim.inference.dump import Dump, LayerDump, LayerSetting
from lpasim.inference.products import PRODUCTS, Arithmetic, LpProduct, Multiplier, Recorder, Stack
from lpasim.networks.execution.executor import Executor
from lpasim.networks.execution.registry import implementation_of
from lpasim.networks.fusion import fuse
from lpasim.networks.graph import Network, Node
from lpasim.networks.layers import LayerGraph, NetworkLayer
from lpasim.networks.operators.registry import role_of
from lpasim.networks.printable import printable
from lpasim.networks.roles import Folded, Matrix
from lpasim.quantization.trace import Format, Layer, Trace
from lpasim.quantization.weights import layer_weights

Observer = Callable[[str, NDArray[Any]], None]
"""Sees a tensor (name, values) as it lies in external memory."""


class LpNetwork:
    """A network with the number formats of a trace.

    Parameters
    ----------
    network : Network
        The network, with the values of its weights, for any batch.
    trace : Trace
        Formats, made from the same network.
    accumulator : str
        "float": products in float32 of quantized values, what is usually called fake quantization. "wide" or "paper":
        the datapath bit for bit, with that accumulator.
    datapath : Datapath
        Widths, and the rows of the array.
    threads : int
        Threads of a product.

    Attributes
    ----------
    layer_of : dict
        Tensor that a layer stores -> the layer's name.

    Raises
    ------
    TraceError
        If the trace was made from another network.
    NetworkError
        If weights have no values, or a product is of a kind that has no implementation in number formats.
    """

    def __init__(
        self,
        network: Network,
        trace: Trace,
        accumulator: Arithmetic,
        datapath: Datapath | None = None,
        *,
        threads: int = 1,
    ) -> None:
        graph = fuse(network)
        self._name = trace.name
        self._datapath = datapath or Datapath()
        self._on_datapath = accumulator != "float"
        self._multiply = Multiplier(accumulator, self._datapath, threads)
        original = Executor(network)
        pairs = _matched(graph, trace)
        nodes = {node.name: node for node in network.nodes}
        self._products = {
            layer.name: _product(graph, layer, entry, nodes[layer.name], original)
            for layer, entry in pairs
            if layer.product is not None
        }
        self._executor = Executor(replace(network, nodes=tuple(map(_without_folded(graph), network.nodes))))
        self.layer_of = {output.tensor: layer.name for layer, entry in pairs for output in layer.outputs}
        self._formats = {
            made.tensor: _posit(written.format)
            for layer, entry in pairs
            for made, written in zip(layer.outputs, entry.outputs, strict=True)
        }
        self._first_output = {layer.name: self._formats[layer.outputs[0].tensor] for layer, _ in pairs}

    def run(
        self, inputs: Mapping[str, NDArray[Any]], observe: Observer | None = None, dump: Dump | None = None
    ) -> dict[str, NDArray[Any]]:
        """Compute the network's results.

        Parameters
        ----------
        inputs : mapping
            Values of every input, by name, in its shape.
        observe : callable, optional
            Called for every tensor that a layer stores, once it is in its format.
        dump : (str, callable), optional
            A layer with a product, and what takes its code words and sums.

        Returns
        -------
        dict
            Values of every output, by name.

        Raises
        ------
        NetworkError
            If a dump is asked for of no such layer, or of products in floating point, which have no words.
        """
        recorder = None if dump is None else self._recorder(*dump)

        def stored(name: str, values: NDArray[Any]) -> NDArray[Any]:
            fmt = self._formats.get(name)
            if fmt is None:
                return values
            words = encode(values, fmt, self._datapath) if self._on_datapath else fmt.encode(values, rounding="log")
            rounded = fmt.decode(words).astype(np.float32)
            if observe is not None:
                observe(name, rounded)
            return rounded

        def product(node: Node, operands: tuple[NDArray[Any] | None, ...]) -> NDArray[Any] | None:
            found = self._products.get(node.name)
            if found is None:
                return None
            multiply = self._multiply
            if recorder is not None and node.name == recorder[0]:
                multiply = replace(multiply, record=recorder[1])
            return found.compute(operands, multiply)

        return self._executor.run(inputs, product=product, stored=stored)

    def _recorder(self, name: str, take: Callable[[LayerDump], None]) -> tuple[str, Recorder]:
        """Return the node of a layer, and what makes a dump of its product."""
        layer = _layer_called(name, self._products, self._name)
        arithmetic = self._multiply.arithmetic
        if arithmetic == "float":
            raise NetworkError(f"accumulator must be wide or paper for code words, got float (layer {name})")
        product, output = self._products[layer], self._first_output[layer]

        def record(first: Stack, second: Stack, sums: NDArray[np.float64]) -> None:
            setting = LayerSetting(
                network=self._name,
                layer=name,
                accumulator=arithmetic,
                datapath=self._datapath,
                first_format=first.fmt,
                second_format=second.fmt,
                output_format=output,
                stationary="first" if product.stationary_first else "second",
            )
            take(LayerDump.of(setting, first.words, second.words, sums))

        return layer, record


def _layer_called(name: str, products: Mapping[str, LpProduct], network: str) -> str:
    """Find the layer that has a printable name."""
    known = {printable(layer): layer for layer in products}
    if name not in known:
        close = get_close_matches(name, known, n=1)
        hint = f"; did you mean {close[0]}?" if close else ""
        raise NetworkError(f"layer must be one with a product, got {name!r} ({network}){hint}")
    return known[name]


def _posit(fmt: Format) -> LogPosit:
    return LogPosit(fmt.n, fmt.es, fmt.rs, fmt.sf)


def _matched(graph: LayerGraph, trace: Trace) -> list[tuple[NetworkLayer, Layer]]:
    """Pair the layers of a network and of its trace.

    Raises
    ------
    TraceError
        If a layer is missing on one side, or has another shape or other results.
    """
    name = graph.network.name
    ours, theirs = [printable(layer.name) for layer in graph.layers], [layer.name for layer in trace.layers]
    if ours != theirs:
        place = next((i for i, pair in enumerate(zip(ours, theirs, strict=False)) if pair[0] != pair[1]), None)
        first = min(len(ours), len(theirs)) if place is None else place
        expected = ours[first] if first < len(ours) else "the end"
        got = theirs[first] if first < len(theirs) else "the end"
        raise TraceError(f"layer {first + 1} of trace {trace.name} must be {expected}, got {got} ({name})")
    for layer, entry in zip(graph.layers, trace.layers, strict=True):
        needed = None if layer.product is None else (layer.product.k, layer.product.n)
        written = None if entry.gemm is None else (entry.gemm.k, entry.gemm.n)
        if needed != written:
            raise TraceError(
                f"K and N of layer {entry.name} must be {needed}, got {written} (trace {trace.name}, {name})"
            )
        tensors = [printable(output.tensor) for output in layer.outputs]
        if tensors != [output.tensor for output in entry.outputs]:
            got = ", ".join(output.tensor for output in entry.outputs)
            raise TraceError(
                f"outputs of layer {entry.name} must be {', '.join(tensors)}, got {got} (trace {trace.name}, {name})"
            )
    return list(zip(graph.layers, trace.layers, strict=True))


def _product(graph: LayerGraph, layer: NetworkLayer, entry: Layer, node: Node, original: Executor) -> LpProduct:
    """Prepare a layer's product: its weights as code words, and all that is added to its result."""
    role = role_of(node, graph.network)
    if node.operator not in PRODUCTS or not isinstance(role, Matrix) or entry.weight_format is None:
        raise NetworkError(f"product in number formats must be one of {', '.join(PRODUCTS)}, got another ({node})")
    weight_format = _posit(entry.weight_format)
    weights = None
    if layer.constant_weights:
        values = layer_weights(graph, layer)
        if values is None:
            raise NetworkError(f"weights must have data, got none (layer {layer.name}, {graph.network.name})")
        weights = Stack.of(values.reshape(graph.network.shape(role.stationary)), weight_format, "linear")
    return LpProduct(
        node=node,
        activation_format=_posit(entry.activation_format),
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
        (value,) = implementation_of(inner, network.name).function(inner, operands)
    return value


def _source(node: Node, network: Network) -> str:
    role = role_of(node, network)
    return role.source if isinstance(role, Folded) else node.inputs[0]


def _without_folded(graph: LayerGraph) -> Callable[[Node], Node]:
    """Return what takes a node's place where products hold everything that is folded into them."""
    folded = {name for names in graph.folded.values() for name in names}

    def without(node: Node) -> Node:
        if node.name not in folded:
            return node
        source = _source(node, graph.network)
        return replace(node, operator="Identity", domain="", inputs=(source,), outputs=node.outputs[:1], attributes={})

    return without
