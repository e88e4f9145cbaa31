"""The mapper's choice, bytes times squared latency, found again by walking every tiling tile by tile."""

from __future__ import annotations

from collections import Counter
from fractions import Fraction
from itertools import product as every
from math import ceil
from typing import Any

import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st
from mapping_cases import accelerator, accelerators, layers, product, trace_of

from lpasim.errors import MappingError
from lpasim.hardware import load_hardware
from lpasim.hardware.model import Hardware
from lpasim.mapping import LayerSchedule, map_network, search
from lpasim.mapping.addresses import burst_count
from lpasim.mapping.cut import channel_cut, fold_ranges, plain_cut, position_cut
from lpasim.mapping.geometry import part_counts
from lpasim.mapping.kept import KeptLists
from lpasim.mapping.layout import Mapped
from lpasim.mapping.network import schedule_layers
from lpasim.mapping.problem import Problem, make_problem
from lpasim.mapping.search import MARGIN, Tiling
from lpasim.quantization.trace import Layer


def walked_bytes(schedule: LayerSchedule) -> int:
    """Add up the bursts of every transfer that the tiles ask for."""
    burst = schedule.hardware.dram.burst_bytes
    transfers = (
        blocks
        for tile in schedule.tiles()
        for blocks in (tile.weight_blocks, tile.input_blocks, tile.operand_blocks, tile.store_blocks)
    )
    return sum(burst * burst_count(blocks, burst) for blocks in transfers)


def result_bytes(results: int, problem: Problem) -> int:
    """Bytes of some of a layer's results, once they are in their format."""
    return ceil(Fraction(problem.store_bits * results, 8 * problem.elements))


def fits(schedule: LayerSchedule) -> bool:
    buffers, problem = schedule.hardware.buffers, schedule.problem
    for tile in schedule.tiles():
        block = tile.block
        results = (block.groups[1] - block.groups[0]) * tile.words * (block.n[1] - block.n[0])
        if (
            (tile.weight_bytes or 0) > buffers.weight // 2
            or (tile.input_bytes or 0) > buffers.input // 2
            or -(-results * schedule.hardware.array.psum_bits // 8) > buffers.output // 2
            or result_bytes(results, problem) > buffers.output // 2
        ):
            return False
    return True


def every_schedule(layer: Layer, hardware: Hardware) -> list[LayerSchedule]:
    """Every tiling of the space that `docs/mapping.md` describes, whether it fits or not."""
    problem = make_problem(layer, hardware)
    column_fold = hardware.array.cols * problem.lanes
    positions = [(images, 1, 1) for images in part_counts(problem.batch)]
    positions += [(problem.batch, y, 1) for y in part_counts(problem.rows)]
    positions += [(problem.batch, problem.rows, x) for x in part_counts(problem.cols)]
    found = []
    for g, m, k, n, outer in every(
        part_counts(problem.groups),
        positions,
        part_counts(-(-problem.k // hardware.array.rows)),
        part_counts(-(-problem.n // column_fold)),
        "mn",
    ):
        if k * n > 1 and g < problem.groups:
            continue  # products are cut only when they come one at a time
        tiling = Tiling(
            plain_cut(problem.groups, 1, g),
            position_cut(problem, *m),
            channel_cut(problem, k),
            plain_cut(problem.n, column_fold, n),
            outer,
        )
        found += schedule_layers([Mapped(layer, problem, tiling, (), (), ())], hardware)
    return found


def latency_cycles(schedule: LayerSchedule) -> Fraction:
    """The estimate of `docs/mapping.md`, from the tiles: first load, computing beside transfers, what comes last."""
    array, problem, tiles = schedule.hardware.array, schedule.problem, list(schedule.tiles())
    folds = [tile.words for tile in tiles for _ in range(tile.folds)]
    if array.fold_overlap:
        computing = sum(max(words, array.rows) for words in folds)
    else:
        load = 0 if array.weight_double_buffer else array.rows
        computing = sum(load + words + array.rows + array.cols - 2 for words in folds)
    results = max(
        (tile.block.groups[1] - tile.block.groups[0]) * tile.words * (tile.block.n[1] - tile.block.n[0])
        for tile in tiles
    )
    edge = max(tile.input_bytes or 0 for tile in tiles) + max(tile.weight_bytes or 0 for tile in tiles)
    edge += result_bytes(results, problem)
    last = ceil(Fraction(problem.passes * results, problem.elements)) // schedule.hardware.ppu_lanes
    per_cycle = schedule.hardware.bytes_per_cycle
    return edge / per_cycle + max(Fraction(computing), walked_bytes(schedule) / per_cycle) + last


def product_of(schedule: LayerSchedule) -> Fraction:
    return walked_bytes(schedule) * latency_cycles(schedule) ** 2


def tiles_and_bytes(schedule: LayerSchedule) -> tuple[int, int]:
    return len(list(schedule.tiles())), walked_bytes(schedule)


@settings(max_examples=60)
@given(layers(largest=10), accelerators())
def test_no_tiling_that_fits_has_a_smaller_product(layer: Layer, hardware: Hardware) -> None:
    fitting = [schedule for schedule in every_schedule(layer, hardware) if fits(schedule)]
    if not fitting:
        with pytest.raises(MappingError, match="must hold two blocks"):
            map_network(trace_of(layer), hardware)
        return
    chosen = map_network(trace_of(layer), hardware)[0]
    least = min(map(product_of, fitting))
    best = min((each for each in fitting if product_of(each) <= MARGIN * least), key=tiles_and_bytes)
    assert product_of(chosen) <= MARGIN * least
    assert tiles_and_bytes(chosen) == tiles_and_bytes(best)


@given(layers(), accelerators(), st.sampled_from(["weight", "input", "output"]), st.integers(1, 5))
def test_a_larger_buffer_raises_the_product_by_no_more_than_the_margin(
    layer: Layer, hardware: Hardware, buffer: str, factor: int
) -> None:
    larger = hardware.buffers.model_copy(update={buffer: getattr(hardware.buffers, buffer) * factor})
    try:
        small = map_network(trace_of(layer), hardware)[0]
    except MappingError:
        assume(False)
    large = map_network(trace_of(layer), hardware.model_copy(update={"buffers": larger}))[0]
    assert product_of(large) <= MARGIN * product_of(small)


def test_candidates_judged_few_at_a_time_and_not_kept_give_the_same_choice(monkeypatch: pytest.MonkeyPatch) -> None:
    layer, hardware = product(197, 768, 3072), load_hardware("lpa").hardware
    chosen = map_network(trace_of(layer), hardware)[0].tiling
    monkeypatch.setattr(search, "AT_ONCE", 7)
    monkeypatch.setattr(search, "_known", KeptLists[Any, Any](100))
    assert map_network(trace_of(layer), hardware)[0].tiling == chosen


@given(layers(), accelerators())
def test_no_less_than_the_compulsory_bytes(layer: Layer, hardware: Hardware) -> None:
    assert layer.gemm is not None
    try:
        schedule = map_network(trace_of(layer), hardware)[0]
    except MappingError:
        assume(False)
    gemm = layer.gemm
    weights = gemm.count * gemm.k * gemm.n * (8 // schedule.lanes) / 8
    results = gemm.count * gemm.m * gemm.n
    assert walked_bytes(schedule) >= weights + results


def test_a_few_bursts_do_not_buy_many_cycles() -> None:
    """Attention on 32 x 32 cells: 25 parts of M move 1.6 % fewer bytes than 5, but each fills the array anew."""
    scores = product(197, 64, 197, count=768).model_copy(update={"weights": "dynamic"})
    hardware = accelerator(array={"rows": 32, "cols": 32}, dram={"burst_bytes": 128, "bandwidth_gbps": 64})
    schedule = map_network(trace_of(scores), hardware)[0]
    assert schedule.tiling.positions.parts <= 5


def test_blocks_of_few_positions_are_not_chosen_for_a_few_bytes() -> None:
    """Three products on 64 rows: 22 positions a block would move 4 % fewer bytes, and wait for 64 rows of weights."""
    scores = product(197, 64, 197, count=3).model_copy(update={"weights": "dynamic"})
    chip = load_hardware("lpa", ["array.rows=64", "array.cols=4", "dram.preset=hbm2"]).hardware
    schedule = map_network(trace_of(scores), chip)[0]
    assert min(tile.words for tile in schedule.tiles()) >= 32


@pytest.mark.parametrize("weight_buffer", ["64KiB", "128KiB"])
def test_many_cycles_are_not_given_for_the_bytes_that_a_larger_buffer_can_save(weight_buffer: str) -> None:
    """On 64 rows, blocks of 15 positions would move 13 % fewer bytes, and take 2.4 times as long."""
    settings = ["array.rows=64", "buffers.input=32KiB", "dram.preset=hbm2", f"buffers.weight={weight_buffer}"]
    schedule = map_network(trace_of(product(256, 576, 128, weight_bits=4)), load_hardware("lpa", settings).hardware)[0]
    assert min(tile.words for tile in schedule.tiles()) >= 64


def test_everything_fits_so_everything_moves_once() -> None:
    """16 x 16 x 16 words of 8 bits: 256 bytes each of inputs, weights and results."""
    schedule = map_network(trace_of(product(16, 16, 16)), accelerator())[0]
    assert walked_bytes(schedule) == 3 * 256


def test_ideal_memory_does_not_cut_m() -> None:
    hardware = accelerator(dram={"ideal": True})
    schedule = map_network(trace_of(product(100_000, 1000, 40)), hardware)[0]
    tiles = list(schedule.tiles())
    assert [tile.words for tile in tiles] == [100_000] * 5
    assert [tile.folds for tile in tiles] == [125] * 5


def test_a_word_wider_than_the_hardware_is_refused() -> None:
    layer = product(4, 4, 4)
    wide = layer.model_copy(update={"activation_format": layer.activation_format.model_copy(update={"n": 9})})
    with pytest.raises(MappingError, match=r"word width must be at most 8 bits, got 9 \(layer gemm\)"):
        map_network(trace_of(wide), accelerator())


def test_results_wider_than_their_partial_sums_fit_too() -> None:
    """One row of 16 words, kept in two formats: 32 bytes of results, where the partial sums need 16."""
    layer = product(1, 16, 16)
    twice = layer.model_copy(update={"outputs": (*layer.outputs, layer.outputs[0])})
    hardware = accelerator(array={"cols": 4, "psum_bits": 8}, buffers={"output": 2 * 16})
    stores = [tile.store_bytes for tile in map_network(trace_of(twice), hardware)[0].tiles()]
    assert sum(stores) == 32
    assert max(stores) <= 16


@pytest.mark.parametrize("shape", [(10**8, 10**8, 1), (10**9, 1, 10**9), (1, 10**8, 10**8)])
def test_too_many_tiles_are_refused_before_the_search(shape: tuple[int, int, int]) -> None:
    with pytest.raises(
        MappingError, match=r"at most 100,000,000 tiles, got [0-9,]+ or more \(layer gemm of case on small\)"
    ):
        map_network(trace_of(product(*shape)), accelerator())


@given(st.integers(1, 500), st.integers(1, 9), st.data())
def test_sizes_of_a_cut_are_those_of_its_ranges(size: int, unit: int, data: st.DataObject) -> None:
    parts = data.draw(st.integers(1, -(-size // unit)))
    ranges = fold_ranges(size, unit, parts)
    assert plain_cut(size, unit, parts).sizes == Counter((b - a, b - a) for a, b in ranges)
