"""What must hold for every network that comes with lpasim, on the default accelerator and on one of another shape."""

from __future__ import annotations

from math import prod

import pytest

import lpasim
from lpasim.quantization.trace import Layer
from lpasim.quantization.workload import list_workloads, load_workload
from lpasim.reports.report import Report

NETWORKS = [network.name for network in list_workloads()]
CHIPS = {
    "lpa": {},
    "wide": {
        "array.rows": 4,
        "array.cols": 32,
        "buffers.input": "32 KiB",
        "array.fold_overlap": False,
        "dram.preset": "hbm2",
    },
}


@pytest.fixture(scope="module", params=[(name, chip) for chip in CHIPS for name in NETWORKS], ids="-".join)
def report(request) -> Report:
    name, chip = request.param
    return lpasim.simulate(load_workload(name), overrides=CHIPS[chip])


def needed_inputs(layer: Layer) -> int:
    """Elements of the streamed operand that at least one output needs."""
    window = layer.window
    if window is None or layer.gemm is None:
        return layer.input_elements
    sizes = zip((window.out_height, window.out_width), window.kernel, window.stride, strict=True)
    rows_and_columns = [out * min(kernel, stride) for out, kernel, stride in sizes]
    padding = sum(window.pads) * max(window.in_height + sum(window.pads), window.in_width + sum(window.pads))
    needed = window.batch * window.in_channels * (prod(rows_and_columns) - padding)
    return max(0, min(needed, layer.input_elements))


def compulsory_read_bytes(layer: Layer) -> float:
    weights = layer.gemm.count * layer.gemm.k * layer.gemm.n * layer.weight_format.n if layer.weight_format else 0
    operands = sum(step.operand_elements * step.operand_bits for step in layer.ppu)
    return (weights + needed_inputs(layer) * layer.activation_format.n + operands) / 8


def test_nothing_of_the_network_is_lost(report):
    layers = report.trace.layers
    assert [row["name"] for row in report.layer_rows] == [layer.name for layer in layers]
    assert [row["macs"] for row in report.layer_rows] == [layer.gemm.macs if layer.gemm else 0 for layer in layers]
    assert report.summary["macs"] == report.trace.macs


def test_busy_and_waiting_cycles_are_all_cycles(report):
    for row in (*report.layer_rows, report.summary):
        assert row["cycles"] == row["busy_cycles"] + sum(row["stall_cycles"].values())
        assert min(row["stall_cycles"].values()) >= 0
        assert row["busy_cycles"] >= 0


def test_layers_add_up_to_the_run(report):
    summary, rows = report.summary, report.layer_rows
    for name in ("cycles", "busy_cycles", "dram_read_bytes", "dram_write_bytes", "ppu_busy_cycles", "dram_busy_cycles"):
        assert summary[name] == sum(row[name] for row in rows)
    assert summary["cycles"] == report.result.cycles
    energy_mj = sum(sum(row["energy_pj"].values()) for row in rows) * 1e-9
    assert summary["energy_mj"] == pytest.approx(energy_mj, rel=1e-12)


def test_no_unit_works_for_longer_than_the_run(report):
    summary = report.summary
    chip = report.resolved.hardware
    assert 0 < summary["ppu_busy_cycles"] <= summary["cycles"]
    assert 0 < summary["dram_busy_cycles"] <= summary["cycles"]
    assert summary["ppu_busy_cycles"] >= report.result.actions.ppu_passes / chip.ppu_lanes
    moved = summary["dram_read_bytes"] + summary["dram_write_bytes"]
    assert summary["dram_busy_cycles"] >= moved / chip.bytes_per_cycle


def test_the_array_is_never_faster_than_its_lanes(report):
    chip = report.resolved.hardware
    for row in report.layer_rows:
        if row["mode"] is not None:
            lanes = row["macs_per_cell"]
            assert row["macs"] <= row["busy_cycles"] * chip.array.rows * chip.array.cols * lanes
            assert 0 < row["utilization"] <= 1


def test_traffic_is_at_least_compulsory(report):
    for layer, row in zip(report.trace.layers, report.layer_rows, strict=True):
        assert row["dram_read_bytes"] >= compulsory_read_bytes(layer), layer.name
        assert row["dram_write_bytes"] >= sum(out.elements * out.format.n for out in layer.outputs) / 8, layer.name
