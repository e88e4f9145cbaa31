"""The plain reference of the datapath, against its definition written again with fractions, and worked by hand."""

from __future__ import annotations

import math
from fractions import Fraction
from functools import cache
from itertools import permutations, product

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from lpasim.datapath import reference, reference_sums
from lpasim.datapath.parameters import Datapath
from lpasim.datapath.reference import ZERO, Operand, PartialSum
from lpasim.errors import FormatError
from lpasim.formats import LogPosit, exponent_sizes, regime_sizes
from lpasim.formats.reference import position

DEFAULT = Datapath()
NARROW = Datapath(rows=3, converter_in_bits=2, converter_out_bits=3, psum_fraction_bits=5)
ROUNDED = Datapath(rows=2, converter_in_bits=0, converter_out_bits=2, psum_fraction_bits=2)
FULL = Datapath(converter_in_bits=16, converter_out_bits=12, psum_fraction_bits=16)

PAIRS = {
    "4 bits": (LogPosit(4, 1, 3), LogPosit(4, 0, 2, 0.5)),
    "5 bits": (LogPosit(5, 0, 4), LogPosit(5, 2, 3)),
    "2 and 8 bits": (LogPosit(2, 0, 1), LogPosit(8, 0, 7)),
    "8 bits": (LogPosit(8, 2, 3, 0.5), LogPosit(8, 1, 4, -1)),
}


# The definition again: logarithms and sums are fractions, bits are cut by floor divisions of fractions.


def exact_log(fmt: LogPosit, code: int) -> tuple[int, Fraction]:
    """Sign and logarithm of a word that is neither zero nor NaR."""
    negative = code > fmt.nar
    return int(negative), position(fmt, (1 << fmt.n) - code if negative else code)


def most_fraction_bits(fmt: LogPosit) -> int:
    return max(position(fmt, code).denominator.bit_length() - 1 for code in range(1, fmt.nar))


@cache
def nearest_power(numerator: int, bits: int) -> int:
    """2^(numerator / q) to the nearest integer T, with q = 2^bits: (2T - 1)^q < 2^(numerator + q) < (2T + 1)^q."""
    power = 1 << bits
    guess = max(1, round(2.0 ** (numerator / power)))
    for candidate in (guess - 1, guess, guess + 1):
        if (2 * candidate - 1) ** power < 1 << (numerator + power) <= (2 * candidate + 1) ** power:
            return candidate
    raise AssertionError(numerator, bits)


def converted(sign: int, log: Fraction, unit: int, datapath: Datapath) -> Fraction:
    """The converter: log, of at most `unit` fraction bits, to a linear value."""
    kept = min(unit, datapath.converter_in_bits)
    scaled = round(log * 2**kept)  # of a Fraction: the nearest integer, ties to even
    integer, fraction = divmod(scaled, 2**kept)
    bits = datapath.converter_out_bits
    result = nearest_power(fraction + ((bits - 1) << kept), kept)
    return (-1) ** sign * result * Fraction(2) ** (integer - (bits - 1))


def leading_place(x: Fraction) -> int:
    """The place of the leading one of a magnitude: floor(log2 |x|)."""
    place = abs(x.numerator).bit_length() - x.denominator.bit_length()
    return place if Fraction(2) ** place <= abs(x) else place - 1


def towards_zero(x: Fraction, lowest_place: int) -> Fraction:
    """Drop all bits of the magnitude below a place."""
    unit = Fraction(2) ** lowest_place
    return math.trunc(x / unit) * unit


def short_sum(x: Fraction, y: Fraction, bits: int) -> Fraction:
    """The addition of the "paper" accumulator on values."""
    if not x or not y:
        return x + y
    lowest = max(leading_place(x), leading_place(y)) - bits + 1
    total = towards_zero(x, lowest) + towards_zero(y, lowest)
    return towards_zero(total, leading_place(total) - bits + 1) if total else total


def expected_terms(w_codes, a_codes, fmt_w, fmt_a, datapath) -> list[Fraction] | None:
    """The converted products; None where a word is NaR."""
    if fmt_w.nar in w_codes or fmt_a.nar in a_codes:
        return None
    unit = max(most_fraction_bits(fmt_w), most_fraction_bits(fmt_a))
    terms = []
    for w, a in zip(w_codes, a_codes, strict=True):
        if w and a:
            (w_sign, w_log), (a_sign, a_log) = exact_log(fmt_w, w), exact_log(fmt_a, a)
            terms.append(converted((w_sign + a_sign) % 2, w_log + a_log, unit, datapath))
        else:
            terms.append(Fraction(0))
    return terms


def expected_dot(w_codes, a_codes, fmt_w, fmt_a, accumulator, datapath) -> float:
    terms = expected_terms(w_codes, a_codes, fmt_w, fmt_a, datapath)
    if terms is None:
        return math.nan
    if accumulator == "wide":
        total = sum(terms, Fraction(0))
        return total.numerator / total.denominator  # of integers: rounded once
    stored = Fraction(0)
    for first in range(0, len(terms), datapath.rows):
        total = Fraction(0)
        for term in terms[first : first + datapath.rows]:
            total = short_sum(total, term, datapath.psum_fraction_bits)
        stored = short_sum(stored, total, datapath.psum_fraction_bits)
    assert Fraction(float(stored)) == stored
    return float(stored)


def bits_of(x: float) -> str:
    return x.hex()


# Parameters


@pytest.mark.parametrize(
    ("name", "wrong", "right"),
    [
        ("rows", (0, -1), (1, 1000)),
        ("converter_in_bits", (-1, 17), (0, 16)),
        ("converter_out_bits", (1, 13), (2, 8)),
        ("psum_fraction_bits", (7, 17), (8, 16)),
        ("encoder_in_bits", (0, 17), (1, 16)),
    ],
)
def test_parameters_are_checked(name, wrong, right):
    for value in right:
        assert getattr(Datapath(**{name: value}), name) == value
    for value in (*wrong, 1.5, True, "8", None):
        with pytest.raises(ValueError, match=f"{name} must be .*, got {value!r}"):
            Datapath(**{name: value})


def test_parameters_are_plain_integers():
    assert type(Datapath(rows=np.int64(4)).rows) is int


# Decoder


@pytest.mark.parametrize("n", range(2, 9))
def test_every_word_of_small_formats_decodes(n):
    for es, rs in product(exponent_sizes(n), regime_sizes(n)):
        fmt = LogPosit(n, es, rs, 3.25)
        unit = most_fraction_bits(fmt)
        assert reference.fraction_bits(fmt) == unit
        for code in set(range(1 << n)) - {0, fmt.nar}:
            sign, log = exact_log(fmt, code)
            assert reference.decode_word(code, fmt) == Operand("number", sign, int(log * 2**unit), unit)
            assert log * 2**unit == int(log * 2**unit)
        assert reference.decode_word(0, fmt) == Operand("zero", 0, 0, unit)
        assert reference.decode_word(fmt.nar, fmt) == Operand("nar", 0, 0, unit)


@pytest.mark.parametrize("fmt", [LogPosit(16, 5, 15), LogPosit(16, 0, 2), LogPosit(12, 3, 5)], ids=str)
def test_words_of_wide_formats_decode(fmt):
    unit = most_fraction_bits(fmt)
    for code in (1, 2, fmt.nar // 2, fmt.nar - 1, fmt.nar + 1, 2 * fmt.nar - 1, *range(3, 2 * fmt.nar, 997)):
        sign, log = exact_log(fmt, code)
        assert reference.decode_word(code, fmt) == Operand("number", sign, int(log * 2**unit), unit)


@pytest.mark.parametrize("code", [-1, 16])
def test_a_code_out_of_range(code):
    with pytest.raises(FormatError, match=rf"code must be in 0\.\.15, got {code}"):
        reference.decode_word(code, LogPosit(4, 1, 3))


# Multiplier and converter


def test_nar_wins_over_zero_and_zero_over_numbers():
    nar, zero, number = Operand("nar", 0, 0, 2), Operand("zero", 0, 0, 0), Operand("number", 1, 3, 1)
    assert reference.multiply(nar, zero).kind == reference.multiply(zero, nar).kind == "nar"
    assert reference.multiply(nar, number).kind == reference.multiply(nar, nar).kind == "nar"
    assert reference.multiply(zero, number).kind == reference.multiply(number, zero).kind == "zero"
    assert reference.multiply(number, Operand("number", 1, -5, 3)) == Operand("number", 0, 7, 3)
    assert reference.multiply(number, Operand("number", 0, 1, 0)) == Operand("number", 1, 5, 1)


@pytest.mark.parametrize(
    ("log", "rounded"),
    [(0, 0), (1, 0), (2, 0), (3, 1), (5, 1), (6, 2), (7, 2), (62, 16), (-1, 0), (-2, 0), (-3, -1), (-6, -2), (-10, -2)],
)
def test_surplus_fraction_bits_round_to_even(log, rounded):
    """From quarters of a unit; 62 of 64ths is 15.5 sixteenths and carries into the integer."""
    datapath = Datapath(converter_in_bits=4)
    assert reference.round_log(Operand("number", 1, log, 6), datapath) == Operand("number", 1, rounded, 4)
    assert reference.round_log(Operand("number", 1, log, 4), datapath).log == log


@pytest.mark.parametrize("bits", [2, 3, 8, 12])
def test_the_converters_table(bits):
    for unit in range(7):
        for fraction in range(1 << unit):
            expected = nearest_power(fraction + ((bits - 1) << unit), unit)
            assert reference.significand(fraction, unit, bits) == expected


def test_the_converters_table_by_hand():
    """128 * 2^0.25 = 152.2, 128 * 2^0.5 = 181.02, 128 * 2^(63/64) = 253.2; 2 * 2^0.75 = 3.4, 2 * 2^(15/16) = 3.8."""
    assert [reference.significand(f, 6, 8) for f in (0, 16, 32, 63)] == [128, 152, 181, 253]
    assert [reference.significand(f, 4, 2) for f in (0, 12, 15)] == [2, 3, 4]


def test_a_significand_that_rounds_up_to_two_keeps_its_value():
    """2^(15/16) in two bits is 4 * 2^-1, with which a fraction of two bits carries into the exponent."""
    datapath = Datapath(converter_out_bits=2, psum_fraction_bits=2)
    assert reference.convert(Operand("number", 1, 15, 4), datapath) == PartialSum(1, 0, 2)
    assert reference.convert(Operand("number", 0, 15, 4), datapath).value == 2


def test_the_converter_refuses_nar():
    with pytest.raises(ValueError, match="got NaR"):
        reference.convert(Operand("nar", 0, 0, 0), DEFAULT)


# Adder, by hand: fractions of three bits


@pytest.mark.parametrize(
    ("total", "term", "expected"),
    [
        ((0, 0, 0b100), (0, 0, 0b111), (0, 1, 0b101)),  # 4 + 7 = 11, whose lowest bit is dropped: 10
        ((1, 0, 0b100), (1, 0, 0b111), (1, 1, 0b101)),  # the same, negative: the magnitude is cut
        ((0, 0, 0b100), (0, -1, 0b111), (0, 0, 0b111)),  # 4 + 3.5: the half is shifted out
        ((0, 0, 0b100), (1, -1, 0b111), (0, -2, 0b100)),  # 4 - 3 = 1, and not 0.5
        ((0, 0, 0b100), (0, -3, 0b111), (0, 0, 0b100)),  # all bits are shifted out
        ((0, -3, 0b111), (1, 0, 0b100), (1, 0, 0b100)),  # in either order
        ((0, 5, 0b110), (1, 5, 0b110), (0, 0, 0)),  # cancelled: plus zero
        ((1, 5, 0b110), (0, 0, 0), (1, 5, 0b110)),
        ((0, 0, 0), (1, -5, 0b110), (1, -5, 0b110)),
        ((0, 0, 0), (0, 0, 0), (0, 0, 0)),
        ((1, 0, 0b101), (0, 2, 0b111), (0, 2, 0b110)),  # 28 - 5, with 5 cut to 4
    ],
)
def test_additions_by_hand(total, term, expected):
    datapath = Datapath(converter_out_bits=2, psum_fraction_bits=3)
    assert reference_sums.add(PartialSum(*total), PartialSum(*term), datapath) == PartialSum(*expected)


def test_every_addition_of_short_numbers():
    datapath = Datapath(converter_out_bits=2, psum_fraction_bits=4)
    numbers = [ZERO] + [PartialSum(s, e, f) for s in (0, 1) for e in range(-3, 4) for f in range(8, 16)]
    for total, term in product(numbers, numbers):
        result = reference_sums.add(total, term, datapath)
        assert result.value == short_sum(total.value, term.value, 4)
        assert result == ZERO or 8 <= result.fraction < 16


# Whole products and sums


@pytest.mark.parametrize("datapath", [DEFAULT, NARROW, ROUNDED], ids=["default", "narrow", "rounded"])
@pytest.mark.parametrize("pair", PAIRS)
def test_every_pair_of_words(pair, datapath):
    fmt_w, fmt_a = PAIRS[pair]
    unit = max(most_fraction_bits(fmt_w), most_fraction_bits(fmt_a))
    decoded = [reference.decode_word(a, fmt_a) for a in range(1 << fmt_a.n)]
    logs = [exact_log(fmt_a, a) if a not in {0, fmt_a.nar} else None for a in range(1 << fmt_a.n)]
    for w in range(1 << fmt_w.n):
        left = reference.decode_word(w, fmt_w)
        w_log = exact_log(fmt_w, w) if w not in {0, fmt_w.nar} else None
        for a, a_log in enumerate(logs):
            result = reference.multiply(left, decoded[a])
            if fmt_w.nar == w or fmt_a.nar == a:
                assert result.kind == "nar"
            elif w_log is None or a_log is None:
                assert reference.convert(result, datapath) == ZERO
            else:
                term = reference.convert(result, datapath)
                assert term.value == converted((w_log[0] + a_log[0]) % 2, w_log[1] + a_log[1], unit, datapath)
                assert term.fraction.bit_length() == datapath.psum_fraction_bits


@pytest.mark.parametrize("accumulator", ["wide", "paper"])
def test_every_sum_of_two_products_of_short_words(accumulator):
    fmt_w, fmt_a = LogPosit(3, 0, 2), LogPosit(4, 1, 3)
    for w in product(range(8), repeat=2):
        for a in product(range(16), repeat=2):
            expected = expected_dot(w, a, fmt_w, fmt_a, accumulator, NARROW)
            assert bits_of(reference_sums.dot(w, a, fmt_w, fmt_a, accumulator, NARROW)) == bits_of(expected)


@st.composite
def formats(draw):
    n = draw(st.sampled_from([2, 3, 4, 5, 8, 8, 10]))
    return LogPosit(n, draw(st.sampled_from(exponent_sizes(n))), draw(st.sampled_from(regime_sizes(n))))


@st.composite
def datapaths(draw):
    out_bits = draw(st.integers(2, 12))
    return Datapath(
        rows=draw(st.integers(1, 9)),
        converter_in_bits=draw(st.integers(0, 8)),
        converter_out_bits=out_bits,
        psum_fraction_bits=draw(st.integers(out_bits, 16)),
    )


@given(st.data(), formats(), formats(), datapaths(), st.sampled_from(["wide", "paper"]))
def test_random_sums(data, fmt_w, fmt_a, datapath, accumulator):
    size = data.draw(st.integers(0, 24))

    def words(fmt):
        word = st.integers(0, (1 << fmt.n) - 1).filter(lambda code: code != fmt.nar)
        return data.draw(st.lists(word, min_size=size, max_size=size))

    w, a = words(fmt_w), words(fmt_a)
    expected = expected_dot(w, a, fmt_w, fmt_a, accumulator, datapath)
    assert bits_of(reference_sums.dot(w, a, fmt_w, fmt_a, accumulator, datapath)) == bits_of(expected)


UNIT = LogPosit(8, 2, 3)
ONE, MINUS_ONE = 0x40, 0xC0


@pytest.mark.parametrize("accumulator", ["wide", "paper"])
def test_nar_anywhere_makes_the_output_nan(accumulator):
    for w, a in (([UNIT.nar, ONE], [ONE, ONE]), ([ONE, 0], [ONE, UNIT.nar]), ([UNIT.nar], [UNIT.nar])):
        assert math.isnan(reference_sums.dot(w, a, UNIT, UNIT, accumulator, DEFAULT))


@pytest.mark.parametrize("accumulator", ["wide", "paper"])
def test_zeros_and_cancellation_give_plus_zero(accumulator):
    for w, a in (([], []), ([0, ONE], [ONE, 0]), ([ONE, MINUS_ONE], [ONE, ONE]), ([MINUS_ONE], [0])):
        assert bits_of(reference_sums.dot(w, a, UNIT, UNIT, accumulator, DEFAULT)) == bits_of(0.0)


def test_scales_do_not_enter():
    w, a = [0x5A, 0x33, 0xC1], [0x21, 0xFE, 0x44]
    for accumulator in ("wide", "paper"):
        plain = reference_sums.dot(w, a, UNIT, UNIT, accumulator, DEFAULT)
        assert reference_sums.dot(w, a, LogPosit(8, 2, 3, 7.5), LogPosit(8, 2, 3, -3), accumulator, DEFAULT) == plain


def test_wide_rounds_once_to_even():
    """Above 2^53 float64 holds even numbers: + 1 is a tie and is lost, + 3 is one that goes up."""
    fmt = LogPosit(16, 4, 15)
    words = {log: next(c for c in range(1, fmt.nar) if position(fmt, c) == log) for log in (0, 1, 53)}
    for small, expected in (([0], 2**53), ([0, 1], 2**53 + 4), ([0, 0, 0], 2**53 + 4), ([1], 2**53 + 2)):
        w = [words[53], *(words[log] for log in small)]
        assert reference_sums.dot(w, [words[0]] * len(w), fmt, fmt, "wide", DEFAULT) == float(expected)


def test_the_order_of_additions_is_part_of_the_contract():
    """256 and 1 eight times: one by one each 1 is shifted out, but four of them added first are not all lost.

    A fraction of 8 bits with 256 at its top counts in twos, so 256 + 1 = 256; 4 is two of them.
    """
    power = {log: next(c for c in range(1, UNIT.nar) if position(UNIT, c) == log) for log in (0, 8)}
    w = [power[8]] + [power[0]] * 8
    a = [power[0]] * 9
    results = {
        rows: reference_sums.dot(w, a, UNIT, UNIT, "paper", Datapath(rows=rows)) for rows in (1, 2, 3, 4, 5, 8, 9, 16)
    }
    assert results == {1: 256, 2: 262, 3: 260, 4: 260, 5: 260, 8: 256, 9: 256, 16: 256}
    assert {reference_sums.dot(w, a, UNIT, UNIT, "wide", Datapath(rows=rows)) for rows in (1, 4, 8)} == {264}
    assert reference_sums.dot(w[::-1], a, UNIT, UNIT, "paper", Datapath(rows=9)) == 264
    orders = {reference_sums.dot(order, a[:3], UNIT, UNIT, "paper", DEFAULT) for order in permutations(w[:3])}
    assert orders == {256, 258}


@pytest.mark.parametrize("accumulator", ["wide", "paper"])
def test_matmul_is_a_dot_for_each_output(accumulator):
    rng = np.random.default_rng(5)
    fmt_w, fmt_a = LogPosit(4, 1, 3), LogPosit(8, 1, 4, -1)
    a = rng.integers(0, 256, (3, 11)).astype(np.uint8)
    w = rng.integers(0, 16, (11, 2)).astype(np.uint8)
    a[a == fmt_a.nar] = 1
    w[w == fmt_w.nar] = 1
    a[1, 4] = fmt_a.nar
    out = reference_sums.matmul(a, w, fmt_a, fmt_w, accumulator, NARROW)
    assert (out.shape, out.dtype) == ((3, 2), np.float64)
    for m, n in np.ndindex(out.shape):
        expected = expected_dot(w[:, n].tolist(), a[m].tolist(), fmt_w, fmt_a, accumulator, NARROW)
        assert bits_of(float(out[m, n])) == bits_of(expected)
    assert np.isnan(out).all(axis=1).tolist() == [False, True, False]


def test_wrong_calls_are_refused():
    with pytest.raises(ValueError, match="accumulator must be"):
        reference_sums.dot([1], [1], UNIT, UNIT, "exact", DEFAULT)
    with pytest.raises(ValueError, match="shorter"):
        reference_sums.dot([1, 1], [1], UNIT, UNIT, "wide", DEFAULT)


@given(st.floats(allow_nan=False, allow_infinity=False))
def test_holding_a_value_truncates_it(value):
    held = reference_sums.hold(value, FULL)
    exact = Fraction(value)
    assert held.value == (towards_zero(exact, leading_place(exact) - 15) if exact else 0)
    assert held.fraction == 0 or held.fraction.bit_length() == 16
