"""A bound on the average bits of a weight, and how a candidate above it is brought below."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass

import numpy as np

from lpasim.errors import SearchError
from lpasim.lpq.genes import Candidate, Gene, Space


@dataclass(frozen=True)
class Budget:
    """The most bits that a weight may have, averaged over all weights of the network.

    Attributes
    ----------
    space : Space
        The candidates.
    average_bits : float
        The bound.

    Raises
    ------
    SearchError
        If every candidate is above it.
    """

    space: Space
    average_bits: float

    def __post_init__(self) -> None:
        sites = self.space.sites
        least = sum(self.space.allowed(site)[0] * site.weights for site in sites) / sum(site.weights for site in sites)
        if not self.average_bits >= least:
            raise SearchError(
                f"average bits of weights must be at least {least:g}, which the smallest allowed widths have, "
                f"got {self.average_bits:g}"
            )

    def holds(self, candidate: Candidate) -> bool:
        """Whether a candidate is within the budget."""
        return self.space.average_bits(candidate) <= self.average_bits

    def repaired(self, candidate: Candidate, rng: np.random.Generator, spared: Collection[int] = ()) -> Candidate:
        """Lower layers, each to its next smaller width, fitted anew, until the candidate is within the budget.

        Layers are drawn one by one. A layer's chance is proportional to the bits that the step saves, times 2^n of the
        width n that it goes to: the amplitude of the noise that the step adds falls about as 2^-n. (The rule is an
        assumption.) Hence large layers of many bits go first, and 2 bits are the last resort.

        Parameters
        ----------
        candidate : tuple of NumberFormat
            Any candidate; it is returned as it is, and nothing is drawn, if it is within the budget.
        rng : Generator
            Draws the layers.
        spared : collection of int
            Indices of layers that are lowered only when all others have the smallest width that they may take: those
            that were just mutated, so that the mutation is paid for elsewhere.
        """
        genes = list(candidate)
        while not self.holds(tuple(genes)):
            chances = [self._chance(genes, index) for index in range(len(genes))]
            outside = [0.0 if index in spared else chance for index, chance in enumerate(chances)]
            weighed = np.array(outside if any(outside) else chances)
            index = int(rng.choice(len(genes), p=weighed / weighed.sum()))
            site = self.space.sites[index]
            genes[index] = self.space.fitted(site, self.space.neighbours(genes[index], site)[0])
        return tuple(genes)

    def _chance(self, genes: Sequence[Gene], index: int) -> float:
        """Return how likely a layer is to be lowered; 0 if it cannot be."""
        site, n = self.space.sites[index], genes[index].n
        lower = max((width for width in self.space.allowed(site) if width < n), default=None)
        return 0.0 if lower is None else site.weights * (n - lower) * 2.0**lower
