"""The plain logarithmic number system: a sign and a fixed-point logarithm."""

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
class Logarithmic(RankedFormat):
    """LNS<n, f, sf>, with the value (-1)^sign * 2^(l - sf).

    The logarithm l has n - 1 bits in two's complement, f of them fraction bits, and is stored with its first bit
    inverted, which makes it an offset number: the most negative one, a field of zeros, stands for zero.

    Parameters
    ----------
    n
        Bits of a code word, 2..8.
    f
        Fraction bits of the logarithm, 0..n - 2.
    sf
        Scale factor [log2 units], at most 256 in magnitude.

    Raises
    ------
    FormatError
        A parameter is out of range.

    References
    ----------
    E. E. Swartzlander and A. G. Alexopoulos, "The Sign/Logarithm Number System", IEEE Transactions on Computers C-24,
    1975. D. Miyashita, E. H. Lee and B. Murmann, "Convolutional Neural Networks using Logarithmic Data
    Representation", arXiv 1603.01025, 2016.
    """

    f: int
    sf: float = 0.0
    name: ClassVar[str] = "lns"
    label: ClassVar[str] = "LNS"
    own_rounding: ClassVar[Rounding] = "log"

    def __post_init__(self) -> None:
        RankedFormat.__post_init__(self)
        self._set("f", check_integer("f", self.f, fraction_bits(self.n), f"{self.label} with n = {self.n}"))

    def ladder(self) -> Ladder:
        """Return the powers of two whose logarithms the fields hold."""
        from lpasim.formats.ladder import Ladder

        words = tuple(range(1, 1 << (self.n - 1)))
        return Ladder(words, (1,) * len(words), tuple(map(self._logarithm, words)), self.f)

    def _logarithm(self, magnitude: int) -> int:
        """Return l of a field, in units of 2^-f."""
        return magnitude - (1 << (self.n - 2))

    def parts(self, word: int) -> Iterator[BitField]:
        """Return the fields of a code word."""
        return sign_magnitude.parts(word, self.n, self._magnitude_parts)

    def _magnitude_parts(self, magnitude: int) -> Iterator[BitField]:
        bits = f"{magnitude:0{self.n - 1}b}"
        yield BitField("logarithm", bits, f"l = {self._logarithm(magnitude) / (1 << self.f)}")


def fraction_bits(n: int) -> range:
    """Return the values that f takes in a logarithmic number of n bits."""
    return range(n - 1)
