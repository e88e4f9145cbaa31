"""The tiles of a run and what they share: operand blocks and output tiles, with the times of what happened to them."""

from __future__ import annotations

from collections import deque
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from lpasim.mapping.schedule import LayerSchedule
from lpasim.mapping.schedule import Tile as ScheduledTile
from lpasim.simulation.channel import Transfer
from lpasim.simulation.signal import Clock, Signal


@dataclass(slots=True, eq=False)
class Operand:
    """A weight or input block in a half of its buffer.

    `makers_stored_at` is when the layers that make it had stored everything: 0 for constants and network inputs.
    """

    usable: Signal
    released: Signal
    transfer: Transfer | None = None
    makers_stored_at: int = 0


@dataclass(slots=True, eq=False)
class OutputTile:
    """Results in a half of the output buffer, from the first partial sum until they are stored."""

    emerging: Signal
    stored: Signal
    takes_operand: bool = False
    array_end: int = 0
    ppu_start: int = 0
    ppu_cycles: int = 0
    ppu_end: int | None = None
    operand: Transfer | None = None
    store: Transfer | None = None


@dataclass(slots=True, eq=False)
class TileRun:
    """One tile of the run.

    `weights` is None in a layer without weights. `follows` is the output tile that must leave the output buffer before
    this tile may open its own. `last_use_of_weights` and `last_use_of_inputs` say that no later tile uses the block.
    """

    index: int
    layer: int
    tile: ScheduledTile
    weights: Operand | None
    inputs: Operand
    output: OutputTile
    follows: OutputTile | None
    first_of_layer: bool
    last_use_of_weights: bool = False
    last_use_of_inputs: bool = False


def tile_runs(schedule: Sequence[LayerSchedule], env: Clock, output_halves: int | None) -> Iterator[TileRun]:
    """Generate the tiles of a whole run, linked to the blocks and output tiles that they share.

    Parameters
    ----------
    schedule : sequence of LayerSchedule
    env : Clock
    output_halves : int or None
        Output tiles that the output buffer holds; None: any number.
    """
    index = 0
    held: deque[OutputTile] = deque(maxlen=output_halves)
    for number, layer in enumerate(schedule):
        previous: TileRun | None = None
        for tile in layer.tiles():
            run = _next_run(tile, index, number, previous, held, env)
            if previous is not None:
                previous.last_use_of_weights = previous.weights is not run.weights
                previous.last_use_of_inputs = previous.inputs is not run.inputs
                yield previous
            previous = run
            index += 1
        if previous is not None:
            previous.last_use_of_weights = previous.last_use_of_inputs = True
            yield previous


def _next_run(
    tile: ScheduledTile,
    index: int,
    layer: int,
    previous: TileRun | None,
    held: deque[OutputTile],
    env: Clock,
) -> TileRun:
    """Link a tile to the blocks that it takes over from the previous one, and to new ones where it does not."""
    weights = previous.weights if previous is not None else None
    if tile.weight_bytes is not None:
        weights = Operand(Signal(env), Signal(env))
    inputs = previous.inputs if previous is not None else None
    if inputs is None or tile.input_bytes is not None:
        inputs = Operand(Signal(env), Signal(env))
    if previous is not None and not tile.opens:
        return TileRun(index, layer, tile, weights, inputs, previous.output, None, first_of_layer=False)
    output = OutputTile(Signal(env), Signal(env))
    follows = held[0] if len(held) == held.maxlen else None
    held.append(output)
    return TileRun(index, layer, tile, weights, inputs, output, follows, first_of_layer=previous is None)
