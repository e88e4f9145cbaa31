"""The rules of ANT's simulator against hand computation on one product."""

from __future__ import annotations

import pytest

from lpasim.reports.reproduction.ant_cycles import cycles_by_formula
from lpasim.reports.reproduction.ant_prices import priced_as_ant
from lpasim.reports.reproduction.case import AREA, OWN, accelerator
from lpasim.reports.simulate import simulate

M, K, N = 100, 300, 200
MACS = M * K * N
PRODUCT = f"gemm:{M}x{K}x{N}@w4a4"


@pytest.mark.parametrize(
    ("design", "rows", "cols"),
    [("adaptivfloat", 32, 28), ("ant", 64, 64)],
)
def test_cycles_by_the_formula(design, rows, cols):
    """ANT's 32 x 32 cells take two words of 4 bits along each side."""
    report = simulate(PRODUCT, accelerator(design, AREA, OWN))
    assert cycles_by_formula(report) == M * -(-K // rows) * -(-N // cols)
    assert cycles_by_formula(report) <= report.result.cycles


def test_energy_by_the_prices():
    report = simulate(PRODUCT, accelerator("ant", AREA, OWN))
    energy, cycles, actions = priced_as_ant(report), report.result.cycles, report.result.actions
    assert energy.static == pytest.approx(484.615e-3 * cycles * 2e-9 * 1e3)
    assert energy.core == pytest.approx(32 * 32 * 0.688548 * cycles * 1e-9)
    dram_bits = 8 * actions.dram_read_bytes * 0.629 + 8 * actions.dram_write_bytes * 0.766
    assert energy.dram == pytest.approx(dram_bits * 1e-9)
    sums_pj = MACS * 16 * (0.0092 + 0.0130)
    weights_pj = actions.weight_buffer_read_bits * 0.033
    assert energy.buffers == pytest.approx((MACS * 4 * 0.035 + sums_pj + weights_pj) * 1e-9)
    assert energy.total == pytest.approx(sum(energy.parts().values()))


def test_lpa_counts_as_cells_of_ant_by_area():
    report = simulate(PRODUCT, accelerator("lpa", AREA, OWN))
    cells = 42 * 41 * 187.43 / (4 * 79.57)
    assert priced_as_ant(report).core == pytest.approx(cells * 0.688548 * report.result.cycles * 1e-9)


def test_the_arrays_have_one_area():
    """As many PEs of LPA as make up the 0.327 mm2 of AdaptivFloat's 896."""
    from lpasim.cost import area

    areas = [area(accelerator(name, AREA, OWN).hardware).compute_um2 for name in ("lpa", "ant", "adaptivfloat")]
    assert max(areas) / min(areas) < 1.02
