"""Pooling: one element operation for each element of each window."""

from __future__ import annotations

from math import prod

from lpasim.networks.graph import Network, Node
from lpasim.networks.operators.registry import handles, ppu
from lpasim.networks.roles import Role


@handles("MaxPool", "AveragePool", "LpPool")
def pool(node: Node, network: Network) -> Role:
    """Pool over windows."""
    window = prod(int(size) for size in node.attribute("kernel_shape", ()))
    return ppu(node, network, network.size(node.outputs[0]) * window)


@handles("GlobalAveragePool", "GlobalMaxPool", "GlobalLpPool")
def global_pool(node: Node, network: Network) -> Role:
    """Pool over the whole image."""
    return ppu(node, network, network.size(node.input(0)))
