"""What a quantization is asked for."""

from __future__ import annotations

from dataclasses import asdict, dataclass, field
from typing import Any, Literal, get_args

from lpasim.errors import SearchError
from lpasim.lpq.activation_formats import tied_bits
from lpasim.lpq.evaluator import Fitness
from lpasim.lpq.families import FAMILIES
from lpasim.lpq.rounding import ROUNDINGS, Rounding
from lpasim.lpq.settings import GeneticSettings
from lpasim.networks.roles import BatchNorm

Granularity = Literal["layer", "channel"]
"""One scale factor for all weights of a layer, or one for each output channel."""
GRANULARITIES: tuple[Granularity, ...] = get_args(Granularity)
MODES = (2, 4, 8)
"""Widths that the PE has modes for."""
ANY = tuple(range(2, 9))
"""Widths that can be stored; 3 bits run in the mode of 4, and so on."""
PROBE_IMAGES = 32
"""Images on which the harm of rounding one tensor alone is measured (assumption)."""


@dataclass(frozen=True, slots=True)
class Plan:
    """What a quantization is asked for.

    Attributes
    ----------
    kind : str
        Kind of number format; only "lp" gives a trace.
    bits : tuple of int
        Widths that words may have.
    weight_bits : float
        The most bits of a weight, averaged over the network. The default is what LPQ was published with.
    activation_bits : float, optional
        The most bits of a stored activation, averaged over the network; by default tied to those of the weights.
    granularity : str
        What has a scale factor of its own.
    batchnorm : str
        "ppu": batch normalizations stay behind the products; "fold": they are folded into the weights.
    rounding : str
        How the search rounds weights.
    reconstruct : bool
        Whether weights and biases are corrected at last; the network's file is then written anew.
    fitness : Fitness
        What the search minimizes.
    search : GeneticSettings
        How it searches; its bound on the average bits is `weight_bits`.
    fallback : float, optional
        The most points of answers that may change, or, with labels, of accuracy that may be lost; bits are raised until
        that holds.

    Raises
    ------
    SearchError
        If a value is out of range.
    """

    kind: str = "lp"
    bits: tuple[int, ...] = MODES
    weight_bits: float = 4.2
    activation_bits: float | None = None
    granularity: Granularity = "layer"
    batchnorm: BatchNorm = "ppu"
    rounding: Rounding = "compensated"
    reconstruct: bool = True
    fitness: Fitness = field(default_factory=Fitness)
    search: GeneticSettings = field(default_factory=GeneticSettings)
    fallback: float | None = None

    def __post_init__(self) -> None:
        if self.kind not in FAMILIES:
            raise SearchError(f"kind must be one of {', '.join(FAMILIES)}, got {self.kind!r} (quantization)")
        if not self.bits or not set(self.bits) <= set(ANY) or list(self.bits) != sorted(set(self.bits)):
            raise SearchError(f"bits must be ascending widths in 2..8, got {self.bits} (quantization)")
        for name, value in (("weight", self.weight_bits), ("activation", self.average_activation_bits)):
            if not self.bits[0] <= value <= self.bits[-1]:
                raise SearchError(
                    f"average bits of {name}s must be in {self.bits[0]}..{self.bits[-1]}, got {value:g} (quantization)"
                )
        choices: dict[str, tuple[str, tuple[str, ...]]] = {
            "granularity": (self.granularity, GRANULARITIES),
            "batchnorm": (self.batchnorm, get_args(BatchNorm)),
            "rounding": (self.rounding, ROUNDINGS),
        }
        for key, (chosen, known) in choices.items():
            if chosen not in known:
                raise SearchError(f"{key} must be {' or '.join(known)}, got {chosen!r} (quantization)")
        if self.granularity == "channel" and self.batchnorm == "fold":
            rule = "granularity channel must come with batchnorm ppu, which applies the channels' scales"
            raise SearchError(f"{rule}, got fold (quantization)")
        if self.granularity == "channel" and not self.reconstruct:
            rule = "granularity channel must come with a corrected network, which holds the channels' scales"
            raise SearchError(f"{rule}, got none (quantization)")
        if self.fallback is not None and not 0 <= self.fallback <= 100:
            raise SearchError(f"fallback must be 0..100 points, got {self.fallback:g} (quantization)")

    @property
    def average_activation_bits(self) -> float:
        """The most bits of a stored activation on average."""
        return tied_bits(self.weight_bits) if self.activation_bits is None else self.activation_bits

    def plain(self) -> dict[str, Any]:
        """Return what a candidate's fitness depends on, as plain data: not how long the search is, nor what follows."""
        found = asdict(self)
        del found["search"]["passes"], found["reconstruct"], found["fallback"]
        return found
