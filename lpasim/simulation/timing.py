"""When a tile runs in the array: `docs/cycle-contract.md`, "The array"."""

from __future__ import annotations

from dataclasses import dataclass
from typing import NamedTuple

from lpasim.hardware.model import Array
from lpasim.mapping.folds import drain_cycles, fold_cycles
from lpasim.mapping.schedule import Tile


@dataclass(frozen=True, slots=True)
class Span:
    """A tile in the array. All times are cycles.

    Attributes
    ----------
    ready : int
        When the tile would have begun, had nothing kept it waiting.
    begin : int
        When it began: a layer's first tile with its first weight word, any other with its first activation word.
    weights_done : int
        When its first fold's weights were no longer missing.
    last : int
        When the first activation word of its last fold enters.
    end : int
        When its last result leaves.
    """

    ready: int
    begin: int
    weights_done: int
    last: int
    end: int


class Arrivals(NamedTuple):
    """When a tile's weight block, input block and output half are there; 0: always were."""

    weights: int
    inputs: int
    half: int


@dataclass(frozen=True, slots=True)
class Pipeline:
    """The array's timing: rows, columns and how folds follow each other."""

    array: Array

    def first(self, tile: Tile, free: int, there: Arrivals) -> Span:
        """Time the first tile of a layer (or one of the post-processing unit alone): the array is empty at `free`."""
        begin = max(free, *there)
        if tile.folds == 0:
            return Span(ready=free, begin=begin, weights_done=0, last=begin, end=begin)
        last = begin + self.array.rows + (tile.folds - 1) * fold_cycles(self.array, tile.words)
        return Span(free, begin, there.weights, last, last + drain_cycles(self.array, tile.words))

    def next(self, tile: Tile, before: Span, words_before: int, there: Arrivals) -> Span:
        """Time a tile that follows another of its layer, whose last fold streamed `words_before` words."""
        array = self.array
        loaded_from = before.last if array.weight_double_buffer else before.end
        streamed = before.last + words_before if array.fold_overlap else before.end
        ready = max(streamed, loaded_from + array.rows)
        weights_done = max(loaded_from, there.weights) + array.rows
        begin = max(streamed, weights_done, there.inputs, there.half)
        last = begin + (tile.folds - 1) * fold_cycles(array, tile.words)
        return Span(ready, begin, weights_done, last, last + drain_cycles(array, tile.words))
