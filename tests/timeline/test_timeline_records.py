"""What an observer hears: it changes nothing, misses nothing, and adds up to the report."""

from __future__ import annotations

import itertools
from collections import Counter, defaultdict
from dataclasses import asdict
from math import ceil

from hypothesis import HealthCheck, given, settings
from strategies import Case, cases

from lpasim.hardware.model import HALVES
from lpasim.simulation import simulate
from lpasim.simulation.memory_commands import CommandRecord
from lpasim.simulation.records import EndRecord, HeldRecord, OutputRecord, Record, TileRecord, TransferRecord

SLOW_TO_MAKE = [HealthCheck.too_slow, HealthCheck.data_too_large, HealthCheck.large_base_example]


@settings(max_examples=50, suppress_health_check=SLOW_TO_MAKE)
@given(cases())
def test_observing_changes_nothing(case: Case) -> None:
    commands: list[CommandRecord] = []
    records: list[Record] = []
    watched: list[int] = []
    alone = simulate(case.schedule, case.hardware)
    observed = simulate(
        case.schedule,
        case.hardware,
        watch=lambda transfer: watched.append(transfer.tile),
        observe=records.append,
        commands=commands.append,
    )
    assert observed == alone
    assert len(watched) == sum(isinstance(record, TransferRecord) for record in records)
    assert bool(commands) == (case.hardware.dram.is_banked and any(sum(x.traffic_bytes.values()) for x in alone.layers))


@settings(max_examples=50, suppress_health_check=SLOW_TO_MAKE)
@given(cases())
def test_records_are_whole_and_in_order(case: Case) -> None:
    records: list[Record] = []
    result = simulate(case.schedule, case.hardware, observe=records.append)
    tiles = [record for record in records if isinstance(record, TileRecord)]
    assert [record.index for record in tiles] == list(range(sum(layer.tile_count for layer in case.schedule)))
    assert all(before.span.begin <= after.span.ready for before, after in itertools.pairwise(tiles))
    for record in tiles:
        times = [record.span.ready, *(time for wait in record.waits for time in wait[:2]), record.span.begin]
        assert times[::2] == times[1::2]
        assert all(one.cause != two.cause for one, two in zip(record.waits, record.waits[1:], strict=False))
    outputs = [record for record in records if isinstance(record, OutputRecord)]
    assert [record.tile for record in outputs] == [record.index for record in tiles if record.tile.closes]
    assert all(before.end <= after.begin for before, after in itertools.pairwise(outputs))
    (end,) = (record for record in records if isinstance(record, EndRecord))
    assert records[-1] is end
    assert end.end == result.cycles


@settings(max_examples=50, suppress_health_check=SLOW_TO_MAKE)
@given(cases())
def test_transfers_are_the_traffic_in_the_order_of_their_engine(case: Case) -> None:
    records: list[Record] = []
    result = simulate(case.schedule, case.hardware, observe=records.append)
    moved: defaultdict[int, Counter[str]] = defaultdict(Counter)
    by_engine: defaultdict[str, list[TransferRecord]] = defaultdict(list)
    for record in records:
        if isinstance(record, TransferRecord):
            moved[record.layer][record.engine] += record.bus_bytes
            assert record.requested <= record.granted <= record.passed <= record.landed
            if record.bus_bytes:
                by_engine[record.engine].append(record)
            check_times(case, record)
    for number, layer in enumerate(result.layers):
        assert {engine: moved[number][engine] for engine in layer.traffic_bytes} == dict(layer.traffic_bytes)
    for transfers in by_engine.values():
        assert [record.tile for record in transfers] == sorted(record.tile for record in transfers)
        assert [record.requested for record in transfers] == sorted(record.requested for record in transfers)


def check_times(case: Case, record: TransferRecord) -> None:
    """A transfer takes what the bandwidth lets it, and a load the latency on top."""
    chip = case.hardware
    if chip.dram.ideal or not record.bus_bytes:
        assert record.requested == record.granted == record.passed == record.landed
        return
    assert record.landed - record.passed == (0 if record.engine == "store" else chip.dram_latency_cycles)
    if not chip.dram.is_banked:
        assert record.passed - record.granted == ceil(record.bus_bytes / chip.bytes_per_cycle)


@settings(max_examples=50, suppress_health_check=SLOW_TO_MAKE)
@given(cases())
def test_buffers_hold_what_is_written_to_them_and_no_more_than_they_can(case: Case) -> None:
    records: list[Record] = []
    result = simulate(case.schedule, case.hardware, observe=records.append)
    held: defaultdict[str, list[HeldRecord]] = defaultdict(list)
    for record in records:
        if isinstance(record, HeldRecord):
            held[record.buffer].append(record)
    for buffer, blocks in held.items():
        assert [block.taken for block in blocks] == sorted(block.taken for block in blocks)
        assert all(block.taken < block.released or case.hardware.dram.ideal for block in blocks)
        if case.hardware.dram.ideal:
            continue
        half = getattr(case.hardware.buffers, buffer) // HALVES
        assert max(block.size_bytes for block in blocks) <= half
        for earlier, later in zip(blocks, blocks[HALVES:], strict=False):
            assert earlier.released <= later.taken
    for number, layer in enumerate(result.layers):
        actions = asdict(layer.actions)
        for buffer in ("weight", "input"):
            written = sum(block.size_bytes for block in held[buffer] if block.layer == number)
            assert written * 8 == actions[f"{buffer}_buffer_write_bits"]


@settings(max_examples=50, suppress_health_check=SLOW_TO_MAKE)
@given(cases().filter(lambda case: case.hardware.dram.is_banked))
def test_commands_are_those_that_are_counted(case: Case) -> None:
    found: defaultdict[int, Counter[str]] = defaultdict(Counter)
    clocks: defaultdict[int, list[int]] = defaultdict(list)
    loose: Counter[str] = Counter()

    def observe(record: CommandRecord) -> None:
        clocks[record.channel].append(record.command.clock)
        (loose if record.layer is None else found[record.layer])[record.command.name] += 1
        stores = record.engine == "store"
        assert record.command.name not in ("RD", "WR") or (record.command.name == "WR") == stores

    result = simulate(case.schedule, case.hardware, commands=observe)
    for number, layer in enumerate(result.layers):
        assert layer.dram is not None
        counted, seen = layer.dram.commands, found[number]
        assert (seen["ACT"], seen["RD"], seen["WR"]) == (counted.activates, counted.reads, counted.writes)
        assert seen["PRE"] <= counted.precharges  # beside those that a refresh or the bank itself does
    refreshes = sum(layer.dram.commands.refreshes for layer in result.layers if layer.dram is not None)
    assert set(loose) <= {"REF", "PREA"}
    assert loose["REF"] >= refreshes  # those after the last command of a transfer are nobody's
    for times in clocks.values():
        assert times == sorted(set(times))
