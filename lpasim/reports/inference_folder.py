"""The folder of an inference: class scores of every accumulator, what each layer lost, and a summary.

Its files are the same bytes for the same inputs and versions: no times, no absolute paths.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import get_args

import numpy as np

from lpasim.inference.evaluate import UNQUANTIZED, Evaluation
from lpasim.inference.products import Arithmetic
from lpasim.reports.inference_rows import layers_csv, summary
from lpasim.reports.staging import FolderKind, json_bytes, staged_folder

MARK = "summary.json"
SIDES = (UNQUANTIZED, *get_args(Arithmetic))
KIND = FolderKind("lpasim-inference", MARK, (*(f"logits-{name}.npy" for name in SIDES), "layers.csv", MARK))


@dataclass(frozen=True, slots=True)
class InferenceFolder:
    """A folder that is being filled."""

    path: Path
    staging: Path

    def fill(self, evaluation: Evaluation, preprocess_from: str) -> None:
        """Write every file."""
        for side in (evaluation.unquantized, *evaluation.sides):
            np.save(self.staging / f"logits-{side.name}.npy", np.concatenate(side.logits), allow_pickle=False)
        (self.staging / "layers.csv").write_bytes(layers_csv(evaluation).encode())
        (self.staging / MARK).write_bytes(json_bytes(summary(evaluation, preprocess_from)))


@contextmanager
def open_inference_folder(path: Path) -> Iterator[InferenceFolder]:
    """Prepare a folder; its files get their names when the body ends well.

    Raises
    ------
    OutputError
        If the folder holds something else or cannot be written.
    """
    with staged_folder(path, KIND) as staging:
        yield InferenceFolder(path, staging)
