"""Accelerators side by side: rows, ratios, equal terms, and the figure."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from lpasim.cost import area
from lpasim.errors import HardwareError
from lpasim.hardware import bibliography, load_hardware, to_yaml
from lpasim.quantization.trace import Trace
from lpasim.quantization.workload import load_workload
from lpasim.reports.comparison import NORMALIZED, STATS, Comparison, compare, csv_of
from lpasim.reports.comparison_figure import PARTS, comparison_figure
from lpasim.reports.figures.style import FORMS
from lpasim.reports.iso import made_equal
from lpasim.reports.simulate import run, simulate
from lpasim.reports.statistics import COMPONENTS

NAMES = ("lpa", "ant", "adaptivfloat")

MADE_UP = """
schema: lpasim-hardware
version: 1
name: made-up
title: A design that nobody built
clock_mhz: 1 GHz
array: {rows: 3, cols: 5, weight_double_buffer: true, fold_overlap: true, psum_bits: 20}
pe:
  per_cell: 2
  weight_lanes: "3:2, 8:1"
  activation_lanes: "3:2, 8:1"
  area_um2: 10
  mac_8bit_pj: 4
  mac_4bit_pj: 1
  mac_2bit_pj: 0
decoder: {units: 7, latency_cycles: 2, area_um2: 3, energy_pj: 0.5}
encoder: {units: 0, latency_cycles: 0, area_um2: 1, energy_pj: 0}
words: {formats: "int, posit", weight_bits: 3, activation_bits: 3}
ppu: {lanes_per_column: 2, lane_area_um2: 1, pass_pj: 1, passes: {default: 1, Identity: 1}}
buffers: {weight: 4 KiB, input: 4 KiB, output: 4 KiB}
dram: {preset: hbm2, ideal: true}
technology: {node_nm: 28, sram: cacti7-hp-28nm, logic_leakage_nw_per_um2: 1}
"""


@pytest.fixture(scope="module")
def network() -> Trace:
    return load_workload("resnet8_cifar10")


@pytest.fixture(scope="module")
def comparison(network: Trace) -> Comparison:
    return compare([[network] * 3], [load_hardware(name) for name in NAMES], "ant")


def test_a_made_up_accelerator_runs_from_its_file_alone(tmp_path: Path) -> None:
    """7 x 13 x 21 on 3 x 5 cells that take 2 terms and 2 channels: 3 folds along K (of 6) and 3 along N (of 10)."""
    path = tmp_path / "made-up.yaml"
    path.write_text(MADE_UP, encoding="utf-8")
    report = simulate("gemm:7x13x21@w8a8", path)
    (row,) = report.layer_rows
    assert (row["mode"], row["macs_per_cell"], row["macs"]) == ("w3a3", 4, 7 * 13 * 21)
    assert row["busy_cycles"] == 3 + 9 * 7 + 3 + 5 - 2
    assert report.result.actions.mac_4bit == 7 * 21 * 7
    assert row["energy_pj"]["pe_array"] == 7 * 21 * 7
    assert row["energy_pj"]["encoders"] == 0
    assert report.summary["peak_narrowest_gops"] == 2 * 15 * 4
    assert (report.area.pe_array, report.area.decoders, report.area.encoders) == (300, 21, 0)


def test_rows_are_the_summaries_of_runs(comparison: Comparison, network: Trace) -> None:
    alone = run(network, load_hardware("ant")).summary
    row = comparison.rows[1]
    assert [each["hardware"] for each in comparison.rows] == list(NAMES)
    assert all(row[stat.name] == alone[stat.name] for stat in STATS if stat.name in alone)
    for each in comparison.rows:
        for name in NORMALIZED:
            assert each["normalized"][name] == pytest.approx(each[name] / alone[name], rel=1e-12)


def test_accuracy_is_told_only_of_the_formats_that_it_was_measured_with(comparison: Comparison, network: Trace) -> None:
    assert [row["accuracy"] for row in comparison.rows] == [network.provenance.accuracy, None, None]
    posit = compare([[network]], [load_hardware("posit")], "posit")
    assert posit.rows[0]["accuracy"] is None


def test_csv_and_json_hold_the_same(comparison: Comparison) -> None:
    header, *lines = csv_of(comparison).splitlines()
    assert "latency_ms_normalized" in header
    assert len(lines) == len(comparison.rows)
    data = json.loads(json.dumps(comparison.to_dict(), allow_nan=False))
    assert [row["hardware"] for row in data["rows"]] == list(NAMES)
    assert set(data["rows"][0]) == {stat.name for stat in STATS}
    assert data["accelerators"][1]["configuration"]["pe"]["area_um2"] == 79.57
    assert "published" in data["workloads"][1]["bit_assignment"]


def test_names_and_baseline_must_fit(network: Trace) -> None:
    lpa = load_hardware("lpa")
    with pytest.raises(HardwareError, match="hardware must name each accelerator once, got 'lpa' 2 times"):
        compare([[network] * 2], [lpa, lpa], "lpa")
    with pytest.raises(HardwareError, match="baseline must be one of lpa, got 'ant'"):
        compare([[network]], [lpa], "ant")


@pytest.mark.parametrize("reference", ["lpa", "ant-micro22"])
@pytest.mark.parametrize("name", ["ant", "adaptivfloat", "bitfusion", "int8"])
def test_equal_area_is_the_nearest_that_whole_rows_and_columns_give(name: str, reference: str) -> None:
    base, chip = load_hardware(reference), load_hardware(name)
    kept, scaled = made_equal([base, chip], base, "area")
    assert kept is base
    target = area(base.hardware).compute_um2
    error = abs(area(scaled.hardware).compute_um2 / target - 1)
    factor = (target / area(chip.hardware).compute_um2) ** 0.5
    rows, cols = scaled.hardware.array.rows, scaled.hardware.array.cols
    assert abs(rows - chip.hardware.array.rows * factor) < 1
    assert abs(cols - chip.hardware.array.cols * factor) < 1
    assert error < 1.2 / min(rows, cols)
    assert scaled.sources["array.rows"].text == f"scaled to the area of {reference}"
    assert scaled.hardware.model_copy(update={"array": chip.hardware.array}) == chip.hardware


def test_equal_numbers_of_pes() -> None:
    base, others = load_hardware("lpa"), [load_hardware(name) for name in ("bitfusion-micro22", "adaptivfloat")]
    scaled = made_equal([base, *others], base, "pes")
    assert [each.hardware.pes for each in scaled] == [64, 64, 64]
    assert scaled[2] is others[1]


@pytest.mark.parametrize("names", [("lpa", "ant-micro22"), ("ant-micro22", "lpa")], ids=["banked", "plain"])
def test_equal_memory(tmp_path: Path, names: tuple[str, str]) -> None:
    base, other = (load_hardware(name) for name in names)
    _, scaled = made_equal([base, other], base, "bandwidth")
    assert scaled.hardware.dram == base.hardware.dram
    assert scaled.hardware.dram.is_banked == (names[0] == "lpa")
    assert scaled.hardware.array == other.hardware.array
    memory, rest = (
        {path: source for path, source in scaled.sources.items() if path.startswith("dram.") == of_memory}
        for of_memory in (True, False)
    )
    assert memory == {path: source for path, source in base.sources.items() if path.startswith("dram.")}
    assert rest == {path: source for path, source in other.sources.items() if not path.startswith("dram.")}
    (tmp_path / "config.yaml").write_text(to_yaml(scaled), encoding="utf-8")
    assert load_hardware(str(tmp_path / "config.yaml")) == scaled


def test_an_array_that_outgrows_its_buffers_is_refused() -> None:
    base, small = load_hardware("ant-micro22"), load_hardware("int8", "buffers.weight=128")
    with pytest.raises(
        HardwareError, match=r"buffers.weight must hold one fold of weights .*\(int8, scaled to the pes"
    ):
        made_equal([base, small], base, "pes")


def test_parts_of_the_energy_are_all_components() -> None:
    assert sorted(name for _, names in PARTS for name in names) == sorted(COMPONENTS)


def test_the_figure_is_the_same_each_time(comparison: Comparison) -> None:
    first, second = comparison_figure(comparison), comparison_figure(comparison)
    assert first == second
    assert tuple(first) == FORMS
    assert first["pdf"].startswith(b"%PDF")
    assert b"/Type3" not in first["pdf"]
    assert b"CreationDate" not in first["pdf"]


def test_what_to_cite_is_that_of_all() -> None:
    both = bibliography(load_hardware("ant"), load_hardware("adaptivfloat"))
    assert {"{ant,", "{adaptivfloat,", "{lpa,"} <= {
        line[line.find("{") :] for line in both.splitlines() if line.startswith("@")
    }
    assert both.count("@inproceedings{ant,") == 1
