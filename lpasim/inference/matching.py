"""Whether a trace was made from a network: their layers, pair by pair."""

from __future__ import annotations

from lpasim.errors import TraceError
from lpasim.networks.layers import LayerGraph, NetworkLayer
from lpasim.networks.printable import printable
from lpasim.quantization.trace import Layer, Trace


def matched(graph: LayerGraph, trace: Trace) -> list[tuple[NetworkLayer, Layer]]:
    """Pair the layers of a network and of its trace.

    Raises
    ------
    TraceError
        If a layer is missing on one side, or has another shape, other results or other post-processing.
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
        _match_post_processing(layer, entry, trace, name)
    return list(zip(graph.layers, trace.layers, strict=True))


def _match_post_processing(layer: NetworkLayer, entry: Layer, trace: Trace, network: str) -> None:
    """Make sure that a layer has the same nodes in the post-processing unit: a folded one is missing there."""
    ours, theirs = [printable(post.node) for post in layer.post], [operator.node for operator in entry.ppu]
    if ours != theirs:
        expected, got = (", ".join(nodes) or "none" for nodes in (ours, theirs))
        raise TraceError(
            f"post-processing of layer {entry.name} must be {expected}, got {got} "
            f"(trace {trace.name} with batchnorm {trace.batchnorm}, {network})"
        )
