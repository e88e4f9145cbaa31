"""The settings of a genetic search."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal, get_args

from lpasim.errors import SearchError
from lpasim.lpq.genes import Space

Start = Literal["fitted", "random"]
STARTS: tuple[Start, ...] = get_args(Start)


@dataclass(frozen=True, slots=True)
class GeneticSettings:
    """How a genetic search goes.

    The population is that of Evol-Q (N. Frumkin et al., ICCV 2023, arXiv 2308.10814, and its code), the nearest
    relative whose values are public; the other numbers are assumptions.

    Attributes
    ----------
    population : int
        Candidates that are kept.
    passes : int
        Times that every block of layers has its turn.
    newcomers : int
        Newcomers that each child is mated with, for diversity.
    images : int
        Images that fitness is measured on.
    screening : int
        Images, fewer, on which children are compared first; with 0, all children are evaluated on all images.
    keep : float
        Screening lets a child pass that would rank in this part of the population by its score on few images, in 0..1:
        0.5 asks for the median, 0 for the best.
    start : "fitted" or "random"
        The first population and the newcomers: formats of least squared error (those that are given and those of one
        width, then mutations of them; newcomers of random widths), or drawn around each layer's distribution.
    mutation : float
        Chance of each gene of a child's block to mutate, in 0..1; one does at least.
    average_bits : float, optional
        The most bits that a weight may have, averaged over the network.
    seed : int
        Of all random draws.

    Raises
    ------
    SearchError
        If a setting is out of range.
    """

    population: int = 15
    passes: int = 2
    newcomers: int = 2
    images: int = 64
    screening: int = 16
    keep: float = 0.5
    start: Start = "fitted"
    mutation: float = 0.5
    average_bits: float | None = None
    seed: int = 0

    def __post_init__(self) -> None:
        least = {"population": 2, "passes": 0, "newcomers": 0, "images": 2, "screening": 0, "seed": 0}
        for name, bound in least.items():
            if getattr(self, name) < bound:
                raise SearchError(f"{name} must be at least {bound}, got {getattr(self, name)} (search)")
        if self.screening == 1 or self.screening >= self.images:
            rule = f"0, or at least 2 and fewer than all {self.images} images"
            raise SearchError(f"screening must be {rule}, got {self.screening} (search)")
        for name in ("keep", "mutation"):
            if not 0 <= getattr(self, name) <= 1:
                raise SearchError(f"{name} must be in 0..1, got {getattr(self, name):g} (search)")
        if self.start not in STARTS:
            raise SearchError(f"start must be one of {', '.join(STARTS)}, got {self.start!r} (search)")

    def generations(self, space: Space) -> int:
        """Return how many generations follow the first population."""
        return self.passes * len(space.blocks)
