"""Number formats: reals to code words and back."""

from lpasim.formats.base import BitField, Fields, Neighbour, NumberFormat, Rounding
from lpasim.formats.log_posit import LogPosit
from lpasim.formats.registry import FORMATS, FormatEntry, parse_format

__all__ = [
    "FORMATS",
    "BitField",
    "Fields",
    "FormatEntry",
    "LogPosit",
    "Neighbour",
    "NumberFormat",
    "Rounding",
    "parse_format",
]
