"""From a workload and an accelerator to a report."""

from __future__ import annotations

from collections.abc import Mapping
from numbers import Integral
from pathlib import Path

from lpasim.cost import area, energy
from lpasim.datapath.packing import LANES
from lpasim.errors import HardwareError
from lpasim.hardware import Overrides, ResolvedHardware, load_hardware
from lpasim.hardware.lanes import lanes_by_width
from lpasim.hardware.model import Hardware
from lpasim.mapping import map_network, with_word_rules
from lpasim.quantization.activity import LayerActivity
from lpasim.quantization.activity_file import layers_of
from lpasim.quantization.trace import Trace
from lpasim.quantization.workload import load_workload
from lpasim.reports.measured import MeasuredActivity
from lpasim.reports.memory_price import priced_commands
from lpasim.reports.report import Report
from lpasim.simulation import simulate as run_engine
from lpasim.simulation.engine import Progress


def simulate(
    workload: str | Path | Trace,
    hardware: str | Path | ResolvedHardware = "lpa",
    *,
    overrides: Overrides = (),
    batch: int | None = None,
    input_shape: str | None = None,
    activity: str | Path | None = None,
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
    overrides : str, sequence of str, or mapping of str to object
        Values of the hardware description to replace: ``"array.rows=16"``, several of these of which later ones win, or
        ``{"array.rows": 16}``.
    batch : int, optional
        Inferences of one run; by default the workload's own.
    input_shape : str, optional
        Sizes that an ONNX network's inputs leave open, ``"1x3x224x224"`` or ``"ids:1x128,mask:1x128"``.
    activity : str or Path, optional
        An activity file that ``lpasim infer`` wrote, for the energy; by default words are taken to be random.
    progress : callable, optional
        Told, while the engine runs, how many tiles are done and of how many.

    Returns
    -------
    Report
        Cycles, energy and area, per layer and in total.

    Raises
    ------
    LpasimError
        If the workload, the accelerator or the activity cannot be read, or a layer does not fit.
    ValueError
        If `batch` is no whole number, or `batch`, `input_shape` or `overrides` is given for something that is loaded
        already.
    """
    if isinstance(hardware, ResolvedHardware) and overrides:
        raise ValueError(f"overrides must be empty with a loaded accelerator, got {overrides!r}")
    if batch is not None and (isinstance(batch, bool) or not isinstance(batch, Integral)):
        raise ValueError(f"batch must be a whole number, got {batch!r}")
    if isinstance(workload, Trace):
        for name, value in (("batch", batch), ("input_shape", input_shape)):
            if value is not None:
                raise ValueError(f"{name} must be None with a loaded trace, got {value}")
        trace = workload
    else:
        trace = load_workload(str(workload), batch=None if batch is None else int(batch), input_shape=input_shape)
    resolved = hardware if isinstance(hardware, ResolvedHardware) else load_hardware(str(hardware), overrides)
    return run(trace, resolved, progress, None if activity is None else MeasuredActivity.read(Path(activity)))


def run(
    trace: Trace,
    resolved: ResolvedHardware,
    progress: Progress | None = None,
    activity: MeasuredActivity | None = None,
) -> Report:
    """Map, simulate and price a loaded workload on a loaded accelerator.

    Raises
    ------
    LpasimError
        If a layer does not fit, or the activity is that of another workload, array or datapath.
    """
    chip = resolved.hardware
    trace = with_word_rules(trace, chip)
    measured: Mapping[str, LayerActivity] = {}
    if activity is not None:
        _refuse_other_lanes(chip, activity.file)
        measured = layers_of(activity.activity, trace, _setting(chip), activity.file)
    schedule = map_network(trace, chip)
    result = run_engine(schedule, chip, progress=progress)
    activities = tuple(measured.get(layer.schedule.layer.name) for layer in result.layers)
    energies = tuple(
        energy(layer.actions, layer.cycles, chip, of_words, commands)
        for layer, of_words, commands in zip(result.layers, activities, priced_commands(result, resolved), strict=True)
    )
    return Report(trace, resolved, result, area(chip), energies, activity, activities if measured else ())


def _refuse_other_lanes(chip: Hardware, file: str) -> None:
    """Make sure that words cross the wires of the array as they did where activity was measured: packed as in LPA."""
    weights, activations = (lanes_by_width(table) for table in (chip.pe.weight_lanes, chip.pe.activation_lanes))
    if weights != LANES or set(activations.values()) != {1}:
        rule = "for LPA's lanes (pe.weight_lanes 2:4, 4:2, 8:1 and one activation lane)"
        raise HardwareError(f"measured activity must be used {rule}, got those of {chip.name} ({file})")


def _setting(chip: Hardware) -> dict[str, int]:
    """Return the size of the array and the widths of its lanes, by key."""
    widths = {f"datapath.{name}": value for name, value in chip.datapath.model_dump().items()}
    return {"array.rows": chip.array.rows, "array.cols": chip.array.cols, **widths}
