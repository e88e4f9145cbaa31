"""What a network's answers in number formats come to, as data for JSON and CSV."""

from __future__ import annotations

import csv
import io
from math import isfinite
from typing import Any

from lpasim import __version__
from lpasim.inference.accuracy import Powers
from lpasim.inference.evaluate import Evaluation, Side
from lpasim.networks.printable import file_name, printable

LAYER_COLUMNS = ("accumulator", "layer", "tensor", "elements", "signal_power", "error_power", "sqnr_db")


def summary(evaluation: Evaluation, preprocess_from: str, hardware: str) -> dict[str, Any]:
    """Return everything but the speed, which differs from run to run, and the powers of single tensors.

    Parameters
    ----------
    evaluation : Evaluation
        What ran.
    preprocess_from : str
        Who chose the preprocessing.
    hardware : str
        Name of the accelerator that the datapath belongs to.
    """
    images = evaluation.images
    return {
        "schema": "lpasim-inference",
        "version": 1,
        "lpasim_version": __version__,
        "model": file_name(evaluation.model),
        "reference": None if evaluation.reference is None else file_name(evaluation.reference),
        "trace": evaluation.trace.name,
        "trace_command": evaluation.trace.provenance.command,
        "images": {"source": file_name(images.source), "count": len(images), "labelled": images.labels is not None},
        "preprocess": {**images.preprocess.model_dump(mode="json"), "from": preprocess_from},
        "hardware": hardware,
        "datapath": {name: getattr(evaluation.datapath, name) for name in evaluation.datapath.__slots__},
        "unquantized": _answers(evaluation.unquantized),
        "accumulators": {
            side.name: {
                **_answers(side),
                "agreement": side.accuracy.agreement,
                "logit_sqnr_db": finite(side.logit_powers.sqnr_db),
                "layer_sqnr_db": {name: finite(powers.sqnr_db) for name, powers in evaluation.layers(side).items()},
            }
            for side in evaluation.sides
        },
    }


def with_speed(content: dict[str, Any], evaluation: Evaluation) -> dict[str, Any]:
    """Add images per second to a summary."""
    content["unquantized"]["images_per_s"] = evaluation.unquantized.images_per_s
    for side in evaluation.sides:
        content["accumulators"][side.name]["images_per_s"] = side.images_per_s
    return {**content, "threads": evaluation.threads}


def layers_csv(evaluation: Evaluation) -> str:
    """Spell the powers of every stored tensor as CSV: a header, then one line a tensor and accumulator."""
    text = io.StringIO()
    writer = csv.writer(text, lineterminator="\n")
    writer.writerow(LAYER_COLUMNS)
    for side in evaluation.sides:
        for tensor, powers in side.tensors.items():
            layer = printable(evaluation.layer_of[tensor])
            writer.writerow((side.name, layer, printable(tensor), *_fields(powers)))
    return text.getvalue()


def finite(value: float) -> float | None:
    """Return a number that JSON knows, or None."""
    return value if isfinite(value) else None


def _fields(powers: Powers) -> tuple[Any, ...]:
    numbers = (finite(value) for value in (powers.signal, powers.error, powers.sqnr_db))
    return (powers.elements, *("" if value is None else value for value in numbers))


def _answers(side: Side) -> dict[str, Any]:
    accuracy = side.accuracy
    return {"images": accuracy.images, "top1": accuracy.top1, "top5": accuracy.top5}
