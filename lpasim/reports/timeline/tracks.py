"""The tracks of a timeline, in their order, and how cycles become its times."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from functools import partial

from lpasim.reports.statistics import BUFFERS
from lpasim.reports.timeline.perfetto import Arguments, TraceWriter
from lpasim.simulation.dram.clocks import ClockRatio
from lpasim.simulation.result import ENGINES

NS_PER_CYCLE = 1000
"""Perfetto counts whole nanoseconds, and a cycle need not last a whole number of them. A cycle is drawn as one
microsecond: times are exact, and the UI's microseconds are cycles. Clocks of the memory are rounded down to thousandths
of a cycle."""

LAYERS, ARRAY, WEIGHTS, PPU, DRAM, COMMANDS = "Layers", "PE array", "PE array, weights", "PPU", "DRAM", "DRAM commands"
SLICE_TRACKS = {
    LAYERS: "The run, and in it the cycles of each layer: from the end of the one before to its own end.",
    ARRAY: "What the array does: tiles, and between them what it waits for.",
    WEIGHTS: "Weights on their way down the columns, fold by fold.",
    PPU: "Output tiles in the post-processing unit.",
    **{f"DMA {engine}": f"Transfers of the {engine} engine, from request to landing." for engine in ENGINES},
    DRAM: "Data on the bus of external memory.",
    COMMANDS: "Commands of the memory's controller.",
}
"""What each track shows. One on which nothing is drawn is left out."""
BUFFER_TRACKS = {f"{buffer} buffer": f"Bytes held in the {buffer} buffer." for buffer in BUFFERS}
_RANKS = {name: rank << 11 for rank, name in enumerate((*SLICE_TRACKS, *BUFFER_TRACKS))}
"""With room for the channels of a memory between two of them."""


@dataclass(frozen=True)
class _Lane:
    track: int
    free_at: int


class Track:
    """A row of the timeline. Where slices overlap, the later one goes to a second track of the same name.

    Slices must be drawn in the order in which they begin. Times are cycles, or what `ns` turns into nanoseconds.
    """

    def __init__(self, writer: TraceWriter, open_track: Callable[[], int], ns: Callable[[int], int]) -> None:
        self._writer = writer
        self._open = open_track
        self._ns = ns
        self._lanes: list[_Lane] = []

    def slice(self, begin: int, end: int, name: str, arguments: Arguments) -> None:
        """Draw something without parts."""
        self._writer.slice(self._lane(begin, end), self._ns(begin), self._ns(end), name, arguments)

    @contextmanager
    def holding(self, begin: int, end: int, name: str, arguments: Arguments) -> Iterator[int]:
        """Draw something with parts: give the number of the track for `part`."""
        track = self._lane(begin, end)
        self._writer.begin(track, self._ns(begin), name, arguments)
        yield track
        self._writer.end(track, self._ns(end))

    def part(self, track: int, begin: int, end: int, name: str, arguments: Arguments) -> None:
        """Draw a part of what is drawn with `holding`, in their order."""
        self._writer.slice(track, self._ns(begin), self._ns(end), name, arguments)

    def phases(self, track: int, begin: int, *phases: tuple[int, str]) -> None:
        """Draw the parts of something that follow each other: end and name of each; those that take no time not."""
        for end, name in phases:
            if begin < end:
                self.part(track, begin, end, name, {})
            begin = end

    def _lane(self, begin: int, end: int) -> int:
        """Take the first lane that is free."""
        for number, lane in enumerate(self._lanes):
            if lane.free_at <= begin:
                self._lanes[number] = _Lane(lane.track, end)
                return lane.track
        self._lanes.append(_Lane(self._open(), end))
        return self._lanes[-1].track


class Tracks:
    """All tracks of a run; each appears in the file when something is drawn on it.

    Parameters
    ----------
    writer : TraceWriter
    title : str
        Of all of them together.
    """

    def __init__(self, writer: TraceWriter, title: str) -> None:
        self._writer = writer
        self._group = writer.group(title)
        self._tracks: dict[tuple[str, int], Track] = {}
        self._counters: dict[str, int] = {}

    def __getitem__(self, name: str) -> Track:
        """Return one of `SLICE_TRACKS`."""
        if (name, 0) not in self._tracks:
            self._tracks[name, 0] = Track(self._writer, partial(self._place, name, 0, name), cycle_ns)
        return self._tracks[name, 0]

    def channel(self, name: str, number: int, channels: int, ratio: ClockRatio) -> Track:
        """Return the track of one of the memory's channels, `DRAM` or `COMMANDS`; its times are memory clocks."""
        if (name, number) not in self._tracks:
            shown = name if channels == 1 else f"{name}, channel {number}"
            place = partial(self._place, name, number, shown)
            self._tracks[name, number] = Track(self._writer, place, partial(clock_ns, ratio))
        return self._tracks[name, number]

    def count(self, buffer: str, cycle: int, size_bytes: int) -> None:
        """Draw how much a buffer holds from a cycle on."""
        name = f"{buffer} buffer"
        if name not in self._counters:
            self._counters[name] = self._writer.counter_track(name, self._group, _RANKS[name], BUFFER_TRACKS[name])
        self._writer.count(self._counters[name], cycle_ns(cycle), size_bytes)

    def _place(self, name: str, number: int, shown: str) -> int:
        return self._writer.track(shown, self._group, _RANKS[name] + number, SLICE_TRACKS[name])


def cycle_ns(cycle: int) -> int:
    """Return the time at which a cycle is drawn."""
    return cycle * NS_PER_CYCLE


def clock_ns(ratio: ClockRatio, clock: int) -> int:
    """Return the time at which a clock of the memory is drawn, rounded down."""
    return clock * ratio.cycles * NS_PER_CYCLE // ratio.clocks
