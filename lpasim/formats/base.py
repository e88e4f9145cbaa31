"""What every number format offers, whatever its bit fields are."""

from __future__ import annotations

from abc import ABC, abstractmethod
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, ClassVar, Literal, Self

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import ArrayLike, NDArray

Rounding = Literal["log", "linear"]
"""How a real finds its code word: "log" takes the nearest in log2, and what is not zero never becomes zero; "linear"
takes the nearest value, zero included. Both saturate. A standard posit's "log" is the rounding of its standard."""


@dataclass(frozen=True, slots=True)
class BitField:
    """Consecutive bits of a code word, most significant first, and what they say."""

    name: str
    bits: str
    meaning: str


@dataclass(frozen=True, slots=True)
class Neighbour:
    """The code word whose value comes next, up or down."""

    code: int
    value: float


@dataclass(frozen=True, slots=True)
class Fields:
    """One code word taken apart.

    `parts` are the fields in the order of their bits. `below` and `above` are the neighbours in value; a code word at
    an end of the range, or without a real value (then `value` is NaN), lacks them.
    """

    code: int
    bits: str
    value: float
    parts: tuple[BitField, ...]
    below: Neighbour | None
    above: Neighbour | None


class NumberFormat(ABC):
    """A map between real numbers and code words of `n` bits, as data: immutable and hashable.

    A new format is one subclass and one entry in `lpasim.formats.registry`.
    """

    __slots__ = ()

    n: int
    own_rounding: ClassVar[Rounding]
    """The rounding that the format was published with."""

    @classmethod
    @abstractmethod
    def from_parameters(cls, text: str) -> Self:
        """Make the format from the comma-separated parameters that follow its name in a specification.

        Raises
        ------
        FormatError
            A parameter is missing, superfluous, malformed or out of range.
        """

    @property
    @abstractmethod
    def spec(self) -> str:
        """The text from which `parse_format` makes this format again."""

    @property
    @abstractmethod
    def minpos(self) -> float:
        """Smallest positive value, rounded to float64."""

    @property
    @abstractmethod
    def maxpos(self) -> float:
        """Largest finite value, rounded to float64."""

    @abstractmethod
    def values(self) -> NDArray[np.float64]:
        """Return the value of every code word [2^n], in the order of the code words."""

    @abstractmethod
    def magnitudes(self) -> NDArray[np.float64]:
        """Return the values that are at least 0, ascending."""

    @abstractmethod
    def thresholds(self, rounding: Rounding = "log") -> NDArray[np.float64]:
        """Return where rounding goes from each of the magnitudes to the next [magnitudes - 1]."""

    @abstractmethod
    def encode(self, x: ArrayLike, rounding: Rounding = "log") -> NDArray[np.unsignedinteger[Any]]:
        """Round reals of any shape to code words: uint8 up to 8 bits, else uint16.

        Raises
        ------
        FormatError
            The rounding is unknown, or an element is NaN and the format has no code word for it.
        """

    def decode(self, codes: ArrayLike) -> NDArray[np.float64]:
        """Return the values of code words of any shape, correctly rounded to float64; NaN for NaR.

        Raises
        ------
        TypeError
            `codes` are not integers.
        FormatError
            A code is negative or does not fit in n bits.
        """
        from lpasim.formats.codec import decode

        return decode(self, codes)

    @abstractmethod
    def quantize(self, x: ArrayLike, rounding: Rounding = "log") -> NDArray[np.floating[Any]]:
        """Round reals of any shape to values of the format, in the floating type of `x`."""

    @abstractmethod
    def fields(self, code: int) -> Fields:
        """Return what the bits of one code word mean.

        Raises
        ------
        FormatError
            The code does not fit in n bits.
        """
