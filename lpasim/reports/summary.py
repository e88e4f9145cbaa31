"""The summary of a run: sums over its layers, and the figures of merit that follow from them."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from lpasim.cost import AreaReport, EnergyReport
from lpasim.cost.buffers import UM2_PER_MM2
from lpasim.hardware.model import Hardware
from lpasim.quantization.trace import Layer, Trace
from lpasim.reports.layer_rows import Row, total
from lpasim.reports.statistics import SUMMARY_STATS

OPS_PER_MAC = 2
"""A multiply and an add, as the published GOPS of LPA and its baselines count."""
MJ_PER_PJ = 1e-9


def summarize(trace: Trace, hardware: Hardware, rows: Sequence[Row], area: AreaReport) -> dict[str, Any]:
    """Derive the summary from the per-layer rows.

    Parameters
    ----------
    trace : Trace
        The workload.
    hardware : Hardware
        The accelerator.
    rows : sequence of dict
        `layer_row` of each layer.
    area : AreaReport
        Area of the accelerator.

    Returns
    -------
    dict
        A value for each of `SUMMARY_STATS`. Integers are exact sums over the rows. Energies are sums of floats in the
        order of the layers, so that they add up to within a relative 1e-12.
    """
    sums = {stat.name: total(rows, stat.name) for stat in SUMMARY_STATS if rows and stat.name in rows[0]}
    seconds = sums["cycles"] / (hardware.clock_mhz * 1e6)
    operations = OPS_PER_MAC * sums["macs"]
    values = {
        **sums,
        "batch": trace.batch,
        "latency_ms": seconds * 1e3,
        "dram_utilization": _ratio(sums["dram_busy_cycles"], sums["cycles"]) or 0.0,
        "inferences_per_s": _ratio(trace.batch, seconds),
        "average_weight_bits": average_weight_bits(trace.layers),
        "average_activation_bits": average_activation_bits(trace.layers),
        **_throughput(rows, hardware, operations, seconds),
        **_area(area, _ratio(operations / 1e12, seconds)),
        **_energy(EnergyReport(**total(rows, "energy_pj")), trace.batch, operations, seconds),
    }
    return {stat.name: values[stat.name] for stat in SUMMARY_STATS}


def _throughput(rows: Sequence[Row], hardware: Hardware, operations: int, seconds: float) -> dict[str, float | None]:
    """Compare what was achieved with what all lanes of all PEs could do, each layer in its own mode."""
    cells = hardware.array.rows * hardware.array.cols
    most = hardware.pe.most_weight_lanes * hardware.pe.most_activation_lanes
    ideal_cycles = sum(row["macs"] / row["macs_per_cell"] for row in rows if row["mode"]) / cells
    return {
        "throughput_gops": _ratio(operations / 1e9, seconds),
        "peak_gops": _ratio(operations * hardware.clock_mhz / 1e3, ideal_cycles),
        "peak_narrowest_gops": OPS_PER_MAC * cells * most * hardware.clock_mhz / 1e3,
        "utilization": _ratio(ideal_cycles, total(rows, "cycles")),
    }


def _area(area: AreaReport, tops: float | None) -> dict[str, Any]:
    """Give the areas, and the throughput [TOPS] over them."""
    return {
        "area_mm2": area.total_mm2,
        "compute_area_mm2": area.compute_mm2,
        "component_area_mm2": {name: um2 / UM2_PER_MM2 for name, um2 in area.by_component().items()},
        "tops_per_mm2": _ratio(tops, area.total_mm2),
        "compute_tops_per_mm2": _ratio(tops, area.compute_mm2),
    }


def _energy(energy: EnergyReport, batch: int, operations: int, seconds: float) -> dict[str, Any]:
    """Give the energy of the run, and what follows from it."""
    energy_mj = energy.total_pj * MJ_PER_PJ
    return {
        "energy_mj": energy_mj,
        "energy_per_inference_mj": energy_mj / batch,
        "component_energy_mj": {name: pj * MJ_PER_PJ for name, pj in energy.by_component().items()},
        "power_mw": _ratio(energy_mj, seconds),
        "tops_per_w": _ratio(operations / 1e9, energy_mj),
        "edp_mj_ms": energy_mj * seconds * 1e3,
    }


def average_weight_bits(layers: Sequence[Layer]) -> float | None:
    """Mean width of the constant weights, each weight counted once; None without any."""
    sizes = [
        (layer.gemm.count * layer.gemm.k * layer.gemm.n, layer.weight_format.n)
        for layer in layers
        if layer.gemm is not None and layer.weight_format is not None and layer.weights == "constant"
    ]
    return _mean(sizes)


def average_activation_bits(layers: Sequence[Layer]) -> float | None:
    """Mean width of the elements that layers with a matrix product stream; None without any."""
    return _mean([(layer.input_elements, layer.activation_format.n) for layer in layers if layer.gemm is not None])


def _mean(weighted: Sequence[tuple[int, int]]) -> float | None:
    elements = sum(count for count, _ in weighted)
    return sum(count * bits for count, bits in weighted) / elements if elements else None


def _ratio(numerator: float | None, denominator: float) -> float | None:
    return numerator / denominator if numerator is not None and denominator else None
