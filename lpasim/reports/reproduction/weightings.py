"""Ways to average the speed of layers over a network; a published throughput does not say which one it is."""

from __future__ import annotations

from math import fsum

from lpasim.quantization.trace import Layer
from lpasim.reports.layer_rows import macs_per_cell
from lpasim.reports.report import Report
from lpasim.reports.reproduction.case import STEPS_A_NS


def weighted_peak_gops(report: Report, weighting: str) -> float:
    """Return the mean over the layers of the array's speed with all lanes busy [GOPS].

    Parameters
    ----------
    report : Report
        Of a network on an accelerator.
    weighting : str
        Whose share a layer has: "MACs", "weights" (constant ones), or "layers" (one each).
    """
    chip = report.resolved.hardware
    cells = chip.array.rows * chip.array.cols
    layers = [result for result in report.result.layers if result.schedule.layer.gemm is not None]
    speeds = [STEPS_A_NS * cells * macs_per_cell(result) for result in layers]
    shares = [_share(result.schedule.layer, weighting) for result in layers]
    return fsum(share * speed for share, speed in zip(shares, speeds, strict=True)) / fsum(shares)


def share_of_macs(report: Report, lanes: int) -> float:
    """Return the share of the MACs for which a cell does so many in a cycle."""
    macs = [(_share(each.schedule.layer, "MACs"), macs_per_cell(each)) for each in report.result.layers]
    return sum(count for count, found in macs if found == lanes) / report.trace.macs


def _share(layer: Layer, weighting: str) -> int:
    gemm = layer.gemm
    if gemm is None:
        return 0
    if weighting == "weights":
        return gemm.count * gemm.k * gemm.n if layer.weights == "constant" else 0
    return gemm.macs if weighting == "MACs" else 1
