"""The comparison formats against other packages, where these are installed."""

import numpy as np
import pytest

from lpasim.formats import AdaptivFloat, Integer, Posit


@pytest.mark.parametrize(("n", "name"), [(2, "int2"), (4, "int4")])
def test_words_of_integers(n, name):
    ml_dtypes = pytest.importorskip("ml_dtypes")
    words = np.arange(1 << n, dtype=np.uint8)
    signed = np.where(words >> (n - 1), words.astype(int) - (1 << n), words)
    values = signed.astype(getattr(ml_dtypes, name)).astype(np.float64)
    np.testing.assert_array_equal(Integer(n).values(), values)


@pytest.mark.parametrize(
    ("fmt", "name"),
    [
        (AdaptivFloat(4, 2, -1), "float4_e2m1fn"),
        (AdaptivFloat(6, 3, -3), "float6_e3m2fn"),
        (AdaptivFloat(6, 2, -1), "float6_e2m3fn"),
        (AdaptivFloat(8, 4, -8), "float8_e4m3fnuz"),
        (AdaptivFloat(8, 4, -11), "float8_e4m3b11fnuz"),
        (AdaptivFloat(8, 5, -16), "float8_e5m2fnuz"),
        (AdaptivFloat(8, 4, -7), "float8_e4m3"),
        (AdaptivFloat(8, 3, -3), "float8_e3m4"),
    ],
)
def test_normal_numbers_of_small_floats(fmt, name):
    """Small floats differ below 2^(bias + 1), where they have subnormals, and some of them in the highest octave."""
    ml_dtypes = pytest.importorskip("ml_dtypes")
    kind = np.dtype(getattr(ml_dtypes, name))
    words = np.arange(1 << fmt.n, dtype=np.uint8)
    values = words.view(kind).astype(np.float64)
    special = name in {"float8_e4m3", "float8_e3m4"}  # their last exponent is that of infinity and NaN
    exponents = words >> fmt.mantissa_bits & ((1 << fmt.e) - 1)
    normal = (exponents > 0) & (exponents < (1 << fmt.e) - special)
    np.testing.assert_array_equal(fmt.values()[normal], values[normal])
    largest = np.abs(values[normal]).max()
    x = np.random.default_rng(1).uniform(2.0 ** (fmt.bias + 1), largest, 50000).astype(np.float32)
    x = np.concatenate((x, (values[normal] + np.roll(values[normal], 1)).astype(np.float32) / 2))
    x = x[(np.abs(x) >= 2.0 ** (fmt.bias + 1)) & (np.abs(x) <= largest)]
    np.testing.assert_array_equal(fmt.encode(x, "linear"), x.astype(kind).view(np.uint8))


def points(fmt):
    """Values, ties, what is a hair off them, far ends and random reals; finite, of both signs."""
    bounds = np.concatenate((fmt.thresholds("log"), fmt.magnitudes()))
    random = 2.0 ** np.random.default_rng(2).uniform(-140, 140, 2000)
    positive = np.concatenate((bounds, np.nextafter(bounds, 0), np.nextafter(bounds, np.inf), random, [1e-300, 1e300]))
    return np.concatenate((positive, -positive))


@pytest.mark.parametrize(("n", "es", "name"), [(8, 0, "P8"), (16, 1, "P16")])
def test_posits_of_softposit(n, es, name):
    softposit = pytest.importorskip("softposit")
    fmt = Posit(n, es)
    x = points(fmt)
    convert, back = (getattr(softposit, text) for text in (f"convertDoubleTo{name}", f"convert{name}ToDouble"))
    posits = [convert(value) for value in x.tolist()]
    np.testing.assert_array_equal(fmt.encode(x), [posit.v % (1 << n) for posit in posits])
    np.testing.assert_array_equal(fmt.quantize(x), [back(posit) for posit in posits])


@pytest.mark.parametrize("n", range(3, 17))
def test_standard_posits_of_softposit(n):
    """Of two exponent bits and any length, kept at the upper end of 32 bits."""
    softposit = pytest.importorskip("softposit")
    fmt = Posit(n, 2)
    x = points(fmt)
    posits = [softposit.convertDoubleToPX2(value, n) for value in x.tolist()]
    np.testing.assert_array_equal(fmt.encode(x), [posit.v >> (32 - n) for posit in posits])
    np.testing.assert_array_equal(fmt.quantize(x), [softposit.convertPX2ToDouble(posit) for posit in posits])
