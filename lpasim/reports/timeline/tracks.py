"""The tracks of a timeline, in their order, and how cycles become its times."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass

from lpasim.reports.statistics import BUFFERS
from lpasim.reports.timeline.perfetto import Arguments, TraceWriter
from lpasim.simulation.result import ENGINES

NS_PER_CYCLE = 1000
"""Perfetto counts whole nanoseconds, and a cycle or a memory clock need not last a whole number of them. A cycle is drawn
as one microsecond, so that times are exact and the UI's microseconds are cycles; a thousandth of a cycle is the finest."""

LAYERS, ARRAY, WEIGHTS, PPU, DRAM = "Layers", "PE array", "PE array, weights", "PPU", "DRAM"
SLICE_TRACKS = {
    LAYERS: "The run, and in it the cycles of each layer: from the end of the one before to its own end.",
    ARRAY: "What the array does: tiles, and between them what it waits for.",
    WEIGHTS: "Weights on their way down the columns, fold by fold.",
    PPU: "Output tiles in the post-processing unit.",
    **{f"DMA {engine}": f"Transfers of the {engine} engine, from request to landing." for engine in ENGINES},
    DRAM: "Data on its way to and from external memory.",
}
"""What each track shows. Tracks without slices are left out."""
BUFFER_TRACKS = {f"{buffer} buffer": f"Bytes held in the {buffer} buffer." for buffer in BUFFERS}
_RANKS = {name: rank for rank, name in enumerate((*SLICE_TRACKS, *BUFFER_TRACKS))}


@dataclass(frozen=True)
class _Lane:
    track: int
    free_at: int


class Track:
    """A row of the timeline. Where slices overlap, the later one goes to a second track of the same name."""

    def __init__(self, writer: TraceWriter, open_track: Callable[[], int]) -> None:
        self._writer = writer
        self._open = open_track
        self._lanes: list[_Lane] = []

    def slice(self, begin: int, end: int, name: str, arguments: Arguments) -> None:
        """Draw something without parts. Times are cycles; what begins earlier and overlaps must be drawn before."""
        track = self._lane(begin, end)
        self._writer.slice(track, begin * NS_PER_CYCLE, end * NS_PER_CYCLE, name, arguments)

    @contextmanager
    def holding(self, begin: int, end: int, name: str, arguments: Arguments) -> Iterator[Callable[..., None]]:
        """Draw something with parts: give a function that draws one (begin, end, name, arguments), in their order."""
        track, write = self._lane(begin, end), self._writer.slice

        def part(begin: int, end: int, name: str, arguments: Arguments = {}) -> None:  # noqa: B006 (never changed)
            if begin < end:
                write(track, begin * NS_PER_CYCLE, end * NS_PER_CYCLE, name, arguments)

        self._writer.begin(track, begin * NS_PER_CYCLE, name, arguments)
        yield part
        self._writer.end(track, end * NS_PER_CYCLE)

    def _lane(self, begin: int, end: int) -> int:
        """Take the first lane that is free."""
        for number, lane in enumerate(self._lanes):
            if lane.free_at <= begin:
                self._lanes[number] = _Lane(lane.track, end)
                return lane.track
        self._lanes.append(_Lane(self._open(), end))
        return self._lanes[-1].track


class Tracks:
    """All tracks of a run; each appears in the file when something is drawn on it."""

    def __init__(self, writer: TraceWriter, title: str) -> None:
        self._writer = writer
        self._group = writer.group(title)
        self._tracks: dict[str, Track] = {}
        self._counters: dict[str, int] = {}

    def __getitem__(self, name: str) -> Track:
        if name not in self._tracks:
            self._tracks[name] = Track(self._writer, lambda: self._place(name))
        return self._tracks[name]

    def count(self, buffer: str, cycle: int, size_bytes: int) -> None:
        """Draw how much a buffer holds from a cycle on."""
        name = f"{buffer} buffer"
        if name not in self._counters:
            rank = _RANKS[name]
            self._counters[name] = self._writer.counter_track(name, self._group, rank, BUFFER_TRACKS[name])
        self._writer.count(self._counters[name], cycle * NS_PER_CYCLE, size_bytes)

    def _place(self, name: str) -> int:
        return self._writer.track(name, self._group, _RANKS[name], SLICE_TRACKS[name])
