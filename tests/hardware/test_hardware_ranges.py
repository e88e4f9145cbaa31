"""Ranges of values: read, checked, exported, and dropped by whoever sets a value."""

from __future__ import annotations

import io
from pathlib import Path

import pytest

from lpasim.errors import HardwareError
from lpasim.hardware import list_dram, list_hardware, load_hardware, to_yaml

HEAD = "schema: lpasim-hardware\nversion: 1\nextends: lpa\n"
PRICES = ("_um2", "_pj", "_pj_per_bit", "_nw_per_um2", "_share", "_scale")


def load(tmp_path: Path, text: str, *overrides: str):
    path = tmp_path / "chip.yaml"
    path.write_text(HEAD + text + "\n")
    return load_hardware(str(path), overrides)


EVERYTHING = [(name, "") for name in list_hardware()] + [("lpa", f"dram.preset={dram}") for dram in list_dram()]


@pytest.mark.parametrize(("name", "setting"), EVERYTHING)
def test_every_assumed_price_has_a_range_that_says_why(name: str, setting: str) -> None:
    resolved = load_hardware(name, setting or ())
    tree = resolved.hardware.model_dump()
    assert {path for path in resolved.assumptions if path.endswith(PRICES)} <= set(resolved.ranges)
    for path, span in resolved.ranges.items():
        section, _, name = path.rpartition(".")
        assert span.low <= tree[section][name] <= span.high
        assert span.low < span.high
        assert span.basis


def test_the_numbers_in_the_bases_are_right() -> None:
    ranges = load_hardware("lpa").ranges
    pe, decoder = ranges["pe.area_um2"], 5.2
    assert (pe.low, pe.high) == (
        round((12071 - 15 - 16 * decoder) / 64, 2),
        round((12071 + 15 - 16 * decoder) / 64, 2),
    )
    for bits, picojoules in {8: 0.54, 4: 0.23, 2: 0.086}.items():
        span = ranges[f"pe.mac_{bits}bit_pj"]
        assert span.low == float(f"{picojoules * 187.43 / 470:.3g}")
        assert span.high == pytest.approx(1.2 * picojoules, rel=1e-3)
    assert ranges["decoder.energy_pj"].low == round(0.021 * 5.2 / 18, 3)
    assert ranges["ppu.lane_area_um2"].low == round(353 * 0.368)
    assert ranges["ppu.pass_pj"].low == round(0.51 * 0.347, 2)
    lpddr4 = 1.1 * ((275 - 30) + 150) / (6.4 * 8)
    assert (round(lpddr4, 1), round(lpddr4 / 2, 1)) == (8.5, ranges["dram.energy_pj_per_bit"].low)


def test_the_numbers_in_the_bases_of_baselines_are_right() -> None:
    ranges = {name: load_hardware(name).ranges for name in list_hardware()}
    bars = {"ant": (5100 - 2 * 4.9, 15), "bitfusion": (5079, 21), "adaptivfloat": (23357, 15)}
    for name, (bar_um2, error_um2) in bars.items():
        span = ranges[name]["pe.area_um2"]
        ends = [round((bar_um2 + sign * error_um2) / 64, 2) for sign in (-1, 1)]
        assert [span.low, span.high] == pytest.approx(ends, abs=0.011)
    densities = {"lpa-8": (64, 6.97, 83.2), "lpa-2": (256, 23.77, 83.2), "posit": (203.4, 3.14, 0)}
    for name, (gops, density, decoders_um2) in densities.items():
        span = ranges[name]["pe.area_um2"]
        ends = [(1000 * gops / (density + sign * 0.005) - decoders_um2) / 64 for sign in (1, -1)]
        assert [span.low, span.high] == pytest.approx(ends, abs=0.011)
    prototype_um2 = round(353 * 0.368)
    for name in ("ant", "bitfusion"):
        span, cell = ranges[name]["pe.mac_8bit_pj"], ranges[name]["pe.mac_4bit_pj"]
        assert (span.low, cell.low) == (round(0.72 * 79.57 / prototype_um2, 2), round(0.36 * 79.57 / prototype_um2, 2))
        assert (span.high, cell.high) == pytest.approx((1.2 * 0.72, 1.2 * 0.36))
    lpa = ranges["lpa"]["pe.mac_8bit_pj"]
    for name, picojoules in {"adaptivfloat": 1.05, "posit": 2.92}.items():
        span = ranges[name]["pe.mac_8bit_pj"]
        ends = (picojoules * lpa.low / 0.54, picojoules * lpa.high / 0.54)
        assert (span.low, span.high) == pytest.approx(ends, rel=5e-3)
    memory = ranges["ant-micro22"]["dram.energy_pj_per_bit"]
    assert memory.high == round(0.766 + 485 / (64 * 8), 2)


def test_ranges_are_in_the_unit_of_the_key(tmp_path: Path) -> None:
    resolved = load(tmp_path, "pe: {mac_8bit_pj: {value: 300 fJ, range: [0.2, 400 fJ], range_source: two runs}}")
    span = resolved.ranges["pe.mac_8bit_pj"]
    assert (span.low, span.high, span.basis) == (0.2, pytest.approx(0.4), "two runs")
    path = tmp_path / "again.yaml"
    path.write_text(to_yaml(resolved))
    assert load_hardware(str(path)).ranges == resolved.ranges


def test_who_sets_a_value_knows_it(tmp_path: Path) -> None:
    assert "pe.area_um2" not in load_hardware("lpa", {"pe.area_um2": 200}).ranges
    assert "pe.area_um2" not in load(tmp_path, "pe: {area_um2: 200 um2}").ranges
    assert load_hardware("lpa", {"dram.preset": "hbm2"}).ranges["dram.energy_pj_per_bit"].high == 5.9


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("range: [1, 2]", "pe.area_um2.range_source must be text, got nothing"),
        ("range_source: guess", "pe.area_um2.range must be a list of two numbers, got nothing"),
        ("range: 5, range_source: guess", "pe.area_um2.range must be a list of two numbers, got 5"),
        ("range: [1], range_source: guess", "pe.area_um2.range must be a list of two numbers, got [1]"),
        ("range: [1, 2 pJ], range_source: guess", "pe.area_um2.range must have a unit such as um2, got '2 pJ'"),
        ("range: [-1, 9], range_source: guess", "pe.area_um2.range must be at least 0 um2, got -1"),
        ("range: [6, 9], range_source: guess", "pe.area_um2.range must hold the value 5, got 6 to 9"),
        ("range: [9, 1], range_source: guess", "pe.area_um2.range must hold the value 5, got 9 to 1"),
    ],
)
def test_impossible_range(tmp_path: Path, text: str, message: str) -> None:
    with pytest.raises(HardwareError) as caught:
        load(tmp_path, f"pe: {{area_um2: {{value: 5, {text}}}}}")
    assert str(caught.value) == f"{message} ({tmp_path / 'chip.yaml'})"


def test_a_range_of_what_is_no_number(tmp_path: Path) -> None:
    with pytest.raises(HardwareError, match=r"dram\.ideal\.range must belong to a number"):
        load(tmp_path, "dram: {ideal: {value: true, range: [0, 1], range_source: guess}}")


def test_buffer_prices_take_the_place_of_the_table(tmp_path: Path) -> None:
    from lpasim.cost.buffers import price_buffers

    chip = load(
        tmp_path, "weight_buffer: {read_pj: 6.4 pJ, leakage_mw: 2 uW}\ninput_buffer: {area_um2: 1 mm2}"
    ).hardware
    given, table = price_buffers(chip), price_buffers(load_hardware("lpa").hardware)
    assert given["weight_buffer"].read_pj_per_bit == pytest.approx(0.1)
    assert given["weight_buffer"].leakage_mw == pytest.approx(0.002)
    assert given["weight_buffer"].write_pj_per_bit == table["weight_buffer"].write_pj_per_bit
    assert given["input_buffer"].area_um2 == 1e6
    assert given["output_buffer"] == table["output_buffer"]
    with pytest.raises(HardwareError, match=r"weight_buffer\.read_pj must be a value, or be left out, got nothing"):
        load(tmp_path, "weight_buffer: {read_pj: null}")


def test_scales_of_the_sram_table() -> None:
    from lpasim.cost.buffers import price_buffers

    scales = {"technology.sram_energy_scale": 2, "technology.sram_leakage_scale": 3, "technology.sram_area_scale": 0.5}
    plain, scaled = (price_buffers(load_hardware("lpa", with_).hardware) for with_ in ({}, scales))
    for name, price in plain.items():
        assert scaled[name].read_pj_per_bit == pytest.approx(2 * price.read_pj_per_bit)
        assert scaled[name].write_pj_per_bit == pytest.approx(2 * price.write_pj_per_bit)
        assert scaled[name].leakage_mw == pytest.approx(3 * price.leakage_mw)
        assert scaled[name].area_um2 == pytest.approx(0.5 * price.area_um2)


def test_show_hardware_prints_ranges() -> None:
    from rich.console import Console

    from lpasim.reports.hardware_table import hardware_table

    console = Console(width=400, record=True, file=io.StringIO())
    console.print(*hardware_table(load_hardware("lpa")))
    shown = console.export_text()
    assert "; 2.6 um2 to 10.4 um2: guess: half to twice" in shown
