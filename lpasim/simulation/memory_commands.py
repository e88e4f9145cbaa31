"""The commands of a memory with banks, one record each: what `simulate` tells an observer of the memory."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from lpasim.simulation.dram.rules import Command


@dataclass(frozen=True, slots=True)
class CommandRecord:
    """A command. Those of one channel come in the order of time.

    Attributes
    ----------
    channel : int
    command : Command
        `command.clock` is a memory clock.
    engine : str or None
        The DMA engine whose transfer the command is for; None for refreshes, and what makes room for them.
    layer, tile : int or None
        The first tile that the transfer is for, and its layer.
    """

    channel: int
    command: Command
    engine: str | None
    layer: int | None
    tile: int | None


CommandObserver = Callable[[CommandRecord], None]
