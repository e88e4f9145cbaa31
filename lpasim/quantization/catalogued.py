"""Recognizing a published topology: a name alone is no proof, for a file of any network may have it."""

from __future__ import annotations

from lpasim.networks.fusion import fuse
from lpasim.networks.graph import Shape
from lpasim.networks.layers import LayerGraph
from lpasim.networks.onnx_file import import_model
from lpasim.networks.zoo import CATALOGUE, BuiltIn


def catalogued(graph: LayerGraph, *names: str) -> BuiltIn | None:
    """Return the built-in topology that a network is, if one of the names is that topology's.

    The network must take inputs of the same shape, and have products with constant weights of the same shapes, in any
    order: exporters name and order layers as they like.
    """
    batch = next(iter(graph.network.inputs.values()))[0]
    for name in names:
        known = CATALOGUE.get(name)
        if known is not None and _shapes(graph) == _shapes(fuse(import_model(known.build(), name, batch=batch))):
            return known
    return None


def _shapes(graph: LayerGraph) -> tuple[list[Shape], list[Shape]]:
    """Return the shapes of all inputs, and (count, m, k, n) of all products with constant weights."""
    products = [layer.product for layer in graph.layers if layer.constant_weights and layer.product is not None]
    return list(graph.network.inputs.values()), sorted((one.count, one.m, one.k, one.n) for one in products)
