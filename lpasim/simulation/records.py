"""What happened in a run, one record at a time: what `simulate` tells an observer. All times are cycles.

Records of one kind come in the order of time, each as soon as all of it is known.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from lpasim.mapping.schedule import Tile
from lpasim.simulation.stalls import Wait
from lpasim.simulation.timing import Span


@dataclass(frozen=True, slots=True)
class TileRecord:
    """A tile in the array. Tiles come in the order of execution.

    Attributes
    ----------
    index, layer : int
        Number of the tile in the run, and of its layer in the schedule.
    tile : Tile
    span : Span
        `span.ready` is when the array was done with the tile before.
    first_of_layer : bool
    waits : tuple of Wait
        Divide [span.ready, span.begin) by cause.
    """

    index: int
    layer: int
    tile: Tile
    span: Span
    first_of_layer: bool
    waits: tuple[Wait, ...]


@dataclass(frozen=True, slots=True)
class EndRecord:
    """The last result has left the array; the run ends when everything is stored.

    `waits` divide the time between by cause; they are the last layer's.
    """

    layer: int
    begin: int
    end: int
    waits: tuple[Wait, ...]


@dataclass(frozen=True, slots=True)
class TransferRecord:
    """A transfer of a DMA engine. Those of one engine come in the order of its requests.

    With a plain bandwidth, those that move something come in the order in which they have the channel, and have it in
    [granted, passed).

    Attributes
    ----------
    engine : str
        One of `lpasim.simulation.result.ENGINES`.
    layer, tile : int
        The first tile that it is for.
    bus_bytes : int
        Whole bursts; 0 if there is nothing but padding.
    requested, granted : int
        When it was asked for, and when the memory took it.
    passed : int
        When its last data had been on the bus: a store is done.
    landed : int
        When a load is in its buffer; `passed`, for a store.
    """

    engine: str
    layer: int
    tile: int
    bus_bytes: int
    requested: int
    granted: int
    passed: int
    landed: int


@dataclass(frozen=True, slots=True)
class HeldRecord:
    """A half of a buffer, taken and released. Those of one buffer come in the order in which they are taken.

    Attributes
    ----------
    buffer : str
        weight, input or output.
    layer, tile : int
        The first tile that it is for.
    size_bytes : int
        What the block needs; of an output tile, its partial sums or its results, whichever are more.
    taken, released : int
    """

    buffer: str
    layer: int
    tile: int
    size_bytes: int
    taken: int
    released: int


@dataclass(frozen=True, slots=True)
class OutputRecord:
    """An output tile in the post-processing unit. They come in the order in which the unit takes them.

    Attributes
    ----------
    layer, tile : int
        The tile that completes it.
    begin, end : int
    work_cycles : int
        Its passes, which start at `begin`.
    landed : int or None
        When its operand had landed, if it takes one.
    """

    layer: int
    tile: int
    begin: int
    work_cycles: int
    end: int
    landed: int | None


Record = TileRecord | EndRecord | TransferRecord | HeldRecord | OutputRecord
Observer = Callable[[Record], None]
