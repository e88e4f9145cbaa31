"""How much harm one change alone does to the answers of a network."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from lpasim.lpq.crowd import Team, parts_of
from lpasim.lpq.objective import divergence
from lpasim.lpq.quantized_run import Quantized
from lpasim.lpq.subject import Subject
from lpasim.networks.execution import Passage

INPUT = -1
"""Place of what is changed before the first node."""
LEAST_PROBABILITY = float(np.finfo(np.float32).tiny)
"""What a softmax in float32 gives at least, where it does not give 0, whose logarithm is none."""


@dataclass(frozen=True)
class Change:
    """What is rounded alone, and the index of the first node that it concerns, of `Executor.nodes`, or `INPUT`."""

    place: int
    quantized: Quantized


class Undisturbed:
    """A part of the images that runs in floating point, and whose answers others are compared with.

    Parameters
    ----------
    subject : Subject
        The network.
    images : ndarray [n, ...]
        The part.

    Attributes
    ----------
    executor : Executor
        Runs as many images.
    passage : Passage
        Stands at the start, to be advanced and copied.
    """

    def __init__(self, subject: Subject, images: NDArray[np.float32]) -> None:
        self._subject, self._images = subject, len(images)
        self.executor = subject.executor(len(images))
        self.passage = self.executor.start({subject.input: images})
        whole = self.passage.copy()
        whole.advance()
        self._answers = self._rows(whole)

    def harm(self, finished: Passage) -> float:
        """Return how far the answers of another run of these images diverge, summed over the images [nat]."""
        return divergence(self._answers, self._rows(finished)) * self._images

    def _rows(self, finished: Passage) -> NDArray[np.float64]:
        rows = finished.results[self._subject.result].reshape(self._images, -1).astype(np.float64)
        return np.log(np.maximum(rows, LEAST_PROBABILITY)) if self._subject.probabilities else rows


def harm_of_each(
    subject: Subject,
    images: NDArray[np.float32],
    changes: Mapping[str, Change],
    team: Team,
) -> dict[str, float]:
    """Measure the harm of each change alone: divergence of the answers, on average over images [N, ...] [nat].

    What is before a change runs once for all of them, in floating point.
    """
    ordered = sorted(changes, key=lambda name: changes[name].place)

    def run(part: NDArray[np.float32]) -> dict[str, float]:
        undisturbed = Undisturbed(subject, part)
        harm = {}
        for name in ordered:
            change = changes[name]
            if change.place == INPUT:
                branch = change.quantized.start(undisturbed.executor, subject.input, part)
            else:
                undisturbed.passage.advance(change.place)
                branch = undisturbed.passage.copy()
            change.quantized.advance(branch, undisturbed.executor)
            harm[name] = undisturbed.harm(branch)
        return harm

    results = team.map(run, parts_of(images, subject))
    return {name: sum(found[name] for found in results) / len(images) for name in changes}
