"""The encoder by its definition, one result at a time in exact arithmetic, and without the compiled code."""

from __future__ import annotations

import math
from decimal import Context, Decimal
from fractions import Fraction
from functools import lru_cache
from typing import TYPE_CHECKING

from lpasim.formats import reference

if TYPE_CHECKING:
    from lpasim.datapath.parameters import Datapath
    from lpasim.formats.log_posit import LogPosit


def encode(output: float, scale: Fraction, fmt: LogPosit, datapath: Datapath) -> int:
    """Return the code word that one output of the array becomes.

    Parameters
    ----------
    output
        In units without scale, as `lpasim.datapath.reference_sums.dot` gives it. NaN and the infinities become NaR.
    scale
        sf_w + sf_a [log2 units]: the real number is output * 2^-scale.
    fmt
        Format of the code word.
    datapath
        Its `encoder_in_bits` tell how much of the output the encoder sees.
    """
    if not math.isfinite(output) or output == 0:
        return reference.encode(fmt, output)
    seen = truncate(abs(Fraction(output)) * power(scale), datapath.encoder_in_bits)
    return reference.encode(fmt, math.copysign(float(seen), output))


@lru_cache(maxsize=64)
def power(scale: Fraction) -> Fraction:
    """Return 2^-scale: exactly where the scale is an integer, else to `lpasim.formats.reference.DIGITS` digits.

    The powers that are not exact are irrational, and so many digits tell on which side of every boundary they lie.
    """
    whole, rest = divmod(-scale, 1)
    result = Fraction(2) ** whole
    if rest:
        context = Context(prec=reference.DIGITS)
        exponent = context.divide(Decimal(rest.numerator), Decimal(rest.denominator))
        result *= Fraction(context.power(Decimal(2), exponent))
    return result


def truncate(magnitude: Fraction, bits: int) -> Fraction:
    """Return a positive number without what stands more than `bits` bits behind its leading one."""
    exponent = magnitude.numerator.bit_length() - magnitude.denominator.bit_length()
    if magnitude < Fraction(2) ** exponent:
        exponent -= 1
    unit = Fraction(2) ** (exponent - bits)
    return magnitude // unit * unit
