"""What a layer did to a banked memory."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from itertools import accumulate, pairwise

from lpasim.cost.dram_commands import DramCommands
from lpasim.hardware.dram_parameters import DramParameters
from lpasim.simulation.dram.clocks import ClockRatio
from lpasim.simulation.dram.served import Served


@dataclass(frozen=True, slots=True)
class DramUse:
    """Commands of a layer, and what its bursts found.

    Attributes
    ----------
    commands : DramCommands
        Those issued for its transfers. Clocks and refreshes are those since the command before each of its own.
    row_hits, row_misses, row_conflicts : int
        Bursts that found their row open, their bank closed, or another row open.
    """

    commands: DramCommands = field(default_factory=DramCommands)
    row_hits: int = 0
    row_misses: int = 0
    row_conflicts: int = 0

    @property
    def bursts(self) -> int:
        """Bursts that were read or written."""
        return self.commands.reads + self.commands.writes

    def plus(self, served: Served, is_write: bool) -> DramUse:
        """Return the use with one more transfer."""
        before = self.commands
        commands = DramCommands(
            activates=before.activates + served.activates,
            precharges=before.precharges + served.precharges,
            reads=before.reads + (0 if is_write else served.bursts),
            writes=before.writes + (served.bursts if is_write else 0),
            refreshes=before.refreshes + served.refreshes,
            active_cycles=before.active_cycles + served.active_clocks,
            idle_cycles=before.idle_cycles + served.idle_clocks,
        )
        return DramUse(
            commands,
            self.row_hits + served.hits,
            self.row_misses + served.misses,
            self.row_conflicts + served.conflicts,
        )


def bus_cycles(bursts: Sequence[int], parameters: DramParameters, ratio: ClockRatio) -> list[int]:
    """Return the array cycles for which each layer's bursts had the data buses, in the mean over the channels.

    Sums from the first layer on are rounded up to whole cycles, so that the layers add up to the run.
    """
    clocks, channels = parameters.burst_clocks * ratio.cycles, parameters.channels * ratio.clocks
    sums = (-(-count * clocks // channels) for count in accumulate(bursts))
    return [after - before for before, after in pairwise([0, *sums])]
