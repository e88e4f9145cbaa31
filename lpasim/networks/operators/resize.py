"""Resizing: one element operation for each tap of each element of the result."""

from __future__ import annotations

from lpasim.networks.graph import Network, Node
from lpasim.networks.operators.registry import handles, ppu
from lpasim.networks.roles import Role

TAPS = {"nearest": 1, "linear": 2, "cubic": 4}
"""Neighbours that an interpolation reads along one axis."""


@handles("Resize", "Upsample")
def resize(node: Node, network: Network) -> Role:
    """Interpolate along the axes whose size changes."""
    source, result = network.shape(node.input(0)), network.shape(node.outputs[0])
    taps = TAPS[node.text("mode", "nearest")]
    resized = sum(before != after for before, after in zip(source, result, strict=True))
    return ppu(node, network, network.size(node.outputs[0]) * taps**resized, (node.input(0),))
