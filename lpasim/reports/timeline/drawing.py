"""What is drawn of a run while it goes on: tiles, folds, transfers and output tiles."""

from __future__ import annotations

from collections.abc import Sequence

from lpasim.mapping import LayerSchedule
from lpasim.reports.timeline.perfetto import Arguments
from lpasim.reports.timeline.tracks import ARRAY, DRAM, PPU, WEIGHTS, Tracks
from lpasim.simulation.records import EndRecord, OutputRecord, TileRecord, TransferRecord
from lpasim.simulation.stalls import Wait
from lpasim.simulation.tile_folds import tile_folds


def when(begin: int, end: int) -> Arguments:
    """Return what every slice says of its time, in cycles."""
    return {"cycle": begin, "cycles": end - begin}


class TileDrawing:
    """Draws tiles, what the array waits for, transfers and output tiles; and folds, if asked to.

    Slices of work are named by their layer, those of waiting by the cause.

    Parameters
    ----------
    tracks : Tracks
    schedule : sequence of LayerSchedule
    folds : bool
        Whether to draw the folds of a tile.
    """

    def __init__(self, tracks: Tracks, schedule: Sequence[LayerSchedule], folds: bool) -> None:
        hardware = schedule[0].hardware
        self._tracks, self._schedule, self._rows, self._folds = tracks, schedule, hardware.array.rows, folds
        self._layers = [layer.layer.name for layer in schedule]
        self._has_one_bus = not hardware.dram.is_banked  # else its commands are drawn: lpasim.reports.timeline.memory

    def tile(self, record: TileRecord, end: int) -> None:
        """Draw a tile that has the array until `end`, after what the array waited for."""
        self._waits(record.layer, record.waits, {"tile": record.index})
        tile, span = record.tile, record.span
        if not tile.folds:
            return
        arguments: Arguments = {
            "tile": record.index,
            **when(span.begin, end),
            "last_result_cycle": span.end,
            "folds": tile.folds,
            "words": tile.words,
            **_part(record),
        }
        name = self._layers[record.layer]
        if not self._folds:
            self._tracks[ARRAY].slice(span.begin, end, name, arguments)
            return
        self._draw_folds(record, end, arguments)

    def end(self, record: EndRecord) -> None:
        """Draw what the run waits for at its end."""
        self._waits(record.layer, record.waits, {})

    def transfer(self, record: TransferRecord) -> None:
        """Draw a transfer: from the request to the landing, and on its way."""
        r, name = record, self._layers[record.layer]
        if not r.bus_bytes:
            return
        what: Arguments = {"tile": r.tile, "bytes": r.bus_bytes}
        engine = self._tracks[f"DMA {r.engine}"]
        if r.requested == r.landed:
            engine.slice(r.requested, r.landed, name, what | when(r.requested, r.landed))
            return
        with engine.holding(r.requested, r.landed, name, what | when(r.requested, r.landed)) as track:
            engine.phases(track, r.requested, (r.granted, "queued"), (r.passed, "moves"), (r.landed, "latency"))
        if self._has_one_bus and r.granted < r.passed:
            moving: Arguments = {"engine": r.engine, **what, **when(r.granted, r.passed)}
            self._tracks[DRAM].slice(r.granted, r.passed, name, moving)

    def output(self, record: OutputRecord) -> None:
        """Draw an output tile in the post-processing unit."""
        r, name = record, self._layers[record.layer]
        arguments: Arguments = {"tile": r.tile, **when(r.begin, r.end), "work_cycles": r.work_cycles}
        worked = r.begin + r.work_cycles
        landed = max(worked, worked if r.landed is None else r.landed)
        unit = self._tracks[PPU]
        with unit.holding(r.begin, r.end, name, arguments) as track:
            unit.phases(track, r.begin, (worked, "passes"), (landed, "waits for its operand"), (r.end, "last words"))

    def _draw_folds(self, record: TileRecord, end: int, arguments: Arguments) -> None:
        rows, name = self._rows, self._layers[record.layer]
        folds = list(tile_folds(record, self._schedule[record.layer]))
        ends = [*(fold.start for fold in folds[1:]), end]
        array, weights = self._tracks[ARRAY], self._tracks[WEIGHTS]
        with array.holding(record.span.begin, end, name, arguments) as track:
            array.phases(track, record.span.begin, (folds[0].start, "first weights"))
            for fold, until in zip(folds, ends, strict=True):
                used: Arguments = {"rows_used": fold.rows, "columns_used": fold.cols}
                array.part(track, fold.start, until, "fold", {"fold": fold.number, "cycle": fold.start, **used})
        for fold in folds:
            what: Arguments = {"tile": record.index, "fold": fold.number, "cycle": fold.load}
            weights.slice(fold.load, fold.load + rows, name, what)

    def _waits(self, layer: int, waits: Sequence[Wait], what: Arguments) -> None:
        for wait in waits:
            arguments: Arguments = {"layer": self._layers[layer], **what, **when(wait.begin, wait.end)}
            self._tracks[ARRAY].slice(wait.begin, wait.end, wait.cause, arguments)


def _part(record: TileRecord) -> Arguments:
    """Say which part of its layer's products a tile is: half-open ranges."""
    names = ("groups", "batch", "rows", "cols", "k", "n")
    ranges = ((name, getattr(record.tile.block, name)) for name in names)
    return {f"part.{name}": f"{low}:{high}" for name, (low, high) in ranges}
