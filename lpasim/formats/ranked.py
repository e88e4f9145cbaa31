"""A number format given by its ladder of magnitudes and their code words: what the comparison formats share."""

from __future__ import annotations

from abc import abstractmethod
from dataclasses import MISSING, dataclass, fields
from typing import TYPE_CHECKING, Any, ClassVar, Self

from lpasim.errors import FormatError
from lpasim.formats.base import BitField, Fields, NumberFormat, Rounding
from lpasim.formats.parameters import check_integer, check_scale, spell

if TYPE_CHECKING:
    from collections.abc import Iterable

    import numpy as np
    from numpy.typing import ArrayLike, NDArray

    from lpasim.formats.ladder import Ladder


@dataclass(frozen=True, slots=True)
class RankedFormat(NumberFormat):
    """Base of formats whose code words are a sign and a magnitude, in either representation of negative numbers.

    Rounding counts the magnitudes: those from zero up have the ranks 0, 1, 2, ..., and a tie takes the even rank. Read
    as a number, the code word of a positive magnitude is its rank in every format but flint.

    Parameters
    ----------
    n
        Bits of a code word.
    """

    n: int

    name: ClassVar[str]
    """What begins a specification."""
    label: ClassVar[str]
    """What begins the text of a format, as in `INT<8,0>`."""
    widths: ClassVar[range] = range(2, 9)
    """What n may be."""
    signed: ClassVar[bool] = True
    """Whether there are negative values; without them, negative reals become zero."""

    def __post_init__(self) -> None:
        self._set("n", check_integer("n", self.n, self.widths, self.label))
        if self._is_scaled():
            self._set("sf", check_scale(self.scale, self.label))

    @classmethod
    def _is_scaled(cls) -> bool:
        """Whether the scale is a parameter, `sf`."""
        return any(field.name == "sf" for field in fields(cls))

    def _set(self, name: str, value: float) -> None:
        object.__setattr__(self, name, value)

    @classmethod
    def from_parameters(cls, text: str) -> Self:
        """Make the format from its parameters, in order and separated by commas; those with defaults may be left out.

        Raises
        ------
        FormatError
            A parameter is missing, superfluous, malformed or out of range.
        """
        names = [field.name for field in fields(cls)]
        needed = sum(field.default is MISSING for field in fields(cls))
        parts = text.split(",")
        if not needed <= len(parts) <= len(names):
            rule = " or ".join(",".join(names[:count]) for count in range(needed, len(names) + 1))
            raise FormatError(f"parameters of {cls.name} must be {rule}, got {text!r} (number format)")
        try:
            numbers = {
                name: float(part) if name == "sf" else int(part) for name, part in zip(names, parts, strict=False)
            }
        except ValueError as error:
            whole = " and ".join(name for name in names if name != "sf")
            rule = f"{whole} must be {'integers' if ' and ' in whole else 'an integer'}" + " and sf a real" * (
                "sf" in names
            )
            raise FormatError(f"{rule}, got {text!r} (number format)") from error
        return cls(**numbers)  # type: ignore[arg-type]

    @property
    def spec(self) -> str:
        """The text from which `parse_format` makes this format again."""
        return self.name + self._parameters()

    def __str__(self) -> str:
        return f"{self.label}<{self._parameters()}>"

    def _parameters(self) -> str:
        return ",".join(spell(getattr(self, field.name)) for field in fields(self))

    @property
    def magnitude_bits(self) -> int:
        """Bits that tell the magnitudes apart."""
        return self.n - 1 if self.signed else self.n

    @property
    def nar(self) -> int | None:
        """The code word of NaN and the infinities, or None: then NaN is refused, and infinities saturate."""
        return None

    @property
    def scale(self) -> float:
        """By which power of two the ladder's magnitudes are divided [log2 units]: `sf` where there is one."""
        return getattr(self, "sf", 0.0)

    @abstractmethod
    def ladder(self) -> Ladder:
        """Return the magnitudes above zero without the scale, and their code words."""

    @abstractmethod
    def parts(self, word: int) -> Iterable[BitField]:
        """Return the bit fields of a code word of n bits."""

    def negated(self, word: int) -> int:
        """Return the code word of the negative of a positive magnitude: here with the sign bit set."""
        return word | 1 << (self.n - 1)

    def extra_values(self) -> dict[int, float]:
        """Return the values of code words to which no real is rounded, where these are not zero."""
        return {}

    @property
    def minpos(self) -> float:
        """Smallest positive value, rounded to float64."""
        return float(self.magnitudes()[1])

    @property
    def maxpos(self) -> float:
        """Largest finite value, rounded to float64."""
        return float(self.magnitudes()[-1])

    def magnitudes(self) -> NDArray[np.float64]:
        """Return the values that are at least 0, by rank, correctly rounded and read-only."""
        from lpasim.formats.ranked_tables import magnitudes

        return magnitudes(self)

    def values(self) -> NDArray[np.float64]:
        """Return the value of every code word [2^n], in their order, correctly rounded and read-only."""
        from lpasim.formats.ranked_tables import values

        return values(self)

    def thresholds(self, rounding: Rounding = "log") -> NDArray[np.float64]:
        """Return where rounding goes from each of the magnitudes to the next [magnitudes - 1], read-only.

        Entry r stands between the ranks r and r + 1, correctly rounded to float64; a real equal to it takes the even
        one. Entry 0 is 0.0 for "log" rounding, where only zero itself becomes zero.

        Raises
        ------
        FormatError
            `rounding` is neither "log" nor "linear".
        """
        from lpasim.formats.ranked_tables import thresholds

        return thresholds(self, rounding)

    def compute_thresholds(self, rounding: Rounding) -> NDArray[np.float64]:
        """Return what `thresholds` keeps: means of neighbouring magnitudes, geometric ones for "log"."""
        import numpy as np

        if rounding == "log":
            return np.append(0.0, self.ladder().geometric_means(self.scale))
        return np.append(self.minpos / 2, self.ladder().arithmetic_means(self.scale))

    def encode(self, x: ArrayLike, rounding: Rounding = "log") -> NDArray[np.unsignedinteger[Any]]:
        """Round reals of any shape to code words: uint8 up to 8 bits, else uint16.

        See `LogPosit.encode` for the types that `x` may have, and `Rounding` for the roundings.

        Raises
        ------
        TypeError
            `x` is not of a real number type that float64 holds.
        FormatError
            The rounding is unknown, or an element is NaN and the format has no code word for it.
        """
        from lpasim.formats.ranked_codec import encode

        return encode(self, x, rounding)

    def quantize(self, x: ArrayLike, rounding: Rounding = "log") -> NDArray[np.floating[Any]]:
        """Round reals to values of the format, in the floating type of `x` (float64 for integers).

        Each element is the format's value rounded to that type. See `encode` for the parameters and what it raises.
        """
        from lpasim.formats.ranked_codec import quantize

        return quantize(self, x, rounding)

    def fields(self, code: int) -> Fields:
        """Return what the bits of one code word mean.

        Raises
        ------
        FormatError
            The code does not fit in n bits.
        """
        from lpasim.formats.ranked_fields import fields

        return fields(self, code)
