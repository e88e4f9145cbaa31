"""What the comparison formats do besides rounding: parameters, specifications, fields, specials and shapes."""

import copy
import pickle

import numpy as np
import published_formats as published
import pytest
from hypothesis import given
from hypothesis import strategies as st

from lpasim.cli.entry import main
from lpasim.errors import FormatError
from lpasim.formats import (
    Abfloat,
    AdaptivFloat,
    BitField,
    Flint,
    Integer,
    Logarithmic,
    LogPosit,
    Neighbour,
    Posit,
    PowerOfTwo,
    UnsignedFlint,
    UnsignedPowerOfTwo,
    parse_format,
)

EXAMPLES = [
    Integer(8, 0.5), AdaptivFloat(8, 3, -7), Posit(8), Posit(16, 1), Logarithmic(8, 3, -1.25), Flint(4, 2),
    UnsignedFlint(4, 0.1), PowerOfTwo(4, 1), UnsignedPowerOfTwo(4, 2.5), Abfloat(4, 2, -5),
]  # fmt: skip
WITHOUT_NAR = [fmt for fmt in EXAMPLES if not isinstance(fmt, Posit)]
ROUNDINGS = st.sampled_from(["log", "linear"])
REALS = st.floats(allow_nan=False, allow_infinity=False)


@pytest.mark.parametrize("fmt", EXAMPLES, ids=str)
def test_format_is_an_immutable_value(fmt):
    assert parse_format(fmt.spec) == fmt
    assert parse_format(f" {fmt.spec.upper()} ") == fmt
    assert pickle.loads(pickle.dumps(fmt)) == copy.deepcopy(fmt) == fmt
    assert hash(parse_format(fmt.spec)) == hash(fmt)
    with pytest.raises(AttributeError):
        fmt.n = 4
    assert not hasattr(fmt, "__dict__")
    for table in (fmt.values(), fmt.magnitudes(), fmt.thresholds("log"), fmt.thresholds("linear")):
        with pytest.raises(ValueError, match="read-only"):
            table[0] = 1.0


@pytest.mark.parametrize(
    ("spec", "fmt", "text"),
    [
        ("int8", Integer(8, 0.0), "INT<8,0>"),
        ("int4,-1.5", Integer(4, -1.5), "INT<4,-1.5>"),
        ("adaptivfloat6,3", AdaptivFloat(6, 3, 0), "AdaptivFloat<6,3,0>"),
        ("posit8", Posit(8, 2), "Posit<8,2>"),
        ("posit8,0", Posit(8, 0), "Posit<8,0>"),
        ("lns5,2", Logarithmic(5, 2, 0.0), "LNS<5,2,0>"),
        ("flint4", Flint(4, 0.0), "Flint<4,0>"),
        ("uflint4,3", UnsignedFlint(4, 3.0), "UnsignedFlint<4,3>"),
        ("pot4", PowerOfTwo(4, 0.0), "PoT<4,0>"),
        ("upot4,1", UnsignedPowerOfTwo(4, 1.0), "UnsignedPoT<4,1>"),
        ("abfloat4", Abfloat(4, 2, 0.0), "Abfloat<4,2,0>"),
        ("abfloat8,3,-5", Abfloat(8, 3, -5.0), "Abfloat<8,3,-5>"),
    ],
)
def test_specification(spec, fmt, text):
    assert parse_format(spec) == fmt
    assert str(fmt) == text


def test_signed_and_unsigned_flint_differ():
    assert Flint(4, 1.0) != UnsignedFlint(4, 1.0)
    assert Flint(4, 1.0).maxpos < UnsignedFlint(4, 1.0).maxpos  # tables are kept apart, too


@pytest.mark.parametrize(
    ("spec", "message"),
    [
        ("int", "n must be an integer and sf a real, got ''"),
        ("int1", "n must be an integer in 2..8, got 1 (INT)"),
        ("int9", "n must be an integer in 2..8, got 9 (INT)"),
        ("int8,0,0", "parameters of int must be n or n,sf, got '8,0,0'"),
        ("int8,nan", "sf must be a finite real in -256..256, got nan (INT)"),
        ("int8,257", "sf must be a finite real in -256..256, got 257.0 (INT)"),
        ("int8,x", "n must be an integer and sf a real, got '8,x'"),
        ("adaptivfloat8", "parameters of adaptivfloat must be n,e or n,e,bias, got '8'"),
        ("adaptivfloat8,0", "e must be an integer in 1..7, got 0 (AdaptivFloat with n = 8)"),
        ("adaptivfloat2,2", "e must be 1, got 2 (AdaptivFloat with n = 2)"),
        ("adaptivfloat8,3,0.5", "n and e and bias must be integers, got '8,3,0.5'"),
        ("adaptivfloat8,3,-513", "bias must be an integer in -512..256, got -513 (AdaptivFloat)"),
        ("posit17,2", "n must be an integer in 2..16, got 17 (Posit)"),
        ("posit8,6", "es must be an integer in 0..5, got 6 (Posit)"),
        ("posit8,2,0", "parameters of posit must be n or n,es, got '8,2,0'"),
        ("lns8,7", "f must be an integer in 0..6, got 7 (LNS with n = 8)"),
        ("flint4,inf", "sf must be a finite real in -256..256, got inf (Flint)"),
        ("pot9", "n must be an integer in 2..8, got 9 (PoT)"),
        ("abfloat4,4", "e must be an integer in 1..3, got 4 (Abfloat with n = 4)"),
        ("uflint1", "n must be an integer in 2..8, got 1 (UnsignedFlint)"),
    ],
)
def test_malformed_specification_is_refused(spec, message):
    with pytest.raises(FormatError) as raised:
        parse_format(spec)
    assert message in str(raised.value)


def test_numpy_parameters_become_plain_numbers():
    fmt = Logarithmic(np.int64(8), np.uint8(2), np.float32(0.5))
    assert [type(value) for value in (fmt.n, fmt.f, fmt.sf)] == [int, int, float]
    with pytest.raises(FormatError, match="n must be an integer in"):
        Integer(True)


def test_published_roundings():
    assert {fmt.own_rounding for fmt in (Integer(4), AdaptivFloat(4, 2), Flint(4), UnsignedFlint(4))} == {"linear"}
    assert {fmt.own_rounding for fmt in (LogPosit(4, 1, 2), Logarithmic(4, 1), Posit(4))} == {"log"}


@pytest.mark.parametrize("rounding", ["log", "linear"])
@pytest.mark.parametrize("dtype", [np.float16, np.float32, np.float64])
@pytest.mark.parametrize("fmt", WITHOUT_NAR, ids=str)
def test_infinities_saturate_and_nan_is_refused(fmt, dtype, rounding):
    x = np.array([1, np.inf, -np.inf, 0, -0.0], dtype)
    lowest = -fmt.maxpos if fmt.signed else 0.0
    np.testing.assert_array_equal(fmt.decode(fmt.encode(x, rounding))[1:], [fmt.maxpos, lowest, 0, 0])
    np.testing.assert_array_equal(fmt.quantize(x, rounding)[1:], np.array([fmt.maxpos, lowest, 0, 0], dtype))
    for function in (fmt.encode, fmt.quantize):
        for nan in (np.nan, -np.nan):
            with pytest.raises(FormatError, match="x must hold reals or infinities, got nan") as raised:
                function(np.array([1, nan, np.inf], dtype), rounding)
            assert str(fmt) in str(raised.value)


@pytest.mark.parametrize("fmt", [Posit(8), Posit(16, 1), Posit(5, 0)], ids=str)
def test_posits_have_nar(fmt):
    codes = fmt.encode([0.0, -0.0, np.inf, -np.inf, np.nan, 1e308, -1e308, 1e-300, -1e-300])
    top, nar = fmt.nar - 1, fmt.nar
    assert codes.tolist() == [0, 0, nar, nar, nar, top, nar + 1, 1, 2 * nar - 1]
    assert np.isnan(fmt.quantize(np.array([np.inf, np.nan], np.float32))).all()
    assert fmt.encode([1e-300, -1e-300], "linear").tolist() == [0, 0]


@pytest.mark.parametrize("fmt", EXAMPLES, ids=str)
def test_shapes_and_types(fmt):
    x = np.random.default_rng(1).standard_normal((3, 4, 5)).astype(np.float32)
    for view in (x, x.T, x[:, ::2], x[:0], x[1, 2, 3], x.astype(">f4")):
        codes, values = fmt.encode(view), fmt.quantize(view)
        assert isinstance(codes, np.ndarray)
        assert codes.shape == values.shape == fmt.decode(codes).shape == np.shape(view)
        assert values.dtype == np.float32
        np.testing.assert_array_equal(values, fmt.decode(codes).astype(np.float32))
    assert fmt.encode([]).shape == (0,)
    assert fmt.encode(np.inf).shape == fmt.quantize(-np.inf).shape == ()
    np.testing.assert_array_equal(fmt.encode([1, 0]), fmt.encode([1.0, 0.0]))
    with pytest.raises(TypeError, match="x must be of type"):
        fmt.encode(np.array([1j]))
    with pytest.raises(FormatError, match="rounding must be"):
        fmt.quantize(1.0, "nearest")
    with pytest.raises(FormatError, match="codes must be in"):
        fmt.decode(1 << fmt.n)


@st.composite
def formats(draw):
    return draw(
        st.sampled_from(list(published.every_format(draw(st.integers(2, 8)), draw(st.sampled_from([0.0, 7.3])))))
    )


@given(formats(), st.lists(REALS, min_size=2, max_size=30), ROUNDINGS)
def test_rounding_is_monotonic_and_idempotent(fmt, x, rounding):
    ordered = np.sort(np.array(x))
    quantized = fmt.quantize(ordered, rounding)
    assert (np.diff(quantized) >= 0).all()
    np.testing.assert_array_equal(fmt.quantize(quantized, rounding), quantized)
    np.testing.assert_array_equal(fmt.decode(fmt.encode(ordered, rounding)), quantized)
    if fmt.signed:
        np.testing.assert_array_equal(fmt.quantize(-ordered, rounding), -quantized)
    else:
        assert (quantized[ordered <= 0] == 0).all()
    if rounding == "log":
        assert (quantized[(ordered > 0) | fmt.signed & (ordered < 0)] != 0).all()


def fields_of(spec, code):
    fields = parse_format(spec).fields(code)
    return [(part.name, part.bits, part.meaning) for part in fields.parts]


@pytest.mark.parametrize(
    ("spec", "code", "parts"),
    [
        ("int8,0", 0x5A, [("integer", "01011010", "q = 90")]),
        ("int4", 0b1000, [("integer", "1000", "q = -8, never encoded")]),
        ("int4", 0b1111, [("integer", "1111", "q = -1")]),
        ("adaptivfloat8,3,-4", 0b1_101_1000, [("sign", "1", "negative"), ("exponent", "101", "5 + bias = 1"),
                                              ("mantissa", "1000", "m = 0.5")]),
        ("adaptivfloat8,3", 0x80, [("word", "10000000", "zero, never encoded")]),
        ("posit8,2", 0b0_110_01_01, [("sign", "0", "positive"), ("regime", "110", "k = 1"), ("exponent", "01", "e = 1"),
                                     ("fraction", "01", "f = 0.25")]),
        ("posit8,2", 0b1_001_10_11, [("sign", "1", "negative"), ("regime", "110", "k = 1"), ("exponent", "01", "e = 1"),
                                     ("fraction", "01", "f = 0.25")]),
        ("posit6,2", 0b000011, [("sign", "0", "positive"), ("regime", "0001", "k = -3"), ("exponent", "1", "e = 2"),
                                ("fraction", "", "f = 0.0")]),
        ("posit8", 0x80, [("word", "10000000", "NaR, not a real")]),
        ("lns8,3", 0b0_0100000, [("sign", "0", "positive"), ("logarithm", "0100000", "l = -4.0")]),
        ("lns8,3", 0, [("word", "00000000", "zero")]),
        ("flint4", 0b1_101, [("sign", "1", "negative"), ("exponent", "101", "i = 3"), ("mantissa", "", "m = 0.0")]),
        ("uflint4", 0b1011, [("exponent", "101", "i = 4"), ("mantissa", "1", "m = 0.5")]),
        ("uflint4", 0b0110, [("exponent", "01", "i = 2"), ("mantissa", "10", "m = 0.5")]),
        ("uflint4", 0b1000, [("exponent", "1000", "i = 6"), ("mantissa", "", "m = 0.0")]),
        ("uflint4", 0, [("word", "0000", "zero")]),
    ],
)  # fmt: skip
def test_hand_worked_fields(spec, code, parts):
    assert fields_of(spec, code) == parts


@pytest.mark.parametrize("n", [2, 3, 5, 8])
def test_bits_and_neighbours_of_every_word(n):
    for fmt in published.every_format(n, 0.0):
        reachable = set(
            np.unique(fmt.quantize(np.concatenate((fmt.values(), -fmt.values()))[~np.isnan([*fmt.values()] * 2)]))
        )
        for code in range(1 << n):
            fields = fmt.fields(code)
            value = fmt.values()[code]
            assert np.array_equal(fields.value, value, equal_nan=True)
            if not isinstance(fmt, Posit):
                assert "".join(part.bits for part in fields.parts) == fields.bits == f"{code:0{n}b}"
            if np.isnan(value):
                assert fields.below is fields.above is None
                continue
            below = max((other for other in reachable if other < value), default=None)
            above = min((other for other in reachable if other > value), default=None)
            for neighbour, expected in ((fields.below, below), (fields.above, above)):
                assert (neighbour.value if neighbour else None) == expected
                assert neighbour is None or fmt.encode(neighbour.value) == neighbour.code


def test_neighbours_of_a_word_out_of_order():
    fields = Flint(4).fields(0b0111)  # 6, between 4 and 8, whose words are 0110 and 0101
    assert (fields.below, fields.above) == (Neighbour(0b0110, 4.0), Neighbour(0b0101, 8.0))
    assert fields.parts[0] == BitField("sign", "0", "positive")


@pytest.mark.parametrize("fmt", EXAMPLES, ids=str)
def test_code_that_does_not_fit_is_refused(fmt):
    with pytest.raises(FormatError, match=rf"code must be in 0\.\.{(1 << fmt.n) - 1}, got {1 << fmt.n} \({fmt}\)"):
        fmt.fields(1 << fmt.n)


@pytest.mark.parametrize("fmt", EXAMPLES, ids=str)
def test_inspect_knows_every_format(fmt, capsys):
    with pytest.raises(SystemExit) as ended:
        main(["inspect", "0x3", "--format", fmt.spec])
    output = capsys.readouterr().out
    assert not ended.value.code
    assert str(fmt) in output
    assert repr(float(fmt.values()[3])) in output
