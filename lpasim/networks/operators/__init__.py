"""The operators that lpasim knows: one handler each, one file a family.

A handler takes a node and its network and says which role the node has. To add an operator, write a handler, decorate
it with `handles`, and import its module here.
"""

from lpasim.networks.operators import (
    convolution,
    einsum,
    elementwise,
    movement,
    normalization,
    pooling,
    product,
    reduction,
    resize,
)
from lpasim.networks.operators.registry import known_operators, refuse_unknown_nodes, role_of

__all__ = [
    "convolution",
    "einsum",
    "elementwise",
    "known_operators",
    "movement",
    "normalization",
    "pooling",
    "product",
    "reduction",
    "refuse_unknown_nodes",
    "resize",
    "role_of",
]
