"""The datapath by its definition, up to one product: decode, multiply, convert; `reference_sums` adds products up.

Each step of the hardware is one function in plain integers: slow, and what the kernels must equal. No step rounds other
than `docs/datapath.md` says, and none uses the compiled code or floating point.

References
----------
A. Ramachandran et al., "Algorithm-Hardware Co-Design of Distribution-Aware Logarithmic-Posit Encodings for Efficient
DNN Inference", DAC 2024, arXiv 2403.05465v2, and the authors' figure of the datapath: the order of the steps.
`docs/datapath.md` marks the choices that the publication leaves open.
"""

from __future__ import annotations

from fractions import Fraction
from functools import lru_cache
from math import isqrt
from typing import TYPE_CHECKING, Literal, NamedTuple

from lpasim.errors import FormatError

if TYPE_CHECKING:
    from lpasim.datapath.parameters import Datapath
    from lpasim.formats.log_posit import LogPosit


class Operand(NamedTuple):
    """A word after its decoder, or the product of two: (-1)^sign * 2^(log / 2^fraction_bits), without any scale factor.

    Parameters
    ----------
    kind
        "zero" and "nar" have sign 0 and log 0, which mean nothing.
    sign
        1 for a negative number.
    log
        Base-2 logarithm of the magnitude, in units of 2^-fraction_bits.
    fraction_bits
        Of the format, not of this word: it says how wide the hardware's adder is.
    """

    kind: Literal["zero", "nar", "number"]
    sign: int
    log: int
    fraction_bits: int


class PartialSum(NamedTuple):
    """A linear number on its way down a column: (-1)^sign * fraction * 2^exponent.

    The fraction has `psum_fraction_bits` bits of which the highest is one, or is zero, then with sign 0 and exponent 0.
    """

    sign: int
    exponent: int
    fraction: int

    @property
    def value(self) -> Fraction:
        """The exact value."""
        magnitude = Fraction(2) ** self.exponent * self.fraction
        return -magnitude if self.sign else magnitude


ZERO = PartialSum(0, 0, 0)


def fraction_bits(fmt: LogPosit) -> int:
    """Return the most fraction bits that any word of the format has: those that the shortest regime, of 2 bits, leaves.

    A word of 2 bits has a regime of 1 bit, and no fraction either.
    """
    return max(0, fmt.n - 3 - fmt.es)


@lru_cache(maxsize=1 << 12)
def decode_word(code: int, fmt: LogPosit) -> Operand:
    """Read one code word bit by bit, as its decoder does: two's complement, regime, then exponent and fraction as one.

    Raises
    ------
    FormatError
        The code does not fit in n bits.
    """
    if not 0 <= code < 1 << fmt.n:
        raise FormatError(f"code must be in 0..{(1 << fmt.n) - 1}, got {code} ({fmt})")
    unit = fraction_bits(fmt)
    if code in {0, fmt.nar}:
        return Operand("nar" if code else "zero", 0, 0, unit)
    sign = code >> (fmt.n - 1)
    magnitude = (1 << fmt.n) - code if sign else code
    body = [magnitude >> place & 1 for place in reversed(range(fmt.n - 1))]
    run = 1
    while run < fmt.rs and body[run] == body[0]:
        run += 1
    regime = run - 1 if body[0] else -run
    rest = body[run:] if run == fmt.rs else body[run + 1 :]  # the longest run needs no bit to end it
    tail = 0
    for place in range(fmt.es + unit):  # bits that found no room are zeros
        tail = tail << 1 | (rest[place] if place < len(rest) else 0)
    return Operand("number", sign, (regime << (fmt.es + unit)) + tail, unit)


def multiply(w: Operand, a: Operand) -> Operand:
    """Multiply: the signs are compared, the logarithms are added exactly. NaR wins over zero, zero over numbers."""
    unit = max(w.fraction_bits, a.fraction_bits)
    kinds = {w.kind, a.kind}
    if "nar" in kinds:
        return Operand("nar", 0, 0, unit)
    if "zero" in kinds:
        return Operand("zero", 0, 0, unit)
    log = (w.log << (unit - w.fraction_bits)) + (a.log << (unit - a.fraction_bits))
    return Operand("number", w.sign ^ a.sign, log, unit)


def round_log(product: Operand, datapath: Datapath) -> Operand:
    """Round a logarithm to the fraction bits that the converter sees, ties to even; a carry goes into the integer."""
    surplus = product.fraction_bits - datapath.converter_in_bits
    if surplus <= 0:
        return product
    kept, dropped = divmod(product.log, 1 << surplus)
    half = 1 << (surplus - 1)
    kept += dropped > half or (dropped == half and kept % 2 == 1)
    return product._replace(log=kept, fraction_bits=datapath.converter_in_bits)


@lru_cache(maxsize=1 << 17)
def significand(fraction: int, unit: int, bits: int) -> int:
    """Return 2^(fraction / 2^unit) * 2^(bits - 1), rounded to the nearest integer: the converter's truth table.

    Halving an exponent is a square root, and the integer square root of a floor is the floor of the root, so the loop
    gives twice the result, rounded down exactly. Ties do not arise: powers of two are integers or irrational.

    Parameters
    ----------
    fraction
        Fraction of the logarithm, in 0..2^unit - 1.
    unit
        Its bits.
    bits
        Bits of the result, the leading one included. A fraction next to 1 may give 2^bits itself.
    """
    doubled = 1 << (fraction + (bits << unit))
    for _ in range(unit):
        doubled = isqrt(doubled)
    return (doubled + 1) // 2


def convert(product: Operand, datapath: Datapath) -> PartialSum:
    """Turn a product from logarithm to linear, with the fraction filled up to `psum_fraction_bits` by zeros.

    Raises
    ------
    ValueError
        The product is NaR, which has no value.
    """
    if product.kind == "nar":
        raise ValueError("product must be zero or a number, got NaR (log-to-linear converter)")
    if product.kind == "zero":
        return ZERO
    rounded = round_log(product, datapath)
    integer, fraction = divmod(rounded.log, 1 << rounded.fraction_bits)
    bits = datapath.converter_out_bits
    return normalise(rounded.sign, integer - (bits - 1), significand(fraction, rounded.fraction_bits, bits), datapath)


def normalise(sign: int, exponent: int, magnitude: int, datapath: Datapath) -> PartialSum:
    """Bring a magnitude to `psum_fraction_bits` bits: low bits are dropped, or zeros come in from below."""
    if magnitude == 0:
        return ZERO
    shift = magnitude.bit_length() - datapath.psum_fraction_bits
    fraction = magnitude >> shift if shift >= 0 else magnitude << -shift
    return PartialSum(sign, exponent + shift, fraction)
