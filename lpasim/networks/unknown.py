"""Refusing operators that lpasim does not know, all at once."""

from __future__ import annotations

from collections.abc import Sequence

from lpasim.errors import NetworkError
from lpasim.networks.graph import Node

_GUIDE = "see docs/operators.md"
HOW_TO_ADD = (
    f"to add one: its role in lpasim.networks.operators, its implementation in lpasim.networks.execution, {_GUIDE}"
)
"""What the refusal of an operator that nobody knows ends with."""
HOW_TO_IMPLEMENT = f"to add its implementation: lpasim.networks.execution, {_GUIDE}"
"""What the refusal of an operator ends with that has a role, but cannot be computed."""
_ELSEWHERE = "one of another domain must be a function of the file, see docs/operators.md"


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
        If there is a node. It names the first, the operators of the others, and how to add one.
    """
    if not unknown:
        return
    first = unknown[0]
    names = dict.fromkeys(node.operator for node in unknown)
    others = f"; unknown as well: {', '.join(list(names)[1:])}" if len(names) > 1 else ""
    domain = first.domain or f"ai.onnx{opset}"
    how = _ELSEWHERE if first.domain else HOW_TO_ADD
    got = f"{first.operator} of domain {domain} ({first}, {network})"
    raise NetworkError(f"operator must be one that lpasim knows, got {got}{others}; {how}")
