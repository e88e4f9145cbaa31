"""The comparison formats against their definitions: every code word, every threshold and its float neighbours."""

from itertools import pairwise

import mpmath
import numpy as np
import published_formats as published
import pytest

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
    parse_format,
    ranked_codec,
)
from lpasim.formats.exact import UndecidedError
from lpasim_ext import lp_codec

ROUNDINGS = ("log", "linear")
WIDTHS = range(2, 9)
PATHS = lp_codec.available_paths()


@pytest.mark.parametrize("sf", [0.0, 0.5, 0.37, -255.9])
@pytest.mark.parametrize("n", WIDTHS)
def test_every_code_word_of_every_format(n, sf):
    for fmt in published.every_format(n, sf):
        with mpmath.workdps(60):
            expected = [
                np.nan if number is None else float(published.real(number)) for number in published.definition(fmt)
            ]
        np.testing.assert_array_equal(fmt.values(), expected, str(fmt))
        np.testing.assert_array_equal(fmt.decode(np.arange(1 << n)), expected)
        assert not np.signbit(fmt.values()[fmt.values() == 0]).any()


@pytest.mark.parametrize("sf", [0.0, 0.5, 0.37, -255.9])
@pytest.mark.parametrize("n", WIDTHS)
def test_every_threshold_of_every_format(n, sf):
    for fmt in published.every_format(n, sf):
        with mpmath.workdps(60):
            for rounding in ROUNDINGS:
                np.testing.assert_array_equal(
                    fmt.thresholds(rounding), published.thresholds(fmt, rounding), f"{fmt} {rounding}"
                )


@pytest.mark.parametrize("fmt", [Integer(8, 0.37), Logarithmic(8, 4, 0.37), Flint(7, -3.3)], ids=str)
def test_a_precision_that_is_too_low_is_noticed(fmt):
    """The bounds of errors are true ones: no precision gives a wrong result, and a low one does not give any."""
    ladder, refused = fmt.ladder(), 0
    for name in ("magnitudes", "arithmetic_means", "geometric_means"):
        right = getattr(ladder, name)(fmt.sf)
        for bits in range(56, 90):
            try:
                attempt = getattr(ladder, f"_{name}")(fmt.sf, bits)
            except UndecidedError:
                refused += 1
            else:
                np.testing.assert_array_equal(attempt, right)
    assert refused > 10


def around(centres, dtype):
    """Every centre in a type, one unit in the last place either side, the specials of the type, and both signs."""
    info = np.finfo(dtype)
    tiny = info.smallest_subnormal
    with np.errstate(over="ignore", under="ignore"):
        middle = np.asarray(centres).astype(dtype)
        specials = np.array([0, tiny, info.tiny, 1, info.max, np.inf], dtype)
        below, above = (np.nextafter(middle, dtype(end)) for end in (0, np.inf))
    positive = np.unique(np.concatenate((middle, below, above, specials)))
    return np.concatenate((positive, -positive))


def check_rounding_of(fmt, rounding, dtypes):
    with mpmath.workdps(60):
        bounds = published.thresholds(fmt, rounding)
        words = [word for word, _ in published.encodable(fmt)]
    for dtype in dtypes:
        points = around(bounds, dtype)
        if isinstance(fmt, Posit):
            points = points[np.isfinite(points)]
        expected = np.array([published.encode(fmt, x, bounds, words) for x in points.tolist()])
        with np.errstate(over="ignore", under="ignore"):
            values = fmt.values()[expected].astype(dtype)
        for path in PATHS:
            codes = ranked_codec.encode(fmt, points, rounding, path)
            np.testing.assert_array_equal(codes, expected, f"{fmt} {rounding} {path}")
            assert codes.dtype == (np.uint8 if fmt.n <= 8 else np.uint16)
            assert ranked_codec.quantize(fmt, points, rounding, path).tobytes() == values.tobytes()


@pytest.mark.parametrize("sf", [0.0, 0.37])
@pytest.mark.parametrize("n", WIDTHS)
def test_encoding_at_every_threshold_and_its_neighbours(n, sf):
    for fmt in published.every_format(n, sf):
        for rounding in ROUNDINGS:
            check_rounding_of(fmt, rounding, (np.float32, np.float64))


@pytest.mark.parametrize("sf", [-256.0, -127.6, 13.9, 140.3, 256.0])
def test_scales_that_float32_and_float16_cannot_follow(sf):
    for fmt in (Integer(8, sf), Integer(2, sf), Flint(5, sf), UnsignedFlint(8, sf), Logarithmic(8, 1, sf)):
        for rounding in ROUNDINGS:
            check_rounding_of(fmt, rounding, (np.float16, np.float32, np.float64))
    for rounding in ROUNDINGS:
        check_rounding_of(
            AdaptivFloat(6, 3, round(-2 * sf)) if sf > 0 else AdaptivFloat(6, 3, 256), rounding, (np.float32,)
        )


@pytest.mark.parametrize("es", [2])
def test_posits_of_sixteen_bits(es):
    fmt = Posit(16, es)
    numbers = published.definition(fmt)
    values = [np.nan if number is None else float(number[0] * 2 ** number[1]) for number in numbers]
    np.testing.assert_array_equal(fmt.values(), values)
    np.testing.assert_array_equal(fmt.encode(fmt.values()), np.arange(1 << 16))
    ties = [float(tie) for tie in published.posit_ties(16, es)]
    np.testing.assert_array_equal(fmt.thresholds("log"), [0.0, *ties])
    even = fmt.encode(np.array(ties))
    assert (even % 2 == 0).all()
    np.testing.assert_array_equal(fmt.encode(np.nextafter(ties, 0)), np.arange(1, len(ties) + 1))
    np.testing.assert_array_equal(fmt.encode(np.nextafter(ties, np.inf)), np.arange(2, len(ties) + 2))
    np.testing.assert_array_equal(fmt.encode(-np.array(ties)), (1 << 16) - even.astype(int))


@pytest.mark.parametrize("n", WIDTHS)
def test_ties_by_exact_distance(n):
    """Where the arithmetic is exact, the definition of the nearest needs no thresholds: it compares distances."""
    for fmt in published.every_format(n):
        if isinstance(fmt, Logarithmic):
            continue
        magnitudes = [number[0] * 2 ** number[1] for _, number in published.encodable(fmt)]
        words = [word for word, _ in published.encodable(fmt)]
        for rank, (low, high) in enumerate(pairwise(magnitudes)):
            middle = (low + high) / 2
            hair = middle / 2**30
            points = [middle - hair, middle, middle + hair]
            chosen = [words[rank], words[rank + rank % 2], words[rank + 1]]
            assert fmt.encode([float(point) for point in points], "linear").tolist() == chosen, str(fmt)


@pytest.mark.parametrize("dtype", [np.float16, np.float32, np.float64])
@pytest.mark.parametrize(
    "spec", ["int8,3", "adaptivfloat7,3,-4", "posit8,2", "lns8,3", "flint6,1", "uflint8,2", "posit11,1"]
)
def test_every_float16(spec, dtype):
    fmt = parse_format(spec)
    x = np.arange(1 << 16, dtype=np.uint16).view(np.float16)
    x = x[~np.isnan(x)].astype(dtype)
    if isinstance(fmt, Posit):
        x = x[np.isfinite(x)]
    for rounding in ROUNDINGS:
        with mpmath.workdps(60):
            bounds = published.thresholds(fmt, rounding)
            words = [word for word, _ in published.encodable(fmt)]
        expected = [published.encode(fmt, value, bounds, words) for value in x.tolist()]
        np.testing.assert_array_equal(fmt.encode(x, rounding), expected)


def test_outliers_of_olive_are_the_published_table():
    """4 bits with a bias of 5: just above 32, where normal values end, up to 384."""
    assert Abfloat(4, 2, -5).magnitudes().tolist() == [0, 48, 64, 96, 128, 192, 256, 384]


def test_powers_of_two_are_the_published_table():
    assert PowerOfTwo(4).magnitudes().tolist() == [0, 1, 2, 4, 8, 16, 32, 64]
    assert UnsignedPowerOfTwo(3, 1).magnitudes().tolist() == [0, 0.5, 1, 2, 4, 8, 16, 32]


def test_flint_of_four_bits_is_the_published_table():
    unsigned = {
        0b0000: 0, 0b0001: 1, 0b0010: 2, 0b0011: 3, 0b0100: 4, 0b0101: 5, 0b0110: 6, 0b0111: 7, 0b1100: 8, 0b1101: 10,
        0b1110: 12, 0b1111: 14, 0b1010: 16, 0b1011: 24, 0b1001: 32, 0b1000: 64,
    }  # fmt: skip
    np.testing.assert_array_equal(UnsignedFlint(4).values(), [unsigned[word] for word in range(16)])
    np.testing.assert_array_equal(Flint(4).magnitudes(), [0, 1, 2, 3, 4, 6, 8, 16])


@pytest.mark.parametrize("bits", range(2, 9))
def test_flint_has_the_grid_of_its_authors(bits):
    """Octaves below and above one with ever fewer values, as they list them, in units of the smallest."""
    grid = [0.0]
    for octave in range(1, bits):
        count = 2 ** (bits - octave - 1)
        grid += [2.0**-octave * (1 + step / count) for step in range(count)]
    for octave in range(bits - 1):
        count = 2 ** (bits - octave - 2)
        grid += [2.0**octave * (1 + step / count) for step in range(count)]
    grid = np.sort([*grid, 2.0 ** (bits - 1)]) * 2 ** (bits - 1)
    np.testing.assert_array_equal(UnsignedFlint(bits).magnitudes(), grid)
    if bits < 8:
        np.testing.assert_array_equal(Flint(bits + 1).magnitudes(), grid)


@pytest.mark.parametrize(("n", "e"), [(8, 3), (8, 4), (6, 3), (4, 2), (5, 2)])
def test_adaptivfloat_follows_its_algorithm(n, e):
    """Flush or raise what is too small, clamp what is too large, and round the mantissa, with the bias of a maximum."""
    x = np.random.default_rng(n).standard_normal(20000)
    mantissa_bits = n - 1 - e
    bias = int(np.floor(np.log2(np.abs(x).max()))) - (2**e - 1)
    smallest = 2.0**bias * (1 + 2.0**-mantissa_bits)
    largest = 2.0 ** (bias + 2**e - 1) * (2 - 2.0**-mantissa_bits)
    magnitude = np.minimum(np.abs(x), largest)
    magnitude[magnitude < smallest] = np.where(magnitude[magnitude < smallest] < smallest / 2, 0, smallest)
    exponent = np.floor(np.log2(np.maximum(magnitude, smallest)))
    step = 2.0 ** (exponent - mantissa_bits)
    expected = np.sign(x) * np.round(magnitude / step) * step
    np.testing.assert_array_equal(AdaptivFloat(n, e, bias).quantize(x, "linear"), expected)


@pytest.mark.parametrize("n", WIDTHS)
def test_integers_round_as_rint_does(n):
    x = np.random.default_rng(n).normal(0, 2.0 ** (n - 2), 20000)
    x = np.concatenate((x, np.arange(-(2**n), 2**n) / 2))
    limit = 2 ** (n - 1) - 1
    for dtype in (np.float32, np.float64):
        scaled = x.astype(dtype) / 8
        expected = np.clip(np.rint(x.astype(dtype)), -limit, limit)
        np.testing.assert_array_equal(Integer(n, 3.0).quantize(scaled, "linear"), expected / 8)
        np.testing.assert_array_equal(Integer(n, 3.0).encode(scaled, "linear"), expected.astype(int) % (1 << n))
