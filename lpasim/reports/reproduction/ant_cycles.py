"""The cycles that the simulator of ANT would count: a closed form without filling, draining and waiting."""

from __future__ import annotations

from lpasim.hardware.model import Hardware
from lpasim.quantization.trace import Gemm
from lpasim.reports.layer_rows import macs_per_cell
from lpasim.reports.report import Report
from lpasim.simulation.result import LayerResult


def cycles_by_formula(report: Report) -> int:
    """Return the cycles of a weight-stationary array by the formula of ANT's simulator (accelerator.py there).

    Every row of the streamed operand takes a cycle for each fold: M x ceil(N / (columns x lanes)) x
    ceil(K / (rows x lanes)), with as many lanes for weights as for activations. Products of two activations are left
    out, as they are there.
    """
    chip = report.resolved.hardware
    layers = (each for each in report.result.layers if each.schedule.layer.weights == "constant")
    return sum(_cycles(each, chip) for each in layers)


def _cycles(result: LayerResult, chip: Hardware) -> int:
    gemm = result.schedule.layer.gemm
    lanes = round(macs_per_cell(result) ** 0.5)
    return _folds(gemm, chip.array.rows * lanes, chip.array.cols * lanes) if gemm else 0


def _folds(gemm: Gemm, rows: int, cols: int) -> int:
    return gemm.count * gemm.m * -(-gemm.n // cols) * -(-gemm.k // rows)
