"""The last step of quantization: weights that make up for what rounding does before them.

The network in floating point and the quantized one go through the layers side by side. At each layer the weights are
first moved so that, fed with the quantized network's activations, they come as near as possible to what the layer gives
in floating point (a ridge regression on the calibration images), and, where its result is added to a shortcut, also to
what the shortcut lacks. Then they are rounded together (`Planes`), and at last the mean of each channel that is still
off is added to a constant behind the product. Neither labels nor gradients are needed.

References
----------
M. Nagel et al., "Up or Down? Adaptive Rounding for Post-Training Quantization", ICML 2020, arXiv 2004.10568 (layer-wise
reconstruction with the quantized network's inputs).
M. Nagel et al., "Data-Free Quantization Through Weight Equalization and Bias Correction", ICCV 2019, arXiv 1906.04721
(the correction of means).
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from operator import add
from typing import Any

import numpy as np
from numpy.typing import NDArray

from lpasim.formats import NumberFormat
from lpasim.lpq.anchors import Anchor
from lpasim.lpq.crowd import Team, parts_of
from lpasim.lpq.moments import DAMPING, Moments, chosen, damped, gathered, positions_of
from lpasim.lpq.nearest_plane import Planes
from lpasim.lpq.quantized_run import Quantized, RoundedLayer
from lpasim.lpq.shortcuts import Shortcut, find_shortcuts
from lpasim.lpq.subject import Subject, Weighted
from lpasim.lpq.tokens import TokenWeights
from lpasim.networks.execution import Executor, Passage

RIDGE = 0.1
"""Part of its own moment that is added to each column's in the regression, so that weights move only where the images
say so clearly (assumption, from an ablation on four networks)."""


@dataclass(frozen=True)
class Reconstructed:
    """Weights and constants of a quantized network.

    Attributes
    ----------
    layers : mapping
        Rounded weights, by the name of the layer.
    offsets : mapping
        By the name of the layer, what is added to its anchor's tensor, one value a channel.
    """

    layers: Mapping[str, RoundedLayer]
    offsets: Mapping[str, NDArray[np.float64]]

    def shifts(self, subject: Subject) -> dict[str, NDArray[np.float32]]:
        """Return what is added to tensors, broadcast to them, by their names."""
        anchors = ((layer.name, layer.anchor) for layer in subject.layers if layer.name in self.offsets)
        return {
            anchor.tensor: as_shift(subject, anchor, self.offsets[name])
            for name, anchor in anchors
            if anchor is not None
        }


@dataclass
class _Pair:
    """A part of the images in both networks."""

    executor: Executor
    exact: Passage
    rounded: Passage
    seed: Sequence[int]


def reconstruct(
    subject: Subject,
    images: NDArray[np.float32],
    formats: Mapping[str, NumberFormat],
    activations: Mapping[str, NumberFormat],
    tokens: TokenWeights,
    team: Team,
    *,
    seed: int = 0,
    progress: Callable[[int, int], None] | None = None,
) -> Reconstructed:
    """Quantize a network layer by layer.

    Parameters
    ----------
    images : ndarray [N, ...]
        Calibration images.
    formats : mapping
        Format of the weights of each layer.
    activations : mapping
        Format of each tensor that is stored.
    tokens : TokenWeights
        How much each token counts.
    team : Team
        Runs parts of the images side by side.
    seed : int
        Of the positions that are looked at.
    progress : callable, optional
        Called with the layers that are done, and all of them.
    """
    work = _Work(subject, images, formats, activations, tokens, team, seed)
    for done, layer in enumerate(subject.layers):
        work.quantize(layer)
        if progress is not None:
            progress(done + 1, len(subject.layers))
    return Reconstructed(work.layers, work.offsets)


class _Work:
    """Both networks on their way, and what is found so far."""

    def __init__(
        self,
        subject: Subject,
        images: NDArray[np.float32],
        formats: Mapping[str, NumberFormat],
        activations: Mapping[str, NumberFormat],
        tokens: TokenWeights,
        team: Team,
        seed: int,
    ) -> None:
        self.subject, self.formats, self.tokens, self.team = subject, formats, tokens, team
        self.count = len(images)
        self.layers: dict[str, RoundedLayer] = {}
        self.offsets: dict[str, NDArray[np.float64]] = {}
        self.quantized = Quantized(self.layers, activations, self._shifts)
        self.shortcuts = find_shortcuts(subject)
        self._shifts_by_tensor: dict[str, NDArray[np.float32]] = {}
        self.pairs = [self._pair(part, [seed, number]) for number, part in enumerate(parts_of(images, subject))]

    def _pair(self, part: NDArray[np.float32], seed: Sequence[int]) -> _Pair:
        executor = self.subject.executor(len(part))
        rounded = self.quantized.start(executor, self.subject.input, part)
        return _Pair(executor, executor.start({self.subject.input: part}), rounded, seed)

    def _shifts(self, name: str) -> NDArray[np.float32] | None:
        return self._shifts_by_tensor.get(name)

    def quantize(self, layer: Weighted) -> None:
        """Bring both networks to a layer, choose its weights and correct its means."""
        place = next(i for i, node in enumerate(self.pairs[0].executor.nodes) if node.name == layer.name)
        self.team.map(lambda pair: self._advance(pair, place), self.pairs)
        fmt = self.formats[layer.name]
        if layer.has_moments:
            moments = self.team.folded(lambda pair: self._moments(pair, layer, place), self.pairs, add)
            matrices = _chosen_weights(layer, moments, fmt)
        else:
            matrices = np.asarray(fmt.quantize(layer.matrices, "linear"))
        self.layers[layer.name] = RoundedLayer(layer, layer.as_operand(matrices))
        if layer.anchor is not None:
            self._correct(layer, layer.anchor, place)

    def _advance(self, pair: _Pair, until: int) -> None:
        pair.exact.advance(until)
        self.quantized.advance(pair.rounded, pair.executor, until)

    def _moments(self, pair: _Pair, layer: Weighted, place: int) -> Moments:
        """Gather moments before the layer; both networks stand there."""
        node, index = layer.node, layer.arrangement.index
        streamed = node.inputs[1 - index]
        exact, rounded = (passage.tensors[streamed] for passage in (pair.exact, pair.rounded))
        shape = pair.executor.network.shape(node.outputs[0])
        count = positions_of(layer, shape)
        rng = np.random.default_rng([*pair.seed, place])
        positions = [chosen(count, self.count, rng) for _ in exact]
        weights = self.tokens.at(place, count)
        missing = self._missing(pair, layer, positions)
        return gathered(layer, exact, rounded, positions, [weights[places] for places in positions], missing)

    def _shortcut(self, pair: _Pair, layer: Weighted) -> Shortcut | None:
        """Return what is added behind a layer, if it is there already; both networks stand before the layer."""
        shortcut = self.shortcuts.get(layer.name)
        known = (pair.exact.tensors, pair.rounded.tensors)
        return shortcut if shortcut is not None and all(shortcut.tensor in tensors for tensors in known) else None

    def _missing(
        self, pair: _Pair, layer: Weighted, positions: Sequence[NDArray[np.int64]]
    ) -> NDArray[np.float64] | None:
        """Return what the result must have besides [groups, channels, all positions] to make up for a shortcut."""
        shortcut = self._shortcut(pair, layer)
        if shortcut is None:
            return None
        lacks = _lack(pair, shortcut, axis=1 if layer.node.operator == "Conv" else -1)
        taken = np.concatenate([image[places] for image, places in zip(lacks, positions, strict=True)])
        needed = taken.T / shortcut.gains[layer.node.outputs[0]][:, None]
        return np.asarray(needed.reshape(*layer.matrices.shape[:2], -1))

    def _correct(self, layer: Weighted, anchor: Anchor, place: int) -> None:
        """Run copies of both networks up to the anchor, and take down how far the channels' means are apart."""
        nodes = self.pairs[0].executor.nodes
        until = next(i for i, node in enumerate(nodes) if anchor.tensor in node.outputs) + 1

        def means(pair: _Pair) -> tuple[NDArray[np.float64], float]:
            found = []
            raw = Quantized(self.layers)  # what is compared is not rounded yet
            for passage, run in ((pair.exact.copy(), Quantized()), (pair.rounded.copy(), raw)):
                run.advance(passage, pair.executor, until)
                values = _by_position(passage.tensors[anchor.tensor], anchor.axis)
                weights = self.tokens.at(place, values.shape[1])
                found.append(_channel_sums(values, weights))
            offset = found[0] - found[1]
            shortcut = self._shortcut(pair, layer)
            if shortcut is not None:
                lacks = _lack(pair, shortcut, anchor.axis)
                offset += _channel_sums(lacks, weights) / shortcut.gains[anchor.tensor]
            return offset, float(len(values))

        parts = self.team.map(means, self.pairs)
        offset = sum(total for total, _ in parts) / sum(count for _, count in parts)
        self.offsets[layer.name] = np.asarray(offset)
        self._shifts_by_tensor[anchor.tensor] = as_shift(self.subject, anchor, self.offsets[layer.name])


def _lack(pair: _Pair, shortcut: Shortcut, axis: int) -> NDArray[np.float64]:
    """Return what a shortcut lacks in the quantized network [images, positions, channels]."""
    exact, rounded = (passage.tensors[shortcut.tensor].astype(np.float64) for passage in (pair.exact, pair.rounded))
    return _by_position(exact - rounded, axis)


def _by_position(values: NDArray[Any], axis: int) -> NDArray[Any]:
    """Bring a tensor whose channels lie along an axis to [images, positions, channels]."""
    moved = np.moveaxis(values, axis, -1)
    return moved.reshape(len(moved), -1, moved.shape[-1])


def _channel_sums(values: NDArray[Any], weights: NDArray[np.float64]) -> NDArray[np.float64]:
    """Sum [images, positions, channels] over images, and average it over weighted positions [positions]."""
    return np.asarray(np.einsum("btc,t->c", values, weights, dtype=np.float64) / len(weights))


def as_shift(subject: Subject, anchor: Anchor, offsets: NDArray[np.float64]) -> NDArray[np.float32]:
    """Shape one value a channel so that it broadcasts to an anchor's tensor."""
    behind = len(subject.network.shape(anchor.tensor)) - 1 - anchor.axis
    return offsets.astype(np.float32).reshape(-1, *(1 for _ in range(behind)))


def _chosen_weights(layer: Weighted, moments: Moments, fmt: NumberFormat) -> NDArray[np.float64]:
    """Return the weights of a layer, values of its format, that come nearest to what it gives in floating point."""
    centred = layer.anchor is not None
    covariance, cross = moments.covariance(centred), moments.cross_covariance(centred)
    plain = layer.matrices / np.where(layer.gain == 0, 1.0, layer.gain)
    steady = damped(covariance, RIDGE + moments.scarcity)
    wanted = plain @ cross + moments.missing_behind(centred)
    moved = plain + np.linalg.solve(steady, wanted.swapaxes(1, 2)).swapaxes(1, 2)
    planes = Planes.of(damped(covariance, DAMPING + moments.scarcity))
    return planes.rounded(moved * layer.gain, fmt)
