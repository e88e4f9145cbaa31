"""The compiled product of code words, bit for bit against the plain reference, on every path of this machine."""

from __future__ import annotations

from functools import cache
from itertools import combinations_with_replacement

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from lpasim.datapath import matmul as module
from lpasim.datapath import reference, reference_sums
from lpasim.datapath.matmul import matmul
from lpasim.datapath.parameters import Datapath
from lpasim.errors import FormatError
from lpasim.formats import LogPosit, exponent_sizes, regime_sizes
from lpasim_ext import lp_mac

PATHS = lp_mac.available_paths()
ACCUMULATORS = ("wide", "paper")
DEFAULT = Datapath()
BYTE, NIBBLE, PAIR = LogPosit(8, 2, 3, 0.5), LogPosit(4, 1, 3), LogPosit(2, 0, 1)
FRACTION, RANGE = LogPosit(8, 0, 2), LogPosit(8, 5, 7)
"""The most fraction bits and the largest range of 8 bits: many classes, and sums that no lane holds."""


def assert_same_bits(found, expected):
    """Every NaN is as good as another; all else, the sign of zero too, must be the same."""
    number = ~np.isnan(expected)
    np.testing.assert_array_equal(np.isnan(found), ~number)
    np.testing.assert_array_equal(found[number].view(np.int64), expected[number].view(np.int64))


def words(rng, fmt, *shape, nar=False):
    drawn = rng.integers(0, 1 << fmt.n, shape, dtype=np.uint8)
    return drawn if nar else np.where(drawn == fmt.nar, 0, drawn).astype(np.uint8)


# A second oracle for larger products: terms by the reference, added as integers or by NumPy in float64, exactly.


@cache
def terms(first_format, second_format, datapath):
    """Exact terms of all pairs of words [words of the first, words of the second], NaN for NaR."""
    table = np.empty((1 << first_format.n, 1 << second_format.n))
    for first, second in np.ndindex(table.shape):
        product = reference.multiply(
            reference.decode_word(first, first_format), reference.decode_word(second, second_format)
        )
        table[first, second] = np.nan if product.kind == "nar" else float(reference.convert(product, datapath).value)
    return table


def cut(x, exponent):
    """Drop all bits of x below 2^exponent."""
    return np.ldexp(np.trunc(np.ldexp(x, -exponent)), exponent)


def add(total, term, bits):
    exponent = np.maximum(np.frexp(total)[1], np.frexp(term)[1])
    exponent = np.where((total == 0) | (term == 0), np.frexp(total + term)[1], exponent) - bits
    result = cut(total, exponent) + cut(term, exponent)
    return cut(result, np.frexp(result)[1] - bits)


def exact_sum(products):
    """The sum over the first axis of float64 numbers, rounded once."""
    fraction, exponent = np.frexp(products)
    lowest = int(exponent.min()) - 53
    integers = np.ldexp(fraction, 53).astype(np.int64).astype(object) << (exponent - 53 - lowest).astype(object)
    total = integers.sum(axis=0)
    return np.ldexp(np.vectorize(float, otypes=[float])(total), lowest)


def oracle(first, second, first_format, second_format, accumulator, datapath):
    table = terms(first_format, second_format, datapath)
    if accumulator == "wide":
        return np.stack([exact_sum(table[row[:, None], second]) for row in first])
    bits, stored = datapath.psum_fraction_bits, np.zeros((len(first), second.shape[1]))
    for begin in range(0, len(second), datapath.rows):
        total = np.zeros_like(stored)
        for k in range(begin, min(begin + datapath.rows, len(second))):
            total = add(total, table[first[:, k, None], second[k]], bits)
        stored = add(stored, total, bits)
    return stored


@pytest.mark.parametrize("accumulator", ACCUMULATORS)
@pytest.mark.parametrize("datapath", [DEFAULT, Datapath(3, 2, 5, 6)])
def test_the_oracle_is_the_reference(accumulator, datapath):
    rng = np.random.default_rng(0)
    for first_format, second_format in ((NIBBLE, NIBBLE), (PAIR, LogPosit(5, 2, 3))):
        first, second = words(rng, first_format, 6, 40), words(rng, second_format, 40, 5)
        arguments = (first, second, first_format, second_format, accumulator, datapath)
        assert_same_bits(oracle(*arguments), reference_sums.matmul(*arguments))


# Every pair of words.

SPREAD = [PAIR, LogPosit(3, 0, 2), NIBBLE, LogPosit(4, 0, 2, -3.3), LogPosit(5, 2, 3), LogPosit(6, 3, 5)]
WIDE_PAIRS = [
    (BYTE, BYTE),
    (FRACTION, RANGE),
    (RANGE, BYTE),
    (LogPosit(8, 1, 4), LogPosit(8, 0, 7)),
    (NIBBLE, FRACTION),
]


@pytest.mark.parametrize("pair", [*combinations_with_replacement(SPREAD, 2), *WIDE_PAIRS], ids=str)
def test_every_pair_of_words(pair):
    first, second = (np.arange(1 << fmt.n, dtype=np.uint8) for fmt in pair)
    expected = terms(*pair, DEFAULT)
    for accumulator in ACCUMULATORS:
        for path in PATHS:
            assert_same_bits(matmul(first[:, None], second[None], *pair, accumulator, DEFAULT, path=path), expected)
            # one row at a time: another way through the tables
            rows, columns = first[:, None, None], np.broadcast_to(second, (len(first), 1, len(second)))
            assert_same_bits(matmul(rows, columns, *pair, accumulator, DEFAULT, path=path)[:, 0], expected)


@pytest.mark.parametrize("datapath", [Datapath(converter_in_bits=bits, converter_out_bits=5) for bits in range(7)])
def test_every_pair_of_words_with_less_of_the_logarithm(datapath):
    pair = (LogPosit(7, 0, 2), LogPosit(6, 1, 2))
    first, second = (np.arange(1 << fmt.n, dtype=np.uint8) for fmt in pair)
    for accumulator in ACCUMULATORS:
        for path in PATHS:
            found = matmul(first[:, None], second[None], *pair, accumulator, datapath, path=path)
            assert_same_bits(found, terms(*pair, datapath))


# Drawn products.


@st.composite
def formats(draw):
    n = draw(st.sampled_from((2, 3, 4, 4, 6, 7, 8, 8, 8)))
    es, rs = draw(st.sampled_from(exponent_sizes(n))), draw(st.sampled_from(regime_sizes(n)))
    return LogPosit(n, es, rs, draw(st.sampled_from((0.0, 1.5, -20.25))))


@st.composite
def datapaths(draw):
    out = draw(st.integers(2, 12))
    rows = draw(st.sampled_from((1, 3, 8, 128)))
    return Datapath(rows, draw(st.integers(0, 7)), out, draw(st.integers(out, 16)))


@st.composite
def matrices(draw, fmt, rows, columns):
    usual = [word for word in (0, 1, fmt.nar - 1, fmt.nar + 1, (1 << fmt.n) - 1) if word >> fmt.n == 0]
    word = st.one_of(st.integers(0, fmt.nar - 1), st.integers(fmt.nar + 1, (1 << fmt.n) - 1), st.sampled_from(usual))
    if draw(st.integers(0, 3)) == 0:
        word = st.one_of(word, word, word, st.just(fmt.nar))
    drawn = draw(st.lists(word, min_size=rows * columns, max_size=rows * columns))
    return np.array(drawn, np.uint8).reshape(rows, columns)


@st.composite
def products(draw):
    rows, depth, columns = draw(st.integers(1, 7)), draw(st.integers(1, 21)), draw(st.integers(1, 5))
    first_format, second_format = draw(formats()), draw(formats())
    first, second = draw(matrices(first_format, rows, depth)), draw(matrices(second_format, depth, columns))
    return first, second, first_format, second_format, draw(st.sampled_from(ACCUMULATORS)), draw(datapaths())


@settings(max_examples=120)
@given(products(), st.sampled_from((1, 2, 3)))
def test_drawn_products(product, threads):
    expected = reference_sums.matmul(*product)
    for path in PATHS:
        assert_same_bits(matmul(*product, path=path, threads=threads), expected)


@settings(max_examples=60)
@given(products())
def test_the_operands_may_change_places(product):
    first, second, first_format, second_format, *rest = product
    swapped = matmul(second.T, first.T, second_format, first_format, *rest)
    assert_same_bits(swapped.T, matmul(*product))


@pytest.mark.parametrize("pair", [(NIBBLE, BYTE), (BYTE, BYTE), (RANGE, RANGE)], ids=str)
@pytest.mark.parametrize("accumulator", ACCUMULATORS)
def test_scaling_is_one_multiplication_of_the_result(pair, accumulator):
    rng = np.random.default_rng(8)
    arguments = (words(rng, pair[0], 9, 40), words(rng, pair[1], 40, 30), *pair, accumulator, DEFAULT)
    for path in PATHS:
        assert_same_bits(matmul(*arguments, path=path, scale=2.0**-0.3), matmul(*arguments, path=path) * 2.0**-0.3)


# Shapes that leave registers and caches: more than one block of columns (up to 128) and of rows (1024).

BLOCKS = {
    "fewer rows than classes, two blocks of columns": (BYTE, BYTE, (5, 67, 150)),
    "more rows than classes": (BYTE, FRACTION, (300, 20, 33)),
    "two blocks of rows": (NIBBLE, BYTE, (1030, 9, 3)),
    "blocks of both": (PAIR, NIBBLE, (1025, 10, 130)),
    "one row": (BYTE, NIBBLE, (1, 300, 65)),
    "one column": (NIBBLE, BYTE, (65, 300, 1)),
    "a long range": (BYTE, LogPosit(8, 4, 6), (40, 30, 17)),
}


@pytest.mark.parametrize("accumulator", ACCUMULATORS)
@pytest.mark.parametrize("case", BLOCKS)
def test_larger_products(case, accumulator):
    first_format, second_format, (rows, depth, columns) = BLOCKS[case]
    rng = np.random.default_rng(3)
    first, second = words(rng, first_format, rows, depth), words(rng, second_format, depth, columns)
    arguments = (first, second, first_format, second_format, accumulator, DEFAULT)
    expected = oracle(*arguments)
    for path in PATHS:
        for threads in (1, 3):
            assert_same_bits(matmul(*arguments, path=path, threads=threads), expected)


@pytest.mark.parametrize("rows", [1, 3, 8, 128])
def test_folds_that_end_inside_a_table(rows):
    datapath, rng = Datapath(rows), np.random.default_rng(4)
    for first_format in (NIBBLE, BYTE):
        arguments = (words(rng, first_format, 24, 301), words(rng, BYTE, 301, 9), first_format, BYTE, "paper", datapath)
        expected = oracle(*arguments)
        for path in PATHS:
            assert_same_bits(matmul(*arguments, path=path), expected)


@pytest.mark.parametrize("path", PATHS)
@pytest.mark.parametrize("accumulator", ACCUMULATORS)
def test_groups_and_views(path, accumulator):
    rng = np.random.default_rng(5)
    first, second = words(rng, NIBBLE, 2, 3, 7, 22), words(rng, BYTE, 2, 3, 20, 11)
    first[1, 2, 4, 4] = NIBBLE.nar
    second[0, 1, 6, 3] = BYTE.nar
    views = (first[:, ::-1, ::2, 1:21], second.swapaxes(0, 1)[:, ::-1].swapaxes(0, 1)[..., ::3])
    expected = np.array(
        [
            [reference_sums.matmul(a, b, NIBBLE, BYTE, accumulator, DEFAULT) for a, b in zip(*x, strict=True)]
            for x in zip(*views, strict=True)
        ]
    )
    assert np.isnan(expected).any()
    for threads in (1, 2, 3, 9):
        assert_same_bits(matmul(*views, NIBBLE, BYTE, accumulator, DEFAULT, path=path, threads=threads), expected)


@pytest.mark.parametrize("shape", [(0, 3, 4), (3, 0, 4), (3, 4, 0), (0, 0, 0)])
@pytest.mark.parametrize("groups", [(), (0,), (2,), (2, 0)])
@pytest.mark.parametrize("threads", [1, 2])
def test_empty_products(shape, groups, threads):
    rows, depth, columns = shape
    first, second = np.zeros((*groups, rows, depth), np.uint8), np.zeros((*groups, depth, columns), np.uint8)
    for accumulator in ACCUMULATORS:
        out = matmul(first, second, BYTE, BYTE, accumulator, DEFAULT, threads=threads)
        assert_same_bits(out, np.zeros((*groups, rows, columns)))


def test_nar_spoils_its_row_and_its_column():
    first, second = np.full((3, 4), 64, np.uint8), np.full((4, 5), 64, np.uint8)
    first[1, 2] = second[0, 3] = BYTE.nar
    first[2, 0] = 0  # zero times NaR is NaR
    for accumulator in ACCUMULATORS:
        found = np.isnan(matmul(first, second, BYTE, BYTE, accumulator, DEFAULT))
        assert found.tolist() == [[(p == 1) or (q == 3) for q in range(5)] for p in range(3)]


# Lanes of exact sums: 32 and 64 bits emptied before they overflow, and limbs.


class Spy:
    """The compiled module; it notes which sum was chosen."""

    def __init__(self):
        self.chosen = []

    def __getattr__(self, name):
        return getattr(lp_mac, name)

    def wide(self, first, second, **rest):
        self.chosen.append((rest["values"].dtype.name, rest["chunk"]))
        lp_mac.wide(first, second, **rest)

    def windows(self, first, second, **rest):
        self.chosen.append((f"{len(rest['offsets'])} windows", rest["chunk"]))
        lp_mac.windows(first, second, **rest)


LANES = {
    "int32": (NIBBLE, LogPosit(8, 0, 4), "uint32"),
    "int32, few classes": (PAIR, LogPosit(8, 1, 4), "uint32"),
    "int64": (BYTE, BYTE, "uint64"),
    "windows in one sum": (LogPosit(8, 2, 4), LogPosit(8, 2, 4), "2 windows"),
    "a few windows": (LogPosit(8, 2, 5), LogPosit(8, 2, 5), "3 windows"),
    "many windows": (RANGE, RANGE, "180 windows"),
    "windows of both": (LogPosit(8, 4, 7), RANGE, "117 windows"),
}


@pytest.mark.parametrize("case", LANES)
@pytest.mark.parametrize("few", [True, False])
def test_sums_that_fill_a_lane(monkeypatch, case, few):
    first_format, second_format, lane = LANES[case]
    spy = Spy()
    monkeypatch.setattr(module, "lp_mac", spy)
    maxpos = (first_format.nar - 1, second_format.nar - 1)
    largest = terms(first_format, second_format, DEFAULT)[maxpos]
    rows, depth = 3 if few else 200, 2501
    first, second = np.full((rows + 1, depth), maxpos[0], np.uint8), np.full((depth, 4), maxpos[1], np.uint8)
    first[-1] = words(np.random.default_rng(7), first_format, depth)  # all words, so that terms have their whole range
    first[1] = -first[1].astype(np.int64) % (1 << first_format.n)  # the most negative sum
    second[:, 1] = words(np.random.default_rng(6), second_format, depth)
    second[-1, 2] = 1  # a term that the first few thousand hide from float64
    second[:, 3], second[::2, 3] = second_format.nar + 1, maxpos[1]  # cancelling terms
    out = {path: matmul(first, second, first_format, second_format, "wide", DEFAULT, path=path) for path in PATHS}
    expected = oracle(first[[0, 1, 2, -1]], second, first_format, second_format, "wide", DEFAULT)
    assert expected[0, 0] == -expected[1, 0] == depth * largest
    assert expected[0, 3] == largest
    for found in out.values():
        assert_same_bits(found[[0, 1, 2, -1]], expected)
        assert_same_bits(found[3:-1], np.broadcast_to(expected[2], found[3:-1].shape))
    assert {name for name, _ in spy.chosen} == {lane}
    assert all(chunk < depth for _, chunk in spy.chosen)


@pytest.mark.parametrize("offset", range(0, 70, 3))
@pytest.mark.parametrize("path", PATHS)
def test_windows_round_to_nearest_even_once(offset, path):
    """1 + 2^-53 is a tie, which any term below breaks, wherever the limbs begin; and so with the sign turned round."""
    significand, exponent = np.array([1, 1, 1, 1, -1]), np.array([200, 148, 147, 0, 0])
    starts = np.arange(0, 201, 40)
    values = np.zeros((len(starts), 2, 256), np.int64)
    for window, start in enumerate(starts):
        inside = (exponent >= start) & (exponent < start + 40)
        values[window, 0, 1:6] = np.where(inside, significand << np.where(inside, exponent - start, 0), 0)
    values[:, 1] = -values[:, 0]
    columns = {(1, 3, 0): 1, (1, 3, 4): 1 + 2**-52, (1, 3, 5): 1, (1, 2, 3): 1 + 2**-51, (4, 1, 0): 1, (4, 5, 0): 0}
    factor_of, twins = np.zeros((len(starts), 256), np.uint32), np.zeros((len(starts), 2), np.uint8)
    factor_of[:, 1], twins[:, 1] = 1 << 16, 1
    first, second = np.array([[[0] * 3, [1] * 3]], np.uint8), np.array([*columns], np.uint8).T.copy()[None]
    out = np.empty((1, 2, len(columns)))
    tables = {"factor_of": factor_of, "values": values.view(np.uint64), "packed": None, "twins": twins, "chunk": 2}
    places = {"offsets": (starts + offset).astype(np.int32), "unit_exponent": -200 - offset, "unit": 1.0}
    lp_mac.windows(first, second, **tables, **places, out=out, path=path)
    assert out[0].tolist() == [[*columns.values()], [-value for value in columns.values()]]


# What depends on the machine around the sums.


def test_rows_change_bits():
    """One loses each 2^-8 that is added to it, but not the sum of two, where the array has rows that part them so."""
    one, small = BYTE.encode(np.array([1.0, 2.0**-8]) * 2.0**-BYTE.sf)
    first, second = np.array([[one] * 4], np.uint8), np.array([[one], [0], [small], [small]], np.uint8)
    for path in PATHS:
        sums = {rows: matmul(first, second, BYTE, BYTE, "paper", Datapath(rows), path=path)[0, 0] for rows in (1, 2, 4)}
        assert sums == {1: 1.0, 2: 1 + 2.0**-7, 4: 1.0}
        assert matmul(first, second, BYTE, BYTE, "wide", DEFAULT, path=path) == 1 + 2.0**-7


@pytest.mark.parametrize("path", PATHS)
@pytest.mark.parametrize("fmt", [BYTE, RANGE], ids=["float32", "float64"])
def test_the_rounding_mode_is_the_thread_s_own_again(path, fmt):
    rng = np.random.default_rng(7)
    first, second = words(rng, fmt, 40, 30), words(rng, fmt, 30, 8)
    one, more = np.ones(8), np.full(8, 1.5 * 2.0**-53)
    before = one + more, one / 3, np.float32(1) / np.arange(3, 40, dtype=np.float32)
    matmul(first, second, fmt, fmt, "paper", DEFAULT, path=path)
    after = one + more, one / 3, np.float32(1) / np.arange(3, 40, dtype=np.float32)
    assert (before[0] > 1).all()  # rounded to nearest; towards zero gives 1
    for was, now in zip(before, after, strict=True):
        assert_same_bits(np.float64(now), np.float64(was))


# Errors.

A, W = np.zeros((2, 3), np.uint8), np.zeros((3, 4), np.uint8)


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"second": W.T}, r"operands must be \[\.\.\., P, K\]"),
        ({"first": A[0]}, r"operands must be \[\.\.\., P, K\]"),
        ({"second": W[:, 0]}, r"operands must be \[\.\.\., P, K\]"),
        ({"first": A[None]}, r"operands must be \[\.\.\., P, K\]"),
        ({"first": A.astype(np.int64)}, "code words must be uint8, got int64"),
        ({"second": W.astype(np.int8)}, "code words must be uint8, got int8"),
        ({"first": A + np.uint8(16)}, "code words must be below 16, got 16"),
        ({"second": W + np.uint8(255)}, "code words must be below 16, got 255"),
        ({"accumulator": "Wide"}, 'accumulator must be "wide" or "paper", got \'Wide\''),
        ({"threads": 0}, "threads must be at least 1, got 0"),
        ({"path": "sse"}, "path must be one that this processor runs"),
        ({"path": ""}, "path must be one that this processor runs"),
    ],
)
def test_arguments_are_checked(changes, message):
    arguments = {
        "first": A, "second": W, "first_format": NIBBLE, "second_format": NIBBLE, "accumulator": "wide",
        "datapath": DEFAULT,
    }  # fmt: skip
    with pytest.raises(ValueError, match=message):
        matmul(**(arguments | changes))


@pytest.mark.parametrize("which", [0, 1])
def test_longer_words_are_refused(which):
    pair = [BYTE, BYTE]
    pair[which] = LogPosit(9, 2, 3)
    with pytest.raises(FormatError, match="n must be at most 8 bits in the datapath, got 9"):
        matmul(A, W, *pair, "wide", DEFAULT)


KINDS = {"wide": np.uint32, "wide 64": np.uint64, "paper": np.float32, "paper 64": np.float64, "windows": np.uint64}


def kernel_arguments(kind):
    lane = KINDS[kind]
    shared = {
        "first": np.zeros((2, 3, 5), np.uint8), "second": np.zeros((2, 5, 4), np.uint8),
        "factor_of": np.zeros(256, np.uint32), "out": np.ones((2, 3, 4)),
    }  # fmt: skip
    table = np.zeros((3, 256), lane)
    if kind == "windows":
        return shared | {
            "factor_of": np.zeros((2, 256), np.uint32), "values": np.zeros((2, 3, 256), lane), "chunk": 7,
            "packed": np.zeros((2, 3, 2, 256), np.uint8), "twins": np.zeros((2, 3), np.uint8), "unit": 1.0,
            "offsets": np.array([0, 40], np.int32), "unit_exponent": 0,
        }  # fmt: skip
    shared |= {"values": table, "packed": np.zeros((3, 2, 256), np.uint8), "twins": np.zeros(3, np.uint8), "unit": 1.0}
    if kind.startswith("wide"):
        return shared | {"chunk": 7}
    return shared | {"scales": np.ones(4, lane), "fold": 2, "fraction_bits": 8}


def one_factor(class_number, scale):
    factor_of = np.zeros(256, np.uint32)
    factor_of[255] = class_number << 16 | scale
    return factor_of


OUTSIDE = [
    ({"first": np.zeros((2, 3, 4), np.uint8)}, "second must fit"),
    ({"first": np.zeros((1, 3, 5), np.uint8)}, "second must fit"),
    ({"first": np.zeros((2, 3, 0), np.uint8), "second": np.zeros((2, 0, 4), np.uint8)}, "first must have at least"),
    ({"out": np.ones((2, 3, 3))}, "out must be"),
    ({"out": np.ones((2, 2, 4))}, "out must be"),
    ({"out": np.ones((1, 3, 4))}, "out must be"),
    ({"path": "sse"}, "path must be"),
]
OUTSIDE_TABLES = [
    ({"factor_of": np.zeros(255, np.uint32)}, "factor_of must have an entry for every word"),
    ({"factor_of": one_factor(3, 0)}, "factor_of must be within the tables"),
    ({"packed": np.zeros((2, 2, 256), np.uint8)}, "packed must be"),
    ({"packed": np.zeros((3, 1, 256), np.uint8)}, "packed must be"),
    ({"packed": np.zeros((3, 2, 255), np.uint8)}, "packed must be"),
    ({"twins": np.zeros(2, np.uint8)}, "twins must have"),
    ({"twins": np.array([1, 0, 0], np.uint8)}, "twins must have"),
]
OUTSIDE_OF = {
    "wide": [
        ({"values": np.zeros((3, 255), np.uint32)}, "values must have"),
        ({"values": np.zeros((0, 256), np.uint32)}, "factor_of must be within the tables"),
        ({"factor_of": one_factor(0, 32)}, "factor_of must be within the tables"),
        ({"chunk": 0}, "chunk must be"),
    ],
    "wide 64": [({"factor_of": one_factor(0, 64)}, "factor_of must be within the tables")],
    "paper": [
        ({"values": np.zeros((3, 255), np.float32)}, "values must have"),
        ({"factor_of": one_factor(0, 4)}, "factor_of must be within the tables"),
        ({"scales": np.zeros(0, np.float32)}, "factor_of must be within the tables"),
        ({"fold": 0}, "fold must be"),
        ({"fraction_bits": 0}, "fraction_bits must be"),
        ({"fraction_bits": 17}, "fraction_bits must be"),
    ],
    "paper 64": [({"factor_of": one_factor(0, 4)}, "factor_of must be within the tables")],
    "windows": [
        ({"factor_of": np.zeros((2, 255), np.uint32)}, "factor_of must have an entry for every word"),
        ({"factor_of": np.stack([one_factor(0, 0), one_factor(3, 0)])}, "factor_of must be within the tables"),
        ({"factor_of": np.stack([one_factor(0, 0), one_factor(0, 64)])}, "factor_of must be within the tables"),
        ({"factor_of": np.zeros((1, 256), np.uint32)}, "tables must have an entry for every window"),
        ({"values": np.zeros((1, 3, 256), np.uint64)}, "tables must have an entry for every window"),
        ({"values": np.zeros((2, 3, 255), np.uint64)}, "values must have"),
        ({"twins": np.zeros((1, 3), np.uint8)}, "tables must have an entry for every window"),
        ({"twins": np.array([[0, 0, 0], [1, 0, 0]], np.uint8)}, "twins must have"),
        ({"packed": np.zeros((1, 3, 2, 256), np.uint8)}, "packed must have an entry for every window"),
        ({"packed": np.zeros((2, 2, 2, 256), np.uint8)}, "packed must be"),
        ({"offsets": np.zeros(3, np.int32)}, "tables must have an entry for every window"),
        ({"offsets": np.array([-1, 0], np.int32)}, "offsets must be"),
        ({"offsets": np.array([0, 1 << 20], np.int32)}, "offsets must be"),
        ({"chunk": 0}, "chunk must be"),
    ],
}


@pytest.mark.parametrize("kind", KINDS)
def test_tables_that_do_not_fit_are_refused(kind):
    function, good = getattr(lp_mac, kind.partition(" ")[0]), kernel_arguments(kind)
    function(**good)
    assert not good["out"].any()  # the arguments that are changed below are right
    for changes, message in OUTSIDE + OUTSIDE_OF[kind] + (OUTSIDE_TABLES if kind != "windows" else []):
        with pytest.raises(ValueError, match=message):
            function(**(good | changes))


def test_the_largest_sums_reach_the_last_limb():
    good = kernel_arguments("windows")
    words = {"first": np.full((2, 3, 5), 255, np.uint8), "second": np.full((2, 5, 4), 255, np.uint8)}
    values = np.zeros((2, 3, 256), np.int64)
    values[1, 2, 255] = -(1 << 60)
    factors = {"factor_of": np.stack([one_factor(0, 0), one_factor(2, 0)]), "chunk": 8, "packed": None}
    places = {"offsets": np.array([0, (1 << 20) - 1], np.int32), "unit_exponent": 1 - (1 << 20)}
    lp_mac.windows(**(good | words | factors | places | {"values": values.view(np.uint64)}))
    assert (good["out"] == -5 * 2.0**60).all()


def test_the_words_in_use_are_found():
    words = np.array([3, 255, 3, 0, 7, 3], np.uint8)
    assert np.flatnonzero(np.frombuffer(lp_mac.used_words(words), np.uint8)).tolist() == [0, 3, 7, 255]
    assert not any(lp_mac.used_words(words[:0]))


@pytest.mark.parametrize("shape", [(1, 1, 1), (2, 16, 32), (3, 17, 5), (1, 40, 33), (0, 3, 2), (2, 0, 3)])
def test_words_are_turned(shape):
    words = np.random.default_rng(9).integers(0, 256, shape, np.uint8)
    assert np.array_equal(lp_mac.transposed(words), words.swapaxes(1, 2))


def test_parts_fill_blocks_and_lose_nothing():
    assert module._edges(300, 2, 128) == [0, 128, 300]
    assert module._edges(7, 3) == [0, 2, 5, 7]
    assert module._edges(1, 3) == [0, 0, 1, 1]
