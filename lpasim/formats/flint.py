"""Flint, the data type of ANT: between an integer and a float, the place of a one tells them apart."""

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
class Flint(RankedFormat):
    """Flint<n, sf> with a sign: the value is (-1)^sign * 2^(i - sf) * (1 + mantissa).

    With b bits for the magnitude, those below 2^(b-1) are the integers. The octave from there on has as many magnitudes
    as the last of the integers, and each further one half as many as the one before, down to 2^(2b-2) alone.

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
    MICRO 2022, arXiv 2208.14286, and the authors' code, whose grids are these up to their scale.
    """

    sf: float = 0.0
    name: ClassVar[str] = "flint"
    label: ClassVar[str] = "Flint"
    own_rounding: ClassVar[Rounding] = "linear"

    def ladder(self) -> Ladder:
        """Return the magnitudes in units of the smallest, with their words, which are not in the same order."""
        from lpasim.formats.ladder import Ladder

        rungs = []
        for word in range(1, 1 << self.magnitude_bits):
            exponent, _, mantissa = split(word, self.magnitude_bits)
            rungs.append((int("1" + mantissa, 2), exponent - len(mantissa), word))
        rungs.sort(key=lambda rung: rung[0] * 2.0 ** rung[1])
        significands, exponents, words = zip(*rungs, strict=True)
        return Ladder(words, significands, exponents)

    def parts(self, word: int) -> Iterable[BitField]:
        """Return the fields of a code word."""
        return sign_magnitude.parts(word, self.n, self._magnitude_parts)

    def _magnitude_parts(self, magnitude: int) -> Iterator[BitField]:
        exponent, code, mantissa = split(magnitude, self.magnitude_bits)
        yield BitField("exponent", code, f"i = {exponent}")
        yield BitField("mantissa", mantissa, f"m = {int(mantissa or '0', 2) / (1 << len(mantissa))}")


@dataclass(frozen=True, slots=True)
class UnsignedFlint(Flint):
    """Flint<n, sf> without a sign, for activations that are at least 0; negative reals become zero. See `Flint`."""

    name: ClassVar[str] = "uflint"
    label: ClassVar[str] = "UnsignedFlint"
    signed: ClassVar[bool] = False

    def parts(self, word: int) -> Iterable[BitField]:
        """Return the fields of a code word."""
        return self._magnitude_parts(word) if word else [BitField("word", f"{word:0{self.n}b}", "zero")]


def split(magnitude: int, bits: int) -> tuple[int, str, str]:
    """Return the exponent of a magnitude's word of `bits` bits that is not zero, the bits that code it, and the rest.

    Below a first bit of 0, the place of the first one is the exponent, as in an integer. Below a first bit of 1, it
    counts from 2^(bits-1) up, the more zeros the larger, and all zeros are the largest.
    """
    word = f"{magnitude:0{bits}b}"
    rest = word[1:]
    zeros = len(rest) - len(rest.lstrip("0"))
    code, mantissa = word[: zeros + 2], word[zeros + 2 :]
    return (len(mantissa) if word[0] == "0" else bits - 1 + zeros), code, mantissa
