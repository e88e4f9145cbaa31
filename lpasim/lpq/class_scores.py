"""Where the scores of the classes are: before a softmax at a network's end, whose probabilities tell less apart."""

from __future__ import annotations

from math import prod

from lpasim.networks.graph import Network, Node

SOFTMAXES = ("Softmax", "LogSoftmax")
SAME_VALUES = ("Identity", "Flatten", "Reshape", "Squeeze", "Unsqueeze")
"""Operators that change at most the shape of their first operand."""
FLATTENING = 13
"""Version of the standard operator set before which a softmax takes all axes from one on together (ONNX, changelog of
Softmax)."""


def final_softmax(network: Network) -> Node | None:
    """Return the softmax over all classes that makes a network's first result, if there is one."""
    node = network.makers.get(network.outputs[0])
    while node is not None and not node.domain and node.operator in SAME_VALUES:
        node = network.makers.get(node.inputs[0])
    if node is None or node.domain or node.operator not in SOFTMAXES:
        return None
    return node if _together(node, network) == prod(network.shape(network.outputs[0])[1:]) else None


def _together(node: Node, network: Network) -> int:
    """Return how many values a softmax makes sum up to one."""
    shape = network.shape(node.inputs[0])
    if network.opset < FLATTENING:
        return prod(shape[int(node.attribute("axis", 1)) :])
    return shape[int(node.attribute("axis", -1))]
