"""Reductions along axes: one element operation for each element of the operand."""

from __future__ import annotations

from lpasim.networks.graph import Network, Node
from lpasim.networks.operators.registry import handles, ppu
from lpasim.networks.roles import Role


@handles(
    *("ReduceMean", "ReduceSum", "ReduceMax", "ReduceMin", "ReduceProd", "ReduceL1", "ReduceL2", "ReduceLogSum"),
    *("ReduceLogSumExp", "ReduceSumSquare", "ArgMax", "ArgMin", "CumSum", "TopK"),
)
def reduction(node: Node, network: Network) -> Role:
    """Reduce the first operand; the others are axes and sizes, which the instruction holds."""
    return ppu(node, network, network.size(node.input(0)), (node.input(0),))
