"""What is drawn of a memory with banks: the data on its buses and, at the detail of folds, every command."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

from lpasim.hardware.dram_parameters import dram_parameters
from lpasim.hardware.model import Hardware
from lpasim.reports.timeline.perfetto import Arguments
from lpasim.reports.timeline.tracks import COMMANDS, DRAM, Track, Tracks
from lpasim.simulation.dram.clocks import ClockRatio
from lpasim.simulation.dram.rules import COLUMN
from lpasim.simulation.memory_commands import CommandRecord


@dataclass(slots=True)
class _Run:
    """Bursts of one transfer that come one after the other on a bus. Times are memory clocks."""

    engine: str
    layer: int
    tile: int
    begin: int
    end: int
    bursts: int = 1

    def takes(self, other: _Run) -> bool:
        """Whether a burst belongs to the same transfer."""
        return (self.engine, self.layer, self.tile) == (other.engine, other.layer, other.tile)


class MemoryDrawing:
    """Draws commands of the memory.

    Parameters
    ----------
    tracks : Tracks
    layers : sequence of str
        Names of the layers.
    hardware : Hardware
    each : bool
        Whether to draw every burst and command; else bursts of a transfer that follow each other are one slice.
    wants : callable
        Whether to draw a layer.
    """

    def __init__(
        self, tracks: Tracks, layers: Sequence[str], hardware: Hardware, each: bool, wants: Callable[[int], bool]
    ) -> None:
        self._tracks, self._layers, self._each, self._wants = tracks, layers, each, wants
        self._parameters, self._ratio = dram_parameters(hardware.dram), ClockRatio.of(hardware)
        self._runs: dict[int, _Run] = {}
        self._refreshes: dict[int, list[CommandRecord]] = {}

    def observe(self, record: CommandRecord) -> None:
        """Draw a command, and the data that it moves."""
        command, engine, layer, tile = record.command, record.engine, record.layer, record.tile
        if engine is None or layer is None or tile is None:
            if self._each:
                self._refreshes.setdefault(record.channel, []).append(record)
            return
        if command.name in COLUMN:
            p = self._parameters
            begin = command.clock + (p.cl if command.name == COLUMN[0] else p.cwl)
            self._burst(record.channel, _Run(engine, layer, tile, begin, begin + p.burst_clocks))
        for before in self._refreshes.pop(record.channel, ()):  # they count for the transfer of the next command
            if self._wants(layer):
                self._command(before, before.command.name, {"rank": before.command.rank})
        if self._each and self._wants(layer):
            place: Arguments = {"rank": command.rank, "group": command.group, "bank": command.bank, "row": command.row}
            what: Arguments = {"layer": self._layers[layer], "engine": engine, "tile": tile, **place}
            self._command(record, command.name, what)

    def close(self) -> None:
        """Draw what is left."""
        for channel, run in sorted(self._runs.items()):
            self._draw(channel, run)

    def _command(self, record: CommandRecord, name: str, what: Arguments) -> None:
        clock = record.command.clock
        self._track(COMMANDS, record.channel).slice(clock, clock + 1, name, {"clock": clock, **what})

    def _burst(self, channel: int, burst: _Run) -> None:
        """Add a burst to the run that is on the bus, or begin another."""
        run = self._runs.get(channel)
        if run is not None and run.takes(burst) and not self._each:
            run.end = burst.end
            run.bursts += 1
            return
        if run is not None:
            self._draw(channel, run)
        self._runs[channel] = burst

    def _draw(self, channel: int, run: _Run) -> None:
        if self._wants(run.layer):
            what: Arguments = {"engine": run.engine, "tile": run.tile, "clock": run.begin, "bursts": run.bursts}
            self._track(DRAM, channel).slice(run.begin, run.end, self._layers[run.layer], what)

    def _track(self, name: str, channel: int) -> Track:
        return self._tracks.channel(name, channel, self._parameters.channels, self._ratio)
