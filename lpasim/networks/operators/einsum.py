"""Einstein sums of two operands, which are stacks of matrix products."""

from __future__ import annotations

from math import prod

from lpasim.errors import NetworkError
from lpasim.networks.graph import Network, Node
from lpasim.networks.operators.registry import handles
from lpasim.networks.roles import Matrix, Product, Role


@handles("Einsum")
def einsum(node: Node, network: Network) -> Role:
    """Sort the indices: in both operands and the result (count), in both but not the result (K), in one (M or N).

    Raises
    ------
    NetworkError
        If the sum is not a stack of matrix products of two operands.
    """
    equation = node.attribute("equation", b"").decode().replace(" ", "")
    terms, arrow, result = equation.partition("->")
    left, comma, right = terms.partition(",")
    simple = all(len(set(term)) == len(term) and "." not in term for term in (left, right, result))
    dangling = (set(left) ^ set(right)) - set(result)
    if not (arrow and comma and simple and "," not in right) or dangling:
        rule = "two operands without repeated, omitted or one-sided summed indices"
        raise NetworkError(f"equation must have {rule}, got {equation!r} ({node}, {network.name})")
    sizes: dict[str, int] = {}
    for term, name in ((left, node.inputs[0]), (right, node.inputs[1])):
        sizes |= {index: max(size, sizes.get(index, 1)) for index, size in zip(term, network.shape(name), strict=True)}
    both = set(left) & set(right)
    count, depth, rows, cols = (
        prod(sizes[index] for index in indices)
        for indices in (both & set(result), both - set(result), set(left) - both, set(right) - both)
    )
    swapped = node.inputs[0] in network.constants
    own = set(left if swapped else right) - both
    columns = tuple(axis for axis, index in enumerate(result) if index in own)
    if swapped:
        return Matrix(Product(count, cols, depth, rows), node.inputs[1], node.inputs[0], columns)
    return Matrix(Product(count, rows, depth, cols), node.inputs[0], node.inputs[1], columns)
