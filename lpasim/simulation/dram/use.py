"""What a layer did to a banked memory."""

from __future__ import annotations

from dataclasses import dataclass, field

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

    def plus(self, served: Served, is_write: bool) -> DramUse:
        """Return the use with one more transfer."""
        more = DramCommands(
            activates=served.activates,
            precharges=served.precharges,
            reads=0 if is_write else served.bursts,
            writes=served.bursts if is_write else 0,
            refreshes=served.refreshes,
            active_cycles=served.active_clocks,
            idle_cycles=served.idle_clocks,
        )
        return DramUse(
            self.commands + more,
            self.row_hits + served.hits,
            self.row_misses + served.misses,
            self.row_conflicts + served.conflicts,
        )

    def bus_cycles(self, parameters: DramParameters, ratio: ClockRatio) -> int:
        """Return the array cycles for which its data had the buses, in the mean over the channels, rounded down."""
        bursts = self.commands.reads + self.commands.writes
        return ratio.cycle_of(bursts * parameters.burst_clocks // parameters.channels)
