"""The model behind a study: it knows where a point's results are kept, and makes them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Protocol

from lpasim.cost import area
from lpasim.cost.buffers import UM2_PER_MM2
from lpasim.hardware.loader import HardwareFile
from lpasim.quantization.trace import Trace
from lpasim.reports.layer_rows import flatten
from lpasim.reports.simulate import run
from lpasim.studies.identity import point_key, trace_digest
from lpasim.studies.outcome import Statistics


@dataclass(frozen=True, slots=True)
class Task:
    """A point to evaluate: the place of its workload, and its settings (``array.rows=8``)."""

    workload: int
    settings: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Known:
    """What is known of a point before it is simulated: its address, and some of its columns."""

    key: bytes
    columns: Mapping[str, float]


class Model(Protocol):
    """What a study explores. It travels to other processes, so that it must pickle."""

    def identify(self, task: Task) -> Known:
        """Say what is known of a point. LpasimError: there is no such accelerator."""

    def evaluate(self, task: Task) -> Statistics:
        """Return the results of a point. LpasimError: it cannot have any, however often it is tried."""


class Simulator:
    """The simulator, with the workloads and the accelerator of a study.

    Parameters
    ----------
    traces : sequence of Trace
    base : HardwareFile
        The accelerator that is varied.
    overrides : sequence of str
        Settings of all points; those of an axis win over them.
    """

    def __init__(self, traces: Sequence[Trace], base: HardwareFile, overrides: Sequence[str] = ()) -> None:
        self.traces = tuple(traces)
        self.base = base
        self.overrides = tuple(overrides)
        self._digests = tuple(trace_digest(trace) for trace in traces)

    def identify(self, task: Task) -> Known:
        """Resolve the accelerator of a point: its address in the store, and its areas [mm2].

        Raises
        ------
        HardwareError
            If the settings do not make an accelerator.
        """
        resolved = self.base.variant([*self.overrides, *task.settings])
        found = area(resolved.hardware)
        parts = {f"{name}_component_area_mm2": um2 / UM2_PER_MM2 for name, um2 in found.by_component().items()}
        areas = {"area_mm2": found.total_mm2, "compute_area_mm2": found.compute_mm2, **parts}
        return Known(point_key(self._digests[task.workload], resolved), areas)

    def evaluate(self, task: Task) -> Statistics:
        """Simulate a point.

        Raises
        ------
        LpasimError
            If the settings do not make an accelerator, or a layer does not fit it.
        """
        resolved = self.base.variant([*self.overrides, *task.settings])
        return flatten(run(self.traces[task.workload], resolved).summary)
