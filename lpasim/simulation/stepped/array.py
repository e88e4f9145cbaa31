"""The PE array: registers of weights, activations and partial sums that move by one processing element a cycle."""

from __future__ import annotations

from collections import deque
from dataclasses import dataclass

import numpy as np

from lpasim.errors import SimulationError
from lpasim.simulation.stepped.result import Words

SPAN = 1 << 24
"""A tag is fold number * SPAN + index of the activation word."""
IDLE = -1
"""The tag of a register that holds no word."""


@dataclass(frozen=True)
class WeightRow:
    """One row of a fold's weights as it leaves the buffer: `words` [cols, terms, lanes], `used` ones of each column."""

    identity: int
    words: Words
    used: Words


class WeightRegisters:
    """One weight register in each processing element, with the fold and row that its words belong to."""

    def __init__(self, rows: int, cols: int, terms: int, lanes: int) -> None:
        self.words: Words = np.zeros((rows, cols, terms, lanes), np.int64)
        self.used: Words = np.zeros((rows, cols), np.int64)
        self.identity: Words = np.full((rows, cols), IDLE, np.int64)

    def shift_down(self, col: int, row: WeightRow) -> None:
        """Move the words of a fold down by one row in a column, and put its next word in at the top.

        Words of the fold before stay until one of the new fold takes their place: the lower rows still need them.
        """
        rows = self.identity.shape[0]
        arriving = 1 + np.flatnonzero(self.identity[:-1, col] // rows == row.identity // rows)
        for register, entering in (
            (self.words, row.words[col]),
            (self.used, row.used[col]),
            (self.identity, row.identity),
        ):
            register[arriving, col] = register[arriving - 1, col]
            register[0, col] = entering

    def take(self, other: WeightRegisters, where: np.ndarray[tuple[int, ...], np.dtype[np.bool_]]) -> None:
        """Copy another register's words in the processing elements `where`."""
        self.words[where] = other.words[where]
        self.used[where] = other.used[where]
        self.identity[where] = other.identity[where]


class PeArray:
    """R x C processing elements, each of which may take several terms of a sum at once.

    In the cycle in which activations meet a processing element, the element adds their products to the partial sum
    from above, and both are in the next registers at the end of the cycle. With shadow registers, the first word of a
    fold makes each element that it meets take over the shadow weight. Weights leave the buffer a row at a time; skew
    registers at the top hold them back by one cycle a column, as the activations arrive.
    """

    def __init__(self, rows: int, cols: int, shadow: bool) -> None:
        self.rows, self.cols, self._has_shadow = rows, cols, shadow
        self.macs = 0
        self.configure(1, 1)

    def configure(self, terms: int, lanes: int) -> None:
        """Set the mode of an empty array: activations of a row in one cycle, and weights side by side."""
        rows, cols = self.rows, self.cols
        self._active = WeightRegisters(rows, cols, terms, lanes)
        self._shadow = WeightRegisters(rows, cols, terms, lanes) if self._has_shadow else self._active
        self._skew: deque[WeightRow | None] = deque([None] * cols, maxlen=cols)
        self._words: Words = np.zeros((rows, cols, terms), np.int64)
        self._tags: Words = np.full((rows, cols), IDLE, np.int64)
        self._sums: Words = np.zeros((rows, cols, lanes), np.int64)
        self._row_numbers = np.arange(rows)[:, None]

    @property
    def shape(self) -> tuple[int, int]:
        """Rows, and activations that each takes in one cycle."""
        return self.rows, self._words.shape[2]

    def step(self, weights: WeightRow | None, words: Words, tags: Words) -> list[tuple[int, int, Words]]:
        """Run one cycle.

        Parameters
        ----------
        weights : WeightRow or None
            What the weight buffer's decoders send.
        words, tags : array of int, [rows, terms] and [rows]
            What enters the rows.

        Returns
        -------
        list of (column, tag, sums)
            Words that leave the last row at the end of the cycle.

        Raises
        ------
        SimulationError
            If a word meets a weight of another fold or row, or a partial sum of another word.
        """
        leaving: list[tuple[int, int, Words]] = []
        self.macs = 0
        above = self._tags[:-1]
        self._words = np.concatenate((words[:, None], self._words[:, :-1]), axis=1)
        self._tags = np.hstack((tags[:, None], self._tags[:, :-1]))
        busy = self._tags != IDLE
        if busy.any():
            if (above != self._tags[1:]).any():
                raise SimulationError("a word must meet its own partial sum, got that of another word")
            leaving = self._multiply(busy)
        self._skew.appendleft(weights)
        for col, row in enumerate(self._skew):
            if row is not None:
                self._shadow.shift_down(col, row)
        return leaving

    def _multiply(self, busy: np.ndarray[tuple[int, ...], np.dtype[np.bool_]]) -> list[tuple[int, int, Words]]:
        fold, index = np.divmod(self._tags, SPAN)
        if self._has_shadow:
            self._active.take(self._shadow, busy & (index == 0))
        if (self._active.identity != fold * self.rows + self._row_numbers)[busy].any():
            raise SimulationError("a word must meet the weights of its fold and row, got others")
        self.macs = int(self._active.used[busy].sum())
        above = np.concatenate((np.zeros_like(self._sums[:1]), self._sums[:-1]))
        self._sums = above + (self._active.words * self._words[:, :, :, None]).sum(axis=2)
        return [(int(col), int(self._tags[-1, col]), self._sums[-1, col]) for col in np.flatnonzero(busy[-1])]
