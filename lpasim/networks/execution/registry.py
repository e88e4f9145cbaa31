"""From an operator's name to the function that computes it."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, NamedTuple

from numpy.typing import NDArray

from lpasim.errors import NetworkError
from lpasim.networks.graph import Network, Node
from lpasim.networks.operators import known_operators
from lpasim.networks.unknown import HOW_TO_ADD, HOW_TO_IMPLEMENT

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
_EARLIER: dict[str, tuple[int, Implementation]] = {}
"""Operators whose meaning changed: the operator set that changed it, and how they are computed before."""


def executes(*operators: str, product: bool = False, before: int | None = None) -> Callable[[Function], Function]:
    """Register the function that computes operators of the standard ONNX domain.

    The function takes the node and its operands and returns the node's results. It must not change an operand; a result
    may be a view of one.

    Parameters
    ----------
    operators
        Their names.
    product : bool
        Whether they are matrix products, for which the executor asks its product hook first.
    before : int, optional
        The function is for operator sets before this version, where the operators mean something else.
    """

    def register(function: Function) -> Function:
        for operator in operators:
            if operator in (_IMPLEMENTATIONS if before is None else _EARLIER):
                raise ValueError(f"operator must have one implementation, got two ({operator})")
            if before is None:
                _IMPLEMENTATIONS[operator] = Implementation(function, product)
            else:
                _EARLIER[operator] = before, Implementation(function, product)
        return function

    return register


def executable_operators() -> tuple[str, ...]:
    """Return the names of all operators that can be computed, sorted."""
    return tuple(sorted(_IMPLEMENTATIONS))


def implementation_of(node: Node, network: Network) -> Implementation:
    """Return how a node is computed in the operator set of its network.

    Raises
    ------
    NetworkError
        If nobody has registered its operator.
    """
    if node.domain or node.operator not in _IMPLEMENTATIONS:
        got = f"{node.operator} of domain {node.domain or 'ai.onnx'} ({node}, {network.name})"
        how = HOW_TO_IMPLEMENT if not node.domain and node.operator in known_operators() else HOW_TO_ADD
        raise NetworkError(f"operator must be one that infer can compute, got {got}; {how}")
    before, earlier = _EARLIER.get(node.operator, (0, None))
    if earlier is not None and network.opset < before:
        return earlier
    return _IMPLEMENTATIONS[node.operator]


def optional(operands: Operands, index: int) -> Array | None:
    """Return an operand, or None where the node leaves it out."""
    return operands[index] if index < len(operands) else None
