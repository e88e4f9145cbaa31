"""``inspect mac``: one multiply-accumulate, step by step."""

from __future__ import annotations

import math

import pytest

FORMATS = ("--format-w", "lp8,2,3,0.5", "--format-a", "lp8,1,4,-1")


def rows(out: str) -> list[list[str]]:
    return [line.split() for line in out.splitlines()]


def row(out: str, *start: str) -> list[str]:
    """Return what stands behind the only row that starts with these words."""
    (found,) = (line for line in rows(out) if line[: len(start)] == list(start))
    return found[len(start) :]


@pytest.fixture
def mac(lpasim):
    def call(weight: str, activation: str, *more: str) -> str:
        done = lpasim("inspect", "mac", "--weight", weight, "--activation", activation, *FORMATS, *more)
        assert (done.code, done.err) == (0, "")
        assert max(len(line) for line in done.out.splitlines()) <= 100
        return done.out

    return call


def test_every_step_of_a_product(mac):
    """0 10 11 010 is 2^3.25, 0 01 1 0011 is 2^-0.8125; 2^0.4375 * 128 = 173.3; docs/datapath.md goes on by hand."""
    out = mac("0x5A", "0x33", "--psum", "100")
    assert row(out, "weight")[:2] == ["01011010", "0x5a"]
    assert row(out, "activation")[:2] == ["00110011", "0x33"]
    lines = rows(out)
    for fields in (
        ["regime", "10", "k", "=", "0"],
        ["exponent", "11", "e", "=", "3"],
        ["fraction", "010", "f", "=", "0.25"],
    ):
        assert fields in lines
    for fields in (["regime", "01", "k", "=", "-1"], ["exponent", "1", "e", "=", "1"]):
        assert fields in lines
    logs = [line[1:3] for line in lines if line[0] == "log"]
    assert logs == [["011.010", "3.25"], ["111.0011", "-0.8125"], ["010.0111", "2.4375"]]
    assert row(out, "fraction", "in") == ["0111", "f", "=", "0.4375"]
    assert row(out, "significand")[:2] == ["10101101", "173"]
    assert row(out, "value") == ["5.40625", "=", "173", "*", "2^-5"]
    assert row(out, "partial", "sum") == ["+11001000", "100.0", "=", "200", "*", "2^-1"]
    assert row(out, "aligned", "sum") == ["+11001000", "100.0", "=", "200", "*", "2^-1"]
    assert row(out, "aligned", "product") == ["+00001010", "5.0", "=", "10", "*", "2^-1"]
    assert row(out, "added") == ["+11010010", "105.0", "=", "210", "*", "2^-1"]
    assert row(out, "normalised") == ["+11010010", "105.0", "=", "210", "*", "2^-1"]
    assert row(out, "without", "scale") == ["105.0"]
    assert row(out, "scale")[0] == "2^0.5,"
    assert float(row(out, "real", "value")[0]) == pytest.approx(105 * math.sqrt(2))
    assert float(row(out, "exact")[0].rstrip(",")) == pytest.approx((100 + 2**2.4375) * math.sqrt(2))
    assert float(row(out, "relative", "error")[0]) == pytest.approx(105 / (100 + 2**2.4375) - 1, rel=1e-3)


def test_without_a_partial_sum_the_product_comes_out(mac):
    out = mac("0x5A", "0x33")
    assert row(out, "partial", "sum") == ["+00000000", "0"]
    assert row(out, "normalised") == row(out, "aligned", "product") == ["+10101101", "5.40625", "=", "173", "*", "2^-5"]


def test_a_negative_product_and_a_shift_to_the_left(mac):
    """7.3 is cut to 233/32 = 7.28125; less 173/32 it is 60/32, whose leading one moves up by two places."""
    out = mac("0xA6", "0x33", "--psum", "7.3")
    assert row(out, "magnitude")[0] == "01011010"
    assert row(out, "partial", "sum") == ["+11101001", "7.28125", "=", "233", "*", "2^-5"]
    assert row(out, "product", "-10101101") == ["-5.40625", "=", "-173", "*", "2^-5"]
    assert row(out, "added") == ["+00111100", "1.875", "=", "60", "*", "2^-5"]
    assert row(out, "normalised") == ["+11110000", "1.875", "=", "240", "*", "2^-7"]


def test_a_logarithm_with_too_many_bits_is_rounded(lpasim):
    """Eight fraction bits: 3/256 is kept as 1/64, three quarters of the way to it."""
    formats = ("--format-w", "lp11,0,2", "--format-a", "lp2,0,1")
    out = lpasim("inspect", "mac", "--weight", "0x203", "--activation", "1", *formats).out
    assert [line[1] for line in rows(out) if line[0] == "log"] == ["0.00000011", "0", "0.00000011"]
    assert row(out, "rounded", "log") == ["0.000001", "0.015625"]


def test_the_accelerator_decides_the_widths(mac):
    """2.4375 becomes 2.5 with 3 bits; 2^0.5 * 512 = 724.1; 724 * 2^-7 = 181 * 2^-5 loses nothing beside 100."""
    widths = ("converter_in_bits=3", "converter_out_bits=10", "psum_fraction_bits=12")
    out = mac("0x5A", "0x33", "--psum", "100", *(word for width in widths for word in ("--set", f"datapath.{width}")))
    assert row(out, "rounded", "log") == ["010.100", "2.5"]
    assert row(out, "significand")[:2] == ["1011010100", "724"]
    assert row(out, "normalised") == ["+110100110101", "105.65625", "=", "3381", "*", "2^-5"]


def test_zero_adds_nothing(mac):
    out = mac("0", "0x33", "--psum", "-3")
    assert row(out, "product", "-") == ["zero:", "nothing", "is", "added"]
    assert row(out, "normalised") == row(out, "partial", "sum") == ["-11000000", "-3.0", "=", "-192", "*", "2^-6"]
    assert row(out, "relative", "error") == ["0"]


def test_cancelling_and_a_zero_that_should_not_be(lpasim):
    """Exact values cancel to zero without error; 2^0.5 against 181/128 does not."""
    formats = ("--format-w", "lp5,0,2", "--format-a", "lp5,0,2")
    one, root = ("0b01000", "1.0"), ("0b01010", "1.4140625")
    for (weight, psum), error in ((one, "0"), (root, "-1.000e+00")):
        args = ("--weight", weight, "--activation", "0b01000", "--psum", f"-{psum}", *formats)
        out = lpasim("inspect", "mac", *args).out
        assert row(out, "normalised") == ["+00000000", "0"]
        assert row(out, "relative", "error") == [error]


def test_nar_stops_the_sum(mac):
    for words in (("0x80", "0"), ("1", "0x80")):
        out = mac(*words)
        assert "NaR: so is every sum with it" in out
        assert "normalised" not in out


@pytest.mark.parametrize("code", ["0x5A", "0b1011010", "90"])
def test_codes_in_any_base(mac, code):
    assert mac(code, "0x33") == mac("0x5A", "0x33")


@pytest.mark.parametrize("psum", ["1e300", "-1e300", "5e-324", "0.1"])
def test_partial_sums_far_away(mac, psum):
    out = mac("0x7F", "0xFF", "--psum", psum)
    assert float(row(out, "partial", "sum")[1]) == pytest.approx(float(psum), rel=1 / 128)


WRONG = {
    "weight too large": (("--weight", "0x100"), "code must be in 0..255, got 256"),
    "activation negative": (("--activation", "-1"), "code must be in 0..255, got -1"),
    "weight in words": (("--weight", "five"), "code word must be a number"),
    "format unknown": (("--format-w", "pq8"), "pq8"),
    "format out of range": (("--format-a", "lp8,2,8,0"), "rs must be"),
    "partial sum in words": (("--psum", "much"), "must be a real of at most 2^1000 in magnitude, got 'much'"),
    "partial sum not a number": (("--psum", "nan"), "got 'nan'"),
    "partial sum infinite": (("--psum", "-inf"), "got '-inf'"),
    "partial sum too large": (("--psum", "1e308"), "at most 2^1000"),
    "accelerator unknown": (("--hardware", "lpb"), "or a YAML file, got 'lpb'; did you mean lpa?"),
    "width out of range": (("--set", "datapath.converter_in_bits=17"), "datapath.converter_in_bits must be at most 16"),
    "no room for the fraction": (("--set", "array.psum_bits=9"), "array.psum_bits must be at least 10 bit for a sign"),
    "unknown option": (("--biais", "1"), "--biais"),
    "one argument too many": (("0x5A",), "0x5A"),
}


@pytest.mark.parametrize("case", WRONG)
def test_wrong_input_is_one_line(lpasim, case):
    more, message = WRONG[case]
    done = lpasim("inspect", "mac", "--weight", "1", "--activation", "1", *FORMATS, *more)
    assert (done.code, done.out) == (2, "")
    assert done.err.startswith("lpasim: ")
    assert done.err.count("\n") == 1
    assert message in done.err


@pytest.mark.parametrize("missing", ["--weight", "--activation", "--format-w", "--format-a"])
def test_missing_options(lpasim, missing):
    options = {"--weight": "1", "--activation": "1", "--format-w": "lp8,2,3", "--format-a": "lp8,2,3"}
    del options[missing]
    done = lpasim("inspect", "mac", *(word for pair in options.items() for word in pair))
    assert (done.code, done.out, done.err) == (2, "", f"lpasim: Missing option '{missing}'.\n")


def test_inspect_itself_is_unchanged(lpasim):
    assert lpasim("inspect", "0x5A").out.startswith("format      LP<8,2,3,0>\ncode        0x5a ")
    assert lpasim("inspect", "--format", "lp4,1,3,0", "0b0101").out.startswith("format      LP<4,1,3,0>")
    assert lpasim("inspect").err == "lpasim: Missing argument 'code'.\n"
    assert "must be a number such as 0x5A" in lpasim("inspect", "Mac").err
    assert "lpasim inspect mac" in lpasim("inspect", "mac", "--help").out
    assert "inspect mac" in lpasim("--help").out
