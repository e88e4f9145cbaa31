"""Whether a trace was made from a network: their layers, pair by pair."""

from __future__ import annotations

from collections.abc import Mapping
from fractions import Fraction

from lpasim.errors import TraceError
from lpasim.networks.graph import Network, Shape
from lpasim.networks.layers import LayerGraph, NetworkLayer
from lpasim.networks.printable import printable
from lpasim.quantization.trace import Layer, Trace


def matched(graph: LayerGraph, trace: Trace) -> list[tuple[NetworkLayer, Layer]]:
    """Pair the layers of a network and of its trace. Their batches may differ.

    Raises
    ------
    TraceError
        If the inputs have other sizes, or a layer is missing on one side, or has another shape, other results or other
        post-processing.
    """
    name = graph.network.name
    _match_inputs(graph.network, trace)
    ours, theirs = [printable(layer.name) for layer in graph.layers], [layer.name for layer in trace.layers]
    if ours != theirs:
        place = next((i for i, pair in enumerate(zip(ours, theirs, strict=False)) if pair[0] != pair[1]), None)
        first = min(len(ours), len(theirs)) if place is None else place
        expected = ours[first] if first < len(ours) else "the end"
        got = theirs[first] if first < len(theirs) else "the end"
        raise TraceError(f"layer {first + 1} of trace {trace.name} must be {expected}, got {got} ({name})")
    for layer, entry in zip(graph.layers, trace.layers, strict=True):
        _match_product(layer, entry, trace, graph.network)
        tensors = [printable(output.tensor) for output in layer.outputs]
        if tensors != [output.tensor for output in entry.outputs]:
            got = ", ".join(output.tensor for output in entry.outputs)
            raise TraceError(
                f"outputs of layer {entry.name} must be {', '.join(tensors)}, got {got} (trace {trace.name}, {name})"
            )
        _match_post_processing(layer, entry, trace, name)
    return list(zip(graph.layers, trace.layers, strict=True))


def _match_inputs(network: Network, trace: Trace) -> None:
    """Make sure that inputs have the same sizes besides the batch, which comes first."""
    needed = {printable(tensor): shape[1:] for tensor, shape in network.inputs.items()}
    written = {tensor: shape[1:] for tensor, shape in trace.input_shapes.items()}
    if needed != written:
        ours, theirs = (_spelled(shapes) for shapes in (needed, written))
        raise TraceError(f"inputs of trace {trace.name} must be {ours}, got {theirs} (batch aside, {network.name})")


def _spelled(shapes: Mapping[str, Shape]) -> str:
    return ", ".join(f"{name} {'x'.join(map(str, sizes)) or 'without sizes'}" for name, sizes in shapes.items())


def _match_product(layer: NetworkLayer, entry: Layer, trace: Trace, network: Network) -> None:
    """Make sure that a layer is the same product, at the network's batch.

    More images make M larger, or more products where neither operand is constant; some products no image has a part in.
    """
    needed = None if layer.product is None else (layer.product.count, layer.product.m, layer.product.k, layer.product.n)
    written: tuple[int | Fraction, ...] | None = None
    if entry.gemm is not None:
        written = (entry.gemm.count, entry.gemm.m, entry.gemm.k, entry.gemm.n)
        if needed != written:
            times = Fraction(network.batch, trace.batch)
            grown = 0 if entry.weights == "dynamic" else 1
            written = tuple(size * times if place == grown else size for place, size in enumerate(written))
    if needed != written:
        ours, theirs = ("none" if sizes is None else "x".join(map(str, sizes)) for sizes in (needed, written))
        raise TraceError(
            f"groups x M x K x N of layer {entry.name} must be {ours}, got {theirs} "
            f"(trace {trace.name} at batch {network.batch}, {network.name})"
        )


def _match_post_processing(layer: NetworkLayer, entry: Layer, trace: Trace, network: str) -> None:
    """Make sure that a layer has the same nodes in the post-processing unit: a folded one is missing there."""
    ours, theirs = [printable(post.node) for post in layer.post], [operator.node for operator in entry.ppu]
    if ours != theirs:
        expected, got = (", ".join(nodes) or "none" for nodes in (ours, theirs))
        raise TraceError(
            f"post-processing of layer {entry.name} must be {expected}, got {got} "
            f"(trace {trace.name} with batchnorm {trace.batchnorm}, {network})"
        )
