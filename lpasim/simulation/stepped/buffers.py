"""On-chip buffers: two halves each, that hold the words of a block from the time they land until they are released."""

from __future__ import annotations

import numpy as np

from lpasim.errors import SimulationError
from lpasim.simulation.stepped.halves import Halves
from lpasim.simulation.stepped.jobs import NEVER, Transfer
from lpasim.simulation.stepped.result import Words

ABSENT = np.iinfo(np.int64).min
"""What a half holds where no word of its block is."""


class Half:
    """A half with its block: word i of the operand's tensor, or `ABSENT`."""

    def __init__(self, tensor_size: int) -> None:
        self._words: Words = np.full(tensor_size, ABSENT)

    def fill(self, transfer: Transfer) -> None:
        """Take a block that has landed."""
        self._words[transfer.index] = transfer.words

    def read(self, index: Words) -> Words:
        """Return words of the block.

        Raises
        ------
        SimulationError
            If one of them is not there.
        """
        words = self._words[index]
        if (words == ABSENT).any():
            raise SimulationError("a word must be in the buffer when it is read, got none")
        return words


class Buffer:
    """A buffer of blocks that are fetched from memory, with its decoders.

    `halves` is None with ideal memory, where there are as many as needed.
    """

    def __init__(self, name: str, size_bytes: int, halves: int | None, decode_cycles: int) -> None:
        self._name, self._decode_cycles = name, decode_cycles
        self._bits = None if halves is None else size_bytes * 8 // halves
        self._halves: Halves[Transfer] = Halves(halves)
        self._blocks: dict[int, Half] = {}

    @property
    def has_free_half(self) -> bool:
        """Whether a block can be requested."""
        return self._halves.blocker is None

    def take_half(self, block: Transfer) -> None:
        """Set a half aside for a block.

        Raises
        ------
        SimulationError
            If the words need more bits than the half or the transfer has.
        """
        bits = block.index.size * block.word_bits
        room = block.size_bytes * 8
        if self._bits is not None:
            room = min(room, self._bits)
        self._halves.take(block)
        if bits > room:
            raise SimulationError(f"a block must fit half and transfer ({room} bits), got {bits} ({self._name})")

    def fill(self, block: Transfer, tensor_size: int) -> None:
        """Take a block that has landed."""
        half = Half(tensor_size)
        half.fill(block)
        self._blocks[id(block)] = half

    def usable(self, block: Transfer, now: int) -> bool:
        """Whether the block has landed and passed the decoders."""
        return block.landed != NEVER and block.landed + self._decode_cycles <= now

    def read(self, block: Transfer, index: Words) -> Words:
        """Return words of a block that has a half.

        Raises
        ------
        SimulationError
            If one of them is not there, or the half has been released.
        """
        if id(block) not in self._blocks:
            raise SimulationError(f"a half must be held while it is read, got none ({self._name})")
        return self._blocks[id(block)].read(index)

    def release(self, block: Transfer) -> None:
        """Give the half of a block back; its words are gone."""
        del self._blocks[id(block)]
        self._halves.release(block)
