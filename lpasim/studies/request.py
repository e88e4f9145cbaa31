"""What a study is asked for, and everything that it needs, loaded and checked before the first point."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from functools import cached_property
from numbers import Real
from pathlib import Path
from typing import Any

from lpasim.errors import HardwareError, StudyError
from lpasim.hardware import Overrides, ResolvedHardware
from lpasim.hardware.entries import spelled_overrides
from lpasim.hardware.loader import HardwareFile
from lpasim.quantization.trace import Trace
from lpasim.quantization.workload import load_workload
from lpasim.studies.axis import Axis, make_axis, parse_axis
from lpasim.studies.identity import digest, model_version, trace_digest
from lpasim.studies.pareto import DEFAULT, Objective, parse_objectives
from lpasim.studies.simulator import Simulator
from lpasim.studies.space import Space

Axes = Mapping[Any, Sequence[Any]] | Sequence[str | Axis]
"""``{"array.rows": [8, 16], ("buffers.weight", "buffers.input"): [("1MiB", "2MiB")]}``, or ``["array.rows=8,16"]``."""


@dataclass(frozen=True)
class Request:
    """What is to be explored.

    Attributes
    ----------
    workloads : tuple of str
        Names, traces, ONNX files, or products.
    axes : mapping or sequence
        What is varied.
    hardware : str
        The accelerator that is varied.
    overrides : tuple of str
        Settings of all points.
    batch : int or None
        Inferences of one run.
    where : str or None
        Condition on the points.
    objectives : str
        Statistics of the Pareto front, parted by commas.
    """

    workloads: tuple[str, ...]
    axes: Axes
    hardware: str = "lpa"
    overrides: tuple[str, ...] = ()
    batch: int | None = None
    where: str | None = None
    objectives: str = ",".join(DEFAULT)

    @cached_property
    def traces(self) -> tuple[Trace, ...]:
        """The workloads."""
        return tuple(load_workload(text, batch=self.batch) for text in self.workloads)

    @cached_property
    def file(self) -> HardwareFile:
        """The accelerator's files."""
        return HardwareFile.read(self.hardware)

    @cached_property
    def base(self) -> ResolvedHardware:
        """The accelerator without a step of any axis."""
        return self.file.variant(self.overrides)

    @cached_property
    def space(self) -> Space:
        """All combinations."""
        return Space(tuple(trace.name for trace in self.traces), read_axes(self.axes, self.file))

    @cached_property
    def ranked_by(self) -> tuple[Objective, ...]:
        """The objectives."""
        return parse_objectives(self.objectives)

    @cached_property
    def cited(self) -> tuple[ResolvedHardware, ...]:
        """Accelerators with the presets and tables that axes name, whose sources the points draw on."""
        found = []
        for axis in self.space.axes:
            for step, values in enumerate(axis.values):
                if any(isinstance(value, str) for value in values):
                    with suppress(HardwareError):  # possible together with other axes alone
                        found.append(self.file.variant([*self.overrides, *axis.settings(step)]))
        return tuple(found)

    def simulator(self) -> Simulator:
        """Return the model of the study."""
        return Simulator(self.traces, self.file, self.overrides)

    def arguments(self) -> dict[str, Any]:
        """Return what was asked for as JSON types; of paths, the last part."""
        return {
            "workloads": [Path(text).name for text in self.workloads],
            "hardware": Path(self.hardware).name,
            "overrides": list(self.overrides),
            "batch": self.batch,
            "axes": [f"{axis.label}={_steps(axis)}" for axis in self.space.axes],
            "where": self.where,
            "objectives": self.objectives,
        }

    def default_name(self, *more: Any) -> str:
        """Name the study after its workloads, its accelerator, and a hash of all that decides its results."""
        content = [
            [trace_digest(trace) for trace in self.traces],
            self.base.hardware.model_dump(mode="json", by_alias=True),
            {**self.arguments(), "workloads": [], "hardware": ""},
            model_version(),
            list(more),
        ]
        stem = re.sub(r"[^\w.@-]+", "_", "-".join((*self.space.workloads, self.base.hardware.name)))
        return f"study-{stem[:60]}-{digest(content).hex()[:8]}"


def make_request(
    workloads: str | Path | Sequence[str | Path],
    axes: Axes,
    hardware: str | Path,
    overrides: Overrides,
    batch: int | None,
    where: str | None,
    objectives: str | Sequence[str] | None,
) -> Request:
    """Put a request together from what Python programs give: one of something, or several."""
    chosen = (workloads,) if isinstance(workloads, str | Path) else tuple(workloads)
    ranked_by = DEFAULT if objectives is None else objectives
    return Request(
        tuple(str(workload) for workload in chosen),
        axes,
        str(hardware),
        tuple(spelled_overrides(overrides)),
        batch,
        where,
        ranked_by if isinstance(ranked_by, str) else ",".join(ranked_by),
    )


def read_axes(axes: Axes, base: HardwareFile) -> tuple[Axis, ...]:
    """Read axes that are spelled in any of the ways of `Axes`.

    Raises
    ------
    StudyError
        If one is wrong.
    """
    if isinstance(axes, Mapping):
        return tuple(_axis(keys, steps, base) for keys, steps in axes.items())
    return tuple(axis if isinstance(axis, Axis) else parse_axis(axis, base) for axis in axes)


def axis_of(keys: Sequence[str], steps: Any, base: HardwareFile, where: str) -> Axis:
    """Make an axis of plain values, lists of them where keys are linked."""
    if isinstance(steps, str | Mapping) or not isinstance(steps, Sequence) or not steps:
        raise StudyError(f"an axis must have a list of values, got {steps!r} ({where})")
    rows = [[_text(step, where)] if len(keys) == 1 else _texts(step, where) for step in steps]
    return make_axis(keys, rows, base, where)


def _axis(keys: Any, steps: Any, base: HardwareFile) -> Axis:
    names = [name.strip() for name in keys.split(",")] if isinstance(keys, str) else list(keys)
    return axis_of(names, steps, base, f"axis {','.join(map(str, names))}")


def _texts(step: Any, where: str) -> list[str]:
    if isinstance(step, str) or not isinstance(step, Sequence):
        raise StudyError(f"a step of linked keys must be a list of values, one a key, got {step!r} ({where})")
    return [_text(value, where) for value in step]


def _text(value: Any, where: str) -> str:
    """Spell a value as ``--set`` reads it."""
    if isinstance(value, bool):
        return str(value).lower()
    if not isinstance(value, Real | str):
        raise StudyError(f"a value of an axis must be a number, a text or a flag, got {value!r} ({where})")
    return str(value)


def _steps(axis: Axis) -> str:
    """Spell the steps of an axis as on the command line."""
    steps = ["x".join(texts) for texts in axis.texts]
    return (";" if any("," in step for step in steps) else ",").join(steps)
