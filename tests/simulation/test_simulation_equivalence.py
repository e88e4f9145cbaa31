"""The event engine and the stepped model agree, cycle for cycle, cause for cause, byte for byte and word for word."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from strategies import Case, cases, make_hardware, make_trace, number_format

from lpasim.hardware.lanes import WORD_BITS, lanes_by_width
from lpasim.mapping import LayerSchedule, Tile, map_network
from lpasim.mapping.addresses import Blocks
from lpasim.quantization.trace import Gemm, Layer, Output
from lpasim.simulation import LayerResult, simulate
from lpasim.simulation.stepped import SteppedLayer, run_stepped

CAUSES = ("weights_late", "inputs_late", "output_full", "ppu_busy", "dram_busy")
SLOW_TO_MAKE = [HealthCheck.too_slow, HealthCheck.data_too_large, HealthCheck.large_base_example]


def storage_bits(table: str, bits: int) -> int:
    runs = min(width for width in lanes_by_width(table) if width >= bits)
    return min(width for width in (2, 4, 8) if width >= runs)


def bus_bytes(blocks: Blocks, burst_bytes: int) -> int:
    runs = [run for block in blocks for run in block.runs()]
    return burst_bytes * len({at for a, b in runs for at in range(a // burst_bytes, -(-b // burst_bytes))})


def engine_numbers(layer: LayerResult) -> dict[str, Any]:
    """What the event engine says about a layer."""
    actions = layer.actions
    return {
        "start": layer.start_cycle,
        "array start": layer.array_start_cycle,
        "end": layer.end_cycle,
        "stored": layer.stored_cycle,
        "cycles": layer.cycles,
        "array cycles": layer.array_cycles,
        "busy": layer.busy_cycles,
        **{cause: getattr(layer.stalls, cause) for cause in CAUSES},
        **layer.traffic_bytes,
        "channel busy": layer.channel_busy_cycles,
        "banks": layer.dram,
        "PPU busy": layer.ppu_busy_cycles,
        "steps": {8: actions.mac_8bit, 4: actions.mac_4bit, 2: actions.mac_2bit},
        "weight decodes": actions.weight_decodes,
        "activation decodes": actions.activation_decodes,
        "weight reads": actions.weight_buffer_read_bits,
        "output reads": actions.output_buffer_read_bits,
        "output writes": actions.output_buffer_write_bits,
        "DRAM reads": actions.dram_read_bytes,
        "DRAM writes": actions.dram_write_bytes,
    }


def stepped_numbers(layer: SteppedLayer, schedule: LayerSchedule, psum_bits: int) -> dict[str, Any]:
    """The same of the stepped model, counted word by word.

    Encoded results go back into the output half, from where they are stored: the padding of a store to whole bytes and
    operators that change the number of results are not words of this model, so those bits come from the schedule.
    """
    words, traffic, depth = layer.words, layer.traffic_bytes, schedule.problem.k
    steps = words.macs // depth * -(-depth // schedule.terms)
    result_bits = 8 * sum(tile.store_bytes for tile in schedule.tiles())
    return {
        "start": layer.start_cycle,
        "array start": layer.array_start_cycle,
        "end": layer.end_cycle,
        "stored": layer.stored_cycle,
        "cycles": layer.cycles,
        "array cycles": layer.array_cycles,
        "busy": layer.busy_cycles,
        **layer.stalls,
        **traffic,
        "channel busy": layer.channel_busy_cycles,
        "banks": layer.dram,
        "PPU busy": layer.ppu_busy_cycles,
        "steps": {bits: steps if bits == WORD_BITS // schedule.lanes else 0 for bits in (8, 4, 2)},
        "weight decodes": words.weight_words,
        "activation decodes": words.activation_words,
        "weight reads": words.weight_words * WORD_BITS,
        "output reads": (words.partial_sums_read + words.sums_taken) * psum_bits + result_bits,
        "output writes": words.partial_sums_written * psum_bits + result_bits,
        "DRAM reads": traffic["input"] + traffic["weight"] + traffic["operand"],
        "DRAM writes": traffic["store"],
    }


def busy_cycles(case: Case, tiles: list[Tile]) -> int:
    """The closed form of a layer's own tiles, with memory never late."""
    array = case.hardware.array
    fill = array.rows + array.cols - 2
    folds = [tile.words for tile in tiles for _ in range(tile.folds)]
    if not folds:
        return 0
    if array.fold_overlap:
        return array.rows + sum(max(words, array.rows) for words in folds[:-1]) + folds[-1] + fill
    loads = array.rows if array.weight_double_buffer else array.rows * len(folds)
    return loads + sum(words + fill for words in folds)


def check_invariants(case: Case, schedule: LayerSchedule, layer: LayerResult, stepped: SteppedLayer) -> None:
    tiles, burst = list(schedule.tiles()), case.hardware.dram.burst_bytes
    stalls = [getattr(layer.stalls, cause) for cause in CAUSES]
    assert min(stalls) >= 0
    assert layer.busy_cycles + sum(stalls) == layer.cycles == layer.end_cycle - layer.start_cycle
    assert layer.busy_cycles == busy_cycles(case, tiles)
    assert layer.traffic_bytes["input"] == sum(bus_bytes(tile.input_blocks, burst) for tile in tiles)
    assert layer.traffic_bytes["weight"] == sum(bus_bytes(tile.weight_blocks, burst) for tile in tiles)
    assert layer.traffic_bytes["store"] == sum(bus_bytes(tile.store_blocks, burst) for tile in tiles)
    gemm, words, actions = schedule.layer.gemm, stepped.words, layer.actions
    if gemm is not None:
        assert words.macs == gemm.macs
        assert layer.traffic_bytes["weight"] * 8 >= gemm.count * gemm.k * gemm.n * WORD_BITS // schedule.lanes
    assert words.results_stored == (schedule.problem.elements if schedule.layer.outputs else 0)
    activation_bits = storage_bits(case.hardware.pe.activation_lanes, schedule.layer.activation_format.n)
    assert actions.weight_buffer_write_bits >= words.weights_landed * WORD_BITS // schedule.lanes
    assert actions.input_buffer_write_bits >= words.inputs_landed * activation_bits
    assert actions.input_buffer_read_bits == (words.activation_words + words.inputs_taken) * activation_bits


def check(case: Case) -> None:
    """Run both and compare."""
    stepped, result = run_stepped(case.schedule, case.hardware), simulate(case.schedule, case.hardware)
    psum_bits = case.hardware.array.psum_bits
    assert stepped.cycles == result.cycles == sum(layer.cycles for layer in result.layers)
    for schedule, slow, fast in zip(case.schedule, stepped.layers, result.layers, strict=True):
        assert engine_numbers(fast) == stepped_numbers(slow, schedule, psum_bits), schedule.layer.name
        check_invariants(case, schedule, fast, slow)


@settings(max_examples=500, suppress_health_check=SLOW_TO_MAKE)
@given(cases())
def test_random_networks(case: Case) -> None:
    check(case)


@pytest.mark.slow
@settings(max_examples=5000, suppress_health_check=SLOW_TO_MAKE)
@given(cases())
def test_many_random_networks(case: Case) -> None:
    check(case)


def scalar_product(name: str, results: int) -> Layer:
    """A 1 x 1 x 1 product that stores its result, or nothing."""
    outputs = tuple(Output(tensor=name, elements=1, format=number_format(8)) for _ in range(results))
    return Layer(
        name=name,
        operator="MatMul",
        gemm=Gemm(count=1, m=1, k=1, n=1),
        input_elements=1,
        inputs=(),
        weights="constant",
        weight_format=number_format(8),
        activation_format=number_format(8),
        ppu=(),
        outputs=outputs,
    )


# Three products a, b, c on one processing element; the channel takes two cycles a block. b stores nothing.
#   0      blocks of a and b are requested: input a 0..2, weight a 2..4, input b 4..6, weight b 6..8
#   4      a: load 4, s = 5, end = 6. Its weight half is free at 5, its input half at 6.
#   5, 6   weights of c requested 5, input of c 6: granted 8..10 and 10..12.
#   6..7   PPU: a. Store requested 7: granted 12 (it is younger than both), done 14.
#   8      b: load 8, s = 9, end = 10; PPU 10..11: its half is free at 11.
#   c      w = 10, i = 12. The half whose turn it is was a's, free at 14: load 14, s = 15, end = 16.
#   16     PPU 16..17; store 17..19.
def test_halves_are_taken_in_turn() -> None:
    layers = [scalar_product("a", 1), scalar_product("b", 0), scalar_product("c", 1)]
    hardware = make_hardware(array__rows=1, array__cols=1, dram__bandwidth_gbps=2)
    hardware = hardware.model_copy(update={"buffers": type(hardware.buffers)(weight=2, input=2, output=8)})
    schedule = map_network(make_trace(layers), hardware)
    case = Case(hardware, make_trace(layers), schedule)
    check(case)
    result = simulate(schedule, hardware)
    assert [layer.array_start_cycle for layer in result.layers] == [4, 8, 14]
    assert result.cycles == 19
