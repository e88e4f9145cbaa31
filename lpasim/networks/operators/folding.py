"""What follows a product and changes nothing but its constants: biases and batch normalizations.

Every column of the stationary operand has a scale and an offset, with which a result leaves the array. A node that
multiplies or adds one value a column is therefore part of the product, if nobody else reads the product's result.
"""

from __future__ import annotations

from lpasim.networks.graph import Network, Node, Shape
from lpasim.networks.operators.registry import role_of
from lpasim.networks.roles import Folded, Matrix

BIAS = "bias: added when a result leaves the array"


def product_behind(tensor: str, network: Network) -> tuple[Node, Matrix] | None:
    """Return the product that makes a tensor, looking through folded nodes; None if there is none or others read it."""
    maker = network.makers.get(tensor)
    if maker is None or network.readers[tensor] != 1:
        return None
    role = role_of(maker, network)
    while isinstance(role, Folded):
        maker = network.makers[role.source]
        role = role_of(maker, network)
    return (maker, role) if isinstance(role, Matrix) else None


def runs_along(shape: Shape, rank: int, columns: tuple[int, ...]) -> bool:
    """Whether a constant, broadcast to a result of `rank` axes, has one value a column."""
    padded = (1,) * (rank - len(shape)) + shape
    return all(size == 1 or axis in columns for axis, size in enumerate(padded))


def as_bias(node: Node, network: Network) -> Folded | None:
    """Return the role of an addition that is a product's bias, and None for any other."""
    result = network.shape(node.outputs[0])
    for source, constant in (node.inputs, node.inputs[::-1]):
        if constant not in network.constants or network.shape(source) != result:
            continue
        found = product_behind(source, network)
        if found is not None and runs_along(network.shape(constant), len(result), found[1].columns):
            return Folded(BIAS, source)
    return None


def as_scale(source: str, axis: int, network: Network) -> Folded | None:
    """Return the role of a scale along a tensor's axis, and None if the weights that made the tensor cannot hold it."""
    found = product_behind(source, network)
    if found is None:
        return None
    maker, product = found
    adds_operands = product.then is not None and product.then.operands
    if product.stationary not in network.constants or axis not in product.columns or adds_operands:
        return None
    return Folded(f"folded into the weights of {maker.name} when the network is compiled", source)
