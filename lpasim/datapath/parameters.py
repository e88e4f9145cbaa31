"""What is fixed when the array is built: the widths inside a lane, and how many rows a partial sum passes."""

from __future__ import annotations

import operator
from dataclasses import dataclass, fields
from typing import Literal

Accumulator = Literal["wide", "paper"]
"""How products are added: "wide" drops nothing, "paper" keeps short fractions. `docs/datapath.md` defines both."""
MOST_ROWS = 1 << 16
"""Far more than any array has."""
RANGES = {
    "converter_in_bits": (0, 16),
    "converter_out_bits": (2, 12),
    "psum_fraction_bits": (2, 16),
    "encoder_in_bits": (1, 16),
}
"""The least and the greatest value of each width [bits]."""


@dataclass(frozen=True, slots=True)
class Datapath:
    """Widths of the datapath of one lane. The defaults are choices of this simulator unless a field says otherwise.

    Parameters
    ----------
    rows
        Rows of the array, 1..65536: consecutive products that are added before the output buffer adds their sum. 8
        agrees with the published area.
    converter_in_bits
        Fraction bits of a logarithm [bits], 0..16, that the log-to-linear converter sees; further ones are rounded off.
    converter_out_bits
        Significand of a converted product [bits], 2..12, the leading one included.
    psum_fraction_bits
        Fraction of a partial sum [bits], converter_out_bits..16, the leading one included. Published: 8.
    encoder_in_bits
        Bits after the leading one that the encoder looks at [bits], 1..16.

    Raises
    ------
    ValueError
        A parameter is out of range.

    References
    ----------
    A. Ramachandran et al., "Algorithm-Hardware Co-Design of Distribution-Aware Logarithmic-Posit Encodings for
    Efficient DNN Inference", DAC 2024, arXiv 2403.05465v2, with its poster: the 8-bit fractions.
    """

    rows: int = 8
    converter_in_bits: int = 6
    converter_out_bits: int = 8
    psum_fraction_bits: int = 8
    encoder_in_bits: int = 8

    def __post_init__(self) -> None:
        for field in fields(self):
            object.__setattr__(self, field.name, _integer(field.name, getattr(self, field.name)))
        _require("rows", self.rows, 1, MOST_ROWS)
        for name, (lowest, highest) in RANGES.items():
            least = self.converter_out_bits if name == "psum_fraction_bits" else lowest
            _require(name, getattr(self, name), least, highest)


def _integer(name: str, value: object) -> int:
    try:
        if not isinstance(value, bool):
            return operator.index(value)  # type: ignore[arg-type]
    except TypeError:
        pass
    raise ValueError(f"{name} must be an integer, got {value!r} (Datapath)")


def _require(name: str, value: int, lowest: int, highest: int) -> None:
    if not lowest <= value <= highest:
        raise ValueError(f"{name} must be in {lowest}..{highest}, got {value} (Datapath)")
