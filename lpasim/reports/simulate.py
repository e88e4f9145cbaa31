"""From a workload and an accelerator to a report."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from pathlib import Path

from lpasim.cost import area, energy
from lpasim.hardware import ResolvedHardware, load_hardware
from lpasim.mapping import map_network
from lpasim.quantization.trace import Trace
from lpasim.quantization.workload import load_workload
from lpasim.reports.report import Report
from lpasim.simulation import simulate as run_engine

Progress = Callable[[int, int], None]
"""Told how many tiles are done, and of how many."""


def simulate(
    workload: str | Path | Trace,
    hardware: str | Path | ResolvedHardware = "lpa",
    *,
    overrides: Sequence[str] = (),
    batch: int | None = None,
    progress: Progress | None = None,
) -> Report:
    """Simulate a network on an accelerator.

    Parameters
    ----------
    workload : str, Path or Trace
        A workload's name (``"resnet18"``), the path of an ONNX network or of a trace, one matrix product
        (``"gemm:256x576x128@w4a8"``), or a loaded trace.
    hardware : str, Path or ResolvedHardware
        A preset's name, the path of a YAML file, or a loaded accelerator.
    overrides : sequence of str
        Values of the hardware description to replace, ``"array.rows=16"``. Later ones win.
    batch : int, optional
        Inferences of one run; by default the workload's own.
    progress : callable, optional
        Told, while the engine runs, how many tiles are done and of how many.

    Returns
    -------
    Report
        Cycles, energy and area, per layer and in total.

    Raises
    ------
    LpasimError
        If the workload or the accelerator cannot be read, or a layer does not fit.
    ValueError
        If `batch` or `overrides` is given for something that is loaded already.
    """
    if isinstance(workload, Trace) and batch is not None:
        raise ValueError(f"batch must be None with a loaded trace, got {batch}")
    if isinstance(hardware, ResolvedHardware) and overrides:
        raise ValueError(f"overrides must be empty with a loaded accelerator, got {list(overrides)}")
    trace = workload if isinstance(workload, Trace) else load_workload(str(workload), batch=batch)
    resolved = hardware if isinstance(hardware, ResolvedHardware) else load_hardware(str(hardware), overrides)
    return run(trace, resolved, progress)


def run(trace: Trace, resolved: ResolvedHardware, progress: Progress | None = None) -> Report:
    """Map, simulate and price a loaded workload on a loaded accelerator."""
    chip = resolved.hardware
    schedule = map_network(trace, chip)
    result = run_engine(schedule, chip, progress=progress)
    energies = tuple(energy(layer.actions, layer.cycles, chip) for layer in result.layers)
    return Report(trace, resolved, result, area(chip), energies)
