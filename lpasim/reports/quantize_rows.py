"""A quantization as plain data."""

from __future__ import annotations

from dataclasses import asdict
from typing import Any

from lpasim import __version__
from lpasim.lpq.fulfil import Fulfilled
from lpasim.networks.printable import file_name, printable
from lpasim.reports.inference_rows import finite

SCHEMA, VERSION = "lpasim-quantization", 1


def layer_rows(done: Fulfilled) -> list[dict[str, Any]]:
    """Return one row for each layer with constant weights: how many, their format, and that of their input.

    `weights_harm_nat` is what rounding them alone to about 4 bits does to the answers; null where it was not measured.
    """
    counts = {printable(layer.name): layer.count for layer in done.outcome.subject.layers}
    harm = {printable(name): finite(value) for name, value in done.outcome.weight_harm.items()}
    formats = {printable(name): str(fmt) for name, fmt in done.outcome.formats.items()}
    return [
        {
            "layer": layer.name,
            "weights": counts[layer.name],
            "weight_format": formats[layer.name],
            "input_bits": layer.activation_format.n,
            "output_bits": max((output.format.n for output in layer.outputs), default=0),
            "weights_harm_nat": harm.get(layer.name),
        }
        for layer in done.trace.layers
        if layer.weights == "constant"
    ]


def quantization_data(done: Fulfilled) -> dict[str, Any]:
    """Return what a quantization found, and what it cost."""
    outcome = done.outcome
    history = outcome.state.history
    return {
        "schema": SCHEMA,
        "version": VERSION,
        "lpasim_version": __version__,
        "model": file_name(outcome.subject.path),
        "network": done.trace.name,
        "files": [str(file) for file in done.files],
        "images": done.calibration.images,
        "weight_bits_average": outcome.weight_bits,
        "stored_activation_bits_average": outcome.activation_bits,
        "agreement": done.calibration.agreement,
        "test": None if done.test is None else asdict(done.test),
        "objective": outcome.plan.fitness.objective,
        "best_fitness_first": finite(history[0].best_fitness),
        "best_fitness_last": finite(history[-1].best_fitness),
        "generations": history[-1].generation,
        "images_evaluated": outcome.state.images_evaluated,
        "images_run": outcome.run_share,
        "history": [
            {
                "generation": entry.generation,
                "images_evaluated": entry.images_evaluated,
                "best_fitness": finite(entry.best_fitness),
            }
            for entry in history
        ],
        "fallback": None if outcome.held is None else asdict(outcome.held),
        "raised": list(outcome.raised),
        "seconds": dict(outcome.seconds),
        "layers": layer_rows(done),
        "command": done.request.command(),
    }
