"""How much each token counts: where answers are read off a class token, the others matter far less in late layers.

A sequence's first token is where class tokens stand (ViT, DeiT, BERT). Whether it matters more is measured, not
assumed: noise of the same relative size is put on it alone, and then on all others, and the harm that each does is
compared.

References
----------
A. Dosovitskiy et al., "An Image Is Worth 16x16 Words", ICLR 2021, arXiv 2010.11929 (the class token).
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from lpasim.lpq.crowd import Team, parts_of
from lpasim.lpq.harm import Undisturbed
from lpasim.lpq.subject import Subject

NOISE = 0.05
"""Standard deviation of the noise over that of each channel (assumption: small beside the signal, large beside the
rounding of float32)."""


@dataclass(frozen=True)
class TokenWeights:
    """How much the first token counts against each other one.

    Attributes
    ----------
    ratios : tuple of (int, int, float)
        For each block that a sequence enters: its first node, the number of tokens, and the ratio.
    """

    ratios: tuple[tuple[int, int, float], ...]

    def at(self, node: int, positions: int) -> NDArray[np.float64]:
        """Return the weights [positions] of a layer at a node: 1 on average, and all 1 where there are no tokens."""
        before = [(tokens, ratio) for first, tokens, ratio in self.ratios if first <= node]
        weights = np.ones(positions)
        if before and before[-1][0] == positions > 1:
            weights[0] = before[-1][1]
        return np.asarray(weights * (positions / weights.sum()))


def token_weights(subject: Subject, images: NDArray[np.float32], team: Team) -> TokenWeights:
    """Measure how much the first token counts in each block.

    The ratio is kept between 1 and the number of tokens: a first token that counts as much as all others together is
    still seen together with them, as few images alone would not determine a layer's weights.
    """
    parts = parts_of(images, subject)

    def probe(number: int) -> dict[tuple[int, int], tuple[float, float]]:
        undisturbed, rng = Undisturbed(subject, parts[number]), np.random.default_rng(number)
        passage = undisturbed.passage
        found: dict[tuple[int, int], tuple[float, float]] = {}
        for block in subject.blocks.blocks:
            passage.advance(block.first)
            values = passage.tensors[block.tensor]
            if values.ndim != 3 or values.shape[1] < 2:
                continue
            noise = rng.normal(size=values.shape) * NOISE * values.std(axis=(0, 1))
            harms = []
            for tokens in (slice(0, 1), slice(1, None)):
                disturbed = values.copy()
                disturbed[:, tokens] += noise[:, tokens].astype(values.dtype)
                branch = passage.copy()
                branch.tensors[block.tensor] = disturbed
                branch.advance()
                harms.append(undisturbed.harm(branch))
            found[block.first, values.shape[1]] = (harms[0], harms[1])
        return found

    return _combined(team.map(probe, range(len(parts))))


def _combined(probes: Sequence[dict[tuple[int, int], tuple[float, float]]]) -> TokenWeights:
    ratios = []
    for first, tokens in probes[0]:
        alone, others = (sum(probe[first, tokens][place] for probe in probes) for place in (0, 1))
        each = others / (tokens - 1)
        ratio = min(alone / each, tokens) if each else tokens if alone else 1.0
        ratios.append((first, tokens, float(max(ratio, 1.0))))
    return TokenWeights(tuple(ratios))
