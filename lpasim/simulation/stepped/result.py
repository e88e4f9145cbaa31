"""What the stepped model measures."""

from __future__ import annotations

from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

from lpasim.simulation.dram.use import DramUse
from lpasim.simulation.result import ENGINES

Words = NDArray[np.int64]
"""Words, addresses or tags."""

CAUSES = ("weights_late", "inputs_late", "output_full", "ppu_busy", "dram_busy")
"""Causes of a waiting cycle."""


@dataclass(frozen=True)
class EdgeCycle:
    """What crosses the edges of the array in one cycle; folds are numbered through the run.

    Attributes
    ----------
    cycle : int
    weights : tuple of int or None
        Fold and row of the weights that enter column 0 (column c takes them c cycles later).
    rows : tuple of (tuple of int or None)
        Fold and index of the activation word that enters each row.
    columns : tuple of (tuple of int or None)
        Fold and index of the word whose sum leaves each column at the end of the cycle.
    """

    cycle: int
    weights: tuple[int, int] | None
    rows: tuple[tuple[int, int] | None, ...]
    columns: tuple[tuple[int, int] | None, ...]


@dataclass
class WordCounts:
    """Words seen at each port, counted one at a time.

    `activation_words` entered a row of the array, the zeros around a feature map included. `weight_words` are packed
    words of 8 bits. The PPU takes `sums_taken` from the output buffer, or, in a layer without a product, `inputs_taken`
    from the input buffer.
    """

    macs: int = 0
    weight_words: int = 0
    activation_words: int = 0
    weights_landed: int = 0
    inputs_landed: int = 0
    partial_sums_read: int = 0
    partial_sums_written: int = 0
    encoded: int = 0
    sums_taken: int = 0
    inputs_taken: int = 0
    results_stored: int = 0


@dataclass
class SteppedLayer:
    """One layer's times (in cycles), waiting cycles by cause, traffic in bytes by DMA engine, and word counts.

    `results` are the words that external memory holds after the run, in the order of the layer's output tensor.
    """

    start_cycle: int = 0
    array_start_cycle: int = 0
    array_end_cycle: int = 0
    end_cycle: int = 0
    stored_cycle: int = 0
    busy_cycles: int = 0
    stalls: dict[str, int] = field(default_factory=lambda: dict.fromkeys(CAUSES, 0))
    traffic_bytes: dict[str, int] = field(default_factory=lambda: dict.fromkeys(ENGINES, 0))
    channel_busy_cycles: int = 0
    ppu_busy_cycles: int = 0
    words: WordCounts = field(default_factory=WordCounts)
    dram: DramUse | None = None
    results: Words = field(default_factory=lambda: np.zeros(0, np.int64))

    @property
    def cycles(self) -> int:
        """Cycles from the previous layer's end to this layer's."""
        return self.end_cycle - self.start_cycle

    @property
    def array_cycles(self) -> int:
        """Cycles from the first weight word into the array to the last result out of it."""
        return self.array_end_cycle - self.array_start_cycle


@dataclass(frozen=True)
class SteppedResult:
    """A whole run."""

    layers: tuple[SteppedLayer, ...]
    cycles: int
