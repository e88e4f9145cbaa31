"""The comparison formats written down a second time from their publications, with exact numbers and bit by bit.

Each function returns, for every code word, the number as a pair: a fraction and the exponent of a power of two that
multiplies it. None is a word without a number.
"""

from bisect import bisect_left
from fractions import Fraction
from itertools import islice, pairwise
from types import SimpleNamespace

import mpmath

from lpasim.formats import (
    Abfloat,
    AdaptivFloat,
    Flint,
    Integer,
    Logarithmic,
    Posit,
    PowerOfTwo,
    UnsignedFlint,
    UnsignedPowerOfTwo,
)


def bits_of(word, n):
    return [int(bit) for bit in format(word, f"0{n}b")]


def integer(fmt):
    """Two's complement: the first bit counts negative."""
    for word in range(1 << fmt.n):
        first, *rest = bits_of(word, fmt.n)
        number = -first * 2 ** (fmt.n - 1) + sum(bit << place for place, bit in enumerate(reversed(rest)))
        yield Fraction(number), -Fraction(fmt.sf)


def adaptivfloat(fmt):
    """Sign, exponent, mantissa; the smallest magnitude, exponent and mantissa of zeros, is zero."""
    for word in range(1 << fmt.n):
        sign, *rest = bits_of(word, fmt.n)
        exponent = sum(bit << place for place, bit in enumerate(reversed(rest[: fmt.e])))
        mantissa = sum((Fraction(bit, 2 << place) for place, bit in enumerate(rest[fmt.e :])), Fraction(0))
        yield (-1) ** sign * (1 + mantissa if any(rest) else Fraction(0)), Fraction(exponent + fmt.bias)


def posit(fmt):
    """The formula of the standard, which reads the fields of a negative posit as they stand, without complementing."""
    for word in range(1 << fmt.n):
        sign, *rest = bits_of(word, fmt.n)
        if not any(rest):
            yield None if sign else (Fraction(0), Fraction(0))
            continue
        run = next((place for place, bit in enumerate(rest) if bit != rest[0]), len(rest))
        regime = run - 1 if rest[0] else -run
        tail = rest[run + 1 :] + [0] * fmt.es
        exponent = sum(bit << place for place, bit in enumerate(reversed(tail[: fmt.es])))
        fraction = sum((Fraction(bit, 2 << place) for place, bit in enumerate(tail[fmt.es :])), Fraction(0))
        yield 1 - 3 * sign + fraction, Fraction((1 - 2 * sign) * (2**fmt.es * regime + exponent + sign))


def logarithmic(fmt):
    """Sign and a logarithm in two's complement with its first bit inverted; the most negative one is zero."""
    for word in range(1 << fmt.n):
        sign, first, *rest = bits_of(word, fmt.n)
        whole = (first - 1) * 2 ** (fmt.n - 2) + sum(bit << place for place, bit in enumerate(reversed(rest)))
        zero = whole == -(2 ** (fmt.n - 2))
        yield Fraction(0 if zero else (-1) ** sign), Fraction(whole, 2**fmt.f) - Fraction(fmt.sf)


def flint_integer(word, bits):
    """The decoder that makes integers: shift the bits after the first one by twice their leading zeros, and one."""
    first, *rest = bits_of(word, bits)
    low = sum(bit << place for place, bit in enumerate(reversed(rest)))
    if first == 0:
        return low
    if low == 0:
        return 1 << 2 * (bits - 1)
    zeros = rest.index(1)
    return low << 1 << 2 * zeros


def flint(fmt):
    for word in range(1 << fmt.n):
        sign, magnitude = (word >> (fmt.n - 1), word % (1 << (fmt.n - 1))) if fmt.signed else (0, word)
        yield Fraction((-1) ** sign * flint_integer(magnitude, fmt.n - fmt.signed)), -Fraction(fmt.sf)


def power_of_two(fmt):
    """The grid of ANT's code: zero, then 2^0 up to 2^(2^b - 2), in the order of the words."""
    bits = fmt.n - fmt.signed
    grid = [0, *(2**exponent for exponent in range(2**bits - 1))]
    for sign in (1, -1) if fmt.signed else (1,):
        yield from ((Fraction(sign * value), -Fraction(fmt.sf)) for value in grid)


def abfloat(fmt):
    """The loops of OliVe's code: exponents outside, mantissas inside, without the first; the word left out is zero."""
    bits = fmt.n - 1 - fmt.e
    values = [Fraction(2**i) * (1 + Fraction(j, 2**bits)) for i in range(2**fmt.e) for j in range(2**bits)]
    for sign in (1, -1):
        yield from ((sign * value, -Fraction(fmt.sf)) for value in [Fraction(0), *values[1:]])


DEFINITIONS = {
    Integer: integer, AdaptivFloat: adaptivfloat, Posit: posit, Logarithmic: logarithmic, Flint: flint,
    UnsignedFlint: flint, PowerOfTwo: power_of_two, UnsignedPowerOfTwo: power_of_two, Abfloat: abfloat,
}  # fmt: skip


def every_format(n, sf=0.0):
    """Every format of n bits, with one scale; as a bias, that scale is rounded."""
    yield from (Integer(n, sf), Flint(n, sf), UnsignedFlint(n, sf))
    yield from (PowerOfTwo(n, sf), UnsignedPowerOfTwo(n, sf))
    yield from (Abfloat(n, e, sf) for e in range(1, n))
    yield from (Logarithmic(n, f, sf) for f in range(n - 1))
    yield from (AdaptivFloat(n, e, round(-sf)) for e in range(1, n))
    if sf == 0:
        yield from (Posit(n, es) for es in range(6))


def power(exponent):
    """2^exponent, to the working precision of mpmath."""
    return mpmath.mpf(2) ** (mpmath.mpf(exponent.numerator) / exponent.denominator)


def real(number):
    """The value of a pair, to the working precision of mpmath."""
    significand, exponent = number
    return mpmath.mpf(significand.numerator) / significand.denominator * power(exponent)


def definition(fmt):
    """The pair of every code word."""
    return list(DEFINITIONS[type(fmt)](fmt))


def encodable(fmt):
    """The pairs of zero and the positive code words by value, each with its word: the first of those of one value."""
    numbers = {}
    for word, number in enumerate(definition(fmt)):
        if number is not None and number[0] >= 0:
            numbers.setdefault(real(number), (word, number))
    return [numbers[value] for value in sorted(numbers)]


def thresholds(fmt, rounding):
    """Where rounding goes from each magnitude to the next, as float64 that are correctly rounded."""
    numbers = [number for _, number in encodable(fmt)]
    if rounding == "log" and isinstance(fmt, Posit):
        return [0.0, *(float(tie) for tie in posit_ties(fmt.n, fmt.es))]
    if rounding == "log":
        pairs = pairwise(numbers[1:])
        means = [mpmath.sqrt(low[0] * high[0]) * power((low[1] + high[1]) / 2) for low, high in pairs]
        return [0.0, *map(float, means)]
    return [float((real(low) + real(high)) / 2) for low, high in pairwise(numbers)]


def posit_ties(n, es):
    """The ties of the standard's rounding: it appends a one to the bits of the lower posit."""
    finer = SimpleNamespace(n=n + 1, es=es)
    positive = list(islice(posit(finer), 1 << n))
    return [significand * 2**exponent for significand, exponent in positive[3:-2:2]]


def encode(fmt, x, bounds, words):
    """The code word of a real or an infinity by thresholds, with the words of the magnitudes from zero up."""
    if x < 0 and not fmt.signed:
        return 0
    magnitude = abs(x)
    rank = bisect_left(bounds, magnitude)
    if rank < len(bounds) and magnitude == bounds[rank] and rank % 2 == 1:
        rank += 1
    word = words[rank]
    if x > 0 or word == 0:
        return word
    return (1 << fmt.n) - word if isinstance(fmt, (Integer, Posit)) else word + (1 << (fmt.n - 1))
