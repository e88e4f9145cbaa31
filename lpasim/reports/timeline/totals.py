"""What a timeline shows of each layer, added up from the records that it is drawn from."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field

from lpasim.hardware.dram_parameters import dram_parameters
from lpasim.hardware.model import Hardware
from lpasim.mapping import LayerSchedule
from lpasim.simulation.dram.clocks import ClockRatio
from lpasim.simulation.dram.use import bus_cycles
from lpasim.simulation.records import EndRecord, OutputRecord, TileRecord, TransferRecord
from lpasim.simulation.result import ENGINES
from lpasim.simulation.stalls import Wait


@dataclass(slots=True)
class Extent:
    """From the first to the last cycle of something, and how often it was; empty at first."""

    begin: int = 0
    end: int = 0
    times: int = 0

    def reach(self, begin: int, end: int) -> None:
        """Take in [begin, end)."""
        self.begin = min(self.begin, begin) if self.times else begin
        self.end = max(self.end, end)
        self.times += 1


@dataclass(slots=True)
class LayerTotals:
    """One layer, in cycles and bytes. The array's own time is `array`; `start` to `end` are the layer's cycles."""

    start: int = 0
    end: int = 0
    array: Extent = field(default_factory=Extent)
    busy_cycles: int = 0
    folds: int = 0
    stalls: Counter[str] = field(default_factory=Counter)
    ppu: Extent = field(default_factory=Extent)
    ppu_busy_cycles: int = 0
    engines: dict[str, Extent] = field(default_factory=lambda: {engine: Extent() for engine in ENGINES})
    bytes: Counter[str] = field(default_factory=Counter)
    dram: Extent = field(default_factory=Extent)
    channel_cycles: int = 0


class Totals:
    """The totals of every layer of a run."""

    def __init__(self, schedule: Sequence[LayerSchedule], hardware: Hardware) -> None:
        self.layers = [LayerTotals() for _ in schedule]
        self._hardware = hardware

    def tile(self, record: TileRecord, end: int) -> None:
        """Add a tile that has the array until `end`."""
        layer = self.layers[record.layer]
        if record.first_of_layer:
            layer.start = record.span.ready
        layer.array.reach(record.span.begin, record.span.end)
        layer.end = record.span.end
        layer.busy_cycles += end - record.span.begin
        layer.folds += record.tile.folds
        self._wait(layer, record.waits)

    def end(self, record: EndRecord) -> None:
        """Add the end of the run to the last layer."""
        layer = self.layers[record.layer]
        layer.end = record.end
        self._wait(layer, record.waits)

    def transfer(self, record: TransferRecord) -> None:
        """Add a transfer."""
        if not record.bus_bytes:
            return
        layer = self.layers[record.layer]
        layer.engines[record.engine].reach(record.requested, record.landed)
        layer.bytes[record.engine] += record.bus_bytes
        layer.dram.reach(record.granted, record.passed)
        layer.channel_cycles += record.passed - record.granted

    def output(self, record: OutputRecord) -> None:
        """Add an output tile in the post-processing unit."""
        layer = self.layers[record.layer]
        layer.ppu.reach(record.begin, record.end)
        layer.ppu_busy_cycles += record.work_cycles

    def dram_busy_cycles(self) -> list[int]:
        """Return how long each layer's data has the bus; with banks transfers overlap, and bursts are counted."""
        dram = self._hardware.dram
        if not dram.is_banked:
            return [layer.channel_cycles for layer in self.layers]
        bursts = [layer.bytes.total() // dram.burst_bytes for layer in self.layers]
        return bus_cycles(bursts, dram_parameters(dram), ClockRatio.of(self._hardware))

    @staticmethod
    def _wait(layer: LayerTotals, waits: Iterable[Wait]) -> None:
        for wait in waits:
            layer.stalls[wait.cause] += wait.cycles
