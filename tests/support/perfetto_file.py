"""Reads a Perfetto trace back with the classes that Perfetto generates of its own schema, as the UI would show it.

Packets are ordered by time, those of one time as in the file; an end is that of the slice that began last on its track.
"""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any

import pytest

NS_PER_CYCLE = 1000


@dataclass
class Slice:
    """Times in nanoseconds; an instant ends where it begins."""

    name: str
    begin: int
    arguments: dict[str, Any]
    end: int = -1
    parts: list[Slice] = field(default_factory=list)

    @property
    def cycles(self) -> int:
        assert (self.end - self.begin) % NS_PER_CYCLE == 0
        return (self.end - self.begin) // NS_PER_CYCLE


@dataclass
class Row:
    """One track."""

    name: str
    rank: int
    is_counter: bool
    slices: list[Slice] = field(default_factory=list)
    counts: list[tuple[int, int]] = field(default_factory=list)


@dataclass
class File:
    """A whole trace."""

    title: str
    rows: list[Row]

    def named(self, name: str) -> list[Row]:
        return [row for row in self.rows if row.name == name]

    def slices(self, name: str) -> list[Slice]:
        """Slices of all rows of a name, or whose names go on after it with a channel's number."""
        rows = [row for row in self.rows if row.name == name or row.name.startswith(f"{name}, channel ")]
        return [item for row in rows for item in row.slices]

    @cached_property
    def layers(self) -> dict[str, dict[str, Any]]:
        """What the slice of each layer says."""
        (run,) = self.slices("Layers")
        assert len({part.name for part in run.parts}) == len(run.parts)
        return {part.name: part.arguments for part in run.parts}


def read_perfetto(content: bytes) -> File:
    """Read a trace, and make sure that it is one."""
    pb = pytest.importorskip("perfetto.protos.perfetto.trace.perfetto_trace_pb2", reason="needs perfetto")
    from google.protobuf.unknown_fields import UnknownFieldSet

    trace = pb.Trace()
    assert trace.ParseFromString(content) == len(content)
    assert trace.packet[0].first_packet_on_sequence
    assert trace.packet[0].sequence_flags == 3
    events, rows, title = [], {}, ""
    texts: dict[str, dict[int, str]] = defaultdict(dict)
    for packet in trace.packet:
        assert packet.trusted_packet_sequence_id == 1
        for message in (packet, packet.track_event, packet.track_descriptor, packet.interned_data):
            assert not len(UnknownFieldSet(message))
        if packet.HasField("track_descriptor"):
            d = packet.track_descriptor
            assert d.uuid not in rows
            if d.HasField("process"):
                title, rows[d.uuid] = d.process.process_name, None
                assert d.child_ordering == pb.TrackDescriptor.ChildTracksOrdering.EXPLICIT
            else:
                assert rows[d.parent_uuid] is None
                assert d.description
                rows[d.uuid] = Row(d.name, d.sibling_order_rank, d.HasField("counter"))
                unit = pb.CounterDescriptor.Unit.UNIT_SIZE_BYTES
                assert not rows[d.uuid].is_counter or d.counter.unit == unit
        for kind in ("event_names", "debug_annotation_names", "debug_annotation_string_values"):
            for item in getattr(packet.interned_data, kind):
                assert item.iid not in texts[kind]
                texts[kind][item.iid] = item.str.decode() if kind.endswith("values") else item.name
        if packet.HasField("track_event"):
            assert packet.sequence_flags == 2
            events.append((packet.timestamp, _event(pb, packet.track_event, texts)))
    for time, event in sorted(events, key=lambda found: found[0]):
        _happens(time, *event, rows)
    found = [row for row in rows.values() if row is not None]
    for row in found:
        assert all(item.end >= item.begin for item in _all(row.slices)), row.name
    return File(title, sorted(found, key=lambda row: row.rank))


def _event(pb: Any, event: Any, texts: dict[str, dict[int, str]]) -> tuple[str, int, str, dict[str, Any], int]:
    """Resolve what goes by number: a text must have been written by then."""
    arguments: dict[str, Any] = {}
    for a in event.debug_annotations:
        which = a.WhichOneof("value")
        value = getattr(a, which)
        name = texts["debug_annotation_names"][a.name_iid]
        assert name not in arguments
        arguments[name] = texts["debug_annotation_string_values"][value] if which == "string_value_iid" else value
    name = texts["event_names"][event.name_iid] if event.name_iid else ""
    return pb.TrackEvent.Type.Name(event.type), event.track_uuid, name, arguments, event.counter_value


def _happens(time: int, kind: str, track: int, name: str, arguments: dict[str, Any], value: int, rows: Any) -> None:
    row = rows[track]
    assert row.is_counter == (kind == "TYPE_COUNTER")
    if kind == "TYPE_COUNTER":
        row.counts.append((time, value))
        return
    stack = row.__dict__.setdefault("stack", [])
    if kind == "TYPE_SLICE_END":
        stack.pop().end = time
        return
    new = Slice(name, time, arguments, time if kind == "TYPE_INSTANT" else -1)
    before = stack[-1].parts if stack else row.slices
    assert not before or before[-1].end <= time, f"{row.name}: {before[-1]} and {new} overlap"
    before.append(new)
    if kind == "TYPE_SLICE_BEGIN":
        stack.append(new)


def _all(slices: list[Slice]) -> list[Slice]:
    return [item for whole in slices for item in (whole, *_all(whole.parts))]
