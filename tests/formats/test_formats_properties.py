"""What holds for any format and any real."""

import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from lpasim.formats import LogPosit, reference

ROUNDINGS = st.sampled_from(["log", "linear"])
REALS = st.floats(allow_nan=False, allow_infinity=False)
SINGLES = st.floats(allow_nan=False, allow_infinity=False, width=32)


@st.composite
def formats(draw, largest=12, largest_scale=256):
    n = draw(st.integers(2, largest))
    es = draw(st.integers(0, min(max(0, n - 3), 5)))
    rs = draw(st.integers(min(2, n - 1), n - 1))
    return LogPosit(n, es, rs, draw(st.floats(-largest_scale, largest_scale)))


@given(formats(largest=9), st.lists(REALS, max_size=20), ROUNDINGS)
def test_float64_equals_the_reference(fmt, x, rounding):
    assert fmt.encode(x, rounding).tolist() == [reference.encode(fmt, value, rounding) for value in x]


@given(formats(largest=9), st.lists(SINGLES, max_size=20), ROUNDINGS)
def test_float32_equals_the_reference(fmt, x, rounding):
    singles = np.array(x, np.float32)
    assert fmt.encode(singles, rounding).tolist() == [reference.encode(fmt, value, rounding) for value in x]


@given(formats(largest=16), ROUNDINGS)
def test_every_code_round_trips(fmt, rounding):
    codes = np.arange(1 << fmt.n)
    np.testing.assert_array_equal(fmt.encode(fmt.decode(codes), rounding), codes)


@given(formats(), st.lists(REALS, min_size=2, max_size=30), ROUNDINGS)
def test_rounding_is_monotonic_and_symmetric(fmt, x, rounding):
    ordered = np.sort(np.array(x))
    quantized = fmt.quantize(ordered, rounding)
    assert (np.diff(quantized) >= 0).all()
    np.testing.assert_array_equal(fmt.quantize(-ordered, rounding), -quantized)
    codes, mirrored = (fmt.encode(signed * ordered, rounding).astype(int) for signed in (1, -1))
    np.testing.assert_array_equal((codes + mirrored) % (1 << fmt.n), 0)


@given(formats(), st.lists(REALS, max_size=30), ROUNDINGS)
def test_quantizing_twice_changes_nothing(fmt, x, rounding):
    once = fmt.quantize(np.array(x), rounding)
    np.testing.assert_array_equal(fmt.quantize(once, rounding), once)
    np.testing.assert_array_equal(once, fmt.decode(fmt.encode(np.array(x), rounding)))


@given(formats(), REALS.filter(lambda x: x != 0), ROUNDINGS)
def test_rounding_saturates_and_log_rounding_keeps_nonzero(fmt, x, rounding):
    quantized = float(fmt.quantize(x, rounding))
    assert abs(quantized) <= fmt.maxpos
    assert rounding == "linear" or abs(quantized) >= fmt.minpos
    assert quantized == 0 or math.copysign(1, quantized) == math.copysign(1, x)
    if abs(x) >= fmt.maxpos:
        assert abs(quantized) == fmt.maxpos


@given(formats(largest_scale=20), st.floats(-200, 200), ROUNDINGS)
def test_no_value_is_nearer(fmt, exponent, rounding):
    """By the plain distance, within the rounding errors of float64."""
    x = 2.0**exponent
    chosen = int(fmt.encode(x, rounding))
    positive = fmt.values()[: fmt.nar]
    with np.errstate(divide="ignore"):
        distance = np.abs(np.log2(positive) - exponent) if rounding == "log" else np.abs(positive - x)
    assert distance[chosen] <= distance.min() + 1e-12 * (1 + abs(exponent if rounding == "log" else x))


@pytest.mark.parametrize("rounding", ["log", "linear"])
def test_specials(rounding):
    fmt = LogPosit(8, 2, 3, 0.5)
    codes = fmt.encode([0.0, -0.0, np.inf, -np.inf, np.nan, -np.nan, 1e308, -1e308], rounding)
    assert codes.tolist() == [0, 0, 128, 128, 128, 128, 127, 129]
    assert fmt.encode([5e-324, -5e-324], rounding).tolist() == ([1, 255] if rounding == "log" else [0, 0])
    assert not np.signbit(fmt.quantize(np.array([-0.0, -5e-324]), "linear")).any()
