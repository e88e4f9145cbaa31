"""Operators that move data without computing: the address generators of the buffers do it on the way."""

from __future__ import annotations

import numpy as np

from lpasim.errors import NetworkError
from lpasim.networks.graph import Network, Node
from lpasim.networks.operators.registry import handles
from lpasim.networks.roles import Free, Role

_SAME_ORDER = "no data moves: the elements keep their order in memory"
_ADDRESSING = "addressing: elements are fetched from where they lie"


@handles("Reshape", "Flatten", "Squeeze", "Unsqueeze", "Identity")
def reshape(node: Node, network: Network) -> Role:
    """Give the same elements another shape; a second operand is the shape."""
    return Free(_SAME_ORDER, (node.input(0),))


@handles("Dropout")
def dropout(node: Node, network: Network) -> Role:
    """Pass everything on, as inference does.

    Raises
    ------
    NetworkError
        If the node trains.
    """
    training = node.input(2)
    if training and bool(network.value(training, node).any()):
        raise NetworkError(f"training_mode must be false, got true ({node}, {network.name})")
    return Free("identity at inference", (node.input(0),))


@handles("Cast", "CastLike")
def cast(node: Node, network: Network) -> Role:
    """Change the element type, which the number formats of the trace replace."""
    return Free("every tensor has its own number format: the element type of the file has no meaning", (node.input(0),))


@handles("Transpose", "DepthToSpace", "SpaceToDepth")
def permute(node: Node, network: Network) -> Role:
    """Put the elements in another order."""
    return Free(_ADDRESSING, (node.input(0),))


@handles("Expand", "Tile", addressed=True)
def repeat(node: Node, network: Network) -> Role:
    """Repeat elements; the second operand says how often."""
    return Free("addressing: elements are fetched repeatedly", (node.input(0),), repeats=True)


@handles("Concat")
def concat(node: Node, network: Network) -> Role:
    """Put tensors side by side."""
    return Free("addressing: the parts are written side by side", node.present)


@handles("Slice", "Split")
def part(node: Node, network: Network) -> Role:
    """Take parts of a tensor; further operands say which."""
    for bound in node.present[1:]:
        network.value(bound, node)
    return Free(_ADDRESSING, (node.input(0),), narrows=True)


@handles("Gather", "GatherND", "GatherElements")
def gather(node: Node, network: Network) -> Role:
    """Pick elements by index. Indices that the network computes are read like any other operand."""
    table, indices = node.input(0), node.input(1)
    if indices in network.constants:
        return Free(_ADDRESSING, (table,), narrows=True)
    return Free("addressing: rows are fetched by the indices that the network computes", (table, indices), narrows=True)


@handles("Pad")
def pad(node: Node, network: Network) -> Role:
    """Surround with a constant or with neighbours."""
    return Free("the address generator makes the padding", (node.input(0),))


def zeros_around(tensor: str, network: Network) -> tuple[int, ...]:
    """Return how many zeros a `Pad` put before all axes of a tensor, then after; zeros if something else made it."""
    node, none = network.makers.get(tensor), (0,) * (2 * len(network.shape(tensor)))
    if node is None or node.operator != "Pad" or node.attribute("mode", b"constant") != b"constant":
        return none
    known = all(name in network.values for name in node.present[1:])
    filled = network.values.get(node.input(2), node.attribute("value", 0.0))
    amounts = tuple(int(amount) for amount in network.values.get(node.input(1), node.attribute("pads", ())))
    plain = known and len(amounts) == len(none) and min(amounts) >= 0 and not np.any(filled)
    return amounts if plain else none
