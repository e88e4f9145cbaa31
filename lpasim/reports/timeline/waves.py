"""A layer in a small array, cycle by cycle, as waveforms: `docs/cycle-contract.md`, "The array", drawn out."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from typing import NamedTuple, TextIO

from lpasim.errors import OutputError
from lpasim.hardware.model import Hardware
from lpasim.mapping import LayerSchedule
from lpasim.networks.printable import printable
from lpasim.reports.statistics import STALL_CAUSES
from lpasim.reports.timeline.vcd import Signal, VcdWriter
from lpasim.simulation.records import EndRecord, Record, TileRecord
from lpasim.simulation.stalls import Wait
from lpasim.simulation.tile_folds import Fold, tile_folds

MOST_CELLS = 256
"""Cells of an array whose waveforms a person can still look through; 16 x 16."""
MOST_CHANGES = 5_000_000
"""Changes of a dump of some 60 MB, which viewers open at once and takes seconds to write."""
TIMESCALE = "1 us"
"""Of one cycle, as in the timeline."""


class Port(NamedTuple):
    """The signals of a place where words pass: whether one does, of which fold of the layer, and which."""

    valid: Signal
    fold: Signal
    word: Signal


class Waves:
    """Draws one layer. Give `observe` to `lpasim.simulation.simulate`, and call `close` after it.

    Parameters
    ----------
    file : text file
    schedule : LayerSchedule
        Of the layer.
    number : int
        Of the layer in the network's schedule.
    hardware : Hardware
    cycles : int, optional
        Draw so many cycles from the layer's start; by default all of its.

    Raises
    ------
    OutputError
        If the array is not small, or so many cycles are too many.
    """

    def __init__(
        self, file: TextIO, schedule: LayerSchedule, number: int, hardware: Hardware, cycles: int | None = None
    ) -> None:
        check_size(schedule, hardware, cycles)
        self._schedule, self._number, self._array, self._cycles = schedule, number, hardware.array, cycles
        rows, cols = self._array.rows, self._array.cols
        tiles = list(schedule.tiles())
        folds, words = sum(tile.folds for tile in tiles), max(tile.words for tile in tiles)
        self._busy = Signal("array", "busy", 1)
        self._causes = {cause: Signal("array", cause, 1) for cause in STALL_CAUSES}
        self._weights = _port("array", "weights", "row", folds, rows)
        self._rows = [_port("inputs", f"row{row}", "word", folds, words) for row in range(rows)]
        self._columns = [_port("sums", f"column{col}", "word", folds, words) for col in range(cols)]
        self._cells = [[Signal("cells", f"row{r}_column{c}", 1) for c in range(cols)] for r in range(rows)]
        ports = (self._weights, *self._rows, *self._columns)
        cells = [cell for row in self._cells for cell in row]
        waits = (self._busy, *self._causes.values())
        signals = (*waits, *(signal for port in ports for signal in port), *cells)
        comment = (
            f"layer {printable(schedule.layer.name)} on {hardware.name}, {rows} x {cols} cells; a cycle is {TIMESCALE}"
        )
        self._writer = VcdWriter(file, signals, comment, TIMESCALE)
        self._at_rest = dict.fromkeys((*waits, *(port.valid for port in ports), *cells), 0)
        self._changes: defaultdict[int, dict[Signal, int | None]] = defaultdict(dict)
        self._folds = self._end = 0
        self._stop: int | None = None

    def observe(self, record: Record) -> None:
        """Draw what happened to the layer in the array."""
        match record:
            case TileRecord() if record.layer == self._number:
                self._tile(record)
            case EndRecord() if record.layer == self._number:
                self._waits(record.waits)
                self._end = record.end

    def close(self) -> None:
        """Write what is left."""
        self._changes[self._end] |= self._at_rest
        self._flush(None)
        self._writer.end(self._end if self._stop is None else min(self._end, self._stop))

    def _tile(self, record: TileRecord) -> None:
        span = record.span
        folds = list(tile_folds(record, self._schedule))
        if record.first_of_layer:
            self._changes[span.ready] |= self._at_rest
            self._stop = None if self._cycles is None else span.ready + self._cycles
        self._end = span.end
        if self._is_over(span.ready):
            return
        self._flush(min([span.ready, *(fold.load for fold in folds[:1])]))
        self._waits(record.waits)
        self._changes[span.begin] |= dict.fromkeys(self._causes.values(), 0)
        self._changes[span.begin][self._busy] = 1
        for fold in folds:
            if fold.number:
                self._flush(fold.load)
            if self._is_over(fold.load):
                return
            self._fold(fold, record.tile.words)

    def _waits(self, waits: Sequence[Wait]) -> None:
        """Draw what the array waits for."""
        for wait in waits:
            now = {signal: int(cause == wait.cause) for cause, signal in self._causes.items()}
            self._changes[wait.begin] |= {self._busy: 0, **now}

    def _fold(self, fold: Fold, words: int) -> None:
        """Draw a fold: its weights, those of the last row first, then words from row to row and out of columns."""
        rows = self._array.rows
        self._pass(self._weights, fold.load, range(rows - 1, -1, -1))
        for row in range(rows - fold.rows, rows):
            self._pass(self._rows[row], fold.start + row, range(words))
            for col in range(fold.cols):
                at = fold.start + row + col
                self._changes[at][self._cells[row][col]] = 1
                self._changes[at + words].setdefault(self._cells[row][col], 0)
        for col in range(fold.cols):
            self._pass(self._columns[col], fold.start + rows - 1 + col, range(words))
        self._folds += 1

    def _pass(self, port: Port, at: int, words: Sequence[int]) -> None:
        """Let words of the current fold pass a port, one a cycle; those of a fold that follows at once come next."""
        self._changes[at] |= {port.valid: 1, port.fold: self._folds}
        for cycle, word in enumerate(words, start=at):
            self._changes[cycle][port.word] = word
        rest = self._changes[at + len(words)]
        for signal, value in ((port.valid, 0), (port.fold, None), (port.word, None)):
            rest.setdefault(signal, value)

    def _flush(self, before: int | None) -> None:
        """Write all changes before a time: nothing of that time will come."""
        ready = sorted(cycle for cycle in self._changes if before is None or cycle < before)
        for cycle in ready:
            changes = self._changes.pop(cycle)
            if not self._is_over(cycle):
                self._writer.change(cycle, changes)

    def _is_over(self, cycle: int) -> bool:
        """Whether a cycle is none of those to draw."""
        return self._stop is not None and cycle >= self._stop


def check_size(schedule: LayerSchedule, hardware: Hardware, cycles: int | None) -> None:
    """Make sure that the waveforms of a layer, or of its first cycles, are small enough to look through.

    Raises
    ------
    OutputError
        If they are not, or the layer does not use the array.
    """
    array, name = hardware.array, schedule.layer.name
    cells = array.rows * array.cols
    if cells > MOST_CELLS:
        size = f"{array.rows} x {array.cols} = {cells}"
        raise OutputError(f"waveforms must be of an array of at most {MOST_CELLS} cells, got {size} ({hardware.name})")
    words = sum(tile.folds * tile.words for tile in schedule.tiles())
    if not words:
        raise OutputError(f"waveforms must be of a layer with a matrix product, got {schedule.layer.operator} ({name})")
    ports = array.rows + array.cols
    changes = ports * (words if cycles is None else min(words, cycles))
    if changes > MOST_CHANGES:
        rule = f"waveforms must show at most {MOST_CHANGES:,} words through rows and columns"
        raise OutputError(f"{rule}, got {changes:,} (layer {name}); take --cycles {MOST_CHANGES // ports}")


def _port(scope: str, name: str, word: str, folds: int, words: int) -> Port:
    """Return the signals of a port that so many folds pass, each with so many words."""
    fold_bits, word_bits = (max(1, (count - 1).bit_length()) for count in (folds, words))
    return Port(
        Signal(scope, f"{name}_valid", 1),
        Signal(scope, f"{name}_fold", fold_bits),
        Signal(scope, f"{name}_{word}", word_bits),
    )
