"""Perfetto's trace format: tracks, slices, instants and counters, written one packet after the other.

Only what a track event needs. The UI orders packets by time; packets of one time keep the order of the file, so the
slices of a track must be written in their order: a slice's end before the next one's beginning.

References
----------
Perfetto, "Writing TrackEvent Protos Synthetically", https://perfetto.dev/docs/reference/synthetic-track-event;
field numbers: protos/perfetto/trace in https://github.com/google/perfetto.
"""

from __future__ import annotations

from enum import IntEnum
from typing import BinaryIO

from lpasim.reports.timeline.wire import (
    LENGTH,
    VARINT,
    bytes_field,
    double_field,
    key,
    number_field,
    text_field,
    varint,
)

Value = int | float | str
Arguments = dict[str, Value]
"""What is known of a slice. A point in a name makes a group in the UI."""

# Fields of Trace, TracePacket, TrackEvent, DebugAnnotation, InternedData, TrackDescriptor and below.
_PACKET = 1
_TIMESTAMP, _SEQUENCE, _EVENT, _INTERNED, _FLAGS, _DESCRIPTOR, _FIRST = 8, 10, 11, 12, 13, 60, 87
_ANNOTATION, _TYPE, _NAME_IID, _TRACK, _COUNTER_VALUE = 4, 9, 10, 11, 30
_KEY_IID, _INT, _DOUBLE, _TEXT_IID = 1, 4, 5, 17
_NAMES, _KEYS, _TEXTS = 2, 3, 29
_UUID, _NAME, _PROCESS, _PARENT, _COUNTER, _ORDERING, _RANK, _DESCRIPTION = 1, 2, 3, 5, 8, 11, 12, 14
_PID, _PROCESS_NAME = 1, 6
_UNIT, _BYTES, _EXPLICIT = 3, 3, 3
_CLEARED, _NEEDS_STATE = 1, 2
_SAME_SEQUENCE = number_field(_SEQUENCE, 1) + number_field(_FLAGS, _NEEDS_STATE)
_AT = key(_TIMESTAMP, VARINT)


class _Type(IntEnum):
    BEGIN, END, INSTANT, COUNTER = 1, 2, 3, 4


class TraceWriter:
    """Writes a trace to a file; texts that come again are written once and then go by their number.

    Attributes
    ----------
    slices : int
        Slices and instants written so far.
    """

    def __init__(self, file: BinaryIO) -> None:
        self._file = file
        self._known: dict[int, dict[str, int]] = {_NAMES: {}, _KEYS: {}, _TEXTS: {}}
        self._new = b""
        self._heads: dict[tuple[int, _Type, str], bytes] = {}
        self._keys: dict[str, bytes] = {}
        self._tracks = 0
        self.slices = 0
        self._packet(
            number_field(_SEQUENCE, 1) + number_field(_FLAGS, _CLEARED | _NEEDS_STATE) + number_field(_FIRST, 1)
        )

    def group(self, name: str) -> int:
        """Open a group of tracks, which the UI shows as a process; return its number."""
        process = number_field(_PID, 1) + text_field(_PROCESS_NAME, name)
        return self._describe(bytes_field(_PROCESS, process) + number_field(_ORDERING, _EXPLICIT))

    def track(self, name: str, group: int, rank: int, description: str) -> int:
        """Open a track of slices with a rank in its group; return its number. The UI draws those of one name as one."""
        return self._describe(self._place(name, group, rank, description))

    def counter_track(self, name: str, group: int, rank: int, description: str) -> int:
        """Open a track of sizes in bytes; return its number."""
        counter = bytes_field(_COUNTER, number_field(_UNIT, _BYTES))
        return self._describe(self._place(name, group, rank, description) + counter)

    def slice(self, track: int, begin: int, end: int, name: str, arguments: Arguments) -> None:
        """Write a slice that holds no other, or an instant if it takes no time. Times are nanoseconds."""
        if begin == end:
            self.slices += 1
            self._event(track, begin, _Type.INSTANT, name, arguments)
        else:
            self.begin(track, begin, name, arguments)
            self.end(track, end)

    def begin(self, track: int, at: int, name: str, arguments: Arguments) -> None:
        """Begin a slice: others lie in it until it ends."""
        self.slices += 1
        self._event(track, at, _Type.BEGIN, name, arguments)

    def end(self, track: int, at: int) -> None:
        """End the slice of a track that began last."""
        self._packet(_AT + varint(at) + _SAME_SEQUENCE + bytes_field(_EVENT, self._head(track, _Type.END, "")))

    def count(self, track: int, at: int, size_bytes: int) -> None:
        """Write the value of a counter from some time on."""
        event = self._head(track, _Type.COUNTER, "") + number_field(_COUNTER_VALUE, size_bytes)
        self._packet(_AT + varint(at) + _SAME_SEQUENCE + bytes_field(_EVENT, event))

    def _event(self, track: int, at: int, kind: _Type, name: str, arguments: Arguments) -> None:
        event = self._head(track, kind, name)
        for argument, value in arguments.items():
            event += bytes_field(_ANNOTATION, self._annotation(argument, value))
        new, self._new = self._new, b""
        interned = bytes_field(_INTERNED, new) if new else b""
        self._packet(_AT + varint(at) + _SAME_SEQUENCE + interned + bytes_field(_EVENT, event))

    def _head(self, track: int, kind: _Type, name: str) -> bytes:
        """Return what all events of a kind and name on a track begin with; an empty name is none."""
        head = self._heads.get((track, kind, name))
        if head is None:
            head = number_field(_TYPE, kind) + number_field(_TRACK, track)
            head += number_field(_NAME_IID, self._number(_NAMES, name)) if name else b""
            self._heads[track, kind, name] = head
        return head

    def _annotation(self, argument: str, value: Value) -> bytes:
        named = self._keys.get(argument)
        if named is None:
            named = self._keys[argument] = number_field(_KEY_IID, self._number(_KEYS, argument))
        if isinstance(value, str):
            return named + number_field(_TEXT_IID, self._number(_TEXTS, value))
        return named + (double_field(_DOUBLE, value) if isinstance(value, float) else number_field(_INT, value))

    def _number(self, kind: int, text: str) -> int:
        """Return the number of a text; a new one goes with the next event."""
        known = self._known[kind]
        if text not in known:
            known[text] = len(known) + 1
            self._new += bytes_field(kind, number_field(1, known[text]) + text_field(2, text))
        return known[text]

    def _place(self, name: str, group: int, rank: int, description: str) -> bytes:
        place = number_field(_PARENT, group) + number_field(_RANK, rank)
        return text_field(_NAME, name) + text_field(_DESCRIPTION, description) + place

    def _describe(self, content: bytes) -> int:
        self._tracks += 1
        descriptor = number_field(_UUID, self._tracks) + content
        self._packet(number_field(_SEQUENCE, 1) + bytes_field(_DESCRIPTOR, descriptor))
        return self._tracks

    def _packet(self, content: bytes) -> None:
        self._file.write(key(_PACKET, LENGTH) + varint(len(content)) + content)
