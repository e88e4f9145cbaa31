"""The log posit by its definition, one number at a time: slow, and what the compiled path is tested against.

It shares no code with that path: fields are read by walking over the bits, powers are taken in decimal arithmetic, and
encoding searches the sorted thresholds.
"""

from __future__ import annotations

import math
from bisect import bisect_left
from decimal import Context, Decimal
from fractions import Fraction
from functools import lru_cache
from typing import TYPE_CHECKING

from lpasim.errors import FormatError

if TYPE_CHECKING:
    from lpasim.formats.base import Rounding
    from lpasim.formats.log_posit import LogPosit

DIGITS = 100
"""Decimal digits of intermediate results. The tightest case (n <= 16) needs about 40 to round to float64 rightly."""


def position(fmt: LogPosit, code: int) -> Fraction:
    """Return 2^es * k + e + f of a positive code word, by walking over its bits."""
    bits = [code >> place & 1 for place in reversed(range(fmt.n - 1))]
    first = bits[0]
    run = 0
    while run < fmt.rs and run < len(bits) and bits[run] == first:
        run += 1
    regime = run - 1 if first == 1 else -run
    rest = bits[run:] if run == fmt.rs else bits[run + 1 :]
    unified = sum((Fraction(bit << fmt.es, 2 << place) for place, bit in enumerate(rest)), Fraction(0))
    return (1 << fmt.es) * regime + unified


@lru_cache(maxsize=1 << 16)
def _power(exponent: Fraction) -> Decimal:
    context = Context(prec=DIGITS, Emin=-(10**6), Emax=10**6)
    decimal = context.divide(Decimal(exponent.numerator), Decimal(exponent.denominator))
    return context.power(Decimal(2), decimal)


def real(fmt: LogPosit, code: int) -> Decimal:
    """Return the value of a positive code word to `DIGITS` digits."""
    return _power(position(fmt, code) - Fraction(fmt.sf))


def decode(fmt: LogPosit, code: int) -> float:
    """Return the value of a code word, rounded to float64.

    Raises
    ------
    FormatError
        The code does not fit in n bits.
    """
    if not 0 <= code < 1 << fmt.n:
        raise FormatError(f"code must be in 0..{(1 << fmt.n) - 1}, got {code} ({fmt})")
    nar = 1 << (fmt.n - 1)
    if code == 0:
        return 0.0
    if code == nar:
        return math.nan
    return float(real(fmt, code)) if code < nar else -float(real(fmt, (1 << fmt.n) - code))


@lru_cache(maxsize=64)
def thresholds(fmt: LogPosit, rounding: Rounding) -> tuple[float, ...]:
    """Return the threshold between the code words c and c + 1, for c = 0..2^(n-1) - 2, rounded to float64."""
    context = Context(prec=DIGITS, Emin=-(10**6), Emax=10**6)
    bounds = [0.0 if rounding == "log" else float(context.divide(real(fmt, 1), Decimal(2)))]
    for code in range(1, (1 << (fmt.n - 1)) - 1):
        if rounding == "log":
            between = (position(fmt, code) + position(fmt, code + 1)) / 2
            bounds.append(float(_power(between - Fraction(fmt.sf))))
        else:
            bounds.append(float(context.divide(context.add(real(fmt, code), real(fmt, code + 1)), Decimal(2))))
    return tuple(bounds)


def encode(fmt: LogPosit, x: float, rounding: Rounding = "log") -> int:
    """Return the code word of a real."""
    if math.isnan(x) or math.isinf(x):
        return 1 << (fmt.n - 1)
    if x < 0:
        return -encode(fmt, -x, rounding) % (1 << fmt.n)
    bounds = thresholds(fmt, rounding)
    code = bisect_left(bounds, x)
    if code < len(bounds) and x == bounds[code] and code % 2 == 1:
        code += 1
    return code
