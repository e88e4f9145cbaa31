"""Powers of two, one of ANT's data types: zero, and one bit at any place."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, ClassVar

from lpasim.formats import sign_magnitude
from lpasim.formats.base import BitField, Rounding
from lpasim.formats.ranked import RankedFormat

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from lpasim.formats.ladder import Ladder


@dataclass(frozen=True, slots=True)
class PowerOfTwo(RankedFormat):
    """PoT<n, sf> with a sign: the value is (-1)^sign * 2^(i - 1 - sf), or zero where the field i is.

    With b bits for the magnitude, i = 1..2^b - 1: the magnitudes are 1, 2, 4, ... 2^(2^b - 2) times the smallest.

    Parameters
    ----------
    n
        Bits of a code word, 2..8.
    sf
        Scale factor [log2 units], at most 256 in magnitude: the smallest magnitude is 2^-sf.

    Raises
    ------
    FormatError
        A parameter is out of range.

    References
    ----------
    C. Guo et al., "ANT: Exploiting Adaptive Numerical Data Type for Low-bit Deep Neural Network Quantization",
    MICRO 2022, arXiv 2208.14286, and the authors' code (`pot_value`), whose grids are these up to their scale.
    """

    sf: float = 0.0
    name: ClassVar[str] = "pot"
    label: ClassVar[str] = "PoT"
    own_rounding: ClassVar[Rounding] = "linear"

    def ladder(self) -> Ladder:
        """Return the powers of two in units of the smallest."""
        from lpasim.formats.ladder import Ladder

        words = tuple(range(1, 1 << self.magnitude_bits))
        return Ladder(words, (1,) * len(words), tuple(word - 1 for word in words))

    def parts(self, word: int) -> Iterable[BitField]:
        """Return the fields of a code word."""
        return sign_magnitude.parts(word, self.n, self._magnitude_parts)

    def _magnitude_parts(self, magnitude: int) -> Iterator[BitField]:
        yield BitField("exponent", f"{magnitude:0{self.magnitude_bits}b}", f"i = {magnitude}, 2^{magnitude - 1}")


@dataclass(frozen=True, slots=True)
class UnsignedPowerOfTwo(PowerOfTwo):
    """PoT<n, sf> without a sign, for activations that are at least 0; negative reals become zero. See `PowerOfTwo`."""

    name: ClassVar[str] = "upot"
    label: ClassVar[str] = "UnsignedPoT"
    signed: ClassVar[bool] = False

    def parts(self, word: int) -> Iterable[BitField]:
        """Return the fields of a code word."""
        return self._magnitude_parts(word) if word else [BitField("word", f"{word:0{self.n}b}", "zero")]
