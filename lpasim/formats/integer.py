"""The uniform symmetric integer: a whole number of steps, in two's complement."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, ClassVar

from lpasim.formats.base import BitField, Rounding
from lpasim.formats.ranked import RankedFormat

if TYPE_CHECKING:
    from collections.abc import Iterator

    from lpasim.formats.ladder import Ladder


@dataclass(frozen=True, slots=True)
class Integer(RankedFormat):
    """INT<n, sf>, with the value q * 2^-sf for q in -(2^(n-1) - 1)..2^(n-1) - 1.

    Parameters
    ----------
    n
        Bits of a code word, 2..8.
    sf
        Scale factor [log2 units], at most 256 in magnitude: the step is 2^-sf.

    Raises
    ------
    FormatError
        A parameter is out of range.

    References
    ----------
    B. Jacob et al., "Quantization and Training of Neural Networks for Efficient Integer-Arithmetic-Only Inference",
    CVPR 2018, arXiv 1712.05877, section 3.1, whose range of weights is this one.
    """

    sf: float = 0.0
    name: ClassVar[str] = "int"
    label: ClassVar[str] = "INT"
    own_rounding: ClassVar[Rounding] = "linear"

    @property
    def _unpaired(self) -> int:
        """The word of -2^(n-1), which has no positive counterpart: encoding never gives it."""
        return 1 << (self.n - 1)

    def ladder(self) -> Ladder:
        """Return 1, 2, ..., 2^(n-1) - 1."""
        from lpasim.formats.ladder import Ladder

        numbers = tuple(range(1, self._unpaired))
        return Ladder(numbers, numbers, (0,) * len(numbers))

    def negated(self, word: int) -> int:
        """Return the two's complement of a word."""
        return (1 << self.n) - word

    def extra_values(self) -> dict[int, float]:
        """Return what an integer unit reads in the word that encoding never gives."""
        from lpasim.formats.ladder import Ladder

        return {self._unpaired: -float(Ladder((0,), (self._unpaired,), (0,)).magnitudes(self.sf)[0])}

    def parts(self, word: int) -> Iterator[BitField]:
        """Return the one field of a code word."""
        number = word - (1 << self.n) if word >= self._unpaired else word
        unused = ", never encoded" if word == self._unpaired else ""
        yield BitField("integer", f"{word:0{self.n}b}", f"q = {number}{unused}")
