"""From an operator's name to the handler that knows it."""

from __future__ import annotations

from collections.abc import Callable

from lpasim.errors import NetworkError
from lpasim.networks.graph import Network, Node
from lpasim.networks.roles import Free, Ppu, Role

Handler = Callable[[Node, Network], Role]

_HANDLERS: dict[str, Handler] = {}

EVALUATED = "constant: evaluated when the network is compiled"


def handles(*operators: str) -> Callable[[Handler], Handler]:
    """Register a handler for operators of the standard ONNX domain."""

    def register(handler: Handler) -> Handler:
        for operator in operators:
            if operator in _HANDLERS:
                raise ValueError(f"operator must have one handler, got two ({operator})")
            _HANDLERS[operator] = handler
        return handler

    return register


def known_operators() -> tuple[str, ...]:
    """Return the names of all operators that have a handler, sorted."""
    return tuple(sorted(_HANDLERS))


def role_of(node: Node, network: Network) -> Role:
    """Return what a node means for the accelerator.

    Raises
    ------
    NetworkError
        If no handler knows the operator, or its handler refuses the node.
    """
    if all(output in network.constants for output in node.outputs if output):
        return Free(EVALUATED, ())
    if node.domain or node.operator not in _HANDLERS:
        raise NetworkError(f"operator must be one that lpasim knows, got {_named(node)} ({node}, {network.name})")
    return _HANDLERS[node.operator](node, network)


def _named(node: Node) -> str:
    return f"{node.operator} of domain {node.domain or 'ai.onnx'}"


def ppu(node: Node, network: Network, elements: int, operands: tuple[str, ...] | None = None) -> Ppu:
    """Make the role of a node of the post-processing unit; it reads all its operands, if not told otherwise."""
    names = node.present if operands is None else operands
    return Ppu(elements, tuple(dict.fromkeys(name for name in names if name)))
