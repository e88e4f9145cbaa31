"""From an operator's name to the function that computes it."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, NamedTuple

from numpy.typing import NDArray

from lpasim.errors import NetworkError
from lpasim.networks.graph import Node

Array = NDArray[Any]
Operands = tuple[Any, ...]
"""The operands of a node: arrays, and None where an optional one is left out."""
Results = tuple[Array, ...]
Function = Callable[[Node, Operands], Results]


class Implementation(NamedTuple):
    """How an operator is computed, and whether it is a matrix product that may be computed elsewhere."""

    function: Function
    is_product: bool


_IMPLEMENTATIONS: dict[str, Implementation] = {}


def executes(*operators: str, product: bool = False) -> Callable[[Function], Function]:
    """Register the function that computes operators of the standard ONNX domain.

    The function takes the node and its operands and returns the node's results. It must not change an operand; a result
    may be a view of one.

    Parameters
    ----------
    operators
        Their names.
    product : bool
        Whether they are matrix products, for which the executor asks its product hook first.
    """

    def register(function: Function) -> Function:
        for operator in operators:
            if operator in _IMPLEMENTATIONS:
                raise ValueError(f"operator must have one implementation, got two ({operator})")
            _IMPLEMENTATIONS[operator] = Implementation(function, product)
        return function

    return register


def executable_operators() -> tuple[str, ...]:
    """Return the names of all operators that can be computed, sorted."""
    return tuple(sorted(_IMPLEMENTATIONS))


def implementation_of(node: Node, network: str) -> Implementation:
    """Return how a node is computed.

    Raises
    ------
    NetworkError
        If nobody has registered its operator.
    """
    if node.domain or node.operator not in _IMPLEMENTATIONS:
        rule = "operator must be one that lpasim can execute (add one: a function registered with @executes)"
        raise NetworkError(f"{rule}, got {node.operator} of domain {node.domain or 'ai.onnx'} ({node}, {network})")
    return _IMPLEMENTATIONS[node.operator]


def optional(operands: Operands, index: int) -> Array | None:
    """Return an operand, or None where the node leaves it out."""
    return operands[index] if index < len(operands) else None


def text(node: Node, name: str, default: str) -> str:
    """Return an attribute that is a text."""
    value = node.attribute(name, default)
    return value.decode() if isinstance(value, bytes) else str(value)
