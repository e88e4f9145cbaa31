"""The encoder, against a plain one for a single real: fractions, and the format's own definition of rounding."""

from __future__ import annotations

import math
from fractions import Fraction

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from lpasim.datapath.encoder import encode, encoded_values
from lpasim.datapath.parameters import Datapath
from lpasim.formats import LogPosit
from lpasim.formats import reference as formats_reference
from lpasim.formats.truncation import truncate

FORMATS = [
    LogPosit(8, 2, 3, 0.5),
    LogPosit(4, 1, 3),
    LogPosit(2, 0, 1, -1.0),
    LogPosit(16, 0, 9),
    LogPosit(8, 5, 7, 256),
]


def truncated(x: float, bits: int) -> float:
    """Keep the leading one of a real and some bits after it."""
    if x == 0 or not math.isfinite(x):
        return x
    exact = Fraction(x)
    place = 0
    while Fraction(2) ** place > abs(exact):
        place -= 1
    while Fraction(2) ** (place + 1) <= abs(exact):
        place += 1
    unit = Fraction(2) ** (place - bits)
    return float(math.trunc(exact / unit) * unit)


def encoded(x: float, fmt: LogPosit, bits: int) -> int:
    return formats_reference.encode(fmt, truncated(x, bits))


@pytest.mark.parametrize("bits", [1, 8, 16])
@pytest.mark.parametrize("fmt", FORMATS, ids=str)
def test_results_around_powers_and_thresholds(fmt, bits):
    thresholds = fmt.thresholds()[1 :: max(1, fmt.nar // 40)]
    x = np.concatenate(
        [thresholds, np.nextafter(thresholds, 0), thresholds * (1 + 2.0**-bits), 2.0 ** np.arange(-20, 20)]
    )
    x = np.concatenate([x, -x])
    codes = encode(x, fmt, Datapath(encoder_in_bits=bits))
    assert codes.dtype == (np.uint8 if fmt.n <= 8 else np.uint16)
    assert codes.tolist() == [encoded(float(value), fmt, bits) for value in x]


@given(st.lists(st.floats(), max_size=8), st.sampled_from(FORMATS), st.integers(1, 16))
def test_any_reals(x, fmt, bits):
    codes = encode(np.array(x, dtype=np.float64), fmt, Datapath(encoder_in_bits=bits))
    assert codes.tolist() == [encoded(value, fmt, bits) for value in x]


def test_by_hand():
    """1.75 = 1.11: one bit after the leading one leaves 1.5, whose log 0.585 is nearer to 0.5 than 0.807 is to it."""
    assert truncate([1.75, -1.75, 1.25, 511.0, 512.0], 1).tolist() == [1.5, -1.5, 1.0, 384.0, 512.0]
    fmt = LogPosit(5, 0, 2)  # logs 0, 0.25, 0.5, 0.75 ... are 01000, 01001, 01010, 01011
    assert encode([1.75, 1.5], fmt, Datapath(encoder_in_bits=1)).tolist() == [0b01010, 0b01010]
    assert encode([1.75, -1.75], fmt, Datapath(encoder_in_bits=8)).tolist() == [0b01011, 0b10101]


def test_truncation_can_change_the_code():
    """The only difference from the format's own rounding, and one that is seen."""
    fmt = LogPosit(8, 0, 2)
    x = np.linspace(1.0, 2.0, 4001)
    coarse, fine = (encode(x, fmt, Datapath(encoder_in_bits=bits)) for bits in (4, 16))
    assert (coarse <= fine).all()
    assert (coarse != fine).any()


def test_zero_nan_and_infinity():
    fmt = LogPosit(8, 2, 3)
    x = [0.0, -0.0, math.nan, -math.nan, math.inf, -math.inf]
    assert encode(x, fmt, Datapath()).tolist() == [0, 0, fmt.nar, fmt.nar, fmt.nar, fmt.nar]


def test_a_nan_whose_low_bits_are_cut_stays_no_number():
    signalling = np.array([0x7FF0000000000001], dtype=np.uint64).view(np.float64)
    assert encode(signalling, LogPosit(8, 2, 3), Datapath()).tolist() == [0x80]


def test_subnormals_keep_bits_from_their_own_leading_one():
    smallest = 5e-324
    x = np.array([1, 3, 511, 513, 1023, -1023, 2**51 + 1]) * smallest
    expected = np.array([1, 3, 511, 512, 1022, -1022, 2**51]) * smallest
    assert truncate(x, 8).tolist() == expected.tolist()


@pytest.mark.parametrize("dtype", [np.float32, np.float16, ">f8", np.int32])
def test_types_and_shapes(dtype):
    fmt = LogPosit(8, 2, 3)
    x = np.arange(-12, 12).reshape(2, 3, 4).astype(dtype)[:, ::2]
    before = x.copy()
    codes = encode(x, fmt, Datapath())
    assert codes.shape == (2, 2, 4)
    assert codes.ravel().tolist() == [encoded(float(value), fmt, 8) for value in x.ravel()]
    assert (x == before).all()
    assert encode(np.float64(1.5), fmt, Datapath()).shape == ()
    with pytest.raises(TypeError):
        encode(x.astype(complex), fmt, Datapath())


def test_the_input_is_not_changed():
    x = np.array([1.9999, 3.3333])
    encode(x, LogPosit(8, 2, 3), Datapath(encoder_in_bits=1))
    assert x.tolist() == [1.9999, 3.3333]


FLOAT32_FORMATS = [
    *FORMATS,
    LogPosit(8, 0, 7, -3.6),
    LogPosit(8, 1, 4, 120.0),  # thresholds among the subnormals of float32
    LogPosit(8, 3, 4, -110.0),  # and beyond its range
    LogPosit(6, 0, 2, 125.7),
]


@pytest.mark.parametrize("bits", [1, 2, 4, 8, 13, 16])
@pytest.mark.parametrize("fmt", FLOAT32_FORMATS, ids=str)
def test_float32_takes_a_shorter_way_to_the_same_words(fmt, bits):
    """Around every threshold and its truncations, and at random, against the way of float64."""
    with np.errstate(over="ignore", under="ignore"):
        near = np.concatenate([fmt.thresholds(), truncate(fmt.thresholds(), bits)]).astype(np.float32)
    near = near[np.isfinite(near)].view(np.uint32).astype(np.int64)
    unit = 1 << max(0, 23 - bits)
    patterns = near[:, None] + np.array([-unit - 1, -unit, 1 - unit, -1, 0, 1, unit - 1, unit, unit + 1])
    drawn = np.random.default_rng(bits).integers(0, 1 << 31, 20000)
    special = [0, 1, 2, (1 << 23) - 1, 1 << 23, 0x7F800000, 0x7F800001, 0x7FC00000]
    patterns = np.concatenate([patterns[patterns >= 0], drawn, special]).astype(np.uint32)
    x = np.concatenate([patterns, patterns | np.uint32(1 << 31)]).view(np.float32)
    datapath = Datapath(encoder_in_bits=bits)
    with np.errstate(invalid="ignore"):
        expected = encode(x.astype(np.float64), fmt, datapath)
    assert np.array_equal(encode(x, fmt, datapath), expected)
    with np.errstate(over="ignore", under="ignore"):
        values = fmt.decode(expected).astype(np.float32)
    np.testing.assert_array_equal(encoded_values(x, fmt, datapath), values)
