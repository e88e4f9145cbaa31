"""From an operator's name to the handler that knows it."""

from __future__ import annotations

from collections.abc import Callable

from lpasim.networks.graph import Network, Node
from lpasim.networks.roles import Free, Ppu, Role
from lpasim.networks.unknown import refuse_unknown

Handler = Callable[[Node, Network], Role]

_HANDLERS: dict[str, Handler] = {}
_ADDRESSED: set[str] = set()

EVALUATED = "constant: evaluated when the network is compiled"


def handles(*operators: str, addressed: bool = False) -> Callable[[Handler], Handler]:
    """Register a handler for operators of the standard ONNX domain.

    Parameters
    ----------
    operators
        Their names.
    addressed
        Whether the handler is asked even where the result is constant, because the result is never stored: it is
        fetched from the operand.
    """

    def register(handler: Handler) -> Handler:
        for operator in operators:
            if operator in _HANDLERS:
                raise ValueError(f"operator must have one handler, got two ({operator})")
            _HANDLERS[operator] = handler
        if addressed:
            _ADDRESSED.update(operators)
        return handler

    return register


def known_operators() -> tuple[str, ...]:
    """Return the names of all operators that have a handler, sorted."""
    return tuple(sorted(_HANDLERS))


def role_of(node: Node, network: Network) -> Role:
    """Return what a node of a known operator means for the accelerator, asking its handler once.

    Raises
    ------
    NetworkError
        If the handler refuses the node.
    """
    if node.name not in network.roles:
        network.roles[node.name] = _asked(node, network)
    return network.roles[node.name]


def refuse_unknown_nodes(network: Network) -> None:
    """Refuse a network that has a node without a handler.

    Raises
    ------
    NetworkError
        If there is one; it names all.
    """
    unknown = [
        node
        for node in network.nodes
        if (node.domain or node.operator not in _HANDLERS) and not _is_evaluated(node, network)
    ]
    refuse_unknown(unknown, network.name)


def _asked(node: Node, network: Network) -> Role:
    if _is_evaluated(node, network):
        return Free(EVALUATED, ())
    return _HANDLERS[node.operator](node, network)


def _is_evaluated(node: Node, network: Network) -> bool:
    constant = all(output in network.constants for output in node.outputs if output)
    return constant and (bool(node.domain) or node.operator not in _ADDRESSED)


def ppu(node: Node, network: Network, elements: int, operands: tuple[str, ...] | None = None) -> Ppu:
    """Make the role of a node of the post-processing unit; it reads all its operands, if not told otherwise."""
    names = node.present if operands is None else operands
    return Ppu(elements, tuple(dict.fromkeys(name for name in names if name)))
