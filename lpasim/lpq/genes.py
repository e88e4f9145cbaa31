"""What a search changes: the number format of every layer's constant weights, drawn, mutated or fitted.

References
----------
A. Ramachandran et al., "Algorithm-Hardware Co-Design of Distribution-Aware Logarithmic-Posit Encodings for Efficient
DNN Inference", DAC 2024, arXiv 2403.05465v2: candidates are lists of formats, drawn at random around each layer's own
distribution. What "around" means, and how genes mutate, is not published; the constants below are assumptions.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from functools import cached_property

import numpy as np

from lpasim.errors import SearchError
from lpasim.formats import NumberFormat
from lpasim.lpq.families import FAMILIES, Family
from lpasim.quantization.fit_formats import fit_format
from lpasim.quantization.sample import Sample

Gene = NumberFormat
"""The format of one layer's constant weights."""
Candidate = tuple[NumberFormat, ...]
"""The formats of all layers with constant weights, in the order of execution."""

SPREAD = 1.0
"""Standard deviation of a random scale around the distribution's centre [log2 units] (assumption)."""
SHIFT = 1 / 8
"""Standard deviation of a mutation of the scale [log2 units] (assumption)."""
MOVES = {"width": 1 / 3, "discrete": 1 / 3, "scale": 1 / 3}
"""Chance of each kind of mutation; kinds that a gene does not have leave theirs to the others (assumption)."""
WIDTHS = range(2, 9)
"""Bits that a gene can have: those of every format's fit."""


@dataclass(frozen=True, eq=False)
class Site:
    """One layer with constant weights: a place for a gene.

    Attributes
    ----------
    name : str
        The layer's.
    weights : int
        How many there are.
    sample : Sample
        Their magnitudes.
    block : int
        Number of the block of layers that this one belongs to.
    bits : tuple of int, optional
        Widths that this layer may take, ascending, where they are others than those of the space.
    """

    name: str
    weights: int
    sample: Sample
    block: int
    bits: tuple[int, ...] | None = None

    @cached_property
    def centre(self) -> float:
        """Mean of log2 of the magnitudes that are not zero; 0 where all are."""
        above = self.sample.magnitudes > 0
        if not above.any():
            return 0.0
        return float(np.average(np.log2(self.sample.magnitudes[above]), weights=self.sample.weights[above]))

    @cached_property
    def top(self) -> float:
        """log2 of the largest magnitude; 0 where all are zero."""
        largest = float(self.sample.magnitudes[-1]) if self.sample.magnitudes.size else 0.0
        return float(np.log2(largest)) if largest else 0.0


@dataclass(frozen=True, eq=False)
class Space:
    """All candidates of a search.

    Attributes
    ----------
    kind : str
        Kind of format, one of `lpasim.quantization.fit_formats.KINDS`.
    bits : tuple of int
        Widths that a layer may take, ascending, in 2..8.
    sites : sequence of Site
        The layers, in the order of execution.

    Raises
    ------
    SearchError
        If the kind or a width is unknown, there is no site, or two have one name.
    """

    kind: str
    bits: tuple[int, ...]
    sites: Sequence[Site]
    _fits: dict[tuple[str, int], NumberFormat] = field(default_factory=dict, init=False, repr=False)

    def __post_init__(self) -> None:
        if self.kind not in FAMILIES:
            raise SearchError(f"kind of format must be one of {', '.join(FAMILIES)}, got {self.kind!r}")
        if not self.sites:
            raise SearchError("network must have a layer with constant weights, got none")
        names = [site.name for site in self.sites]
        for site in self.sites:
            bits = self.allowed(site)
            if not bits or list(bits) != sorted(set(bits)) or not set(bits) <= set(WIDTHS):
                raise SearchError(f"bits must be ascending widths in 2..8, got {bits} (layer {site.name})")
            if site.weights < 1:
                raise SearchError(f"weights must be at least 1, got {site.weights} (layer {site.name})")
            if names.count(site.name) > 1:
                raise SearchError(f"names of layers must be unique, got {site.name!r} twice")

    @property
    def family(self) -> Family:
        """The formats that genes are taken from."""
        return FAMILIES[self.kind]

    @cached_property
    def blocks(self) -> tuple[tuple[int, ...], ...]:
        """Indices of the sites of each block, by the blocks' numbers."""
        numbers = sorted({site.block for site in self.sites})
        return tuple(tuple(i for i, site in enumerate(self.sites) if site.block == number) for number in numbers)

    def allowed(self, site: Site) -> tuple[int, ...]:
        """Return the widths that a layer may take."""
        return self.bits if site.bits is None else site.bits

    def check(self, candidate: Candidate, where: str) -> None:
        """Refuse a candidate of another space; `where` names it.

        Raises
        ------
        SearchError
            If it has another number of genes, or a gene of another kind or width.
        """
        if len(candidate) != len(self.sites):
            raise SearchError(
                f"formats must be one for each of {len(self.sites)} layers, got {len(candidate)} ({where})"
            )
        for gene, site in zip(candidate, self.sites, strict=True):
            if type(gene) is not self.family.format or gene.n not in self.allowed(site):
                widths = "/".join(map(str, self.allowed(site)))
                raise SearchError(
                    f"format of layer {site.name} must be {self.kind} of {widths} bits, got {gene} ({where})"
                )

    def average_bits(self, candidate: Candidate) -> float:
        """Return the bits of a weight, averaged over all weights of the network."""
        total = sum(gene.n * site.weights for gene, site in zip(candidate, self.sites, strict=True))
        return total / sum(site.weights for site in self.sites)

    def fitted(self, site: Site, n: int) -> Gene:
        """Return the n-bit format of least squared error.

        Raises
        ------
        FormatError
            If the magnitudes are out of reach of every scale.
        """
        found = self._fits.get((site.name, n))
        if found is None:
            found = self._fits[site.name, n] = fit_format(self.kind, site.sample, n, "linear")
        return found

    def uniform(self, n: int) -> Candidate:
        """Return the fitted formats of n bits, or of the nearest width that a layer may take, the smaller of two."""
        return tuple(self.fitted(site, min(self.allowed(site), key=lambda b: abs(b - n))) for site in self.sites)

    def random(self, site: Site, rng: np.random.Generator) -> Gene:
        """Draw a gene around a layer's distribution.

        Width and discrete parameters are uniform. The value 2^-sf of a log posit, its peak of accuracy, is put where
        the mean of log2 of the magnitudes is; the largest magnitude of another format, where the layer's is. To that
        comes a normal error of standard deviation `SPREAD`. A standard posit has no scale.
        """
        n = int(rng.choice(self.allowed(site)))
        values = {name: int(rng.choice(allowed(n))) for name, allowed in self.family.discrete.items()}
        fmt = self.family.make(n, values)
        there = site.centre if self.kind == "lp" else site.top - float(np.log2(fmt.maxpos))
        return self.family.placed(fmt, there + SPREAD * float(rng.normal()))

    def mutated(self, gene: Gene, site: Site, rng: np.random.Generator) -> Gene:
        """Change one thing: the width to a neighbouring one, fitted anew; a discrete parameter by one; or the scale."""
        near = self.neighbours(gene, site)
        steps = self.family.steps(gene)
        possible = {"width": bool(near), "discrete": bool(steps), "scale": self.family.scale is not None}
        moves = [move for move in MOVES if possible[move]]
        if not moves:
            return gene
        chances = np.array([MOVES[move] for move in moves])
        move = moves[int(rng.choice(len(moves), p=chances / chances.sum()))]
        if move == "width":
            return self.fitted(site, near[int(rng.integers(len(near)))])
        if move == "discrete":
            return steps[int(rng.integers(len(steps)))]
        return self.family.shifted(gene, SHIFT * float(rng.normal()))

    def neighbours(self, gene: Gene, site: Site) -> tuple[int, ...]:
        """Return the next smaller and the next larger width that a layer may take, as far as there are any."""
        below = [n for n in self.allowed(site) if n < gene.n]
        above = [n for n in self.allowed(site) if n > gene.n]
        return (*below[-1:], *above[:1])
