"""The published numbers against their own arithmetic, and against the presets that were calibrated with them."""

from __future__ import annotations

import pytest

from lpasim.hardware import load_hardware
from lpasim.reports.reproduction import calibrated
from lpasim.reports.reproduction.published import CONFIDENCES, calibrated_keys, constants, published

DESIGNS = ("lpa", "ant", "bitfusion", "adaptivfloat")
KNOWN = published()


@pytest.mark.parametrize("design", DESIGNS)
def test_density_is_throughput_over_area(design):
    density = KNOWN[f"throughput.{design}"].value / KNOWN[f"area.{design}"].value * 1e3
    assert density == pytest.approx(KNOWN[f"density.{design}"].value, abs=0.005)


@pytest.mark.parametrize("other", ["ant", "bitfusion"])
def test_ratios_are_those_of_the_densities(other):
    ratio = KNOWN["density.lpa"].value / KNOWN[f"density.{other}"].value
    assert ratio == pytest.approx(KNOWN[f"density_ratio.{other}"].value, abs=0.005)


def test_the_two_charts_agree_where_they_show_the_same():
    for design in ("lpa", "adaptivfloat"):
        one, other = KNOWN[f"density.{design}"], KNOWN[f"pe_density.{design}"]
        assert one.value == pytest.approx(other.value, abs=one.error + other.error)


def test_digits_that_were_not_seen_agree_with_their_bar():
    agreeing = [value for value in KNOWN.values() if value.confidence == "agrees"]
    assert len(agreeing) == 8
    for value in agreeing:
        assert value.chart == pytest.approx(value.value, abs=value.error), value.key


def test_every_value_says_where_it_comes_from():
    for value in KNOWN.values():
        assert value.confidence in CONFIDENCES, value.key
        assert len(value.source) >= 15, value.key
        assert value.error >= 0, value.key
        assert (value.chart is None) == (value.confidence != "agrees"), value.key


def test_the_poster_gives_ant_less_energy_than_lpa_and_the_table_gives_adaptivfloat_more_speed():
    """The two contradictions that the findings speak of."""
    for network in ("resnet50", "vit_b"):
        assert KNOWN[f"energy.{network}.ant"].value < KNOWN[f"energy.{network}.lpa"].value
        assert KNOWN[f"latency.{network}.ant"].value < 1
    assert KNOWN["throughput.adaptivfloat"].value > KNOWN["throughput.ant"].value


def test_calibrated_keys_are_in_the_presets_and_follow_something_published():
    listed = calibrated()
    assert len(listed) == len(calibrated_keys()) == 10
    assert {each.follows for each in listed} <= KNOWN.keys()
    values = {(each.hardware, each.key): float(each.value) for each in listed}
    assert 64 * values["lpa", "pe.area_um2"] + 16 * values["lpa", "decoder.area_um2"] == pytest.approx(12078.72)
    assert 64 * values["ant", "pe.area_um2"] + 2 * values["ant", "decoder.area_um2"] == pytest.approx(5102.28)
    assert all(each.source for each in listed)


def test_every_area_of_a_pe_in_the_comparison_is_listed_as_calibrated():
    """Whoever adds a design to the comparison, or a preset of its own, must say whether its area is an echo."""
    named = {(each.hardware, each.key) for each in calibrated_keys()}
    for design in (*DESIGNS, "lpa-8", "lpa-2", "posit"):
        assert (design, "pe.area_um2") in named
        source = load_hardware(design).sources["pe.area_um2"].text
        assert "poster" in source or "posit" in source


def test_constants_of_ants_simulator():
    price = {name: constant.value for name, constant in constants("ant_prices").items()}
    assert price["dram_read_pj"] == pytest.approx(0.644304e3 / 1024, abs=5e-4)
    assert price["dram_write_pj"] == pytest.approx(0.784104e3 / 1024, abs=5e-4)
    assert price["core_pj"] == pytest.approx((279960 + 64314) * 1e-9 / 500e6 * 1e12)
    assert price["weight_read_pj"] == pytest.approx(16.89 / 512, abs=5e-4)
    assert price["activation_read_pj"] == pytest.approx(17.77 / 512, abs=5e-4)
