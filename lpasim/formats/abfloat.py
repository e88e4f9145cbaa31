"""Abfloat, OliVe's data type for outliers: a small float whose bias keeps it above the range of normal values."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, ClassVar

from lpasim.formats import sign_magnitude
from lpasim.formats.base import BitField, Rounding
from lpasim.formats.parameters import check_integer
from lpasim.formats.ranked import RankedFormat

if TYPE_CHECKING:
    from collections.abc import Iterator

    from lpasim.formats.ladder import Ladder


@dataclass(frozen=True, slots=True)
class Abfloat(RankedFormat):
    """Abfloat<n, e, sf>, with the value (-1)^sign * 2^(exponent - sf) * (1 + mantissa).

    The exponent 0..2^e - 1 has e bits and the mantissa the n - 1 - e that remain. The magnitude of which both fields
    are zeros is left out, as by the authors: the word is zero. OliVe takes e = 2 and a bias of 5, here sf = -5, so that
    the smallest outlier lies just above its normal values, which end at 32.

    OliVe stores an outlier in place of a pair of values, of which the other (the victim) is lost, and marks the pair by
    a word of its own. A map of single numbers to words cannot say that: this is the format of the outliers alone.

    Parameters
    ----------
    n
        Bits of a code word, 2..8.
    e
        Exponent bits, 1..n - 1.
    sf
        Scale factor [log2 units], at most 256 in magnitude; minus the bias.

    Raises
    ------
    FormatError
        A parameter is out of range.

    References
    ----------
    C. Guo et al., "OliVe: Accelerating Large Language Models via Hardware-friendly Outlier-Victim Pair Quantization",
    ISCA 2023, arXiv 2304.07493, and the authors' code (`outlier_value`).
    """

    e: int = 2
    sf: float = 0.0
    name: ClassVar[str] = "abfloat"
    label: ClassVar[str] = "Abfloat"
    own_rounding: ClassVar[Rounding] = "linear"

    def __post_init__(self) -> None:
        RankedFormat.__post_init__(self)
        self._set("e", check_integer("e", self.e, range(1, self.n), f"{self.label} with n = {self.n}"))

    @property
    def mantissa_bits(self) -> int:
        """Bits of the mantissa."""
        return self.n - 1 - self.e

    def ladder(self) -> Ladder:
        """Return the magnitudes at a bias of 0; the smallest, 2^0 * 1.0, is left out."""
        from lpasim.formats.ladder import Ladder

        hidden = 1 << self.mantissa_bits
        words = tuple(range(1, 1 << (self.n - 1)))
        exponents = tuple(word // hidden - self.mantissa_bits for word in words)
        return Ladder(words, tuple(hidden + word % hidden for word in words), exponents)

    def parts(self, word: int) -> Iterator[BitField]:
        """Return the fields of a code word."""
        return sign_magnitude.parts(word, self.n, self._magnitude_parts)

    def _magnitude_parts(self, magnitude: int) -> Iterator[BitField]:
        bits = f"{magnitude:0{self.n - 1}b}"
        exponent, mantissa = bits[: self.e], bits[self.e :]
        yield BitField("exponent", exponent, f"E = {int(exponent, 2)}")
        yield BitField("mantissa", mantissa, f"m = {int(mantissa or '0', 2) / (1 << len(mantissa))}")
