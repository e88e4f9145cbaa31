"""The parameters of each kind of format that a search varies: discrete ones and, in most, a scale."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from typing import Any, Literal

from lpasim.formats import (
    MAX_SCALE,
    AdaptivFloat,
    Flint,
    Integer,
    Logarithmic,
    LogPosit,
    NumberFormat,
    Posit,
    UnsignedFlint,
    exponent_sizes,
    regime_sizes,
)
from lpasim.formats.adaptiv_float import BIASES, exponent_bits
from lpasim.formats.logarithmic import fraction_bits
from lpasim.formats.posit import EXPONENT_BITS
from lpasim.quantization.squared_error import STEPS

SCALES_PER_OCTAVE = round(1 / STEPS[-1])
"""Steps of a scale factor in one unit of log2, as in the closed-form fits."""


@dataclass(frozen=True, slots=True)
class Family:
    """The formats of one kind.

    Attributes
    ----------
    format : type
        Their class.
    discrete : mapping
        The discrete parameters besides n, and the values that each takes at n bits.
    scale : "sf", "bias" or None
        The parameter that is a scale: sf, by which values shrink in steps of 1/256 of an octave, or a bias, by which
        they grow in whole octaves; a standard posit has none.
    """

    format: type[NumberFormat]
    discrete: Mapping[str, Callable[[int], range]]
    scale: Literal["sf", "bias"] | None = "sf"

    def make(self, n: int, values: Mapping[str, int]) -> NumberFormat:
        """Return the format of n bits with these discrete parameters, and a scale of 1."""
        make: Callable[..., NumberFormat] = self.format
        return make(n, **values)

    def steps(self, fmt: NumberFormat) -> list[NumberFormat]:
        """Return the formats that differ by one in one discrete parameter."""
        found = []
        for name, allowed in self.discrete.items():
            value = getattr(fmt, name)
            found += [_with(fmt, name, near) for near in (value - 1, value + 1) if near in allowed(fmt.n)]
        return found

    def placed(self, fmt: NumberFormat, octaves: float) -> NumberFormat:
        """Return a format whose scale is 1 with its values times 2^octaves, as nearly as the scale allows."""
        if self.scale is None:
            return fmt
        if self.scale == "bias":
            return _with(fmt, "bias", min(max(round(octaves), BIASES[0]), BIASES[-1]))
        within = min(max(octaves, -MAX_SCALE), MAX_SCALE)
        return _with(fmt, "sf", 0.0 - round(within * SCALES_PER_OCTAVE) / SCALES_PER_OCTAVE)

    def shifted(self, fmt: NumberFormat, octaves: float) -> NumberFormat:
        """Return a format with its values times about 2^octaves, one step of the scale away at least.

        At the end of the scale's range it goes the other way. Without a scale, the format itself is returned.
        """
        if self.scale is None:
            return fmt
        whole = self.scale == "bias"
        now, unit = (getattr(fmt, "bias", 0), 1) if whole else (-getattr(fmt, "sf", 0.0), SCALES_PER_OCTAVE)
        lowest, highest = (BIASES[0], BIASES[-1]) if whole else (-MAX_SCALE, MAX_SCALE)
        step = round(octaves * unit) or (1 if octaves > 0 else -1)
        ahead = (round(now * unit) + step) / unit
        return self.placed(fmt, ahead if lowest <= ahead <= highest else ahead - 2 * step / unit)


FAMILIES: Mapping[str, Family] = {
    "lp": Family(LogPosit, {"es": exponent_sizes, "rs": regime_sizes}),
    "int": Family(Integer, {}),
    "lns": Family(Logarithmic, {"f": fraction_bits}),
    "flint": Family(Flint, {}),
    "uflint": Family(UnsignedFlint, {}),
    "adaptivfloat": Family(AdaptivFloat, {"e": exponent_bits}, "bias"),
    "posit": Family(Posit, {"es": lambda n: EXPONENT_BITS}, None),
}
"""The families by kind: those that can be fitted."""


def _with(fmt: NumberFormat, name: str, value: float) -> NumberFormat:
    changes: dict[str, Any] = {name: value}
    return replace(fmt, **changes)  # type: ignore[type-var]
