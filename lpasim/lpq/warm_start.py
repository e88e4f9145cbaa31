"""Starting from what a search found for another network: the bits of its layers at the same depth."""

from __future__ import annotations

from collections.abc import Callable

from lpasim.errors import SearchError
from lpasim.lpq.genes import Candidate, Space
from lpasim.quantization.trace import Trace


def warm_start(trace: Trace) -> Callable[[Space], Candidate]:
    """Return what makes a candidate from the formats of a trace.

    A layer takes the bits of the other network's layer of the same name, or, where that has none, of the one at the
    same relative depth. The format itself is fitted anew, for the other network's weights are distributed differently.

    Raises
    ------
    SearchError
        If the trace has no layer with constant weights.
    """
    layers = [layer for layer in trace.layers if layer.weights == "constant" and layer.weight_format is not None]
    if not layers:
        raise SearchError(f"trace to start from must have a layer with constant weights, got none ({trace.name})")
    widths = [(layer.name, layer.weight_format.n) for layer in layers if layer.weight_format is not None]
    by_name = dict(widths)

    def candidate(space: Space) -> Candidate:
        last = max(len(space.sites) - 1, 1)
        genes = []
        for index, site in enumerate(space.sites):
            near = by_name.get(site.name) or widths[round(index * (len(widths) - 1) / last)][1]
            genes.append(space.fitted(site, min(space.allowed(site), key=lambda bits: abs(bits - near))))
        return tuple(genes)

    return candidate
