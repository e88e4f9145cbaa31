"""The work of a run: folds, blocks to fetch and output tiles, read off the schedule before the first cycle."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field

import numpy as np

from lpasim.errors import SimulationError
from lpasim.hardware.lanes import STORED_BITS, WORD_BITS, lanes_by_width
from lpasim.hardware.model import Hardware
from lpasim.mapping.addresses import Blocks
from lpasim.mapping.schedule import LayerSchedule, Tile
from lpasim.simulation.stepped.addresses import PADDING, Range, input_words, output_words, ranges, weight_words
from lpasim.simulation.stepped.result import Words

NEVER = -1
"""The time of what has not happened."""


@dataclass(eq=False)
class Transfer:
    """A block on its way: `index` are its words in the operand's tensor, `tile` the first tile that it is for.

    `blocks` are its bytes in memory, with what lies between them; `size_bytes` is what a buffer holds of them.
    """

    engine: str
    layer: int
    tile: int
    size_bytes: int
    blocks: Blocks
    index: Words
    word_bits: int
    words: Words = field(default_factory=lambda: np.zeros(0, np.int64))
    last_tile: int = 0
    requested: int = NEVER
    granted: int = NEVER
    landed: int = NEVER


@dataclass(eq=False)
class OutputTile:
    """A block of results: `index` are its words in the layer's output tensor."""

    layer: int
    closing_tile: int
    index: Words
    is_folded: bool
    work_cycles: int
    operand: Transfer | None
    store: Transfer | None
    sums: Words = field(default_factory=lambda: np.zeros(0, np.int64))
    terms: Words = field(default_factory=lambda: np.zeros(0, np.int64))
    encoded_words: int = 0
    first_word_encoded: int = NEVER
    last_word_encoded: int = NEVER
    ppu_end: int = NEVER


@dataclass(eq=False)
class Fold:
    """One fold of the array: K range `k` of group `group` for the channels `n`."""

    number: int
    job: Job
    inputs: Words
    weights: Words
    outputs: Words
    completes_sums: bool
    first: bool
    last: bool


@dataclass(eq=False)
class Job:
    """One tile."""

    index: int
    layer: int
    tile: Tile
    first_of_layer: bool
    weights: Transfer | None
    inputs: Transfer | None
    output: OutputTile
    folds: list[Fold] = field(default_factory=list)


def storage_bits(table: str, bits: int) -> int:
    """Width in which an activation is stored: the first part of a byte that holds it as it runs."""
    runs = min(width for width in lanes_by_width(table) if width >= bits)
    return min(width for width in STORED_BITS if width >= runs)


def make_jobs(schedule: Sequence[LayerSchedule], hardware: Hardware) -> list[Job]:
    """Turn a schedule into jobs, in the order of execution."""
    jobs: list[Job] = []
    folds = 0
    for number, layer in enumerate(schedule):
        tiles = list(layer.tiles())
        weights: Transfer | None = None
        inputs: Transfer | None = None
        outputs = _output_tiles(number, layer, tiles, len(jobs))
        for position, tile in enumerate(tiles):
            index = len(jobs)
            if tile.weight_bytes is not None:
                weights = Transfer(
                    "weight", number, index, tile.weight_bytes, tile.weight_blocks, *_weight_block(layer, tile)
                )
            if tile.input_bytes is not None:
                inputs = Transfer(
                    "input", number, index, tile.input_bytes, tile.input_blocks, *_input_block(layer, tile, hardware)
                )
            for block in filter(None, (weights, inputs)):
                block.last_tile = index
            job = Job(index, number, tile, position == 0, weights, inputs, outputs[position])
            if tile.folds:
                job.folds = _folds(layer, job, hardware, folds)
                folds += len(job.folds)
            _check(tile, job.folds)
            jobs.append(job)
    return jobs


def _check(tile: Tile, folds: list[Fold]) -> None:
    if tile.folds != len(folds):
        raise SimulationError(f"a tile's block must have {tile.folds} folds, got {len(folds)}")
    for fold in folds:
        if fold.inputs.shape[0] != tile.words:
            raise SimulationError(f"a tile's block must have {tile.words} positions, got {fold.inputs.shape[0]}")


def _weight_block(layer: LayerSchedule, tile: Tile) -> tuple[Words, int]:
    block = tile.block
    words = [weight_words(layer.layer, group, block.k, block.n).ravel() for group in range(*block.groups)]
    return np.concatenate(words), WORD_BITS // layer.lanes


def _input_block(layer: LayerSchedule, tile: Tile, hardware: Hardware) -> tuple[Words, int]:
    block = tile.block
    touched = np.unique([input_words(layer.layer, block, group, block.k) for group in range(*block.groups)])
    table = hardware.pe.activation_lanes
    return touched[touched != PADDING], storage_bits(table, layer.layer.activation_format.n)


def _output_tiles(number: int, layer: LayerSchedule, tiles: list[Tile], first_index: int) -> list[OutputTile]:
    """Return the output tile of each tile."""
    found: list[OutputTile] = []
    opened = 0
    for position, tile in enumerate(tiles):
        if tile.opens:
            opened = position
        if not tile.closes:
            continue
        block, closing = tile.block, first_index + position
        parts = [output_words(layer.layer, block, group, block.n).ravel() for group in range(*block.groups)]
        index, bits = np.concatenate(parts), 0
        moves = (
            ("operand", tile.operand_bytes, tile.operand_blocks),
            ("store", tile.store_bytes, tile.store_blocks),
        )
        operand, store = (
            Transfer(engine, number, closing, size, blocks, index, bits) if size else None
            for engine, size, blocks in moves
        )
        output = OutputTile(number, closing, index, tile.folds > 0, tile.ppu_cycles, operand, store)
        found += [output] * (position + 1 - opened)
    return found


def _folds(layer: LayerSchedule, job: Job, hardware: Hardware, number: int) -> list[Fold]:
    block, array = job.tile.block, hardware.array
    depth = layer.layer.gemm.k if layer.layer.gemm else 0
    pieces: list[tuple[int, Range, Range]] = [
        (group, k, n)
        for group in range(*block.groups)
        for n in ranges(block.n, array.cols * layer.lanes)
        for k in ranges(block.k, array.rows * layer.terms)
    ]
    return [
        Fold(
            number=number + position,
            job=job,
            inputs=input_words(layer.layer, block, group, k),
            weights=weight_words(layer.layer, group, k, n),
            outputs=output_words(layer.layer, block, group, n),
            completes_sums=k[1] == depth,
            first=position == 0,
            last=position == len(pieces) - 1,
        )
        for position, (group, k, n) in enumerate(pieces)
    ]
