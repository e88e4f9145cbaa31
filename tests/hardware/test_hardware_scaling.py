"""Node scaling against the published tables and examples, and values that a file gives for another node."""

from __future__ import annotations

from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from lpasim.errors import HardwareError
from lpasim.hardware import load_hardware, to_yaml
from lpasim.hardware.scaling import area_factor, energy_factor

PAPER_AREAS = {  # other rows of the paper's table of areas, printed with two digits
    (65, 45): 0.66,
    (65, 32): 0.31,
    (65, 7): 0.039,
    (32, 45): 2.2,
    (32, 20): 0.46,
    (20, 16): 0.89,
    (16, 14): 0.91,
    (14, 10): 0.59,
    (10, 7): 0.58,
    (7, 45): 17,
}
NODES = st.floats(7, 65)
HEAD = "schema: lpasim-hardware\nversion: 1\nextends: lpa\n"


@pytest.mark.parametrize(("step", "factor"), PAPER_AREAS.items())
def test_areas_agree_with_the_other_rows_of_the_paper(step: tuple[int, int], factor: float) -> None:
    assert area_factor(*step) == pytest.approx(factor, rel=0.03)


def test_the_example_of_the_papers_corrigendum() -> None:
    """1 pJ at 65 nm and 1.3 V becomes 0.4571 / 2.604 = 0.1755 pJ at 32 nm and 0.9 V."""
    assert energy_factor(65, 1.3, 32, 0.9) == pytest.approx(0.4571 / 2.604, rel=1e-3)


def test_the_factors_of_the_preset() -> None:
    """45 nm at the cell library's 1.1 V to 28 nm at 0.9 V: the x 0.368 and x 0.347 of the sources in the preset."""
    assert round(area_factor(45, 28), 3) == 0.368
    assert round(energy_factor(45, 1.1, 28, 0.9), 3) == 0.347


@given(NODES, NODES, NODES, st.floats(0.7, 1.1))
def test_scaling_twice_is_scaling_once(first: float, middle: float, last: float, supply_v: float) -> None:
    assert area_factor(first, middle) * area_factor(middle, last) == pytest.approx(area_factor(first, last))
    steps = energy_factor(first, supply_v, middle, 0.9) * energy_factor(middle, 0.9, last, supply_v)
    assert steps == pytest.approx(energy_factor(first, supply_v, last, supply_v))


@given(NODES, NODES)
def test_smaller_nodes_take_less(one: float, other: float) -> None:
    small, large = sorted((one, other))
    assert area_factor(large, small) <= 1 + 1e-12
    assert energy_factor(large, 0.9, small, 0.9) <= 1 + 1e-12


def test_no_extrapolation() -> None:
    with pytest.raises(HardwareError, match=r"the node of a scaled value must be 7 to 65 nm .*, got 5 nm"):
        area_factor(45, 5)
    with pytest.raises(HardwareError, match=r"the supply of a scaled energy must be 0.5 to 1.3 V, got 2 V"):
        energy_factor(45, 2, 28, 0.9)


def test_a_file_may_give_values_of_another_node(tmp_path: Path) -> None:
    path = tmp_path / "chip.yaml"
    path.write_text(
        HEAD + "pe:\n"
        "  area_um2: {value: 896 um2, scaled_from_nm: 45, source: synthesis, range: [800, 1000], range_source: runs}\n"
        "  mac_8bit_pj: {value: 1.29 pJ, scaled_from_nm: 45 nm, scaled_from_v: 1.1 V, source: synthesis}\n"
    )
    resolved = load_hardware(str(path))
    pe, area, energy = resolved.hardware.pe, area_factor(45, 28), energy_factor(45, 1.1, 28, 0.9)
    assert (pe.area_um2, pe.mac_8bit_pj) == pytest.approx((896 * area, 1.29 * energy))
    assert resolved.sources["pe.area_um2"].text == "synthesis; 896 um2 x 0.368 from 45 to 28 nm [stillmaker2017]"
    step = "45 nm, 1.1 V to 28 nm, 0.9 V"
    assert resolved.sources["pe.mac_8bit_pj"].text == f"synthesis; 1.29 pJ x 0.347 from {step} [stillmaker2017]"
    span = resolved.ranges["pe.area_um2"]
    assert (span.low, span.high) == pytest.approx((800 * area, 1000 * area))
    again = tmp_path / "again.yaml"
    again.write_text(to_yaml(resolved))
    assert load_hardware(str(again)).hardware == resolved.hardware
    other_supply = load_hardware(str(path), {"technology.supply_v": 0.8}).hardware.pe
    assert other_supply.area_um2 == pe.area_um2
    assert other_supply.mac_8bit_pj == pytest.approx(1.29 * energy_factor(45, 1.1, 28, 0.8))


@pytest.mark.parametrize(
    ("value", "message"),
    [
        ("pe: {area_um2: {value: 1, scaled_from_nm: 3}}", "must be of a process that can be scaled: the node of a"),
        ("pe: {area_um2: {value: 1, scaled_from_nm: x}}", "pe.area_um2.scaled_from_nm must be a number with a unit"),
        ("pe: {area_um2: {value: 1, scaled_from_nm: 45, scaled_from_v: 1}}", "scaled_from_v must be left to energies"),
        ("pe: {mac_8bit_pj: {value: 1, scaled_from_nm: 45}}", "scaled_from_v must be given for an energy, got nothing"),
        ("array: {rows: {value: 1, scaled_from_nm: 45}}", "scaled_from_nm must belong to an area or an energy"),
        ("pe: {area_um2: {value: x, scaled_from_nm: 45}}", "pe.area_um2 must be a number with a unit such as um2"),
    ],
)
def test_scaling_that_cannot_be(tmp_path: Path, value: str, message: str) -> None:
    path = tmp_path / "chip.yaml"
    path.write_text(HEAD + value + "\n")
    with pytest.raises(HardwareError) as caught:
        load_hardware(str(path))
    assert message in str(caught.value).splitlines()[0]
    assert str(path) in str(caught.value)
