"""A run as a trace for the Perfetto UI, written while it is simulated."""

from __future__ import annotations

from collections.abc import Sequence
from enum import StrEnum
from typing import BinaryIO

from lpasim.hardware.model import Hardware
from lpasim.mapping import LayerSchedule
from lpasim.quantization.trace import Trace
from lpasim.reports.statistics import BUFFERS
from lpasim.reports.timeline.drawing import TileDrawing
from lpasim.reports.timeline.memory import MemoryDrawing
from lpasim.reports.timeline.occupancy import Occupancy
from lpasim.reports.timeline.overview import Overview
from lpasim.reports.timeline.perfetto import Arguments, TraceWriter
from lpasim.reports.timeline.totals import Totals
from lpasim.reports.timeline.tracks import Tracks
from lpasim.simulation.memory_commands import CommandObserver
from lpasim.simulation.records import EndRecord, HeldRecord, OutputRecord, Record, TileRecord, TransferRecord


class Detail(StrEnum):
    """The finest that is drawn."""

    LAYER = "layer"
    TILE = "tile"
    FOLD = "fold"


class Timeline:
    """Draws a run. Give `observe` and `commands` to `lpasim.simulation.simulate`, and call `close` after it.

    Parameters
    ----------
    file : binary file
    trace : Trace
    schedule : sequence of LayerSchedule
        Of the trace, for the hardware.
    hardware : Hardware
    detail : Detail
    only : int, optional
        Number of the one layer to draw; by default all.

    Attributes
    ----------
    slices : int
        Slices and instants drawn so far.
    """

    def __init__(
        self,
        file: BinaryIO,
        trace: Trace,
        schedule: Sequence[LayerSchedule],
        hardware: Hardware,
        detail: Detail = Detail.TILE,
        only: int | None = None,
    ) -> None:
        self._trace, self._schedule, self._hardware, self._detail = trace, schedule, hardware, detail
        self._only = only
        self._writer = TraceWriter(file)
        self._tracks = Tracks(self._writer, f"{trace.name} on {hardware.name}")
        self._totals = Totals(schedule, hardware)
        self._occupancy = {buffer: Occupancy() for buffer in BUFFERS}
        names = [layer.layer.name for layer in schedule]
        self._drawing = TileDrawing(self._tracks, schedule, folds=detail is Detail.FOLD)
        self._memory: MemoryDrawing | None = None
        if hardware.dram.is_banked and detail is not Detail.LAYER:
            self._memory = MemoryDrawing(self._tracks, names, hardware, detail is Detail.FOLD, self._wants)
        self._in_array: TileRecord | None = None

    @property
    def commands(self) -> CommandObserver | None:
        """What draws the commands of the memory, if they are drawn."""
        return None if self._memory is None else self._memory.observe

    @property
    def slices(self) -> int:
        """Slices and instants drawn so far."""
        return self._writer.slices

    def observe(self, record: Record) -> None:
        """Draw what happened."""
        drawing = self._drawing if self._detail is not Detail.LAYER and self._wants(record.layer) else None
        match record:
            case TileRecord():
                self._leave_array(record.span.ready)
                self._in_array = record
            case EndRecord():
                self._leave_array(record.begin)
                self._totals.end(record)
                if drawing:
                    drawing.end(record)
            case TransferRecord():
                self._totals.transfer(record)
                if drawing:
                    drawing.transfer(record)
            case OutputRecord():
                self._totals.output(record)
                if drawing:
                    drawing.output(record)
            case HeldRecord() if self._wants(record.layer):
                for cycle, size_bytes in self._occupancy[record.buffer].add(record):
                    self._tracks.count(record.buffer, cycle, size_bytes)

    def close(self) -> None:
        """Draw what is known at the end of the run only."""
        if self._memory is not None:
            self._memory.close()
        for buffer, occupancy in self._occupancy.items():
            for cycle, size_bytes in occupancy.rest():
                self._tracks.count(buffer, cycle, size_bytes)
        layers = self._totals.layers
        wanted = [number for number in range(len(layers)) if self._wants(number)]
        overview = Overview(self._tracks, self._schedule, layers, self._totals.dram_busy_cycles(), wanted)
        cycles, hardware = layers[-1].end, self._hardware
        run: Arguments = {
            "hardware": hardware.name,
            "rows": hardware.array.rows,
            "columns": hardware.array.cols,
            "batch": self._trace.batch,
            "clock_mhz": float(hardware.clock_mhz),
            "cycles": cycles,
            "latency_ms": cycles / (hardware.clock_mhz * 1000),
            "detail": str(self._detail),
        }
        overview.draw_layers(self._trace.name, run)
        if self._detail is Detail.LAYER:
            overview.draw_units()

    def _wants(self, layer: int) -> bool:
        return self._only is None or self._only == layer

    def _leave_array(self, at: int) -> None:
        """Draw the tile that has had the array until now: the next one could begin."""
        record, self._in_array = self._in_array, None
        if record is None:
            return
        self._totals.tile(record, at)
        if self._detail is not Detail.LAYER and self._wants(record.layer):
            self._drawing.tile(record, at)
