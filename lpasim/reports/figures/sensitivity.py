"""How much each layer suffers from few bits: measured on answers by ``quantize``, or on weights alone by ``assess``."""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

from lpasim.errors import ResultsError
from lpasim.networks.printable import printable
from lpasim.quantization.documents import Document
from lpasim.reports import quantize_rows
from lpasim.reports.figures.assessments import read_assessment, weights_of

if TYPE_CHECKING:
    from lpasim.reports.figures.kind import Options
    from lpasim.reports.saved_run import SavedRun

HARM, RATIO = "weights_harm_nat", "lp4_channel_sqnr_db"
SENSITIVITIES = {HARM: "harm at\n4 bits (nat)", RATIO: "SQNR at\n4 bits (dB)"}
"""Measures by column: divergence of the answers when a layer's weights alone are rounded to 4 bits; and the ratio
of signal to rounding noise of the weights in their best log posit of 4 bits, of which less is more sensitive."""
QUANTIZATION = Document("quantization", quantize_rows.SCHEMA, quantize_rows.VERSION, ResultsError)


def sensitivity_of(run: SavedRun, options: Options) -> tuple[str, Mapping[str, float]] | None:
    """Return the name of a measure, and its value for layers by name; None where no file of one is given.

    Raises
    ------
    ResultsError
        If the file cannot be read, or holds no layer of the run.
    """
    if options.sensitivity is not None:
        return HARM, _shared(_harms(options.sensitivity), run, options.sensitivity)
    if options.assessment is not None:
        tensors = weights_of(read_assessment(options.assessment), run, options.assessment)
        return RATIO, {name: _ratio(tensor, options.assessment) for name, tensor in tensors.items()}
    return None


def _harms(path: Path) -> dict[str, float]:
    text = QUANTIZATION.read(path)
    QUANTIZATION.check_head(text, printable(path))
    rows = json.loads(text).get("layers")
    try:
        harms = {row["layer"]: row[HARM] for row in rows}
        return {layer: float(harm) for layer, harm in harms.items() if harm is not None}
    except (TypeError, KeyError, ValueError) as error:
        rule = f"layers must each have a layer and {HARM}"
        raise ResultsError(f"{rule}, got others ({printable(path)}): made by an earlier version?") from error


def _shared(values: Mapping[str, float], run: SavedRun, path: Path) -> Mapping[str, float]:
    if not values:
        raise ResultsError(f"{HARM} must be given for a layer at least, got none: a warm start measures none ({path})")
    if not set(values) & {printable(name) for name in run.layers["name"]}:
        raise ResultsError(f"layers must be those of {run.workload}, got others ({printable(path)})")
    return values


def _ratio(tensor: Mapping[str, Any], path: Path) -> float:
    """Return the ratio of a tensor in JSON, where null stands for infinity."""
    for score in tensor["formats"]:
        if (score["kind"], score["bits"]) == ("lp", 4):
            return float("inf") if score["channel_sqnr_db"] is None else float(score["channel_sqnr_db"])
    raise ResultsError(f"formats must hold lp at 4 bits, got none ({printable(path)})")
