"""The file of a timeline: the same bytes each time, rows in their order, and texts written once."""

from __future__ import annotations

import io
from collections import Counter

import pytest
from google_wire import wire_of
from hypothesis import given
from hypothesis import strategies as st
from mapping_cases import product, trace_of
from perfetto_file import NS_PER_CYCLE, read_perfetto
from timelines import drawn, shown

from lpasim.hardware import load_hardware
from lpasim.mapping import map_network
from lpasim.reports.timeline.perfetto import TraceWriter
from lpasim.reports.timeline.timeline import Detail
from lpasim.reports.timeline.wire import bytes_field, double_field, number_field, text_field
from lpasim.simulation import simulate
from lpasim.simulation.memory_commands import CommandRecord
from lpasim.simulation.records import HeldRecord, Record, TileRecord, TransferRecord

SMALL = {"array.rows": 4, "array.cols": 4, "buffers.weight": 512, "buffers.input": 512, "buffers.output": 1024}
BANKED, TIGHT, IDEAL = (
    load_hardware("lpa", SMALL | memory).hardware
    for memory in ({"dram.model": "banked"}, {"dram.model": "bandwidth"}, {"dram.ideal": True})
)
LAYERS = (
    product(40, 60, 30, name="first"),
    product(20, 90, 20, name="second").model_copy(update={"inputs": ("first",)}),
)
EVERYTHING = [
    "Layers",
    "PE array",
    "PE array, weights",
    "PPU",
    "DMA input",
    "DMA weight",
    "DMA store",
    "DRAM",
    "DRAM commands",
    "weight buffer",
    "input buffer",
    "output buffer",
]


@pytest.mark.parametrize(
    ("hardware", "detail", "missing"),
    [
        (TIGHT, Detail.LAYER, {"PE array, weights", "DRAM commands"}),
        (TIGHT, Detail.TILE, {"PE array, weights", "DRAM commands"}),
        (TIGHT, Detail.FOLD, {"DRAM commands"}),
        (BANKED, Detail.TILE, {"PE array, weights", "DRAM commands"}),
        (BANKED, Detail.FOLD, set()),
        (IDEAL, Detail.TILE, {"PE array, weights", "DRAM", "DRAM commands"}),
    ],
)
def test_rows_have_their_order(hardware, detail, missing):
    trace = trace_of(*LAYERS)
    _, file = shown(trace, map_network(trace, hardware), hardware, detail)
    assert file.title == "case on lpa"
    assert list(dict.fromkeys(row.name for row in file.rows)) == [name for name in EVERYTHING if name not in missing]


@pytest.mark.parametrize("detail", list(Detail))
@pytest.mark.parametrize("hardware", [TIGHT, BANKED, IDEAL])
def test_the_same_run_gives_the_same_bytes(hardware, detail):
    trace = trace_of(*LAYERS)
    schedule = map_network(trace, hardware)
    assert drawn(trace, schedule, hardware, detail)[1] == drawn(trace, schedule, hardware, detail)[1]


def test_more_detail_shows_more_of_the_same():
    trace = trace_of(*LAYERS)
    schedule = map_network(trace, TIGHT)
    files = [shown(trace, schedule, TIGHT, detail)[1] for detail in Detail]
    assert files[0].layers == files[1].layers == files[2].layers
    tiles, folds = files[1].slices("PE array"), files[2].slices("PE array")
    assert [(item.name, item.begin, item.end) for item in tiles] == [(x.name, x.begin, x.end) for x in folds]
    assert not any(item.parts for item in tiles)
    assert sum(part.name == "first weights" for item in folds for part in item.parts) == len(LAYERS)
    assert files[1].slices("DMA input") == files[2].slices("DMA input")


@pytest.mark.parametrize("detail", list(Detail))
def test_one_layer_is_drawn_as_it_is_among_the_others(detail):
    trace = trace_of(*LAYERS)
    schedule = map_network(trace, BANKED)
    result, whole = shown(trace, schedule, BANKED, detail)
    same, one = shown(trace, schedule, BANKED, detail, only=1)
    assert same == result
    assert one.layers == {"second": whole.layers["second"]}
    for name in ("PPU", "DMA weight", "DMA store", "DRAM", "PE array"):
        of_layer = [x for x in whole.slices(name) if "second" in (x.name, x.arguments.get("layer"))]
        assert sorted(one.slices(name), key=lambda x: x.begin) == sorted(of_layer, key=lambda x: x.begin)
        assert of_layer
    if detail is Detail.FOLD:  # a refresh counts for the transfer of the next command, and so does the room made for it
        drawn = Counter(item.name for item in one.slices("DRAM commands"))
        use = result.layers[1].dram
        assert use is not None
        assert (drawn["REF"], drawn["ACT"]) == (use.commands.refreshes, use.commands.activates)
        assert 0 < use.commands.refreshes < sum(item.name == "REF" for item in whole.slices("DRAM commands"))


def test_buffers_fill_and_empty():
    trace = trace_of(*LAYERS)
    result, file = shown(trace, map_network(trace, TIGHT), TIGHT, Detail.TILE)
    for name in ("weight", "input", "output"):
        (row,) = file.named(f"{name} buffer")
        times = [time for time, _ in row.counts]
        assert times == sorted(set(times))
        assert all(one != two for (_, one), (_, two) in zip(row.counts, row.counts[1:], strict=False))
        held = [value for _, value in row.counts]
        assert min(held) == held[-1] == 0
        assert 0 < max(held) <= getattr(TIGHT.buffers, name)
    (stores,) = ([time for time, _ in row.counts] for row in file.named("output buffer"))
    assert stores[-1] == result.cycles * NS_PER_CYCLE


def test_a_long_run_is_drawn_while_it_goes_on():
    """What is not drawn yet does not grow with the run: commands, transfers and halves come as they end."""
    schedule = map_network(trace_of(product(200, 120, 90)), BANKED)
    seen: list[Record | CommandRecord] = []
    simulate(schedule, BANKED, observe=seen.append, commands=seen.append)
    tiles = 0
    behind = dict.fromkeys((CommandRecord, TransferRecord, HeldRecord), 0)
    for record in seen:
        tiles += isinstance(record, TileRecord)
        if isinstance(record, TileRecord):
            behind = {kind: count + 1 for kind, count in behind.items()}
        elif type(record) in behind:
            behind[type(record)] = 0
        assert max(behind.values()) <= 4
    assert tiles > 100


def test_a_text_is_written_once_however_often_it_comes():
    file = io.BytesIO()
    writer = TraceWriter(file)
    track = writer.track("row", writer.group("all"), 0, "a row")
    for time in range(1000):
        writer.slice(track, 2 * time, 2 * time + 1, "a long name of a slice", {"a long argument": "a long value"})
    for text in (b"a long name of a slice", b"a long argument", b"a long value"):
        assert file.getvalue().count(text) == 1
    (row,) = read_perfetto(file.getvalue()).rows
    assert [item.begin for item in row.slices] == list(range(0, 2000, 2))
    assert {(item.name, *item.arguments.items()) for item in row.slices} == {
        ("a long name of a slice", ("a long argument", "a long value"))
    }


def test_values_of_every_kind_come_back():
    file = io.BytesIO()
    writer = TraceWriter(file)
    track = writer.track("row", writer.group("group"), 3, "a row")
    values = {"zero": 0, "large": 2**62, "real": 0.1, "text": "µ/é", "odd": "\udcff"}
    writer.slice(track, 5, 2**50, "slice", values)
    writer.slice(track, 2**50, 2**50, "instant", {})
    (row,) = read_perfetto(file.getvalue()).rows
    slice_, instant = row.slices
    assert slice_.arguments == values | {"odd": "\\udcff"}
    assert (slice_.begin, slice_.end, instant.begin, instant.end) == (5, 2**50, 2**50, 2**50)
    assert writer.slices == 2


@given(
    st.lists(
        st.tuples(
            st.integers(1, 2**29 - 1),
            st.one_of(st.integers(0, 2**64 - 1), st.floats(), st.binary(max_size=300), st.text(max_size=200)),
        ),
        max_size=8,
    )
)
def test_fields_are_what_the_library_writes(fields):
    def ours(number, value):
        if isinstance(value, int):
            return number_field(number, value)
        if isinstance(value, float):
            return double_field(number, value)
        return bytes_field(number, value) if isinstance(value, bytes) else text_field(number, value)

    assert b"".join(ours(*field) for field in fields) == wire_of(fields)
