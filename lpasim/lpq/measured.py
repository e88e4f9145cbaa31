"""The answers of a quantized network counted: against the network in floating point, and against labels."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from lpasim.inference.images import LabelledImages
from lpasim.lpq.answers import answers
from lpasim.lpq.crowd import team
from lpasim.lpq.quantize import Outcome
from lpasim.lpq.quantized_run import Quantized
from lpasim.lpq.subject import Subject
from lpasim.networks.printable import file_name

CHUNK = 128
"""Images that are in memory at a time."""


@dataclass(frozen=True, slots=True)
class Measured:
    """Answers in number formats, with float32 products of quantized values.

    Attributes
    ----------
    images : int
        How many images there were.
    source : str
        Where they come from.
    same : int
        Answers that are those of the network in floating point.
    right, right_exact : int or None
        Right answers in number formats and in floating point, where labels are known.
    """

    images: int
    source: str
    same: int
    right: int | None = None
    right_exact: int | None = None

    @property
    def agreement(self) -> float:
        """Share of the answers that are those of the network in floating point, 0..1."""
        return self.same / self.images

    def describe(self) -> str:
        """Return all that in words."""
        where = f"{self.images} images of {self.source}"
        same = f"{_percent(self.same, self.images)} of the answers on {where} are those of float32"
        if self.right is None or self.right_exact is None:
            return same
        exact = _percent(self.right_exact, self.images)
        return f"top-1 {_percent(self.right, self.images)}, float32 {exact}; {same}"


def measure(subject: Subject, outcome: Outcome, images: LabelledImages, threads: int) -> Measured:
    """Count the answers to images, of a network as it was and quantized.

    Raises
    ------
    NetworkError
        If an image cannot be read or has another shape, or a label is no class.
    """
    same = right = right_exact = 0
    run = outcome.run()
    with team(threads) as members:
        for batch, labels in images.batches(CHUNK, subject.image_shape, subject.path):
            exact = answers(subject, batch, Quantized(), members).reshape(len(batch), -1)
            got = answers(outcome.subject, batch, run, members).reshape(len(batch), -1)
            images.check_labels(exact.shape[1])
            top, top_exact = got.argmax(axis=1), exact.argmax(axis=1)
            same += int(np.sum(top == top_exact))
            if labels is not None:
                right += int(np.sum(top == labels))
                right_exact += int(np.sum(top_exact == labels))
    source = file_name(images.source)
    if images.labels is None:
        return Measured(len(images), source, same)
    return Measured(len(images), source, same, right, right_exact)


def _percent(part: int, whole: int) -> str:
    return f"{100 * part / whole:.2f} %"
