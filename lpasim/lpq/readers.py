"""Which tensors are read in one single place, so that they can be changed without anybody else noticing."""

from __future__ import annotations

from collections import Counter

from lpasim.networks.graph import Network, Node


def sole_readers(network: Network) -> dict[str, Node]:
    """Return the tensors that one operand of one node reads and that are no result of the network, with that node."""
    uses = Counter(network.outputs)
    readers: dict[str, Node] = {}
    for node in network.nodes:
        uses.update(node.present)
        readers.update(dict.fromkeys(node.present, node))
    return {tensor: node for tensor, node in readers.items() if uses[tensor] == 1}
