"""The engine's parts, one by one, on schedules that are worked out by hand."""

from __future__ import annotations

from dataclasses import fields

import pytest
from hypothesis import given
from hypothesis import strategies as st
from mapping_cases import accelerator, product, trace_of

from lpasim.errors import SimulationError
from lpasim.mapping import LayerSchedule, map_network
from lpasim.mapping.addresses import AddressBlock
from lpasim.quantization.trace import PpuOperator
from lpasim.simulation import Stalls, simulate
from lpasim.simulation.activity import cover
from lpasim.simulation.channel import Channel, Transfer
from lpasim.simulation.engine import _Engine
from lpasim.simulation.loads import LoadEngine
from lpasim.simulation.signal import Clock, Signal
from lpasim.simulation.tally import Tally
from lpasim.simulation.timing import Span


def ask(channel: Channel, clock: Clock, at: int, engine: str, tile: int, size_bytes: int) -> list[Transfer]:
    """Request a transfer at a given time."""
    asked: list[Transfer] = []
    blocks = (AddressBlock(0, size_bytes),) if size_bytes else ()
    timer = Signal(clock)
    timer.callbacks.append(lambda _: asked.append(channel.request(engine, tile, 0, blocks, Signal(clock), 0)))
    timer.fire(at)
    return asked


def test_a_transfer_takes_whole_bursts_and_the_latency() -> None:
    """100 bytes are two 64-byte bursts: 128 bytes at 25.6 bytes a cycle are 5 cycles; 60 ns are 30 cycles."""
    clock = Clock()
    channel = Channel(clock, accelerator(), 1)
    load, store = ask(channel, clock, 3, "input", 0, 100), ask(channel, clock, 4, "store", 0, 100)
    clock.run()
    assert (load[0].granted, load[0].done.at) == (3, 3 + 5 + 30)
    assert (store[0].granted, store[0].done.at) == (8, 8 + 5)
    assert channel.moved_bytes[0] == {"input": 128, "weight": 0, "operand": 0, "store": 128}
    assert channel.busy_cycles == [10]


def test_the_oldest_request_goes_first_and_ties_by_tile_then_engine() -> None:
    clock = Clock()
    channel = Channel(clock, accelerator(), 1)
    first = ask(channel, clock, 0, "weight", 9, 64)
    late = ask(channel, clock, 2, "store", 0, 64)
    tied = [
        ask(channel, clock, 1, engine, tile, 64)
        for engine, tile in [("operand", 4), ("weight", 4), ("input", 4), ("store", 4), ("input", 3)]
    ]
    clock.run()
    order = sorted([first, late, *tied], key=lambda asked: asked[0].granted or 0)
    assert [(asked[0].engine, asked[0].requested) for asked in order] == [
        ("weight", 0), ("input", 1), ("store", 1), ("input", 1), ("weight", 1), ("operand", 1), ("store", 2)
    ]  # fmt: skip
    assert [asked[0].granted for asked in order] == [0, 3, 6, 9, 12, 15, 18]


def test_nothing_to_move_takes_no_time() -> None:
    clock = Clock()
    channel = Channel(clock, accelerator(), 1)
    asked = ask(channel, clock, 5, "input", 0, 0)
    clock.run()
    assert (asked[0].granted, asked[0].done.at) == (5, 5)
    assert channel.busy_cycles == [0]


def test_one_product_from_real_memory_by_hand() -> None:
    """8 x 8 x 8 on 8 x 8: 64 bytes each of weights, inputs and results; one burst is 2.5, that is 3 cycles.

    0 inputs granted, 3 weights granted, 3 + 3 + 30 weights landed, 37 decoded; 8 cycles to shift them in: 45; words
    enter 45..52; last result at 45 + 8 + 8 + 8 - 2 = 67; encoded 68; PPU (2 cycles for 64 results on 32 lanes) from
    45 + 8 + 8 - 1 + 1 = 61, ends with the last result at 69; stored 72.
    """
    hardware = accelerator()
    result = simulate(map_network(trace_of(product(8, 8, 8)), hardware), hardware)
    layer = result.layers[0]
    assert (layer.array_start_cycle, layer.array_cycles, layer.stored_cycle) == (37, 30, 72)
    assert result.cycles == layer.cycles == 72
    assert layer.stalls == Stalls(weights_late=34, dram_busy=3, ppu_busy=2, output_full=3)
    assert layer.ppu_busy_cycles == 2
    assert layer.channel_busy_cycles == 9


def test_waiting_for_an_operand_is_the_channel_s_fault_by_hand() -> None:
    """The same with a second addend of 64 bytes, which the PPU asks for at 61: landed at 61 + 3 + 30 = 94.

    Its 4 cycles of work (Add, Identity) are over at 65, the array's at 67: dram_busy until 94, one
    cycle for the last word, stored 98.
    """
    add = PpuOperator(operator="Add", node="add", elements=64, operand_elements=64, operand_bits=8)
    hardware = accelerator()
    schedule = map_network(trace_of(product(8, 8, 8).model_copy(update={"ppu": (add,)})), hardware)
    layer = simulate(schedule, hardware).layers[0]
    assert layer.stored_cycle == layer.cycles == 98
    assert layer.stalls == Stalls(weights_late=34, dram_busy=3 + 27, ppu_busy=1, output_full=3)
    assert layer.ppu_busy_cycles == 4


def test_a_schedule_must_be_for_the_hardware_that_runs_it() -> None:
    schedule = map_network(trace_of(product(8, 8, 8)), accelerator())
    with pytest.raises(SimulationError, match="mapped for the hardware that runs it, got another than small"):
        simulate(schedule, accelerator(array={"rows": 4}))
    with pytest.raises(SimulationError, match="at least one layer, got none"):
        simulate((), accelerator())


def test_a_lost_half_of_a_buffer_is_an_error(monkeypatch: pytest.MonkeyPatch) -> None:
    hardware = accelerator()
    monkeypatch.setattr(LoadEngine, "kept", lambda engine: [Signal(engine.env)])
    with pytest.raises(SimulationError, match="every half of a buffer must be given back, got one kept at cycle 72"):
        simulate(map_network(trace_of(product(8, 8, 8)), hardware), hardware)


def test_books_that_do_not_balance_are_an_error() -> None:
    hardware = accelerator()
    tile = next(iter(map_network(trace_of(product(8, 8, 8)), hardware)[0].tiles()))
    tally = Tally(start=0)
    tally.add(tile, Span(ready=0, begin=0, weights_done=8, last=8, end=30), hardware.array)
    tally.check("gemm", hardware.array)
    tally.causes["ppu_busy"] += 1
    with pytest.raises(SimulationError, match=r"must add up to 30 cycles, got 30 and \{'ppu_busy': 1\} \(layer gemm\)"):
        tally.check("gemm", hardware.array)


def test_a_deadlock_is_an_error_and_not_the_end(monkeypatch: pytest.MonkeyPatch) -> None:
    hardware = accelerator()
    schedule = map_network(trace_of(product(8, 8, 8)), hardware)
    engine = _Engine(schedule, hardware, None)
    monkeypatch.setattr(engine.channel, "request", lambda *_: None)
    with pytest.raises(SimulationError, match=r"every process must end, got array, PPU waiting at cycle 0"):
        engine.run()


def test_progress_reaches_the_number_of_tiles() -> None:
    hardware = accelerator(buffers={"output": 1024})
    schedule = map_network(trace_of(product(64, 16, 64), product(64, 16, 64, name="second")), hardware)
    seen: list[tuple[int, int]] = []
    simulate(schedule, hardware, lambda done, total: seen.append((done, total)))
    total = sum(layer.tile_count for layer in schedule)
    assert seen[-1] == (total, total)
    assert [done for done, _ in seen] == sorted(done for done, _ in seen)


def test_a_second_run_gives_the_same() -> None:
    hardware = accelerator(buffers={"output": 1024})

    def numbers() -> list[tuple[object, ...]]:
        schedule = map_network(trace_of(product(200, 100, 90), product(7, 900, 30, name="second")), hardware)
        return [
            tuple(getattr(layer, f.name) for f in fields(layer) if f.name != "schedule")
            for layer in simulate(schedule, hardware).layers
        ]

    assert numbers() == numbers()


def slowest_transfer_bound(schedule: tuple[LayerSchedule, ...], moved_bytes: int) -> float:
    return moved_bytes / float(schedule[0].hardware.bytes_per_cycle)


@given(
    shapes=st.lists(st.tuples(*[st.integers(1, 90)] * 3), min_size=1, max_size=4),
    output=st.integers(800, 4000),
    bandwidth=st.sampled_from([0.1, 1.0, 12.8, 400.0]),
)
def test_what_holds_for_every_run(shapes: list[tuple[int, int, int]], output: int, bandwidth: float) -> None:
    hardware = accelerator(buffers={"output": output}, dram={"bandwidth_gbps": bandwidth})
    layers = [product(*shape, name=f"layer{index}") for index, shape in enumerate(shapes)]
    schedule = map_network(trace_of(*layers), hardware)
    result = simulate(schedule, hardware)
    assert sum(layer.cycles for layer in result.layers) == result.cycles
    for layer in result.layers:
        assert min(getattr(layer.stalls, f.name) for f in fields(Stalls)) >= 0
        assert layer.busy_cycles + layer.stalls.total == layer.cycles
        assert layer.cycles >= layer.array_cycles
    moved = result.actions.dram_read_bytes + result.actions.dram_write_bytes
    assert result.cycles >= max(slowest_transfer_bound(schedule, moved), sum(r.busy_cycles for r in result.layers))
    assert result.actions.lane_steps == sum(m * k * n for m, k, n in shapes)


def test_cover_measures_and_leaves_the_rest() -> None:
    assert cover([(0, 10)], [(2, 4), (3, 6), (9, 20)]) == ([(2, 4), (4, 6), (9, 10)], [(0, 2), (6, 9)])
    assert cover([(0, 10)], [(6, 4), (3, 3)]) == ([], [(0, 10)])
    assert cover([(0, 3), (5, 8)], []) == ([], [(0, 3), (5, 8)])
