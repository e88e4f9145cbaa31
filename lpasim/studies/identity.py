"""What decides the results of a point, as one number: workload, resolved configuration, and the model itself.

The model is known by what its files hold, not by its version alone: whoever edits the simulator, or updates it, gets
new results and never those of before.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterator
from functools import cache
from importlib.util import find_spec
from pathlib import Path
from typing import Any

import lpasim
from lpasim.cost.dram_price import is_priced_by_commands
from lpasim.errors import StudyError
from lpasim.hardware import ResolvedHardware
from lpasim.quantization.trace import Trace

DECIDING = (
    *("errors.py", "units.py", "strict_yaml.py", "hardware", "mapping", "simulation", "cost"),
    *("quantization/trace.py", "quantization/activity.py", "datapath/parameters.py"),
    *(f"reports/{name}.py" for name in ("simulate", "report", "summary", "layer_rows", "memory_price", "statistics")),
    "studies/simulator.py",
)
"""Files and folders of the package that decide what a point gives. What makes a trace does not: the trace is known."""
KERNELS = ("lpasim_ext.dram",)
"""Compiled modules that the engine calls."""
_REMARKS = ("title", "provenance", "preprocess", "free")
"""Keys of a trace that decide no result. Its name does: published bits are looked up by it."""
_SUFFIXES = (".py", ".yaml", ".csv")


def digest(value: Any) -> bytes:
    """Return the SHA-256 of a value of JSON types, which does not depend on the order of its keys."""
    text = json.dumps(value, sort_keys=True, separators=(",", ":"), allow_nan=False)
    return hashlib.sha256(text.encode()).digest()


def trace_digest(trace: Trace) -> str:
    """Return what tells a workload from all others: not its title, nor where it comes from."""
    return digest(trace.model_dump(mode="json", by_alias=True, exclude=set(_REMARKS))).hex()


@cache
def model_version() -> str:
    """Return what tells this model from all others: its version, and a hash of the files that decide results."""
    found = hashlib.sha256()
    for path, name in _files():
        found.update(f"{name}\0".encode() + hashlib.sha256(path.read_bytes()).digest())
    return f"{lpasim.__version__}+{found.hexdigest()[:16]}"


def require_model(version: str) -> None:
    """Make sure, in a worker, that its results are those of the model of the coordinator.

    Raises
    ------
    StudyError
        If lpasim was changed, or the worker has another one: its results would be kept at a wrong address.
    """
    if model_version() != version:
        raise StudyError(f"workers must have the model {version}, got {model_version()}; nothing stored is lost")


def point_key(workload: str, resolved: ResolvedHardware) -> bytes:
    """Return the address of a point.

    Parameters
    ----------
    workload : str
        `trace_digest` of its trace.
    resolved : ResolvedHardware
        Its accelerator, prices included.
    """
    return digest(
        {
            "workload": workload,
            "hardware": resolved.hardware.model_dump(mode="json", by_alias=True, exclude={"title"}),
            "memory_priced_by_commands": is_priced_by_commands(resolved),
            "model": model_version(),
        }
    )


def _files() -> Iterator[tuple[Path, str]]:
    """Generate the files that decide results, with their names inside the package, in one order everywhere."""
    package = Path(str(lpasim.__file__)).parent
    for part in DECIDING:
        root = package / part
        found = [root] if root.is_file() else [path for path in root.rglob("*") if path.suffix in _SUFFIXES]
        for path in sorted(found, key=lambda path: path.relative_to(package).as_posix()):
            yield path, path.relative_to(package).as_posix()
    for module in KERNELS:
        spec = find_spec(module)
        if spec is not None and spec.origin is not None:
            yield Path(spec.origin), module
