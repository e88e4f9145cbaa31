"""Rounding a layer's weights for the search: one by one, or together with the moments of what they multiply."""

from __future__ import annotations

from collections.abc import Mapping
from threading import Lock
from typing import Any, Literal, get_args

import numpy as np
from numpy.typing import NDArray

from lpasim.formats import NumberFormat
from lpasim.lpq.crowd import Team, parts_of
from lpasim.lpq.moments import DAMPING, Moments, chosen, damped, gathered, positions_of
from lpasim.lpq.nearest_plane import Planes
from lpasim.lpq.quantized_run import RoundedLayer
from lpasim.lpq.subject import Subject, Weighted
from lpasim.lpq.tokens import TokenWeights
from lpasim.networks.execution.registry import implementation_of
from lpasim.networks.graph import Node

Rounding = Literal["nearest", "compensated"]
"""Each weight to the nearest value; or the weights of a channel together, so that their errors cancel in its sums, and
the mean of what is left taken off."""
ROUNDINGS: tuple[Rounding, ...] = get_args(Rounding)
KEPT_BYTES = 1 << 30
"""Most bytes of rounded layers that are kept for candidates to come."""


class Rounder:
    """Rounds layers, each in a format once.

    Parameters
    ----------
    moments : mapping
        By the name of a layer, the moments of what its weights multiply in floating point. Layers without any are
        rounded to the nearest values.
    """

    def __init__(self, moments: Mapping[str, Moments]) -> None:
        self._means = {name: found.mean() for name, found in moments.items()}
        self._moments = dict(moments)
        self._planes: dict[str, Planes] = {}
        self._found: dict[tuple[str, NumberFormat], RoundedLayer] = {}
        self._bytes = 0
        self._lock = Lock()

    def rounded(self, layer: Weighted, fmt: NumberFormat) -> RoundedLayer:
        """Return a layer's weights in a format."""
        found = self._found.get((layer.name, fmt))
        if found is None:
            found = self._round(layer, fmt)
            with self._lock:
                if (layer.name, fmt) not in self._found:  # another thread may have rounded it as well
                    self._bytes += found.operand.nbytes
                self._found[layer.name, fmt] = found
                while self._bytes > KEPT_BYTES:
                    self._bytes -= self._found.pop(next(iter(self._found))).operand.nbytes
        return found

    def _round(self, layer: Weighted, fmt: NumberFormat) -> RoundedLayer:
        if layer.name not in self._means:
            values = fmt.quantize(layer.matrices, "linear")
            return RoundedLayer(layer, layer.as_operand(np.asarray(values)))
        operand = layer.as_operand(self.planes(layer).rounded(layer.matrices, fmt))
        lost = layer.arrangement.matrices(layer.operand) - layer.arrangement.matrices(operand)
        mean = (lost @ self._means[layer.name][:, :, None]).reshape(-1)
        return RoundedLayer(layer, operand, as_channels(layer, mean) if layer.anchor is not None else None)

    def planes(self, layer: Weighted) -> Planes:
        """Return a layer's moments prepared for rounding."""
        with self._lock:
            if layer.name not in self._planes:
                found = self._moments.pop(layer.name)
                covariance = found.covariance(layer.anchor is not None)
                self._planes[layer.name] = Planes.of(damped(covariance, DAMPING + found.scarcity))
            return self._planes[layer.name]


def as_channels(layer: Weighted, values: NDArray[np.float64]) -> NDArray[np.float32]:
    """Shape one value an output channel so that it broadcasts to the product's result."""
    trailing = layer.operand.ndim - 2 if layer.node.operator == "Conv" else 0
    return values.astype(np.float32).reshape(-1, *(1 for _ in range(trailing)))


def float_moments(
    subject: Subject, images: NDArray[np.float32], tokens: TokenWeights, team: Team, seed: int
) -> dict[str, Moments]:
    """Run the network in floating point, and gather the moments of what each layer's weights multiply.

    Parameters
    ----------
    images : ndarray [N, ...]
        What it is run on.
    tokens : TokenWeights
        How much each token counts.
    seed : int
        Of the positions that are looked at.
    """
    parts = parts_of(images, subject)
    layers = {layer.name: layer for layer in subject.layers if layer.has_moments}

    def run(number: int) -> dict[str, Moments]:
        part = parts[number]
        executor = subject.executor(len(part))
        place = {node.name: index for index, node in enumerate(executor.nodes)}
        rng = np.random.default_rng([seed, number])
        found: dict[str, Moments] = {}

        def product(node: Node, operands: tuple[NDArray[Any] | None, ...]) -> NDArray[Any] | None:
            layer = layers.get(node.name)
            streamed = operands[1 - layer.arrangement.index] if layer is not None else None
            if layer is None or streamed is None:
                return None
            (result,) = implementation_of(node, executor.network).function(node, operands)
            count = positions_of(layer, result.shape)
            weights = tokens.at(place[node.name], count)
            positions = [chosen(count, len(images), rng) for _ in streamed]
            found[node.name] = gathered(layer, streamed, None, positions, [weights[p] for p in positions])
            return result

        executor.run({subject.input: part}, product=product)
        return found

    return team.folded(run, range(len(parts)), _added)


def _added(total: dict[str, Moments], part: dict[str, Moments]) -> dict[str, Moments]:
    """Add up layer by layer, in place: all moments of a large network are a good part of the memory."""
    for name in total:
        total[name] += part.pop(name)
    return total
