"""The folds of a tile: when each runs, and how much of the array it uses. `docs/cycle-contract.md`, "The array"."""

from __future__ import annotations

from collections.abc import Iterator
from typing import NamedTuple

from lpasim.mapping import LayerSchedule, Tile
from lpasim.mapping.folds import fold_cycles
from lpasim.mapping.geometry import Range
from lpasim.simulation.records import TileRecord


class Fold(NamedTuple):
    """A fold.

    Attributes
    ----------
    number : int
        In its tile.
    load, start : int
        Cycles in which its first weight row and its first activation word enter the array.
    rows, cols : int
        How many it uses: the last rows and the first columns.
    """

    number: int
    load: int
    start: int
    rows: int
    cols: int


def tile_folds(record: TileRecord, layer: LayerSchedule) -> Iterator[Fold]:
    """Generate the folds of a tile, in order.

    Parameters
    ----------
    record : TileRecord
    layer : LayerSchedule
        The tile's layer.
    """
    array, span, tile = layer.hardware.array, record.span, record.tile
    if not tile.folds:
        return
    step = fold_cycles(array, tile.words)
    start = span.begin + (array.rows if record.first_of_layer else 0)
    load = span.begin if record.first_of_layer else span.weights_done - array.rows
    for number, (rows, cols) in enumerate(_shapes(layer, tile)):
        yield Fold(number, load, start, rows, cols)
        start += step
        load = start - (step if array.weight_double_buffer else array.rows)


def _shapes(layer: LayerSchedule, tile: Tile) -> Iterator[tuple[int, int]]:
    """Generate rows and columns of the folds: for each group and part of N, all parts of K."""
    problem, block = layer.problem, tile.block
    widths = [-(-width // problem.lanes) for width in _parts(block.n, problem.fold_cols)]
    depths = [-(-depth // problem.terms) for depth in _parts(block.k, problem.fold_rows)]
    for _ in range(*block.groups):
        for width in widths:
            for depth in depths:
                yield depth, width


def _parts(whole: Range, size: int) -> list[int]:
    """Return the sizes of the parts that a range is cut into."""
    return [min(size, whole[1] - start) for start in range(whole[0], whole[1], size)]
