"""Which activity a report's energies are for: assumed, or measured and from which file."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Any

from lpasim.networks.printable import printable
from lpasim.quantization.activity import Activity
from lpasim.quantization.activity_file import read_activity
from lpasim.quantization.trace import Trace

ASSUMED, MEASURED = "assumed", "measured"
ASSUMPTION = "words of weights and activations are random"


@dataclass(frozen=True, slots=True)
class MeasuredActivity:
    """An activity and the name of the file that it was read from."""

    activity: Activity
    file: str

    @classmethod
    def read(cls, path: Path) -> MeasuredActivity:
        """Read an activity file.

        Raises
        ------
        ActivityError
            If the file is missing or malformed.
        """
        return cls(read_activity(path), printable(path.name))


def basis(measured: MeasuredActivity | None, trace: Trace) -> dict[str, Any]:
    """Say, as JSON types, which activity was used and for how many layers."""
    if measured is None:
        return {"basis": ASSUMED, "meaning": ASSUMPTION}
    content = measured.activity.model_dump(mode="json", by_alias=True, exclude={"layers"})
    layers = sum(layer.gemm is not None for layer in trace.layers)
    return {"basis": MEASURED, "file": measured.file, "measured_layers": layers, "provenance": content}


def sentence(measured: MeasuredActivity | None, trace: Trace) -> str:
    """Say the same in words."""
    if measured is None:
        return f"{ASSUMED}: {ASSUMPTION}"
    layers = sum(layer.gemm is not None for layer in trace.layers)
    origin = measured.activity.describe()
    return f"{MEASURED} for {layers} of {len(trace.layers)} layers: {measured.file}, {origin}"
