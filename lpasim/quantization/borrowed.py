"""Formats that are taken over from the trace of another network, and marked as assumed.

A network of the same topology gives the formats of its layers as they are. Any other one gives bits alone, layer by
layer at the same relative depth, and the formats are the assumed ones of that many bits: the distributions of another
topology's tensors say nothing about this one's.
"""

from __future__ import annotations

from collections.abc import Sequence

from lpasim.errors import TraceError
from lpasim.networks.layers import LayerGraph
from lpasim.quantization.formats import TensorFormats, assumed_activations, assumed_weights, stored_activations
from lpasim.quantization.trace import Format, Trace


def borrowed(graph: LayerGraph, trace: Trace) -> tuple[TensorFormats, str]:
    """Return the formats of a network after the trace of another one, and in words how they were taken over.

    Raises
    ------
    TraceError
        If no layer of the trace has constant weights.
    """
    if not any(layer.weights == "constant" for layer in trace.layers):
        raise TraceError(f"trace to borrow from must have a layer with constant weights, got none ({trace.name})")
    if topology(graph) == [(layer.operator, layer.gemm.k if layer.gemm else 0) for layer in trace.layers]:
        return _same(graph, trace), "those of the same layers"
    return _by_depth(graph, trace), "of the bits at the same relative depth"


def topology(graph: LayerGraph) -> list[tuple[str, int]]:
    """Return operator and fan-in of each layer: what networks of one topology share at any resolution."""
    return [(layer.operator, layer.product.k if layer.product else 0) for layer in graph.layers]


def _same(graph: LayerGraph, trace: Trace) -> TensorFormats:
    weights: dict[str, Format] = {}
    activations: dict[str, Format] = {}
    for layer, entry in zip(graph.layers, trace.layers, strict=True):
        if layer.constant_weights and entry.weight_format is not None:
            weights[layer.name] = as_assumed(entry.weight_format)
        operands = (*layer.input_tensors, *(() if layer.constant_weights else layer.weight_tensors))
        activations.update(
            (tensor, as_assumed(entry.activation_format)) for tensor in operands if tensor not in activations
        )
    for layer, entry in zip(graph.layers, trace.layers, strict=True):
        for output, written in zip(layer.outputs, entry.outputs, strict=True):
            activations[output.tensor] = as_assumed(written.format)
    return TensorFormats(weights, {tensor: activations[tensor] for tensor in stored_activations(graph)})


def _by_depth(graph: LayerGraph, trace: Trace) -> TensorFormats:
    """Take over bits at the same relative depth: of weights, and of what layers store."""
    weighted = [layer for layer in graph.layers if layer.constant_weights]
    weight_bits = [
        layer.weight_format.n
        for layer in trace.layers
        if layer.weights == "constant" and layer.weight_format is not None
    ]
    stored_bits = [trace.layers[0].activation_format.n]
    stored_bits += [output.format.n for layer in trace.layers for output in layer.outputs]
    weights = {
        layer.name: assumed_weights(n, layer.product.k if layer.product else 1)
        for layer, n in zip(weighted, _spread(weight_bits, len(weighted)), strict=True)
    }
    tensors = stored_activations(graph)
    widest: dict[str, int] = {}
    for tensor, n in zip(tensors, _spread(stored_bits, len(tensors)), strict=True):
        widest[graph.groups[tensor]] = max(n, widest.get(graph.groups[tensor], 0))
    return TensorFormats(weights, {tensor: assumed_activations(widest[graph.groups[tensor]]) for tensor in tensors})


def _spread(values: Sequence[int], count: int) -> list[int]:
    """Return `count` values at the same relative places.

    >>> _spread([8, 4, 4, 8], 7)
    [8, 4, 4, 4, 4, 8, 8]
    """
    if count == 1:
        return [values[0]]
    return [values[(2 * place * (len(values) - 1) + count - 1) // (2 * (count - 1))] for place in range(count)]


def as_assumed(fmt: Format) -> Format:
    """Return a format marked as assumed."""
    return fmt.model_copy(update={"basis": "assumed"})
