"""The folder of an inference: class scores of every accumulator, what each layer lost, and all that decided them.

Its files hold no times and no absolute paths: the same arguments, inputs and versions give the same bytes on the same
machine. What is computed in float32 depends in its last bits on how many images a library multiplies at once, and so on
the batch, on threads and on whether activity is measured; all three are among the arguments.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any, get_args

import numpy as np

from lpasim.hardware import ResolvedHardware, bibliography, to_yaml
from lpasim.inference.dump import LayerDump
from lpasim.inference.dump_file import dump_bytes
from lpasim.inference.evaluate import UNQUANTIZED, Evaluation
from lpasim.inference.products import Arithmetic
from lpasim.networks.printable import printable
from lpasim.quantization.provenance import fingerprint
from lpasim.quantization.trace_file import format_trace
from lpasim.reports.inference_rows import layers_csv, summary
from lpasim.reports.libraries import INFERENCE, versions
from lpasim.reports.staging import FolderKind, json_bytes, staged_folder

SCHEMA = "lpasim-inference-run"
VERSION = 1
MARK = "summary.json"
SIDES = (UNQUANTIZED, *get_args(Arithmetic))
INPUTS = ("config.yaml", "trace.json", "citations.bib", "run.json")
DUMP = "layer.safetensors"
"""Code words of one layer, where they are asked for."""
FILES = (*(f"logits-{name}.npy" for name in SIDES), "layers.csv", DUMP, *INPUTS, MARK)
KIND = FolderKind("lpasim-inference", MARK, FILES)
_PATHS = ("model", "trace", "images", "labels", "preprocess", "hardware", "activity", "reference")
"""Arguments that are paths, or may be."""


@dataclass(frozen=True, slots=True)
class InferenceArguments:
    """What the user asked for. Paths keep only their last part, so that two copies of a project give the same files."""

    model: Path
    trace: str | None
    images: Path
    labels: Path | None
    preprocess: str | None
    accumulator: str
    limit: int | None
    batch: int
    threads: int
    dump_layer: str | None
    activity: Path | None
    hardware: str
    overrides: tuple[str, ...] = ()
    reference: Path | None = None

    def portable(self) -> dict[str, Any]:
        """Return the arguments as JSON types."""
        paths = {name: getattr(self, name) for name in _PATHS}
        names = {name: None if path is None else printable(Path(path).name) for name, path in paths.items()}
        return {**asdict(self), **names, "overrides": list(self.overrides)}


@dataclass(frozen=True, slots=True)
class InferenceFolder:
    """A folder that is being filled."""

    path: Path
    staging: Path
    resolved: ResolvedHardware
    arguments: InferenceArguments

    def fill(self, evaluation: Evaluation, preprocess_from: str, dump: LayerDump | None = None) -> None:
        """Write every file; a dump, where there is one, under the same name whatever its layer."""
        for side in (evaluation.unquantized, *evaluation.sides):
            np.save(self.staging / f"logits-{side.name}.npy", np.concatenate(side.logits), allow_pickle=False)
        trace = format_trace(evaluation.trace).encode()
        contents = {
            "layers.csv": layers_csv(evaluation).encode(),
            "config.yaml": to_yaml(self.resolved).encode(),
            "trace.json": trace,
            "citations.bib": bibliography(self.resolved, timed=False).encode(),
            "run.json": json_bytes(self._description(evaluation, trace)),
            MARK: json_bytes(summary(evaluation, preprocess_from, self.resolved.hardware.name)),
        }
        if dump is not None:
            contents[DUMP] = dump_bytes(dump)
        for name, content in contents.items():
            (self.staging / name).write_bytes(content)

    def _description(self, evaluation: Evaluation, trace: bytes) -> dict[str, Any]:
        return {
            "schema": SCHEMA,
            "version": VERSION,
            "arguments": self.arguments.portable(),
            "model": fingerprint(evaluation.model),
            "trace_sha256": hashlib.sha256(trace).hexdigest(),
            "versions": versions(INFERENCE),
        }


@contextmanager
def open_inference_folder(
    path: Path, resolved: ResolvedHardware, arguments: InferenceArguments
) -> Iterator[InferenceFolder]:
    """Prepare a folder; its files get their names when the body ends well.

    Parameters
    ----------
    path : Path
        Where.
    resolved : ResolvedHardware
        The accelerator whose datapath computes.
    arguments : InferenceArguments
        What the user asked for.

    Raises
    ------
    OutputError
        If the folder holds something else or cannot be written.
    """
    with staged_folder(path, KIND) as staging:
        yield InferenceFolder(path, staging, resolved, arguments)
