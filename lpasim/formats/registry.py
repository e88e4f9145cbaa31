"""The number formats that lpasim knows by name."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING

from lpasim.errors import FormatError
from lpasim.formats.abfloat import Abfloat
from lpasim.formats.adaptiv_float import AdaptivFloat
from lpasim.formats.flint import Flint, UnsignedFlint
from lpasim.formats.integer import Integer
from lpasim.formats.log_posit import LogPosit
from lpasim.formats.logarithmic import Logarithmic
from lpasim.formats.posit import Posit
from lpasim.formats.power_of_two import PowerOfTwo, UnsignedPowerOfTwo

if TYPE_CHECKING:
    from lpasim.formats.base import NumberFormat


@dataclass(frozen=True, slots=True)
class FormatEntry:
    """A name that begins a specification, the class behind it, its parameters, and one line about it."""

    name: str
    format: type[NumberFormat]
    parameters: str
    description: str


FORMATS: tuple[FormatEntry, ...] = (
    FormatEntry(
        "lp",
        LogPosit,
        "n,es,rs[,sf]",
        "logarithmic posit: tapered, fraction of the logarithm, capped regime, scale factor",
    ),
    FormatEntry("int", Integer, "n[,sf]", "uniform symmetric integer: two's complement, scale factor"),
    FormatEntry(
        "adaptivfloat", AdaptivFloat, "n,e[,bias]", "AdaptivFloat: small float without subnormals, exponent bias"
    ),
    FormatEntry("posit", Posit, "n[,es]", "standard posit: tapered, linear fraction, no scale; es = 2 in the standard"),
    FormatEntry("lns", Logarithmic, "n,f[,sf]", "logarithmic number: f fraction bits of the logarithm, scale factor"),
    FormatEntry("flint", Flint, "n[,sf]", "flint of ANT: integers, then ever coarser octaves, scale factor"),
    FormatEntry("uflint", UnsignedFlint, "n[,sf]", "flint without a sign, for tensors that are at least 0"),
    FormatEntry("pot", PowerOfTwo, "n[,sf]", "powers of two of ANT: zero and one bit at any place, scale factor"),
    FormatEntry("upot", UnsignedPowerOfTwo, "n[,sf]", "powers of two without a sign"),
    FormatEntry("abfloat", Abfloat, "n[,e[,sf]]", "abfloat of OliVe: floats for outliers, without the smallest"),
)


def parse_format(spec: str) -> NumberFormat:
    """Make the number format that a specification such as "lp8,2,3,0" describes.

    Raises
    ------
    FormatError
        The name is unknown, or the parameters are malformed or out of range.
    """
    match = re.fullmatch(r"([a-z_]+)(.*)", spec.strip().lower())
    for entry in FORMATS:
        if match and match[1] == entry.name:
            return entry.format.from_parameters(match[2])
    known = ", ".join(entry.name + entry.parameters for entry in FORMATS)
    raise FormatError(f"number format must be one of {known}, got {spec!r}")
