"""Finding a workload: a trace that comes with lpasim, a trace file, an ONNX file, or one matrix product."""

from __future__ import annotations

from dataclasses import dataclass
from difflib import get_close_matches
from pathlib import Path

from lpasim.errors import NetworkError, TraceError
from lpasim.quantization.batch import with_batch
from lpasim.quantization.provenance import digest, portable
from lpasim.quantization.trace import Trace
from lpasim.quantization.trace_file import SUFFIX, read_trace


@dataclass(frozen=True, slots=True)
class WorkloadSummary:
    """One line about a workload."""

    name: str
    title: str
    layers: int
    macs: int


def load_workload(text: str, *, batch: int | None = None, input_shape: str | None = None) -> Trace:
    """Find a workload and return its trace.

    Parameters
    ----------
    text : str
        The name of a workload that comes with lpasim (``resnet18``), a path to a trace (``.json``) or to a network
        (``.onnx``), or a product (``gemm:256x576x128@w4a8``: M x K x N, bits of weights and activations, else 8).
    batch : int, optional
        Images in one run; the workload's own, or 1, if not given.
    input_shape : str, optional
        Sizes that an ONNX file leaves open, such as ``1x3x224x224`` or ``ids:1x128,mask:1x128``.

    Raises
    ------
    TraceError
        If there is no such workload, or its trace is malformed.
    NetworkError
        If the ONNX file cannot be read, or holds an operator that lpasim does not know.
    """
    suffix = Path(text).suffix.lower()
    if suffix == ".onnx":
        from lpasim.quantization.build import build_trace

        command = f"python -m lpasim run {portable(text)}"
        return build_trace(text, batch=batch, input_shape=input_shape, command=command)
    if input_shape is not None:
        raise TraceError(f"input shape must be given for an ONNX file only, got {input_shape!r} (workload {text})")
    if text.startswith("gemm:"):
        from lpasim.quantization.product import parse_product

        trace = parse_product(text)
    elif suffix == SUFFIX:
        trace = read_trace(Path(text))
    elif text in (names := workload_names()):
        trace = read_trace(workload_folder() / f"{text}.json")
    else:
        close = get_close_matches(text.lower(), names, n=1)
        hint = f"; did you mean {close[0]}?" if close else ""
        raise TraceError(
            f"workload must be one of {', '.join(names)}, a .json or .onnx file, or gemm:MxKxN@w4a8, got {text!r}{hint}"
        )
    return trace if batch is None else with_batch(trace, batch)


def load_trace(text: str) -> Trace:
    """Find the number formats of a network: a trace file, or the trace that comes with lpasim under a name.

    Raises
    ------
    TraceError
        If there is no such trace, or it is malformed.
    """
    if Path(text).suffix.lower() == SUFFIX:
        return read_trace(Path(text))
    if text in (names := workload_names()):
        return read_trace(workload_folder() / f"{text}.json")
    close = get_close_matches(text.lower(), names, n=1)
    hint = f"; did you mean {close[0]}?" if close else ""
    known = ", ".join(names)
    raise TraceError(f"trace must be a {SUFFIX} file that lpasim trace wrote, or one of {known}, got {text!r}{hint}")


def workload_of(model: Path) -> Trace | None:
    """Return the trace that comes with lpasim and was made of this very ONNX file, whatever its name; else None.

    Raises
    ------
    NetworkError
        If there is no such file.
    """
    try:
        own = digest(model)
    except FileNotFoundError as error:
        raise NetworkError(f"network must be an existing file, got {str(model)!r}") from error
    except OSError as error:
        raise NetworkError(f"network must be a readable file, got {str(model)!r} ({error.strerror})") from error
    traces = (read_trace(workload_folder() / f"{name}.json") for name in workload_names())
    return next((trace for trace in traces if trace.provenance.topology.endswith(own)), None)


def list_workloads() -> list[WorkloadSummary]:
    """Summarize the workloads that come with lpasim, by name."""
    traces = (read_trace(workload_folder() / f"{name}.json") for name in workload_names())
    return [WorkloadSummary(trace.name, trace.title, len(trace.layers), trace.macs) for trace in traces]


def workload_names() -> list[str]:
    """Return the names of the workloads that come with lpasim, sorted."""
    return sorted(path.stem for path in workload_folder().glob("*.json"))


def workload_folder() -> Path:
    """Return where the workloads lie: inside the installed package, or beside it in a checkout."""
    package = Path(__file__).parents[1]
    installed = package / "workloads"
    return installed if installed.is_dir() else package.parent / "workloads"
