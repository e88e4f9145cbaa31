"""With ideal memory the array's cycles are the published closed forms, and SCALE-Sim's own figures."""

from __future__ import annotations

import itertools

import pytest
from hypothesis import given
from hypothesis import strategies as st
from mapping_cases import accelerator, product, trace_of

from lpasim.mapping import map_network
from lpasim.quantization.trace import Layer
from lpasim.simulation import SimResult, simulate

OVERLAPS = [(False, False), (True, False), (True, True)]


def run(layers: list[Layer], rows: int, cols: int, overlaps: tuple[bool, bool], **dram: object) -> SimResult:
    hardware = accelerator(
        array={"rows": rows, "cols": cols, "weight_double_buffer": overlaps[0], "fold_overlap": overlaps[1]},
        buffers={"weight": 2 * rows * cols + 4096, "output": 24 * cols + 4096},
        dram={"ideal": True} | dram,
    )
    return simulate(map_network(trace_of(*layers), hardware), hardware)


def closed_form(folds: int, m: int, rows: int, cols: int, overlaps: tuple[bool, bool]) -> int:
    if overlaps == (False, False):
        return folds * (2 * rows + cols + m - 2)
    if overlaps == (True, False):
        return rows + folds * (m + rows + cols - 2)
    return rows + (folds - 1) * max(m, rows) + (m + rows + cols - 2)


@given(
    m=st.integers(1, 300),
    k=st.integers(1, 300),
    n=st.integers(1, 300),
    count=st.integers(1, 5),
    bits=st.sampled_from([2, 4, 8]),
    rows=st.integers(1, 40),
    cols=st.integers(1, 40),
    overlaps=st.sampled_from(OVERLAPS),
)
def test_ideal_memory_gives_the_closed_form(
    m: int, k: int, n: int, count: int, bits: int, rows: int, cols: int, overlaps: tuple[bool, bool]
) -> None:
    layer = product(m, k, n, count, bits)
    folds = count * -(-k // rows) * -(-n // (cols * 8 // bits))
    result = run([layer], rows, cols, overlaps).layers[0]
    assert result.array_cycles == closed_form(folds, m, rows, cols, overlaps)
    assert result.busy_cycles == result.array_cycles


@pytest.mark.parametrize("overlaps", OVERLAPS)
def test_every_layer_of_a_chain_has_its_closed_form(overlaps: tuple[bool, bool]) -> None:
    layers = [product(50, 30, 20, name="a"), product(50, 20, 70, weight_bits=4, name="b"), product(1, 70, 9, name="c")]
    chained = [layer.model_copy(update={"inputs": (before.name,)}) for before, layer in itertools.pairwise(layers)]
    result = run([layers[0], *chained], 4, 4, overlaps)
    folds = [8 * 5, 5 * 9, 18 * 3]
    assert [layer.array_cycles for layer in result.layers] == [
        closed_form(fold, layer.gemm.m, 4, 4, overlaps)
        for fold, layer in zip(folds, layers, strict=True)
        if layer.gemm is not None
    ]


SCALE_SIM_SHAPES = [(16, 16, 16), (49, 72, 33), (5, 3, 2), (100, 64, 40), (1, 200, 10), (33, 17, 65), (7, 128, 9)]
SCALE_SIM_CYCLES = {
    (8, 8): [151, 3194, 26, 4879, 1149, 1484, 927],
    (4, 16): [151, 3833, 26, 5855, 1149, 1374, 927],
    (16, 4): [199, 3734, 38, 5359, 1364, 2277, 983],
    (32, 32): [109, 857, 98, 775, 664, 380, 403],
    (1, 1): [4351, 118799, 35, 258559, 3999, 37569, 9215],
}
"""'Total Cycles' that SCALE-Sim 3.0.0 prints for products M x K x N on (rows, columns), dataflow ws, bandwidth CALC."""


@pytest.mark.parametrize("array", SCALE_SIM_CYCLES)
def test_no_overlap_gives_the_figures_of_scale_sim(array: tuple[int, int]) -> None:
    """SCALE-Sim prints the index of the last cycle, which is one less than their number."""
    ours = [run([product(*shape)], *array, (False, False)).layers[0].array_cycles for shape in SCALE_SIM_SHAPES]
    assert [cycles - 1 for cycles in ours] == SCALE_SIM_CYCLES[array]


@given(m=st.integers(1, 60), k=st.integers(1, 60), n=st.integers(1, 60), size=st.integers(1, 8))
def test_real_memory_streams_the_same_folds(m: int, k: int, n: int, size: int) -> None:
    """One tile from real memory: busy cycles are the closed form, and everything else is a stall."""
    result = run([product(m, k, n)], size, size, (True, True), ideal=False).layers[0]
    folds = -(-k // size) * -(-n // size)
    if result.schedule.tile_count == 1:
        assert result.busy_cycles == closed_form(folds, m, size, size, (True, True))
    assert result.cycles == result.busy_cycles + result.stalls.total
