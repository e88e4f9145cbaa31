"""The totals add up, and the figures of merit follow from them by independent arithmetic."""

from __future__ import annotations

import math
from dataclasses import asdict

import pytest

from lpasim.cost import energy
from lpasim.reports.statistics import LAYER_STATS, STALL_CAUSES, SUMMARY_STATS

INTEGERS = ("cycles", "macs", "array_cycles", "busy_cycles", "dram_read_bytes", "dram_write_bytes", "ppu_busy_cycles")


@pytest.mark.parametrize("name", INTEGERS)
def test_integers_add_up_exactly(small_report, name):
    whole = sum(row[name] for row in small_report.layer_rows)
    assert small_report.summary[name] == whole
    assert isinstance(whole, int)


@pytest.mark.parametrize("name", ["stall_cycles", "dram_bytes", "buffer_read_bytes", "buffer_write_bytes"])
def test_parts_add_up_exactly(small_report, name):
    for part, value in small_report.summary[name].items():
        assert value == sum(row[name][part] for row in small_report.layer_rows)


def test_the_run_is_its_layers(small_report):
    result, summary = small_report.result, small_report.summary
    assert summary["cycles"] == result.cycles
    assert summary["macs"] == result.actions.lane_steps == small_report.trace.macs
    assert summary["dram_read_bytes"] == result.actions.dram_read_bytes
    assert sum(summary["dram_bytes"].values()) == summary["dram_read_bytes"] + summary["dram_write_bytes"]


def test_busy_and_stalls_are_all_cycles(small_report):
    for row in [*small_report.layer_rows, small_report.summary]:
        assert row["cycles"] == row["busy_cycles"] + sum(row["stall_cycles"].values())
        assert min(row["stall_cycles"].values()) >= 0
    assert tuple(small_report.summary["stall_cycles"]) == STALL_CAUSES


def test_energy_is_that_of_all_actions(small_report):
    result, summary = small_report.result, small_report.summary
    whole = energy(result.actions, result.cycles, small_report.resolved.hardware)
    for name, picojoules in whole.by_component().items():
        assert summary["component_energy_mj"][name] == pytest.approx(picojoules * 1e-9, rel=1e-12)
    assert summary["energy_mj"] == pytest.approx(math.fsum(summary["component_energy_mj"].values()), rel=1e-12)


def test_figures_of_merit(small_report):
    s, clock_hz = small_report.summary, 500e6
    seconds = s["cycles"] / clock_hz
    close = {
        "latency_ms": seconds * 1000,
        "inferences_per_s": 1 / seconds,
        "throughput_gops": 2 * s["macs"] / seconds / 1e9,
        "peak_narrowest_gops": 2 * 64 * 4 * 0.5,
        "utilization": s["throughput_gops"] / s["peak_gops"],
        "power_mw": s["energy_mj"] / seconds,
        "tops_per_w": 2 * s["macs"] / (s["energy_mj"] / 1000) / 1e12,
        "tops_per_mm2": s["throughput_gops"] / 1000 / s["area_mm2"],
        "compute_tops_per_mm2": s["throughput_gops"] / 1000 / s["compute_area_mm2"],
        "energy_per_inference_mj": s["energy_mj"],
        "edp_mj_ms": s["energy_mj"] * s["latency_ms"],
        "compute_area_mm2": 12078.72e-6,
        "area_mm2": math.fsum(s["component_area_mm2"].values()),
    }
    for name, value in close.items():
        assert s[name] == pytest.approx(value, rel=1e-12), name


def test_peak_weighs_each_layer_by_its_mode(small_report):
    stem, wide, depthwise, scores = 120 * 27 * 16, 120 * 144 * 16, 16 * 120 * 9, 2 * 30 * 8 * 30
    ideal_cycles = (stem + wide / 4 + depthwise / 2 + scores) / 64
    macs = stem + wide + depthwise + scores
    assert small_report.summary["macs"] == macs
    assert small_report.summary["peak_gops"] == pytest.approx(2 * macs / (ideal_cycles / 0.5), rel=1e-12)


def test_average_bits(small_report):
    weights = {8: 27 * 16, 2: 144 * 16, 4: 9 * 16}
    expected = sum(bits * count for bits, count in weights.items()) / sum(weights.values())
    assert small_report.summary["average_weight_bits"] == pytest.approx(expected, rel=1e-12)
    elements = {8: (3 + 16 + 16) * 120, 4: 16 * 30}
    expected = sum(bits * count for bits, count in elements.items()) / sum(elements.values())
    assert small_report.summary["average_activation_bits"] == pytest.approx(expected, rel=1e-12)


def test_layer_utilization(small_report):
    for row in small_report.layer_rows:
        if row["m"] is None:
            assert row["utilization"] == 0
            assert row["mode"] is None
        else:
            lanes = row["macs_per_cell"]
            assert row["utilization"] == pytest.approx(row["macs"] / (row["cycles"] * 64 * lanes), rel=1e-12)
            assert 0 < row["utilization"] <= 1


def test_modes_and_shapes(small_report):
    rows = {row["name"]: row for row in small_report.layer_rows}
    assert [row["mode"] for row in rows.values()] == ["w8a8", "w2a8", "w4a8", None, "w8a4"]
    shape = ("count", "m", "k", "n", "weight_bits", "activation_bits")
    assert tuple(rows["depthwise"][name] for name in shape) == (16, 120, 9, 1, 4, 8)
    assert tuple(rows["pool"][name] for name in shape) == (None, None, None, None, None, 8)


def test_every_declared_statistic_is_there_in_order(small_report):
    assert list(small_report.summary) == [stat.name for stat in SUMMARY_STATS]
    for row in small_report.layer_rows:
        assert list(row) == [stat.name for stat in LAYER_STATS]
    for stats, values in ((SUMMARY_STATS, small_report.summary), (LAYER_STATS, small_report.layer_rows[0])):
        for stat in stats:
            parts = tuple(values[stat.name]) if isinstance(values[stat.name], dict) else ()
            assert parts == stat.parts, stat.name


def test_stalls_are_those_of_the_simulation(small_report):
    for row, layer in zip(small_report.layer_rows, small_report.result.layers, strict=True):
        assert row["stall_cycles"] == asdict(layer.stalls)
