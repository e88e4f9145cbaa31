"""Number formats: reals to code words and back."""

from lpasim.formats.base import BitField, Fields, Neighbour, NumberFormat, Rounding
from lpasim.formats.log_posit import MAX_SCALE, LogPosit, exponent_sizes, regime_sizes
from lpasim.formats.registry import FORMATS, FormatEntry, parse_format

__all__ = [
    "FORMATS",
    "MAX_SCALE",
    "BitField",
    "Fields",
    "FormatEntry",
    "LogPosit",
    "Neighbour",
    "NumberFormat",
    "Rounding",
    "exponent_sizes",
    "parse_format",
    "regime_sizes",
]
