"""Values and thresholds, against the definition in decimal arithmetic and against mpmath."""

from fractions import Fraction

import mpmath
import numpy as np
import pytest

from lpasim.errors import FormatError
from lpasim.formats import LogPosit, exact, reference, tables

ROUNDINGS = ("log", "linear")


def formats(n_bits, sf):
    """Every format of n bits with one scale."""
    for es in range(min(max(0, n_bits - 3), 5) + 1):
        for rs in range(min(2, n_bits - 1), n_bits):
            yield LogPosit(n_bits, es, rs, sf)


@pytest.mark.parametrize(
    ("n", "sf"), [*((n, sf) for n in range(2, 9) for sf in (0.0, 0.37, -255.9)), (9, -255.9), (10, 0.37)]
)
def test_every_value_and_threshold_equals_the_reference(n, sf):
    for fmt in formats(n, sf):
        np.testing.assert_array_equal(fmt.values(), [reference.decode(fmt, code) for code in range(1 << n)], str(fmt))
        for rounding in ROUNDINGS:
            np.testing.assert_array_equal(fmt.thresholds(rounding), reference.thresholds(fmt, rounding), str(fmt))


@pytest.mark.parametrize(
    "fmt",
    [LogPosit(16, 0, 2, 0.1), LogPosit(16, 5, 15, -256), LogPosit(16, 2, 6, 255.999), LogPosit(13, 1, 5, 1e-300)],
    ids=str,
)
def test_wide_formats_equal_mpmath(fmt):
    codes = [1, 2, fmt.nar - 2, *np.random.default_rng(5).integers(1, fmt.nar - 1, 300).tolist()]

    def real(position):
        scaled = Fraction(position) - Fraction(fmt.sf)
        return mpmath.mpf(2) ** (mpmath.mpf(scaled.numerator) / scaled.denominator)

    with mpmath.workdps(120):
        for code in codes:
            lower, upper = (reference.position(fmt, entry) for entry in (code, code + 1))
            assert fmt.values()[code] == float(real(lower))
            assert fmt.thresholds("log")[code] == float(real((lower + upper) / 2))
            assert fmt.thresholds("linear")[code] == float((real(lower) + real(upper)) / 2)


def test_first_thresholds_stand_before_minpos():
    fmt = LogPosit(8, 2, 3, 0.3)
    assert fmt.thresholds("log")[0] == 0.0
    assert fmt.thresholds("linear")[0] == fmt.minpos / 2


@pytest.mark.parametrize("n", range(2, 11))
def test_codes_are_in_the_order_of_their_values(n):
    for fmt in formats(n, -1.25):
        values = fmt.values()
        assert np.isnan(values[fmt.nar])
        ordered = np.roll(values, fmt.nar)[1:]
        assert (np.diff(ordered) > 0).all()
        np.testing.assert_array_equal(values[1 : fmt.nar], -values[: fmt.nar : -1])
        assert (fmt.minpos, fmt.maxpos) == (ordered[ordered > 0].min(), ordered.max())


def test_two_bits_hold_one_magnitude():
    np.testing.assert_array_equal(LogPosit(2, 0, 1, 3).values(), [0.0, 0.125, np.nan, -0.125])


def test_hand_worked_words():
    values = LogPosit(8, 2, 3, 0.0).values()
    assert values[0b0_10_00_000] == 1.0
    assert values[0b0_10_11_000] == 8.0
    assert values[0b0_110_01_00] == 2.0**5
    assert values[0b0_111_1100] == 2.0**11  # a run of rs ones has no terminator
    assert values[0b0_000_0001] == 2.0**-12 * 2.0**0.25
    assert values[0b0_10_00_100] == np.sqrt(2.0)  # the fraction is one of the logarithm
    assert LogPosit(5, 2, 4, 0.0).values()[0b0_110_1] == 2.0**6  # the missing low exponent bit is zero


@pytest.mark.parametrize("n", range(3, 11))
def test_the_odd_codes_of_one_more_bit_are_the_log_ties(n):
    for fmt in formats(n, 0.7):
        finer = LogPosit(n + 1, fmt.es, fmt.rs, fmt.sf).values()
        np.testing.assert_array_equal(fmt.values()[1 : fmt.nar], finer[2 : 2 * fmt.nar : 2], str(fmt))
        np.testing.assert_array_equal(fmt.thresholds("log")[1:], finer[3 : 2 * fmt.nar - 1 : 2], str(fmt))


def test_a_hopeless_precision_is_raised_until_it_decides():
    fmt = LogPosit(10, 1, 4, 0.1)
    index = 2 * tables.positions(fmt)[1:]
    tried = []

    def attempt(bits):
        tried.append(bits)
        return tables._on_grid(fmt, index, bits)

    np.testing.assert_array_equal(exact.decided(attempt, bits=56), fmt.values()[1 : fmt.nar])
    assert tried[0] == 56
    assert len(tried) > 1


def test_error_bound_holds_and_decides():
    fmt = LogPosit(16, 0, 2, 0.1)
    steps = tables.fraction_bits(fmt) + 1
    coarse, exponent = exact.power_grid(fmt.sf, steps, 80)
    fine, same_exponent = exact.power_grid(fmt.sf, steps, 320)
    assert exponent == same_exponent
    errors = [(precise >> 240) - entry for entry, precise in zip(coarse, fine, strict=True)]
    assert min(errors) >= 0
    assert 0 < max(errors) < exact.error_bound(80)


def test_tables_are_read_only():
    fmt = LogPosit(8, 2, 3)
    for table in (fmt.values(), fmt.thresholds("log"), fmt.thresholds("linear")):
        with pytest.raises(ValueError, match="read-only"):
            table[0] = 1.0


def test_unknown_rounding_is_refused():
    with pytest.raises(FormatError, match='rounding must be "log" or "linear", got \'up\''):
        LogPosit(8, 2, 3).thresholds("up")
