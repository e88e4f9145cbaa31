"""Which stored tensors a tensor is made of, looking through operators that only move data.

A view is a stretch of a stored tensor. It is exact unless parts are taken of tensors that were put together before, or
parts overlap; it then is an upper bound.
"""

from __future__ import annotations

from collections.abc import Iterable

from lpasim.networks.graph import Network

Views = dict[tuple[str, str], int]
"""(stored tensor, name of the part) -> elements of the part."""


def whole(tensor: str, network: Network) -> Views:
    """Return the view of a stored tensor as it is."""
    return {(tensor, tensor): network.size(tensor)}


def merged(parts: Iterable[Views]) -> Views:
    """Return the views of tensors that lie side by side."""
    return {view: elements for part in parts for view, elements in part.items()}


def narrowed(views: Views, part: str, network: Network) -> Views:
    """Return the views of a part of a tensor, named after the tensor that holds the part."""
    size = network.size(part)
    return {(tensor, part): min(elements, size) for tensor, elements in by_tensor(views, network).items()}


def by_tensor(views: Views, network: Network) -> dict[str, int]:
    """Count the distinct elements of each stored tensor."""
    totals: dict[str, int] = {}
    for (tensor, _), elements in views.items():
        totals[tensor] = min(network.size(tensor), totals.get(tensor, 0) + elements)
    return totals
