"""How candidates come about: the first population, children of two parents, and their mating with newcomers."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np

from lpasim.lpq.budget import Budget
from lpasim.lpq.genes import Candidate, Gene, Site, Space
from lpasim.lpq.settings import GeneticSettings

ATTEMPTS = 16
"""Times that a candidate is made anew if it is one that was seen before (assumption)."""
SPARSE = 0.1
"""Part of the genes that mutate where the first population is filled up from fitted candidates (assumption)."""


@dataclass(frozen=True)
class Breeder:
    """Makes candidates of a space; all of them are within the budget, if there is one.

    Attributes
    ----------
    space : Space
        What there is to choose from.
    settings : GeneticSettings
        How.
    budget : Budget or None
        Bound on the average bits.
    """

    space: Space
    settings: GeneticSettings
    budget: Budget | None

    @classmethod
    def of(cls, space: Space, settings: GeneticSettings) -> Breeder:
        """Make the breeder of a search.

        Raises
        ------
        SearchError
            If no candidate is within the budget.
        """
        bits = settings.average_bits
        return cls(space, settings, None if bits is None else Budget(space, bits))

    def first(self, given: Sequence[Candidate], rng: np.random.Generator) -> list[Candidate]:
        """Return the first population, without duplicates: given candidates come first, and all of them are in it.

        It is smaller than asked for only where the space hardly has that many candidates.
        """
        starts = list(given)
        if self.settings.start == "fitted":
            widths = sorted({n for site in self.space.sites for n in self.space.allowed(site)}, reverse=True)
            starts += [self.space.uniform(n) for n in widths[: max(self.settings.population - len(given), 0)]]
        found = dict.fromkeys(self._within(candidate, rng) for candidate in starts)
        bases = list(found)
        for attempt in range(ATTEMPTS * self.settings.population):
            if len(found) >= self.settings.population:
                break
            if self.settings.start == "fitted":
                raw = self._mutated(bases[attempt % len(bases)], range(len(self.space.sites)), SPARSE, rng)
            else:
                raw = tuple(self.space.random(site, rng) for site in self.space.sites)
            found.setdefault(self._within(raw, rng))
        return list(found)

    def child(
        self,
        parents: tuple[Candidate, Candidate],
        block: Sequence[int],
        is_new: Callable[[Candidate], bool],
        rng: np.random.Generator,
    ) -> Candidate:
        """Cross two parents and mutate the result inside a block; the other genes are those of the fitter, the first.

        `is_new` tells whether a candidate was never seen; one that was is made anew, up to a number of attempts.
        """
        for _ in range(ATTEMPTS):
            crossed = _crossed(*parents, block, [bool(draw < 0.5) for draw in rng.random(len(block))])
            child = self._within(self._mutated(crossed, block, self.settings.mutation, rng), rng, block)
            if is_new(child):
                break
        return child

    def diverse(self, child: Candidate, block: Sequence[int], rng: np.random.Generator) -> list[Candidate]:
        """Mate a child with each of several newcomers: inside the block, about half of the genes are a newcomer's."""
        found = []
        for _ in range(self.settings.newcomers):
            newcomer = list(child)
            for index in block:
                newcomer[index] = self._new_gene(self.space.sites[index], rng)
            crossed = _crossed(child, newcomer, block, _some(len(block), 0.5, rng))
            found.append(self._within(crossed, rng, block))
        return found

    def _new_gene(self, site: Site, rng: np.random.Generator) -> Gene:
        if self.settings.start == "random":
            return self.space.random(site, rng)
        return self.space.fitted(site, int(rng.choice(self.space.allowed(site))))

    def _mutated(
        self, candidate: Candidate, block: Sequence[int], chance: float, rng: np.random.Generator
    ) -> Candidate:
        genes = list(candidate)
        for index, mutates in zip(block, _some(len(block), chance, rng), strict=True):
            if mutates:
                genes[index] = self.space.mutated(genes[index], self.space.sites[index], rng)
        return tuple(genes)

    def _within(self, candidate: Candidate, rng: np.random.Generator, spared: Sequence[int] = ()) -> Candidate:
        return candidate if self.budget is None else self.budget.repaired(candidate, rng, spared)


def _crossed(first: Sequence[Gene], second: Sequence[Gene], block: Sequence[int], taken: Sequence[bool]) -> Candidate:
    """Return the first parent with those genes of a block from the second that are marked."""
    genes = list(first)
    for index, from_second in zip(block, taken, strict=True):
        if from_second:
            genes[index] = second[index]
    return tuple(genes)


def _some(count: int, chance: float, rng: np.random.Generator) -> list[bool]:
    """Mark each of `count` things with a chance; one at least."""
    marks = [bool(draw < chance) for draw in rng.random(count)]
    if not any(marks):
        marks[int(rng.integers(count))] = True
    return marks
