"""Number formats: reals to code words and back."""

from lpasim.formats.abfloat import Abfloat
from lpasim.formats.adaptiv_float import AdaptivFloat
from lpasim.formats.base import BitField, Fields, Neighbour, NumberFormat, Rounding
from lpasim.formats.flint import Flint, UnsignedFlint
from lpasim.formats.integer import Integer
from lpasim.formats.log_posit import LogPosit, exponent_sizes, regime_sizes
from lpasim.formats.logarithmic import Logarithmic
from lpasim.formats.parameters import MAX_SCALE
from lpasim.formats.posit import Posit
from lpasim.formats.power_of_two import PowerOfTwo, UnsignedPowerOfTwo
from lpasim.formats.registry import FORMATS, FormatEntry, parse_format

__all__ = [
    "FORMATS",
    "MAX_SCALE",
    "Abfloat",
    "AdaptivFloat",
    "BitField",
    "Fields",
    "Flint",
    "FormatEntry",
    "Integer",
    "LogPosit",
    "Logarithmic",
    "Neighbour",
    "NumberFormat",
    "Posit",
    "PowerOfTwo",
    "Rounding",
    "UnsignedFlint",
    "UnsignedPowerOfTwo",
    "exponent_sizes",
    "parse_format",
    "regime_sizes",
]
