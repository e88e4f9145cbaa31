"""The tiles of a schedule: they cover the product once, fit the buffers, and ask for what they touch."""

from __future__ import annotations

from collections import Counter
from itertools import pairwise
from itertools import product as every

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st
from mapping_cases import accelerator, accelerators, convolution, layers, product, trace_of, windows

from lpasim.errors import MappingError, TraceError
from lpasim.hardware.model import Hardware
from lpasim.mapping import Block, LayerSchedule, map_network
from lpasim.mapping.geometry import balanced, part_counts
from lpasim.quantization.trace import Layer, Window


def schedule_of(layer: Layer, hardware: Hardware) -> LayerSchedule:
    try:
        return map_network(trace_of(layer), hardware)[0]
    except MappingError:
        assume(False)
        raise


def touched(window: Window, block: Block) -> set[tuple[int, int, int, int]]:
    """Walk every output position and every K of a block; padding touches nothing."""
    area = window.kernel[0] * window.kernel[1]
    per_group = window.in_channels // window.groups
    found = set()
    channels = {k // area for k in range(*block.k)}
    for g, b, y, x in every(*(range(*axis) for axis in (block.groups, block.batch, block.rows, block.cols))):
        for i, j in every(range(window.kernel[0]), range(window.kernel[1])):
            row = y * window.stride[0] + i * window.dilation[0] - window.pads[0]
            col = x * window.stride[1] + j * window.dilation[1] - window.pads[1]
            if 0 <= row < window.in_height and 0 <= col < window.in_width:
                found |= {(b, g * per_group + channel, row, col) for channel in channels}
    return found


@given(layers(), accelerators())
def test_every_multiplication_happens_once(layer: Layer, hardware: Hardware) -> None:
    assert layer.gemm is not None
    done: Counter[tuple[int, ...]] = Counter()
    for tile in schedule_of(layer, hardware).tiles():
        block = tile.block
        axes = (block.groups, block.batch, block.rows, block.cols, block.k, block.n)
        done.update(every(*(range(*axis) for axis in axes)))
    assert set(done.values()) == {1}
    assert len(done) == layer.gemm.macs


@given(layers(), accelerators())
def test_an_output_tile_sees_all_of_k_in_order(layer: Layer, hardware: Hardware) -> None:
    assert layer.gemm is not None
    at, before = 0, None
    for tile in schedule_of(layer, hardware).tiles():
        block = tile.block
        where = (block.groups, block.batch, block.rows, block.cols, block.n)
        assert tile.opens == (at == 0)
        assert block.k[0] == at
        assert tile.opens or where == before
        at = 0 if tile.closes else block.k[1]
        assert tile.closes == (block.k[1] == layer.gemm.k)
        before = where


@given(layers(), accelerators())
def test_blocks_fit_their_halves(layer: Layer, hardware: Hardware) -> None:
    schedule = schedule_of(layer, hardware)
    for tile in schedule.tiles():
        block = tile.block
        results = (block.groups[1] - block.groups[0]) * tile.words * (block.n[1] - block.n[0])
        assert (tile.weight_bytes or 0) <= hardware.buffers.weight // 2
        assert (tile.input_bytes or 0) <= hardware.buffers.input // 2
        assert 8 * (hardware.buffers.output // 2) >= results * hardware.array.psum_bits


@given(layers(), accelerators())
def test_folds_add_up_to_the_closed_form(layer: Layer, hardware: Hardware) -> None:
    gemm, schedule = layer.gemm, schedule_of(layer, hardware)
    assert gemm is not None
    streamed = sum(tile.folds * tile.words for tile in schedule.tiles())
    k_folds = -(-gemm.k // hardware.array.rows)
    n_folds = -(-gemm.n // (hardware.array.cols * schedule.lanes))
    assert streamed == gemm.count * k_folds * n_folds * gemm.m


@given(windows(), accelerators(), st.sampled_from([2, 4, 8]))
def test_an_input_block_is_what_its_tile_touches(window: Window, hardware: Hardware, bits: int) -> None:
    for tile in schedule_of(convolution(window, weight_bits=bits), hardware).tiles():
        if tile.input_bytes is not None:
            assert tile.input_bytes == len(touched(window, tile.block))


@given(layers(), accelerators())
def test_only_an_unchanged_block_stays(layer: Layer, hardware: Hardware) -> None:
    before = None
    for tile in schedule_of(layer, hardware).tiles():
        block = tile.block
        weights = (block.groups, block.k, block.n)
        inputs = (block.groups, block.batch, block.rows, block.cols, block.k)
        assert (tile.weight_bytes is None) == (before is not None and weights == before[0])
        assert (tile.input_bytes is None) == (before is not None and inputs == before[1])
        before = (weights, inputs)


def test_shares_of_the_results_by_hand() -> None:
    """4 x 2 results of 8 bits and 2 K parts: a closing tile stores its own share, no other tile stores anything."""
    hardware = accelerator(
        array={"rows": 2, "cols": 2}, buffers={"weight": 16, "input": 16, "output": 24 * 2}, dram={"burst_bytes": 1}
    )
    tiles = list(schedule_of(product(4, 8, 2), hardware).tiles())
    assert sum(tile.store_bytes for tile in tiles) == 8
    assert all(tile.store_bytes == 0 and tile.ppu_cycles == 0 for tile in tiles if not tile.closes)
    assert all(tile.ppu_cycles == 1 for tile in tiles if tile.closes)


@given(st.integers(1, 300))
def test_part_counts_give_every_largest_part_once(units: int) -> None:
    largest = [max(b - a for a, b in balanced(units, parts)) for parts in part_counts(units)]
    assert largest == sorted({-(-units // parts) for parts in range(1, units + 1)}, reverse=True)


@given(st.integers(1, 300), st.integers(-1, 320))
def test_part_counts_leave_out_what_is_too_large(units: int, most: int) -> None:
    small_enough = [parts for parts in part_counts(units) if -(-units // parts) <= most]
    assert part_counts(units, most) == small_enough


@given(st.integers(1, 200), st.data())
def test_balanced_parts_differ_by_one(units: int, data: st.DataObject) -> None:
    parts = data.draw(st.integers(1, units))
    ranges = balanced(units, parts)
    sizes = [b - a for a, b in ranges]
    assert ranges[0][0] == 0
    assert ranges[-1][1] == units
    assert all(before[1] == after[0] for before, after in pairwise(ranges))
    assert len(sizes) == parts
    assert max(sizes) - min(sizes) <= 1


def test_a_layer_must_come_after_what_it_reads() -> None:
    layer = product(4, 4, 4).model_copy(update={"inputs": ("later",)})
    with pytest.raises(TraceError, match=r"inputs must name an earlier layer, got 'later' \(layer gemm\)"):
        map_network(trace_of(layer), accelerator())


def test_a_buffer_too_small_for_one_row_is_named() -> None:
    window = Window(
        batch=1, in_channels=64, in_height=9, in_width=9, out_channels=8, out_height=7, out_width=7,
        kernel=(3, 3), stride=(1, 1), dilation=(1, 1), pads=(0, 0, 0, 0), groups=1,
    )  # fmt: skip
    hardware = accelerator(buffers={"input": 30})
    with pytest.raises(MappingError, match=r"buffers\.input must hold two blocks of 18 bytes, got 30 bytes .*conv of"):
        map_network(trace_of(convolution(window)), hardware)
