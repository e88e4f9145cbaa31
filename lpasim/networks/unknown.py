"""Refusing operators that lpasim does not know, all at once."""

from __future__ import annotations

from collections.abc import Sequence

from lpasim.errors import NetworkError
from lpasim.networks.graph import Node


def refuse_unknown(unknown: Sequence[Node], network: str, opset: str = "") -> None:
    """Refuse a network that has nodes of unknown operators.

    Parameters
    ----------
    unknown : sequence of Node
        The nodes; none is fine.
    network : str
        Name for messages.
    opset : str
        What to add to the standard domain.

    Raises
    ------
    NetworkError
        If there is a node. It names the first, and the operators of the others.
    """
    if not unknown:
        return
    first = unknown[0]
    names = dict.fromkeys(node.operator for node in unknown)
    others = f"; unknown as well: {', '.join(list(names)[1:])}" if len(names) > 1 else ""
    domain = first.domain or f"ai.onnx{opset}"
    raise NetworkError(
        f"operator must be one that lpasim knows, got {first.operator} of domain {domain} ({first}, {network}){others}"
    )
