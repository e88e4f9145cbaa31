"""Running a network with rounded weights and activations, from its start or from the start of any block."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

import numpy as np
from numpy.typing import NDArray

from lpasim.formats import NumberFormat
from lpasim.lpq.subject import Weighted
from lpasim.networks.execution import Executor, Passage
from lpasim.networks.execution.registry import implementation_of
from lpasim.networks.graph import Node

Watch = Callable[[str, NDArray[Any]], None]
"""Sees every tensor (name, values) that a node makes, once it is rounded."""


@dataclass(frozen=True, eq=False)
class RoundedLayer:
    """A layer's weights for a run.

    Attributes
    ----------
    operand : ndarray
        They, as the product takes them.
    shift : ndarray or None
        What is added to the product's result, broadcast to it: the mean of what rounding changes.
    """

    layer: Weighted
    operand: NDArray[np.float32]
    shift: NDArray[np.float32] | None = None


@dataclass(frozen=True)
class Quantized:
    """What is rounded in a run, and how.

    Attributes
    ----------
    layers : mapping
        By the name of the layer; others multiply with the weights of the file.
    activations : mapping
        Format of each tensor that is rounded when it is stored.
    shifts : callable, optional
        From the name of a tensor to what is added to it before it is rounded, broadcast to it, if anything.
    """

    layers: Mapping[str, RoundedLayer] = field(default_factory=dict)
    activations: Mapping[str, NumberFormat] = field(default_factory=dict)
    shifts: Callable[[str], NDArray[np.float32] | None] | None = None

    def start(self, executor: Executor, name: str, images: NDArray[np.float32], watch: Watch | None = None) -> Passage:
        """Begin a run on images [n, ...], the network's input `name`."""
        return executor.start({name: images}, stored=self._stored(watch))

    def advance(
        self, passage: Passage, executor: Executor, until: int | None = None, watch: Watch | None = None
    ) -> None:
        """Run on until so many nodes are done, by default all."""

        def product(node: Node, operands: tuple[NDArray[Any] | None, ...]) -> NDArray[Any] | None:
            found = self.layers.get(node.name)
            return None if found is None else multiplied(found, operands, executor)

        passage.advance(until, product=product, stored=self._stored(watch))

    def _stored(self, watch: Watch | None) -> Callable[[str, NDArray[Any]], NDArray[Any]]:
        def stored(name: str, values: NDArray[Any]) -> NDArray[Any]:
            shift = None if self.shifts is None else self.shifts(name)
            if shift is not None:
                values = values + shift
            fmt = self.activations.get(name)
            if fmt is not None:
                values = fmt.quantize(values.astype(np.float32, copy=False), fmt.own_rounding)
            if watch is not None:
                watch(name, values)
            return values

        return stored


def multiplied(rounded: RoundedLayer, operands: tuple[NDArray[Any] | None, ...], executor: Executor) -> NDArray[Any]:
    """Compute a product in float32 with rounded weights."""
    node, index = rounded.layer.node, rounded.layer.arrangement.index
    taken = tuple(rounded.operand if place == index else value for place, value in enumerate(operands))
    function = implementation_of(node, executor.network).function
    with np.errstate(all="ignore"):  # as all nodes do, see `Executor`
        (result,) = function(node, taken)
        return result if rounded.shift is None else result + rounded.shift
