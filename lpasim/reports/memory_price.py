"""The commands that price the memory of each layer, where they do."""

from __future__ import annotations

from lpasim.cost import DramCommands
from lpasim.cost.dram_price import is_priced_by_commands
from lpasim.hardware import ResolvedHardware
from lpasim.simulation.result import SimResult


def priced_commands(result: SimResult, resolved: ResolvedHardware) -> tuple[DramCommands | None, ...]:
    """Return what each layer did to the banks of its memory; None where a bit has a price instead."""
    by_commands = is_priced_by_commands(resolved)
    return tuple(layer.dram.commands if by_commands and layer.dram else None for layer in result.layers)
