"""Schedules on a 2 x 2 array, drawn by hand: what enters and leaves the array in each cycle, and every total."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import asdict, dataclass, replace

import pytest
from strategies import make_hardware, make_trace, number_format

from lpasim.errors import SimulationError
from lpasim.mapping import Block, Tile, map_network
from lpasim.mapping.addresses import AddressBlock
from lpasim.mapping.cut import position_cut
from lpasim.mapping.search import Tiling
from lpasim.quantization.trace import Gemm, Layer, Output
from lpasim.simulation import LayerResult, simulate
from lpasim.simulation.stepped import EdgeCycle, SteppedLayer, run_stepped


@dataclass(frozen=True)
class Drawn:
    """A layer whose tiles are written out."""

    layer: Layer
    by_hand: tuple[Tile, ...]
    inputs: tuple[int, ...] = ()
    weight_inputs: tuple[int, ...] = ()
    lanes: int = 1
    terms: int = 1

    def tiles(self) -> Iterator[Tile]:
        yield from self.by_hand


def product(name: str, m: int, k: int, n: int) -> Layer:
    return Layer(
        name=name,
        operator="MatMul",
        gemm=Gemm(count=1, m=m, k=k, n=n),
        input_elements=m * k,
        inputs=(),
        weights="constant",
        weight_format=number_format(8),
        activation_format=number_format(8),
        ppu=(),
        outputs=(Output(tensor=name, elements=m * n, format=number_format(8)),),
    )


def whole(layer: Layer, folds: int, ppu_cycles: int) -> Tile:
    """The layer as one tile."""
    gemm = layer.gemm
    assert gemm is not None
    return Tile(
        block=Block((0, 1), (0, 1), (0, gemm.m), (0, 1), (0, gemm.k), (0, gemm.n)),
        folds=folds,
        words=gemm.m,
        weight_bytes=gemm.k * gemm.n,
        input_bytes=gemm.m * gemm.k,
        opens=True,
        closes=True,
        ppu_cycles=ppu_cycles,
        operand_bytes=0,
        store_bytes=gemm.m * gemm.n,
        weight_blocks=(AddressBlock(0, gemm.k * gemm.n),),
        input_blocks=(AddressBlock(4096, gemm.m * gemm.k),),
        operand_blocks=(),
        store_blocks=(AddressBlock(8192, gemm.m * gemm.n),),
    )


def picture(cycles: list[EdgeCycle]) -> str:
    """Draw the edges of a 2 x 2 array. Fold a's words are a0, a1, ..; its weight rows a0 (row 0) and a1 (row 1)."""

    def cell(word: tuple[int, int] | None) -> str:
        return "." if word is None else "abcdefgh"[word[0]] + str(word[1])

    lines = {
        "cycle": [str(c.cycle) for c in cycles],
        "weights": [cell(c.weights) for c in cycles],
        "row 0": [cell(c.rows[0]) for c in cycles],
        "row 1": [cell(c.rows[1]) for c in cycles],
        "column 0": [cell(c.columns[0]) for c in cycles],
        "column 1": [cell(c.columns[1]) for c in cycles],
    }
    return "\n".join(f"{name:9}" + "".join(f"{text:>3}" for text in texts) for name, texts in lines.items())


def outcome(layer: SteppedLayer | LayerResult) -> dict[str, int]:
    """Times, and causes that occur."""
    times = {
        "load": layer.array_start_cycle,
        "array": layer.array_cycles,
        "cycles": layer.cycles,
        "busy": layer.busy_cycles,
    }
    stalls = layer.stalls if isinstance(layer, SteppedLayer) else asdict(layer.stalls)
    return times | {cause: cycles for cause, cycles in stalls.items() if cycles}


# One product of 3 x 4 x 2 words of 8 bits: two folds a and b of three words, over K. A burst is 4 bytes and takes one
# cycle; L = 1, D = 1, E = 1. Both blocks are requested at 0.
#   channel   inputs  (12 B) 0..3, landed 4, usable 5
#             weights (8 B)  3..5, landed 6, usable 7   -> the first weights enter at 7
#   waiting   [0, 3) the weights ask for the channel: dram_busy 3;  [3, 7) they are on their way: weights_late 4
# The PPU (2 lanes, 6 sums: 3 cycles) starts when b0 has left column 1 and the encoder, and is done at least one cycle
# after b2 has. Then 6 bytes are stored, in 2 cycles.
DRAWINGS = {
    # Fold b's weights shift in below a's words; b0 follows a2.            b0 left at 15, encoded 16: PPU 16..19
    # The last sum leaves at the end of cycle 16: end = 17. Encoded at 18: PPU done at 19. Stored at 21.
    (True, True): (
        """
cycle      7  8  9 10 11 12 13 14 15 16
weights   a1 a0 b1 b0  .  .  .  .  .  .
row 0      .  . a0 a1 a2 b0 b1 b2  .  .
row 1      .  .  . a0 a1 a2 b0 b1 b2  .
column 0   .  .  . a0 a1 a2 b0 b1 b2  .
column 1   .  .  .  . a0 a1 a2 b0 b1 b2
""",
        {"array": 10, "cycles": 21, "busy": 10, "weights_late": 4, "ppu_busy": 2, "output_full": 2, "dram_busy": 3},
    ),
    # Fold b waits until a2 has left column 1, at the end of cycle 13. end = 19; PPU 18..21; stored at 23.
    (True, False): (
        """
cycle      7  8  9 10 11 12 13 14 15 16 17 18
weights   a1 a0 b1 b0  .  .  .  .  .  .  .  .
row 0      .  . a0 a1 a2  .  . b0 b1 b2  .  .
row 1      .  .  . a0 a1 a2  .  . b0 b1 b2  .
column 0   .  .  . a0 a1 a2  .  . b0 b1 b2  .
column 1   .  .  .  . a0 a1 a2  .  . b0 b1 b2
""",
        {"array": 12, "cycles": 23, "busy": 12, "weights_late": 4, "ppu_busy": 2, "output_full": 2, "dram_busy": 3},
    ),
    # Fold b's weights wait, too. end = 21; PPU 20..23; stored at 25.
    (False, False): (
        """
cycle      7  8  9 10 11 12 13 14 15 16 17 18 19 20
weights   a1 a0  .  .  .  .  . b1 b0  .  .  .  .  .
row 0      .  . a0 a1 a2  .  .  .  . b0 b1 b2  .  .
row 1      .  .  . a0 a1 a2  .  .  .  . b0 b1 b2  .
column 0   .  .  . a0 a1 a2  .  .  .  . b0 b1 b2  .
column 1   .  .  .  . a0 a1 a2  .  .  .  . b0 b1 b2
""",
        {"array": 14, "cycles": 25, "busy": 14, "weights_late": 4, "ppu_busy": 2, "output_full": 2, "dram_busy": 3},
    ),
}


@pytest.mark.parametrize("overlap", DRAWINGS)
def test_two_folds(overlap: tuple[bool, bool]) -> None:
    hardware = make_hardware(
        array__weight_double_buffer=overlap[0],
        array__fold_overlap=overlap[1],
        decoder__latency_cycles=1,
        encoder__latency_cycles=1,
        dram__latency_ns=1,
    )
    (mapped,) = map_network(make_trace([product("product", 3, 4, 2)]), hardware)
    tiling, uncut = mapped.tiling, position_cut(mapped.problem, 1, 1, 1)
    schedule = (replace(mapped, tiling=Tiling(tiling.groups, uncut, tiling.k, tiling.n, tiling.outer)),)
    assert list(schedule[0].tiles()) == [whole(mapped.layer, folds=2, ppu_cycles=3)]
    drawing, expected = DRAWINGS[overlap]
    seen: list[EdgeCycle] = []
    layers = run_stepped(schedule, hardware, watch=seen.append).layers[0], simulate(schedule, hardware).layers[0]
    assert picture(seen) == drawing.strip("\n")
    for layer in layers:
        assert outcome(layer) == {"load": 7} | expected
        assert layer.traffic_bytes == {"input": 12, "weight": 8, "operand": 0, "store": 8}


# 1 word, K = 2, N = 6 in three tiles a, b, c of one fold and one output tile each; the input block serves all three.
# A burst is 4 bytes and takes two cycles; L = D = E = 0.
#   time  0   input (2 B) 0..2; weights a 2..4; weights b 4..6 (both requested at 0: two halves)
#         4   a is usable: load 4, s_a = 6. At 6 = s_last a's weight half is free: weights c requested, granted 6..8.
#         6   b's weights are usable: max(s_a, w) + R = 8 = s_b (nothing waited for: ready = max(6 + 1, 6 + 2) = 8)
#         8   c's weights are usable: 8 + 2 = 10, ready = 10: but a and b hold both output halves.
#         PPU (10 cycles a tile): a's sum leaves column 1 at 6 + 1 + 2 + 2 - 2 = 9: PPU a 9..19, store granted 19..21.
#         [10, 19) ppu_busy 9;  [19, 21) a is being stored: output_full 2;  s_c = 21, end = 24.
#         PPU b 19..29, store 29..31; PPU c 29..39, store 39..41.  [24, 39) ppu_busy 15;  [39, 41) output_full 2.
#   waiting at the start: [0, 2) dram_busy (weights a ask), [2, 4) weights_late.
def test_output_halves_hold_the_array_up() -> None:
    layer = product("product", 1, 2, 6)
    first = replace(whole(layer, folds=1, ppu_cycles=10), weight_bytes=4, store_bytes=2)
    first = replace(first, weight_blocks=(AddressBlock(0, 4),), store_blocks=(AddressBlock(8192, 2),))
    tiles = tuple(
        replace(first, block=replace(first.block, n=(n, n + 2)), input_bytes=None if n else 2) for n in (0, 2, 4)
    )
    seen: list[EdgeCycle] = []
    result = run_stepped([Drawn(layer, tiles)], make_hardware(dram__bandwidth_gbps=2), watch=seen.append)
    drawing = """
cycle      4  5  6  7  8  9 10 21 22 23
weights   a1 a0 b1 b0 c1 c0  .  .  .  .
row 0      .  . a0  . b0  .  . c0  .  .
row 1      .  .  . a0  . b0  .  . c0  .
column 0   .  .  . a0  . b0  .  . c0  .
column 1   .  .  .  . a0  . b0  .  . c0
"""
    assert picture(seen) == drawing.strip("\n")
    assert outcome(result.layers[0]) == {
        "load": 4,
        "array": 20,
        "cycles": 41,
        "busy": 10 - 4 + 24 - 21,
        "weights_late": 2,
        "dram_busy": 2,
        "ppu_busy": 9 + 15,
        "output_full": 2 + 2,
    }


# Two layers of one fold: 1 x 2 x 2 words each; the second reads what the first stores. 4 bytes a burst and a cycle.
#   layer 1   input 0..1 (2 B), weights 1..2 (4 B): load 2, s = 4, end = 7; PPU (2 cycles) 4 + 3 = 7..9.
#             Store requested and granted at 9, done 10.
#   layer 2   weights prefetched: requested 0, granted 2, landed 3. Input: requested 10 (stored), granted 10, landed 11.
#             free = 7: [7, 9) ppu_busy 2 (producer rule), [9, 10) the store is granted: inputs_late 1, [10, 11) 1 more.
#             load 11, s = 13, end = 16; PPU 16..18, store 18..19.
def test_a_layer_waits_for_its_maker() -> None:
    first, second = product("first", 1, 2, 2), product("second", 1, 2, 2)
    schedule = [
        Drawn(first, (whole(first, folds=1, ppu_cycles=2),)),
        Drawn(second, (whole(second, folds=1, ppu_cycles=2),), inputs=(0,)),
    ]
    result = run_stepped(schedule, make_hardware())
    assert outcome(result.layers[0]) == {
        "load": 2,
        "array": 5,
        "cycles": 7,
        "busy": 5,
        "weights_late": 1,
        "dram_busy": 1,
    }
    assert outcome(result.layers[1]) == {
        "load": 11,
        "array": 5,
        "cycles": 12,
        "busy": 5,
        "inputs_late": 2,
        "ppu_busy": 2 + 2,
        "output_full": 1,
    }
    assert [layer.stored_cycle for layer in result.layers] == [10, 19]


def test_a_block_that_misses_words_is_found() -> None:
    layer = product("product", 3, 4, 2)
    tile = whole(layer, folds=2, ppu_cycles=3)
    with pytest.raises(SimulationError, match="must fit half and transfer"):
        run_stepped([Drawn(layer, (replace(tile, input_bytes=11),))], make_hardware())


def test_a_reused_block_must_hold_the_words_of_its_next_tile() -> None:
    layer = product("product", 2, 4, 2)
    tile = replace(whole(layer, folds=1, ppu_cycles=1), weight_bytes=4, input_bytes=4)
    tiles = (
        replace(tile, block=replace(tile.block, k=(0, 2)), closes=False),
        replace(tile, block=replace(tile.block, k=(2, 4)), opens=False, input_bytes=None),
    )
    with pytest.raises(SimulationError, match="must be in the buffer"):
        run_stepped([Drawn(layer, tiles)], make_hardware())


def test_a_product_without_a_part_of_k_is_found() -> None:
    layer = product("product", 2, 4, 2)
    tile = whole(layer, folds=1, ppu_cycles=1)
    short = replace(tile, block=replace(tile.block, k=(2, 4)), weight_bytes=4, input_bytes=4)
    with pytest.raises(SimulationError, match="must have 4 products"):
        run_stepped([Drawn(layer, (short,))], make_hardware())


def test_a_layer_that_reads_its_own_results_never_starts() -> None:
    layer = product("product", 1, 2, 2)
    with pytest.raises(SimulationError, match="must change something"):
        run_stepped([Drawn(layer, (whole(layer, folds=1, ppu_cycles=2),), weight_inputs=(0,))], make_hardware())
