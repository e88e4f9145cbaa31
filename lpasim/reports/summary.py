"""The summary of a run: sums over its layers, and the figures of merit that follow from them."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from lpasim.cost import AreaReport
from lpasim.hardware.model import LANES, MAX_LANES, MODES, Hardware
from lpasim.quantization.trace import Layer, Trace
from lpasim.reports.layer_rows import Row, total
from lpasim.reports.statistics import SUMMARY_STATS

OPS_PER_MAC = 2
"""A multiply and an add, as the published GOPS of LPA and its baselines count."""

_LANES_OF_MODE = {MODES[bits]: lanes for bits, lanes in LANES.items()}


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
    energy_pj: dict[str, float] = total(rows, "energy_pj")
    energy_mj = sum(energy_pj.values()) * 1e-9
    seconds = sums["cycles"] / (hardware.clock_mhz * 1e6)
    operations = OPS_PER_MAC * sums["macs"]
    gops = _ratio(operations / 1e9, seconds)
    tops = _ratio(operations / 1e12, seconds)
    pes = hardware.array.rows * hardware.array.cols
    # Cycles of the run if every lane of every PE were busy all the time, each layer in its own mode.
    ideal_cycles = sum(row["macs"] / _LANES_OF_MODE[row["mode"]] for row in rows if row["mode"]) / pes
    area_mm2, compute_area_mm2 = area.total_um2 / 1e6, area.compute_um2 / 1e6
    values = {
        **sums,
        "batch": trace.batch,
        "latency_ms": seconds * 1e3,
        "inferences_per_s": _ratio(trace.batch, seconds),
        "throughput_gops": gops,
        "peak_gops": _ratio(operations * hardware.clock_mhz / 1e3, ideal_cycles),
        "peak_2bit_gops": OPS_PER_MAC * pes * MAX_LANES * hardware.clock_mhz / 1e3,
        "utilization": _ratio(ideal_cycles, sums["cycles"]),
        "average_weight_bits": average_weight_bits(trace.layers),
        "average_activation_bits": average_activation_bits(trace.layers),
        "area_mm2": area_mm2,
        "compute_area_mm2": compute_area_mm2,
        "component_area_mm2": {name: um2 / 1e6 for name, um2 in area.by_component().items()},
        "tops_per_mm2": _ratio(tops, area_mm2),
        "compute_tops_per_mm2": _ratio(tops, compute_area_mm2),
        "energy_mj": energy_mj,
        "energy_per_inference_mj": energy_mj / trace.batch,
        "component_energy_mj": {name: pj * 1e-9 for name, pj in energy_pj.items()},
        "power_mw": _ratio(energy_mj, seconds),
        "tops_per_w": _ratio(operations / 1e9, energy_mj),
        "edp_mj_ms": energy_mj * seconds * 1e3,
    }
    return {stat.name: values[stat.name] for stat in SUMMARY_STATS}


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
