"""The logarithmic posit, LP<n, es, rs, sf>: the number format that LPA computes in.

References
----------
A. Ramachandran et al., "Algorithm-Hardware Co-Design of Distribution-Aware Logarithmic-Posit Encodings for Efficient
DNN Inference", DAC 2024, arXiv 2403.05465v2. `docs/lp-format.md` gives the definition in full and marks the choices
that the publication leaves open.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, ClassVar, Self

from lpasim.errors import FormatError
from lpasim.formats.base import NumberFormat, Rounding
from lpasim.formats.parameters import check_integer, check_scale, spell

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import ArrayLike, NDArray

    from lpasim.formats.fields import LogPositFields

WIDTHS = range(2, 17)
"""Bits of a code word."""
MAX_EXPONENT_BITS = 5
"""Largest es that any width takes."""


def exponent_sizes(n: int) -> range:
    """Return the values that es takes in an n-bit log posit."""
    return range(min(max(0, n - 3), MAX_EXPONENT_BITS) + 1)


def regime_sizes(n: int) -> range:
    """Return the values that rs takes in an n-bit log posit."""
    return range(min(2, n - 1), n)


@dataclass(frozen=True, slots=True)
class LogPosit(NumberFormat):
    """LP<n, es, rs, sf>, with the value (-1)^sign * 2^(2^es * k - sf + u).

    Parameters
    ----------
    n
        Bits of a code word, 2..16. The hardware runs 2, 4 and 8.
    es
        Exponent bits, 0..min(max(0, n - 3), 5): the dynamic range.
    rs
        Largest regime [bits]: 1 where n is 2, else 2..n - 1. The shape of the taper; n - 1 is an ordinary posit's.
    sf
        Scale factor [log2 units], at most 256 in magnitude: the position of the accuracy peak.

    Raises
    ------
    FormatError
        A parameter is out of range.
    """

    n: int
    es: int
    rs: int
    sf: float = 0.0
    own_rounding: ClassVar[Rounding] = "log"

    def __post_init__(self) -> None:
        n = check_integer("n", self.n, WIDTHS, "LogPosit")
        es = check_integer("es", self.es, exponent_sizes(n), f"LogPosit with n = {n}")
        rs = check_integer("rs", self.rs, regime_sizes(n), f"LogPosit with n = {n}")
        for name, value in (("n", n), ("es", es), ("rs", rs), ("sf", check_scale(self.sf, "LogPosit"))):
            object.__setattr__(self, name, value)

    @classmethod
    def from_parameters(cls, text: str) -> Self:
        """Make the format from "n,es,rs,sf"; sf may be left out and is then 0.

        Raises
        ------
        FormatError
            A parameter is missing, superfluous, malformed or out of range.
        """
        parts = text.split(",")
        if len(parts) not in {3, 4}:
            raise FormatError(f"parameters of lp must be n,es,rs or n,es,rs,sf, got {text!r} (number format)")
        try:
            n, es, rs = (int(part) for part in parts[:3])
            sf = float(parts[3]) if len(parts) == 4 else 0.0
        except ValueError as error:
            raise FormatError(f"n, es and rs must be integers and sf a real, got {text!r} (number format)") from error
        return cls(n, es, rs, sf)

    @property
    def spec(self) -> str:
        """The text from which `parse_format` makes this format again, such as "lp8,2,3,0"."""
        return f"lp{self.n},{self.es},{self.rs},{spell(self.sf)}"

    def __str__(self) -> str:
        return f"LP<{self.spec[2:]}>"

    @property
    def nar(self) -> int:
        """The code word of NaR, "not a real": to it NaN and the infinities encode."""
        return 1 << (self.n - 1)

    @property
    def minpos(self) -> float:
        """Smallest positive value, rounded to float64."""
        return float(self.values()[1])

    @property
    def maxpos(self) -> float:
        """Largest finite value, rounded to float64."""
        return float(self.values()[self.nar - 1])

    def values(self) -> NDArray[np.float64]:
        """Return the value of every code word [2^n], in the order of the code words and read-only.

        Values are correctly rounded to float64; code 0 is 0.0 and NaR is NaN.
        """
        from lpasim.formats.tables import values

        return values(self)

    def magnitudes(self) -> NDArray[np.float64]:
        """Return the values of zero and the positive code words [2^(n-1)], read-only."""
        return self.values()[: self.nar]

    def thresholds(self, rounding: Rounding = "log") -> NDArray[np.float64]:
        """Return where rounding goes from one positive code word to the next [2^(n-1) - 1], read-only.

        Entry `c` stands between the codes `c` and `c + 1`, correctly rounded to float64; a real equal to it takes the
        even one. Entry 0 is 0.0 for "log" rounding, where only zero itself becomes zero.

        Raises
        ------
        FormatError
            `rounding` is neither "log" nor "linear".
        """
        from lpasim.formats.tables import thresholds

        return thresholds(self, rounding)

    def encode(self, x: ArrayLike, rounding: Rounding = "log") -> NDArray[np.unsignedinteger[Any]]:
        """Round reals to code words.

        Parameters
        ----------
        x
            Reals of any shape: float16, float32, float64, in any memory order and byte order, or integers, which are
            first rounded to float64.
        rounding
            "log", what the encoder hardware does: nearest in log2, and a non-zero real never becomes zero. "linear":
            the nearest value, zero included. Both saturate at maxpos, and take the even code word on a tie.

        Returns
        -------
        codes
            uint8 where n <= 8, else uint16, in the shape of `x`. NaN and the infinities give NaR.

        Raises
        ------
        TypeError
            `x` is not of a real number type that float64 holds.
        FormatError
            `rounding` is neither "log" nor "linear".
        """
        from lpasim.formats.codec import encode

        return encode(self, x, rounding)

    def quantize(self, x: ArrayLike, rounding: Rounding = "log") -> NDArray[np.floating[Any]]:
        """Round reals to values of the format, without storing the code words.

        The result has the floating type of `x` (float64 where `x` holds integers). Each element is the format's value,
        as `values` gives it, rounded to that type: to an infinity or to zero where the type cannot reach it. See
        `encode` for the parameters and for what it raises.
        """
        from lpasim.formats.codec import quantize

        return quantize(self, x, rounding)

    def fields(self, code: int) -> LogPositFields:
        """Return what the bits of one code word mean.

        Raises
        ------
        FormatError
            The code does not fit in n bits.
        """
        from lpasim.formats.fields import fields

        return fields(self, code)
