"""AdaptivFloat: a small floating-point number without subnormals, whose exponent bias belongs to a tensor."""

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

BIASES = range(-512, 257)
"""Values of the exponent bias, with which the largest magnitudes are as large as those of other formats' scales."""


@dataclass(frozen=True, slots=True)
class AdaptivFloat(RankedFormat):
    """AdaptivFloat<n, e, bias>, with the value (-1)^sign * 2^(exponent + bias) * (1 + mantissa).

    Parameters
    ----------
    n
        Bits of a code word, 2..8.
    e
        Exponent bits, 1..n - 1; the mantissa has the n - 1 - e bits that remain.
    bias
        What is added to the exponent 0..2^e - 1: the smallest exponent, -512..256.

    Raises
    ------
    FormatError
        A parameter is out of range.

    References
    ----------
    T. Tambe et al., "Algorithm-Hardware Co-Design of Adaptive Floating-Point Encodings for Resilient Deep Learning
    Inference", DAC 2020, arXiv 1909.13271, algorithm 1.
    """

    e: int
    bias: int = 0
    name: ClassVar[str] = "adaptivfloat"
    label: ClassVar[str] = "AdaptivFloat"
    own_rounding: ClassVar[Rounding] = "linear"

    def __post_init__(self) -> None:
        RankedFormat.__post_init__(self)
        self._set("e", check_integer("e", self.e, exponent_bits(self.n), f"{self.label} with n = {self.n}"))
        self._set("bias", check_integer("bias", self.bias, BIASES, self.label))

    @property
    def mantissa_bits(self) -> int:
        """Bits of the mantissa."""
        return self.n - 1 - self.e

    @property
    def scale(self) -> float:
        """The bias as a scale factor [log2 units]."""
        return float(-self.bias)

    def ladder(self) -> Ladder:
        """Return the magnitudes at bias 0; the smallest, 2^0 * 1.0, is given up for zero."""
        from lpasim.formats.ladder import Ladder

        hidden = 1 << self.mantissa_bits
        words = tuple(range(1, 1 << (self.n - 1)))
        significands = tuple(hidden + word % hidden for word in words)
        return Ladder(words, significands, tuple(word // hidden - self.mantissa_bits for word in words))

    def parts(self, word: int) -> Iterator[BitField]:
        """Return the fields of a code word."""
        return sign_magnitude.parts(word, self.n, self._magnitude_parts)

    def _magnitude_parts(self, magnitude: int) -> Iterator[BitField]:
        bits = f"{magnitude:0{self.n - 1}b}"
        exponent, mantissa = divmod(magnitude, 1 << self.mantissa_bits)
        yield BitField("exponent", bits[: self.e], f"{exponent} + bias = {exponent + self.bias}")
        yield BitField("mantissa", bits[self.e :], f"m = {mantissa / (1 << self.mantissa_bits)}")


def exponent_bits(n: int) -> range:
    """Return the values that e takes in an AdaptivFloat of n bits."""
    return range(1, n)
