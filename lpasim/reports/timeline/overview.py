"""What is drawn of a run when it is over: its layers, and at the detail of layers what each unit did for them."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from lpasim.mapping import LayerSchedule
from lpasim.reports.statistics import STALL_CAUSES
from lpasim.reports.timeline.drawing import when
from lpasim.reports.timeline.perfetto import Arguments
from lpasim.reports.timeline.totals import Extent, LayerTotals
from lpasim.reports.timeline.tracks import ARRAY, DRAM, LAYERS, PPU, Tracks
from lpasim.simulation.result import ENGINES


class Overview:
    """Draws layers.

    Parameters
    ----------
    tracks : Tracks
    schedule : sequence of LayerSchedule
    layers : sequence of LayerTotals
    dram_busy_cycles : sequence of int
        By layer.
    wanted : sequence of int
        The layers to draw.
    """

    def __init__(
        self,
        tracks: Tracks,
        schedule: Sequence[LayerSchedule],
        layers: Sequence[LayerTotals],
        dram_busy_cycles: Sequence[int],
        wanted: Sequence[int],
    ) -> None:
        self._tracks, self._schedule, self._layers = tracks, schedule, layers
        self._dram_busy_cycles, self._wanted = dram_busy_cycles, wanted

    def draw_layers(self, run: str, arguments: Arguments) -> None:
        """Draw the run, and in it the layers with all that the report says of their time and traffic."""
        end = self._layers[-1].end
        row = self._tracks[LAYERS]
        with row.holding(0, end, run, arguments) as track:
            for number in self._wanted:
                totals, name = self._layers[number], self._schedule[number].layer.name
                row.part(track, totals.start, totals.end, name, self._arguments(number))

    def draw_units(self) -> None:
        """Draw from when to when each unit worked for each layer."""
        for unit in (ARRAY, PPU, *(f"DMA {engine}" for engine in ENGINES), DRAM):
            spans = [(e.begin, e.end, n, what) for n, e, what in self._extents(unit) if e.times]
            for begin, end, number, what in sorted(spans, key=lambda span: span[:3]):
                name = self._schedule[number].layer.name
                self._tracks[unit].slice(begin, end, name, {**when(begin, end), **what})

    def _extents(self, unit: str) -> Iterator[tuple[int, Extent, Arguments]]:
        """Generate each layer's number, the extent of what a unit does for it, and how much that is."""
        for number in self._wanted:
            layer = self._layers[number]
            if unit == ARRAY:
                stalls = {f"stall_cycles.{cause}": layer.stalls[cause] for cause in STALL_CAUSES}
                yield number, layer.array if layer.folds else Extent(), {"busy_cycles": layer.busy_cycles, **stalls}
            elif unit == PPU:
                yield number, layer.ppu, {"ppu_busy_cycles": layer.ppu_busy_cycles}
            elif unit == DRAM:
                moving = layer.dram if layer.channel_cycles else Extent()
                yield number, moving, {"dram_busy_cycles": self._dram_busy_cycles[number]}
            else:
                engine = unit.removeprefix("DMA ")
                extent = layer.engines[engine]
                yield number, extent, {"transfers": extent.times, "bytes": layer.bytes[engine]}

    def _arguments(self, number: int) -> Arguments:
        """Return what a layer's slice says, by the names that the report uses."""
        schedule, totals = self._schedule[number], self._layers[number]
        gemm = schedule.layer.gemm
        return {
            "operator": schedule.layer.operator,
            **({name: getattr(gemm, name) for name in ("count", "m", "k", "n")} if gemm else {}),
            "tiles": schedule.tile_count,
            "folds": totals.folds,
            **when(totals.start, totals.end),
            "array_cycles": totals.array.end - totals.array.begin,
            "busy_cycles": totals.busy_cycles,
            **{f"stall_cycles.{cause}": totals.stalls[cause] for cause in STALL_CAUSES},
            **{f"dram_bytes.{engine}": totals.bytes[engine] for engine in ENGINES},
            "dram_busy_cycles": self._dram_busy_cycles[number],
            "ppu_busy_cycles": totals.ppu_busy_cycles,
        }
