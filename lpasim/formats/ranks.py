"""What the codec asks of a format, and how a format offers it whose code words are not in the order of their values."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Protocol

from lpasim.formats.caching import Sized

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    from lpasim.formats.base import Rounding
    from lpasim.formats.ranked import RankedFormat

NARROW_BITS = 8
"""Ranks of this size have the fastest code paths of the kernel."""


class Coded(Sized, Protocol):
    """A map from code words of n bits to values."""

    def values(self) -> NDArray[np.float64]:
        """Return the value of every code word [2^n]."""


class Ranked(Coded, Protocol):
    """One whose code words, read as two's complement, count the magnitudes from zero up."""

    @property
    def nar(self) -> int:
        """The code word of what has no rank: NaN and the infinities."""

    def thresholds(self, rounding: Rounding) -> NDArray[np.float64]:
        """Return where rounding goes from each rank to the next; a tie takes the even one."""


@dataclass(frozen=True, slots=True)
class Ranks:
    """The ranks of a format's values as code words: r for the r-th magnitude from zero up, -r for its negative."""

    fmt: RankedFormat

    @property
    def n(self) -> int:
        """Bits of a rank: one more than count the magnitudes, in a whole number of bytes."""
        return NARROW_BITS if self.fmt.magnitude_bits < NARROW_BITS else 2 * NARROW_BITS

    @property
    def nar(self) -> int:
        """The rank of NaN and the infinities, which no magnitude has."""
        return 1 << (self.n - 1)

    def thresholds(self, rounding: Rounding) -> NDArray[np.float64]:
        """Return the thresholds of the format."""
        return self.fmt.thresholds(rounding)

    def values(self) -> NDArray[np.float64]:
        """Return the value of every rank [2^n]; NaN where there is none."""
        from lpasim.formats.ranked_tables import rank_values

        return rank_values(self)
