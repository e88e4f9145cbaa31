"""The tensors that a layer reads and writes, and how each lies in memory."""

from __future__ import annotations

from dataclasses import dataclass

from lpasim.mapping.order import Order, feature_order, flat_order
from lpasim.mapping.problem import Problem


@dataclass(frozen=True, slots=True)
class Tensors:
    """The orders of a layer's tensors.

    Channels of the streamed operand are the input channels of a convolution, or K of a product, of all groups;
    channels of results are N of all groups. Channels of a stationary operand that other layers make are N as well, and
    its positions are K. What the post-processing unit alone works on has no channels.

    Attributes
    ----------
    inputs : Order
    weights : Order or None
        None: there are none, or they are constant and lie block by block.
    stores, operands : tuple of Order
        One for each of the problem's.
    """

    inputs: Order
    weights: Order | None
    stores: tuple[Order, ...]
    operands: tuple[Order, ...]


def order_tensors(problem: Problem, burst_bytes: int) -> Tensors:
    """Order the tensors of a layer, whole planes for every burst."""
    if not problem.has_weights:
        inputs = flat_order(problem.rows, problem.activation_bits, burst_bytes)
    else:
        inputs = feature_order(problem.in_channels, problem.in_positions, problem.activation_bits, burst_bytes)
    weights = None
    if problem.dynamic_weights:
        weights = feature_order(problem.groups * problem.n, problem.k, problem.weight_bits, burst_bytes)
    return Tensors(
        inputs,
        weights,
        tuple(_like_results(problem, elements, bits, burst_bytes) for elements, bits in problem.stores),
        tuple(_like_results(problem, elements, bits, burst_bytes) for elements, bits in problem.operands),
    )


def _like_results(problem: Problem, elements: int, bits: int, burst_bytes: int) -> Order:
    """Order elements like the layer's results: as many channels, of maybe fewer positions."""
    if not problem.has_weights:
        return flat_order(elements, bits, burst_bytes)
    channels = problem.groups * problem.n
    return feature_order(channels, -(-elements // channels), bits, burst_bytes)
