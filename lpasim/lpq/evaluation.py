"""Evaluating candidates: what a search asks of the outside, and the account of what it has cost."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from hashlib import blake2b
from math import inf, isfinite
from typing import Protocol

from lpasim.lpq.genes import Candidate


class Evaluator(Protocol):
    """Scores candidates."""

    def evaluate(self, candidates: Sequence[Candidate], images: int) -> Sequence[float]:
        """Return the fitness of each candidate on the first `images` images; lower is better.

        It must be deterministic, and for each candidate independent of the others. What is not finite is the worst.
        """


def key(candidate: Candidate) -> str:
    """Return a short text that no two candidates share: 128 bits of a digest of the formats."""
    return blake2b("\n".join(gene.spec for gene in candidate).encode(), digest_size=16).hexdigest()


class Ledger:
    """All scores so far; no candidate is evaluated twice on the same images.

    Parameters
    ----------
    evaluator : Evaluator
        Gives the scores that are not known yet.
    scores : mapping
        Known scores, by the number of images and `key`.
    images_evaluated : int
        Evaluations of one image so far.
    """

    def __init__(self, evaluator: Evaluator, scores: Mapping[int, Mapping[str, float]], images_evaluated: int) -> None:
        self._evaluator = evaluator
        self.scores = {images: dict(known) for images, known in scores.items()}
        self.images_evaluated = images_evaluated

    def is_new(self, candidate: Candidate) -> bool:
        """Whether a candidate was never evaluated."""
        return not any(key(candidate) in known for known in self.scores.values())

    def score(self, candidates: Sequence[Candidate], images: int) -> list[float]:
        """Return the scores of candidates on the first `images` images; those that are not finite are infinity."""
        known = self.scores.setdefault(images, {})
        new = {key(candidate): candidate for candidate in candidates if key(candidate) not in known}
        if new:
            found = self._evaluator.evaluate(tuple(new.values()), images)
            for name, score in zip(new, found, strict=True):
                known[name] = float(score) if isfinite(score) else inf
            self.images_evaluated += len(new) * images
        return [known[key(candidate)] for candidate in candidates]
