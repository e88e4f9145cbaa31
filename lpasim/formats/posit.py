"""The standard posit: tapered precision, a linear fraction, and no scale."""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache
from typing import TYPE_CHECKING, ClassVar, NamedTuple

from lpasim.formats.base import BitField, Rounding
from lpasim.formats.parameters import check_integer
from lpasim.formats.ranked import RankedFormat

if TYPE_CHECKING:
    from collections.abc import Iterator

    import numpy as np
    from numpy.typing import NDArray

    from lpasim.formats.ladder import Ladder

STANDARD_EXPONENT_BITS = 2
"""es of the Posit Standard (2022), whatever n is."""
EXPONENT_BITS = range(6)
"""Values of es, as of the log posit; before the standard of 2022, es was a parameter."""


@dataclass(frozen=True, slots=True)
class Posit(RankedFormat):
    """Posit<n, es>, with the value (-1)^sign * 2^(2^es * k + e) * (1 + f).

    "log" rounding is that of the standard, which rounds the bits of the number: the nearest value where fraction bits
    are cut off, the nearest power of two in log2 where exponent bits are. "linear" is the nearest value, zero included.

    Parameters
    ----------
    n
        Bits of a code word, 2..16.
    es
        Exponent bits, 0..5. The standard's is 2.

    Raises
    ------
    FormatError
        A parameter is out of range.

    References
    ----------
    Posit Working Group, "Standard for Posit Arithmetic (2022)". J. Gustafson and I. Yonemoto, "Beating Floating Point
    at its Own Game: Posit Arithmetic", Supercomputing Frontiers and Innovations 4(2), 2017, where es is a parameter.
    """

    es: int = STANDARD_EXPONENT_BITS
    name: ClassVar[str] = "posit"
    label: ClassVar[str] = "Posit"
    own_rounding: ClassVar[Rounding] = "log"
    widths: ClassVar[range] = range(2, 17)

    def __post_init__(self) -> None:
        RankedFormat.__post_init__(self)
        self._set("es", check_integer("es", self.es, EXPONENT_BITS, self.label))

    @property
    def nar(self) -> int:
        """The code word of NaR, "not a real": to it NaN and the infinities encode."""
        return 1 << (self.n - 1)

    def ladder(self) -> Ladder:
        """Return the magnitudes of the positive code words."""
        return _ladder(self.n, self.es)

    def negated(self, word: int) -> int:
        """Return the two's complement of a word."""
        return (1 << self.n) - word

    def extra_values(self) -> dict[int, float]:
        """Return NaN for NaR."""
        return {self.nar: float("nan")}

    def compute_thresholds(self, rounding: Rounding) -> NDArray[np.float64]:
        """Return for "log" the posits of one bit more that end in a one: to round bits is to compare with these."""
        import numpy as np

        if rounding == "linear":
            return RankedFormat.compute_thresholds(self, rounding)
        finer = _ladder(self.n + 1, self.es).magnitudes(0.0)
        return np.append(0.0, finer[2:-1:2])

    def parts(self, word: int) -> Iterator[BitField]:
        """Return the fields of a code word; those of a negative one are read from its two's complement."""
        if word in {0, self.nar}:
            yield BitField("word", f"{word:0{self.n}b}", "NaR, not a real" if word else "zero")
            return
        yield BitField("sign", str(word >> (self.n - 1)), "negative" if word > self.nar else "positive")
        split = _split(word if word < self.nar else self.negated(word), self.n, self.es)
        yield BitField("regime", split.regime, f"k = {split.k}")
        yield BitField("exponent", split.exponent, f"e = {split.e}")
        yield BitField("fraction", split.fraction, f"f = {int(split.fraction or '0', 2) / (1 << len(split.fraction))}")


class _Split(NamedTuple):
    """The fields of a positive code word as bits, and the numbers that the first two stand for."""

    regime: str
    exponent: str
    fraction: str
    k: int
    e: int


def _split(word: int, n: int, es: int) -> _Split:
    body = f"{word:0{n - 1}b}"
    run = len(body) - len(body.lstrip(body[0]))
    regime, rest = body[: run + 1], body[run + 1 :]
    exponent = rest[:es]
    return _Split(
        regime, exponent, rest[es:], run - 1 if body[0] == "1" else -run, int("0" + exponent.ljust(es, "0"), 2)
    )


@lru_cache(maxsize=256)
def _ladder(n: int, es: int) -> Ladder:
    from lpasim.formats.ladder import Ladder

    words = tuple(range(1, 1 << (n - 1)))
    splits = [_split(word, n, es) for word in words]
    significands = tuple(int("1" + split.fraction, 2) for split in splits)
    return Ladder(words, significands, tuple((split.k << es) + split.e - len(split.fraction) for split in splits))
