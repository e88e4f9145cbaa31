"""Reading the folder of an assessment: what the weights of each layer of a run are like."""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

from lpasim.errors import ResultsError
from lpasim.networks.printable import printable
from lpasim.quantization.documents import Document
from lpasim.reports import assess_folder, assess_rows

if TYPE_CHECKING:
    from lpasim.reports.saved_run import SavedRun

ASSESSMENT = Document("assessment", assess_rows.SCHEMA, assess_rows.VERSION, ResultsError)
KEYS = ("layer", "operand", "elements", "histogram", "formats")
"""What is read of each tensor."""


def read_assessment(path: Path) -> dict[str, Any]:
    """Read what ``lpasim assess --out`` wrote.

    Raises
    ------
    ResultsError
        If the folder holds no assessment of this version.
    """
    file = path / assess_folder.MARK
    text = ASSESSMENT.read(file)
    ASSESSMENT.check_head(text, printable(file))
    data = dict(json.loads(text))
    tensors = data.get("tensors")
    whole = isinstance(tensors, list) and all(isinstance(each, dict) and set(KEYS) <= set(each) for each in tensors)
    if not whole:
        raise ResultsError(f"tensors must each have {', '.join(KEYS)}, got others ({printable(file)})")
    return data


def weights_of(data: Mapping[str, Any], run: SavedRun, path: Path) -> dict[str, Mapping[str, Any]]:
    """Return the tensors that are constant weights of the run, by its layers' names.

    Raises
    ------
    ResultsError
        If there is none, or batch normalizations were treated otherwise, which makes the weights others.
    """
    if data.get("batchnorm") != run.trace.batchnorm:
        rule = f"batchnorm must be that of the run, {run.trace.batchnorm}"
        raise ResultsError(f"{rule}, got {data.get('batchnorm')}: use lpasim assess --batchnorm ({printable(path)})")
    known = {each["layer"]: each for each in data["tensors"] if each["operand"] == "weights"}
    found = {name: known[printable(name)] for name in run.layers["name"] if printable(name) in known}
    if not found:
        raise ResultsError(f"layers must be those of {run.workload}, got others ({printable(path)})")
    return found
