"""The output buffer, where partial sums gather over K, and the encoders that complete sums pass."""

from __future__ import annotations

from collections import deque

import numpy as np

from lpasim.errors import SimulationError
from lpasim.simulation.stepped.array import SPAN
from lpasim.simulation.stepped.halves import Halves
from lpasim.simulation.stepped.jobs import Fold, OutputTile
from lpasim.simulation.stepped.result import WordCounts, Words


class OutputBuffer:
    """Two halves (`halves` None: as many as needed), each for one output tile."""

    def __init__(self, size_bytes: int, psum_bits: int, halves: int | None, encode_cycles: int) -> None:
        self._bits = None if halves is None else size_bytes * 8 // halves
        self._psum_bits = psum_bits
        self._halves: Halves[OutputTile] = Halves(halves)
        self._encode_cycles = encode_cycles
        self._encoding: deque[tuple[int, OutputTile, int, bool, bool]] = deque()
        self.finished_folds = 0

    def take_half(self, output: OutputTile) -> None:
        """Open an output tile.

        Raises
        ------
        SimulationError
            If its partial sums need more bits than the half has.
        """
        bits = output.index.size * self._psum_bits
        if self._bits is not None and bits > self._bits:
            raise SimulationError(f"an output tile must fit its half ({self._bits} bits), got {bits}")
        output.sums = np.zeros(int(output.index.max()) + 1, np.int64)
        output.terms = np.zeros_like(output.sums)
        self._halves.take(output)

    @property
    def blocker(self) -> OutputTile | None:
        """The output tile that holds the half that the next one needs, if it is held."""
        return self._halves.blocker

    def release(self, output: OutputTile) -> None:
        """Give the half of an output tile back."""
        self._halves.release(output)

    def accept(
        self, folds: list[Fold], leaving: list[tuple[int, int, Words]], cols: int, counts: list[WordCounts], now: int
    ) -> None:
        """Add words that left the array at `now` to their sums, and send complete sums to the encoders."""
        for col, tag, sums in leaving:
            number, word = divmod(tag, SPAN)
            fold = folds[number]
            output, tile, count = fold.job.output, fold.job.tile, counts[fold.job.layer]
            index = fold.outputs[word, col * sums.size : (col + 1) * sums.size]
            count.partial_sums_written += index.size
            count.partial_sums_read += int(np.count_nonzero(output.terms[index]))
            output.sums[index] += sums[: index.size]
            output.terms[index] += fold.weights.shape[0]
            complete = index.size if fold.completes_sums else 0
            count.encoded += complete
            last_column = col == cols - 1
            last_word = last_column and word == tile.words - 1
            closing = fold.last and tile.closes
            marks = (closing and last_column and word == 0, closing and last_word)
            self._encoding.append((now + self._encode_cycles, output, complete, *marks))
            self.finished_folds += last_word

    @property
    def is_encoding(self) -> bool:
        """Whether words are in the encoders."""
        return bool(self._encoding)

    def settle(self, now: int) -> bool:
        """Let words out of the encoders; return whether there were any."""
        moved = False
        while self._encoding and self._encoding[0][0] <= now:
            _, output, words, first, last = self._encoding.popleft()
            output.encoded_words += words
            if first:
                output.first_word_encoded = now
            if last:
                output.last_word_encoded = now
            moved = True
        return moved

    @staticmethod
    def results(output: OutputTile, depth: int) -> Words:
        """Return the sums of an output tile.

        Raises
        ------
        SimulationError
            If a sum has not all its products, or has not passed the encoder.
        """
        if (output.terms[output.index] != depth).any():
            raise SimulationError(f"a sum must have {depth} products when the PPU is done, got another number")
        if output.encoded_words != output.index.size:
            raise SimulationError(f"{output.index.size} words must be encoded, got {output.encoded_words}")
        return output.sums[output.index]
