"""The compiled encoder and decoder against the reference, at and around every threshold."""

import numpy as np
import pytest

from lpasim.errors import FormatError
from lpasim.formats import LogPosit, codec, reference
from lpasim_ext import lp_codec

ROUNDINGS = ("log", "linear")
PATHS = lp_codec.available_paths()
FLOATS = (np.float16, np.float32, np.float64)


def formats(n_bits, sf):
    """Every format of n bits with one scale."""
    for es in range(min(max(0, n_bits - 3), 5) + 1):
        for rs in range(min(2, n_bits - 1), n_bits):
            yield LogPosit(n_bits, es, rs, sf)


def around(centres, dtype):
    """Every centre in a type, one unit in the last place either side, the specials of the type, and both signs."""
    info = np.finfo(dtype)
    tiny = info.smallest_subnormal
    specials = [0, tiny, 2 * tiny, info.tiny, 1, info.max, np.inf, np.nan]
    with np.errstate(over="ignore", under="ignore"):
        middle = np.asarray(centres).astype(dtype)
        points = [
            middle,
            np.nextafter(middle, dtype(0)),
            np.nextafter(middle, dtype(np.inf)),
            np.array(specials, dtype),
        ]
    positive = np.unique(np.concatenate(points))
    return np.concatenate((positive, -positive))


def expected(fmt, points, rounding):
    with np.errstate(invalid="ignore"):
        wide = points.astype(np.float64)
    return np.array([reference.encode(fmt, x, rounding) for x in wide.tolist()])


def check_everywhere(fmt, dtype):
    for rounding in ROUNDINGS:
        points = around(reference.thresholds(fmt, rounding), dtype)
        codes = expected(fmt, points, rounding)
        with np.errstate(over="ignore", under="ignore"):
            values = fmt.values()[codes].astype(dtype)
        for path in PATHS:
            np.testing.assert_array_equal(codec.encode(fmt, points, rounding, path), codes, f"{fmt} {rounding} {path}")
            quantized = codec.quantize(fmt, points, rounding, path)
            assert quantized.dtype == dtype
            # The patterns, so that the sign of zero counts; every NaN is the quiet one.
            assert quantized.tobytes() == np.where(np.isnan(values), dtype(np.nan), values).tobytes()


@pytest.mark.parametrize("sf", [0.0, 0.37])
@pytest.mark.parametrize("n", range(2, 11))
def test_every_threshold_of_every_format(n, sf):
    for fmt in formats(n, sf):
        check_everywhere(fmt, np.float32)
        check_everywhere(fmt, np.float64)


@pytest.mark.parametrize("sf", [-256.0, -127.6, 13.9, 140.3, 256.0])
def test_scales_that_float32_and_float16_cannot_follow(sf):
    """Thresholds among the subnormals, below the smallest and above the largest number of the narrower types."""
    for parameters in [(2, 0, 1), (4, 1, 2), (6, 0, 5), (8, 0, 2), (8, 0, 7), (8, 2, 3), (8, 5, 7), (10, 1, 4)]:
        for dtype in FLOATS:
            check_everywhere(LogPosit(*parameters, sf), dtype)


@pytest.mark.parametrize(("es", "rs"), [(0, 2), (0, 15), (2, 5), (5, 15)])
def test_sixteen_bits(es, rs):
    """By a plain search over the thresholds, which `test_formats_tables` holds against mpmath."""
    fmt = LogPosit(16, es, rs, -3.3)
    for rounding in ROUNDINGS:
        bounds = fmt.thresholds(rounding)
        for dtype in (np.float32, np.float64):
            points = around(bounds[1::7], dtype)
            magnitude = np.abs(points.astype(np.float64))
            codes = np.searchsorted(bounds, magnitude)
            codes += (magnitude == np.append(bounds, -1)[codes]) & (codes % 2 == 1)
            codes = np.where(np.signbit(points), -codes, codes) % (1 << 16)
            codes[~np.isfinite(points)] = fmt.nar
            np.testing.assert_array_equal(fmt.encode(points, rounding), codes)


@pytest.mark.parametrize("n", range(2, 11))
def test_every_code_decodes_and_encodes_back(n):
    for fmt in formats(n, 5.5):
        codes = np.arange(1 << n, dtype=np.uint8 if n <= 8 else np.uint16)
        values = np.array([reference.decode(fmt, code) for code in codes.tolist()])
        for path in PATHS:
            decoded = codec.decode(fmt, codes, path)
            assert decoded.dtype == np.float64
            np.testing.assert_array_equal(decoded, values)
        for rounding in ROUNDINGS:
            encoded = fmt.encode(values, rounding)
            assert encoded.dtype == codes.dtype
            np.testing.assert_array_equal(encoded, codes)


@pytest.mark.parametrize("rounding", ROUNDINGS)
@pytest.mark.parametrize("dtype", FLOATS)
def test_every_float16(dtype, rounding):
    fmt = LogPosit(8, 2, 3, 0.4)
    with np.errstate(invalid="ignore"):
        x = np.arange(1 << 16, dtype=np.uint16).view(np.float16).astype(dtype)
    np.testing.assert_array_equal(fmt.encode(x, rounding), expected(fmt, x, rounding))


@pytest.mark.parametrize("n", [6, 8, 11])
@pytest.mark.parametrize("dtype", FLOATS)
@pytest.mark.parametrize("path", PATHS)
def test_any_length_any_layout_any_byte_order(path, dtype, n):
    """Lengths around the vector width and the block of the kernel."""
    fmt = LogPosit(n, 1, 3, -0.2)
    rng = np.random.default_rng(n)
    for size in (0, 1, 15, 16, 17, 63, 64, 65, 4095, 4096, 4097, 8200):
        x = rng.standard_normal(size).astype(dtype)
        codes = [reference.encode(fmt, float(value)) for value in x]
        values = fmt.values().astype(dtype)[codes]
        views = {
            "plain": x,
            "swapped": x.astype(x.dtype.newbyteorder()),
            "strided": np.repeat(x, 2)[::2],
            "reversed": x[::-1].copy()[::-1],
        }
        for name, view in views.items():
            np.testing.assert_array_equal(codec.encode(fmt, view, "log", path), codes, name)
            np.testing.assert_array_equal(codec.quantize(fmt, view, "log", path), values, name)
            np.testing.assert_array_equal(
                codec.decode(fmt, codec.encode(fmt, view, "log", path), path), fmt.values()[codes]
            )
    assert codec.quantize(fmt, x.astype(x.dtype.newbyteorder()), "log", path).dtype == dtype


def test_shapes_are_kept():
    fmt = LogPosit(8, 2, 3)
    x = np.random.default_rng(1).standard_normal((3, 4, 5)).astype(np.float32)
    for view in (x, x.T, np.asfortranarray(x), x[:, ::2], x[:0], x[1, 2, 3], np.broadcast_to(x[0, 0], (7, 5))):
        codes = fmt.encode(view)
        assert codes.shape == fmt.quantize(view).shape == fmt.decode(codes).shape == np.shape(view)
        np.testing.assert_array_equal(codes, np.vectorize(lambda v: reference.encode(fmt, v), otypes=[np.uint8])(view))
        np.testing.assert_array_equal(fmt.quantize(view), fmt.decode(codes).astype(np.float32))
    assert isinstance(fmt.encode(1.0), np.ndarray)
    assert isinstance(fmt.decode(64), np.ndarray)


def test_input_is_left_alone():
    fmt = LogPosit(8, 2, 3)
    x = np.linspace(-3, 3, 100, dtype=np.float32)
    x.setflags(write=False)
    result = fmt.quantize(x)
    assert result.flags.writeable
    np.testing.assert_array_equal(x, np.linspace(-3, 3, 100, dtype=np.float32))


def test_lists_and_integers_are_taken_as_float64():
    fmt = LogPosit(8, 2, 3)
    np.testing.assert_array_equal(fmt.encode([1, -2, 0]), fmt.encode([1.0, -2.0, 0.0]))
    assert fmt.quantize(np.array([3, -3], np.int8)).dtype == np.float64
    assert fmt.encode([]).shape == (0,)
    assert fmt.decode([]).shape == (0,)


@pytest.mark.parametrize(
    "x",
    [
        np.array([True]),
        np.array([1j]),
        np.array(["1"]),
        np.array([None]),
        np.array([1], "m8[s]"),
        np.array([1], np.longdouble),
    ],
)
def test_other_types_are_refused(x):
    fmt = LogPosit(8, 2, 3)
    for function in (fmt.encode, fmt.quantize):
        with pytest.raises(TypeError, match="x must be of type float16, float32, float64 or an integer type, got"):
            function(x)


def test_codes_must_be_integers_that_fit():
    fmt = LogPosit(6, 1, 3)
    for codes in (64, -1, [3, 200], np.array([65535], np.uint16), np.array([-128], np.int8), np.array([1 << 40])):
        with pytest.raises(FormatError, match=r"codes must be in 0\.\.63, got"):
            fmt.decode(codes)
    for codes in (1.0, [True], np.array([], np.float32), "1"):
        with pytest.raises(TypeError, match="codes must be of an integer type, got"):
            fmt.decode(codes)
    np.testing.assert_array_equal(fmt.decode(np.array([63, 1], np.int64)), fmt.values()[[63, 1]])
    np.testing.assert_array_equal(fmt.decode(np.array([63, 1], ">u4")), fmt.values()[[63, 1]])


def test_unknown_rounding_is_refused():
    fmt = LogPosit(8, 2, 3)
    for function in (fmt.encode, fmt.quantize):
        with pytest.raises(FormatError, match="rounding must be"):
            function(1.0, rounding="nearest")


def test_reference_refuses_codes_that_do_not_fit():
    with pytest.raises(FormatError, match=r"code must be in 0\.\.255, got 256"):
        reference.decode(LogPosit(8, 2, 3), 256)
