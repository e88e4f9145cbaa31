"""When the folds of a tile run: `docs/cycle-contract.md`, "The array"."""

from __future__ import annotations

from collections.abc import Iterator
from typing import NamedTuple

from lpasim.hardware.model import Array
from lpasim.mapping.folds import fold_cycles
from lpasim.simulation.records import TileRecord


class FoldTimes(NamedTuple):
    """A fold of a tile, by its number: its weights enter in [load, load + rows), its first word in row 0 at `start`."""

    number: int
    load: int
    start: int


def fold_times(record: TileRecord, array: Array) -> Iterator[FoldTimes]:
    """Generate the folds of a tile, in order."""
    span, tile = record.span, record.tile
    step = fold_cycles(array, tile.words)
    first = span.begin + (array.rows if record.first_of_layer else 0)
    for number in range(tile.folds):
        start = first + number * step
        if number == 0:
            load = span.begin if record.first_of_layer else span.weights_done - array.rows
        else:
            load = start - (step if array.weight_double_buffer else array.rows)
        yield FoldTimes(number, load, start)
