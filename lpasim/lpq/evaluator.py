"""Scoring candidates by running the network; what candidates share with earlier ones is not run again."""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from hashlib import blake2b
from math import inf
from threading import Lock
from typing import Any

import numpy as np
from numpy.typing import NDArray

from lpasim.errors import SearchError
from lpasim.formats import NumberFormat
from lpasim.lpq.crowd import Team, parts_of
from lpasim.lpq.genes import Candidate
from lpasim.lpq.objective import (
    OBJECTIVES,
    TEMPERATURES,
    Objective,
    Reference,
    check_temperature,
    compression,
    fitness,
)
from lpasim.lpq.pooling import POOLINGS, Pooling, pooled
from lpasim.lpq.quantized_run import Quantized, Watch
from lpasim.lpq.rounding import Rounder
from lpasim.lpq.subject import Subject

CACHE_BYTES = 1 << 30
"""Most bytes of activations at the starts of blocks that are kept."""


@dataclass(frozen=True, slots=True)
class Fitness:
    """What is minimized: L_CO * L_CR^lambda.

    Attributes
    ----------
    objective : str
        L_CO; see `Reference`.
    pooling : str
        How the representations of layers are pooled.
    temperature : float, optional
        Of a contrastive objective; its own if not given.
    lam : float
        Exponent of the compression ratio.

    Raises
    ------
    SearchError
        If a choice is unknown or a number out of range.
    """

    objective: Objective = "global-local-contrastive"
    pooling: Pooling = "mean"
    temperature: float | None = None
    lam: float = 0.002

    def __post_init__(self) -> None:
        choices = {"objective": (self.objective, OBJECTIVES), "pooling": (self.pooling, POOLINGS)}
        for key, (chosen, known) in choices.items():
            if chosen not in known:
                raise SearchError(f"{key} must be one of {', '.join(known)}, got {chosen!r} (fitness)")
        if self.pooling != "mean" and self.objective != "global-local-contrastive":
            got = f"{self.pooling} with {self.objective}"
            raise SearchError(
                f"pooling must come with global-local-contrastive, which alone pools, got {got} (fitness)"
            )
        if self.temperature is not None:
            if self.objective not in TEMPERATURES:
                got = f"{self.temperature:g} with {self.objective}"
                raise SearchError(f"temperature must come with a contrastive objective, got {got} (fitness)")
            check_temperature(self.temperature)
        if not 0 <= self.lam < inf:
            raise SearchError(f"lambda must be at least 0 and finite, got {self.lam:g} (fitness)")


Pools = dict[str, NDArray[np.float64]]
"""Pooled representations, by the name of the tensor."""


@dataclass(frozen=True, eq=False)
class _Reached:
    """The start of a block: the activation that is alive there, the answers if they are made, and what is pooled."""

    tensors: Mapping[str, NDArray[Any]]
    pooled: Pools

    @property
    def bytes(self) -> int:
        return sum(values.nbytes for values in self.tensors.values())


class NetworkEvaluator:
    """Scores candidates on images.

    Parameters
    ----------
    subject : Subject
        The network.
    images : ndarray [N, ...]
        Its inputs.
    rounder : Rounder
        Rounds weights.
    activations : mapping
        Format of each tensor that is stored.
    activation_bits : float
        Average bits of an activation.
    criterion : Fitness
        What is minimized.
    team : Team
        Runs parts of the images, and several candidates, side by side.

    Attributes
    ----------
    run_share : float
        Images that were run so far, each counted by the share of the multiply-accumulates that were not reused.
    """

    def __init__(
        self,
        subject: Subject,
        images: NDArray[np.float32],
        rounder: Rounder,
        activations: Mapping[str, NumberFormat],
        activation_bits: float,
        criterion: Fitness,
        team: Team,
    ) -> None:
        self._subject, self._rounder, self._team = subject, rounder, team
        self._activations, self._activation_bits, self._criterion = activations, activation_bits, criterion
        self._parts = parts_of(images, subject)
        self._sizes = [layer.count for layer in subject.layers]
        self._cache: OrderedDict[tuple[int, int, bytes], _Reached] = OrderedDict()
        self._cached = 0
        self._lock = Lock()
        self._references: dict[int, Reference] = {}
        self._exact = team.map(self._float, range(len(self._parts)))
        self.run_share = 0.0
        self._macs = _shares(subject)

    def evaluate(self, candidates: Sequence[Candidate], images: int) -> list[float]:
        """Return the fitness of each candidate on the first `images` images; lower is better."""
        used = self._used(images)
        work = [(candidate, part) for candidate in candidates for part in range(used)]
        results = self._team.map(lambda item: self._run(*item), work)
        reference = self._reference(images)
        scores = []
        for number, candidate in enumerate(candidates):
            parts = results[number * used : (number + 1) * used]
            layers, logits = _joined(parts, images, self._subject.representations)
            scores.append(self._fitness(reference.score(layers, logits), candidate))
        return scores

    def _fitness(self, contrast: float, candidate: Candidate) -> float:
        bits = sum(gene.n * size for gene, size in zip(candidate, self._sizes, strict=True)) / sum(self._sizes)
        return fitness(contrast, compression(bits, self._activation_bits), self._criterion.lam)

    def _used(self, images: int) -> int:
        """Return how many parts hold the first images."""
        return -(-images // self._subject.part)

    def _reference(self, images: int) -> Reference:
        if images not in self._references:
            found = self._exact[: self._used(images)]
            layers, logits = _joined(found, images, self._subject.representations)
            self._references[images] = Reference(self._criterion.objective, layers, logits, self._criterion.temperature)
        return self._references[images]

    def _float(self, part: int) -> tuple[Pools, NDArray[Any]]:
        pools: Pools = {}
        executor = self._subject.executor(len(self._parts[part]))
        passage = Quantized().start(executor, self._subject.input, self._parts[part])
        Quantized().advance(passage, executor, watch=self._pool(pools))
        return pools, passage.results[self._subject.output]

    def _pool(self, pools: Pools) -> Watch:
        """Return what pools the tensors that the objective compares, as they are made."""
        wanted = set(self._subject.representations) if self._criterion.objective == "global-local-contrastive" else ()

        def watch(name: str, values: NDArray[Any]) -> None:
            if name in wanted:
                pools[name] = pooled(values, self._criterion.pooling)

        return watch

    def _run(self, candidate: Candidate, part: int) -> tuple[Pools, NDArray[Any]]:
        """Run a part of the images from the last block's start that is known."""
        subject, images = self._subject, self._parts[part]
        executor = subject.executor(len(images))
        keys = self._keys(candidate)
        first, reached = self._last_known(part, keys)
        needed = [
            self._rounder.rounded(layer, gene)
            for layer, gene in zip(subject.layers, candidate, strict=True)
            if subject.blocks.block_of[layer.name] >= first
        ]
        quantized = Quantized({rounded.layer.name: rounded for rounded in needed}, self._activations)
        pools = dict(reached.pooled) if reached else {}
        watch = self._pool(pools)
        passage = quantized.start(executor, subject.input, images)
        if reached:
            passage.resume(subject.blocks.blocks[first].first, reached.tensors)
        for number in range(first, len(subject.blocks.blocks)):
            if number > first:
                block = subject.blocks.blocks[number]
                quantized.advance(passage, executor, block.first, watch)
                kept = {block.tensor, subject.output} & set(passage.tensors)
                reached = _Reached({name: passage.tensors[name] for name in kept}, dict(pools))
                self._keep((part, number, keys[number]), reached)
        quantized.advance(passage, executor, watch=watch)
        with self._lock:
            self.run_share += len(images) * self._macs[first]
        return pools, passage.tensors[subject.output]  # of several results, this one alone outlives a fresh start

    def _keys(self, candidate: Candidate) -> list[bytes]:
        """Return for each block a digest of all genes before it."""
        digest = blake2b(digest_size=16)
        genes: dict[int, list[str]] = {}
        for layer, gene in zip(self._subject.layers, candidate, strict=True):
            genes.setdefault(self._subject.blocks.block_of[layer.name], []).append(gene.spec)
        keys = []
        for number in range(len(self._subject.blocks.blocks)):
            keys.append(digest.digest())
            digest.update("\n".join([*genes.get(number, ()), ""]).encode())
        return keys

    def _last_known(self, part: int, keys: Sequence[bytes]) -> tuple[int, _Reached | None]:
        with self._lock:
            for number in range(len(keys) - 1, 0, -1):
                found = self._cache.get((part, number, keys[number]))
                if found is not None:
                    self._cache.move_to_end((part, number, keys[number]))
                    return number, found
        return 0, None

    def _keep(self, key: tuple[int, int, bytes], reached: _Reached) -> None:
        with self._lock:
            if key not in self._cache:
                self._cached += reached.bytes
            self._cache[key] = reached
            while self._cached > CACHE_BYTES:
                _, dropped = self._cache.popitem(last=False)
                self._cached -= dropped.bytes


def _joined(
    results: Sequence[tuple[Pools, NDArray[Any]]], images: int, names: Sequence[str]
) -> tuple[list[NDArray[np.float64]], NDArray[Any]]:
    """Put the parts of the first images together: pooled representations, in the order of the layers, and logits."""
    layers = [np.concatenate([pools[name] for pools, _ in results])[:images] for name in names if name in results[0][0]]
    return layers, np.concatenate([logits for _, logits in results])[:images]


def _shares(subject: Subject) -> list[float]:
    """Return for each block the share of the multiply-accumulates in it and behind it."""
    products = {layer.name: layer.product for layer in subject.graph.layers if layer.product is not None}
    macs = {name: product.count * product.m * product.k * product.n for name, product in products.items()}
    blocks = [sum(macs.get(name, 0) for name in block.layers) for block in subject.blocks.blocks]
    return [sum(blocks[number:]) / sum(blocks) for number in range(len(blocks))]
