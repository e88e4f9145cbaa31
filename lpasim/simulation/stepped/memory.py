"""External memory: every word has an address, is written once, and may be read only after that."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from lpasim.errors import SimulationError
from lpasim.mapping.schedule import LayerSchedule
from lpasim.simulation.stepped.result import Words

MODULUS = 251
"""Results are requantised to residues of this prime: small words that depend on every bit of the sum."""


class Memory:
    """A flat space of words."""

    def __init__(self, seed: int) -> None:
        self._words: Words = np.zeros(0, np.int64)
        self._written = np.zeros(0, np.bool_)
        self._random = np.random.default_rng(seed)

    def reserve(self, size: int) -> Words:
        """Return the addresses of `size` new words, none of them written."""
        start = self._words.size
        self._words = np.concatenate((self._words, np.zeros(size, np.int64)))
        self._written = np.concatenate((self._written, np.zeros(size, np.bool_)))
        return np.arange(start, start + size)

    def constant(self, size: int) -> Words:
        """Return the addresses of `size` new words that are there from the start."""
        addresses = self.reserve(size)
        self.write(addresses, self._random.integers(1, MODULUS, size))
        return addresses

    def snapshot(self) -> Words:
        """Return every word, those not written as 0."""
        return self._words.copy()

    def read(self, addresses: Words) -> Words:
        """Return the words at `addresses`.

        Raises
        ------
        SimulationError
            If one of them has not been written yet.
        """
        if not self._written[addresses].all():
            raise SimulationError("a load must follow the stores of its words, got a word not written yet")
        return self._words[addresses]

    def write(self, addresses: Words, words: Words) -> None:
        """Store words.

        Raises
        ------
        SimulationError
            If one of them has been written before.
        """
        if self._written[addresses].any():
            raise SimulationError("a word of memory must be stored once, got a second store")
        self._words[addresses] = words
        self._written[addresses] = True


@dataclass(frozen=True)
class Tensors:
    """Where a layer's operands and results are in memory: word i of the tensor is at address [i]."""

    inputs: Words
    weights: Words
    outputs: Words
    operand: Words | None


def input_size(schedule: LayerSchedule) -> int:
    """Words of the streamed operand: a feature map, the M x K matrices, or what the PPU alone works on."""
    layer = schedule.layer
    if layer.window is not None:
        return layer.window.batch * layer.window.in_channels * layer.window.in_height * layer.window.in_width
    return layer.input_elements if layer.gemm is None else layer.gemm.count * layer.gemm.m * layer.gemm.k


def output_size(schedule: LayerSchedule) -> int:
    """Words of the result; a layer in the PPU alone passes its input on."""
    gemm = schedule.layer.gemm
    return schedule.layer.input_elements if gemm is None else gemm.count * gemm.m * gemm.n


def place(schedule: Sequence[LayerSchedule], memory: Memory) -> list[Tensors]:
    """Lay out every tensor.

    An operand that other layers make is the row of all their results, repeated or cut to the operand's size, so that
    any graph of layers computes something definite.
    """
    made = [memory.reserve(output_size(layer)) for layer in schedule]
    tensors = []
    for layer, outputs in zip(schedule, made, strict=True):
        gemm = layer.layer.gemm
        weights = _operand(memory, made, layer.weight_inputs, gemm.count * gemm.k * gemm.n if gemm else 0)
        inputs = _operand(memory, made, layer.inputs, input_size(layer))
        has_operand = any(op.operand_elements for op in layer.layer.ppu)
        makers = operand_makers(schedule, layer)
        operand = _operand(memory, made, makers, output_size(layer)) if has_operand else None
        tensors.append(Tensors(inputs, weights, outputs, operand))
    return tensors


def operand_makers(schedule: Sequence[LayerSchedule], layer: LayerSchedule) -> tuple[int, ...]:
    """Return the places in the schedule of the layers that make the operand of a layer's PPU."""
    index = {other.layer.name: position for position, other in enumerate(schedule)}
    return tuple(index[name] for op in layer.layer.ppu if op.operand_elements for name in op.operand_from)


def _operand(memory: Memory, made: list[Words], makers: tuple[int, ...], size: int) -> Words:
    if not makers:
        return memory.constant(size)
    return np.resize(np.concatenate([made[maker] for maker in makers]), size)
