"""Where a request's files go: none may take the place of another file."""

from __future__ import annotations

import os
from pathlib import Path

from lpasim.errors import OutputError
from lpasim.lpq.request import Request
from lpasim.lpq.result import correction_of
from lpasim.lpq.state import DOCUMENT as STATE
from lpasim.networks.printable import printable
from lpasim.quantization.targets import check_target
from lpasim.quantization.trace_file import DOCUMENT, SUFFIX


def check_places(request: Request, path: Path) -> None:
    """Refuse places where files cannot be written, or are in the way.

    Parameters
    ----------
    request : Request
        What is asked for.
    path : Path
        The network's file.

    Raises
    ------
    OutputError
        If a file cannot be written, or its place is taken by something else.
    """
    if request.out.suffix.lower() != SUFFIX:
        raise OutputError(f"trace must be written to a {SUFFIX} file, got {str(request.out)!r}")
    inputs: dict[str, str | Path | None] = {
        "network": str(path),
        "images": request.calibration.images,
        "trace to start from": request.warm_start,
        "labels": request.labels,
        "test images": request.test,
        "labels of the test": request.test_labels,
    }
    check_target(DOCUMENT, request.out, inputs)
    if not os.access(request.out.parent, os.W_OK):
        raise OutputError(f"{DOCUMENT.what} must be written to a writable folder, got {str(request.out.parent)!r}")
    check_target(STATE, request.state_file, inputs)
    file, what = request.model_file, "corrected network"
    if not file.exists():
        return
    itself = file.is_file() and file.samefile(path)
    if not request.plan.reconstruct:
        if file.is_file() and not itself and correction_of(file) is not None:
            rule = "trace of a network that is not corrected must not lie beside an earlier corrected network"
            raise OutputError(f"{rule}, got {printable(file)}; delete it, or write to another place")
        return
    if itself:
        raise OutputError(f"{what} must go to a file of its own, got that of the network ({printable(file)})")
    if not file.is_file() or (file.stat().st_size and correction_of(file) is None):
        raise OutputError(f"{what} must go to a new file or an earlier {what}, got another file ({printable(file)})")
