"""Quantities as text, against values worked out by hand and against float arithmetic."""

from __future__ import annotations

from fractions import Fraction

import pytest
from hypothesis import given
from hypothesis import strategies as st

from lpasim.units import parse_number, parse_quantity


@pytest.mark.parametrize(
    ("text", "unit", "base", "value"),
    [
        ("500 MHz", "MHz", "Hz", 500),
        ("0.5GHz", "MHz", "Hz", 500),
        ("1 kHz", "MHz", "Hz", Fraction(1, 1000)),
        (1000, "MHz", "Hz", 1000),
        ("128 KiB", "B", "B", 131072),
        ("128 kB", "B", "B", 128000),
        ("1 MiB", "B", "B", 2**20),
        ("12.8 GB/s", "GB/s", "B/s", Fraction(64, 5)),
        ("1 GiB/s", "GB/s", "B/s", Fraction(2**30, 10**9)),
        ("60 ns", "ns", "s", 60),
        ("0.06 us", "ns", "s", 60),
        ("60000 ps", "ns", "s", 60),
        ("540 fJ", "pJ", "J", Fraction(54, 100)),
        ("8 pJ/bit", "pJ/bit", "J/bit", 8),
        ("0.008 nJ/bit", "pJ/bit", "J/bit", 8),
        ("24 bit", "bit", "bit", 24),
        ("28 nm", "nm", "m", 28),
        ("0.028 um", "nm", "m", 28),
        ("35 nW/um2", "nW/um2", "W/um2", 35),
        ("0.035 uW/um2", "nW/um2", "W/um2", 35),
        (1e-3, "pJ", "J", Fraction(1, 1000)),
        ("1e-3", "pJ", "J", Fraction(1, 1000)),
        ("-.5E+1 pJ", "pJ", "J", -5),
    ],
)
def test_quantity_is_exact(text: str | float, unit: str, base: str, value: Fraction | int) -> None:
    assert parse_quantity(text, unit, base) == value


@pytest.mark.parametrize(
    ("text", "um2"),
    [
        ("187.43 um2", Fraction(18743, 100)),
        (5.2, Fraction(52, 10)),
        ("1 mm2", 10**6),
        ("0.00118 mm2", 1180),
        ("1 m2", 10**12),
        ("1000000 nm2", 1),
        ("3 um^2", 3),
        ("3 \N{MICRO SIGN}m\N{SUPERSCRIPT TWO}", 3),
        ("3 \N{GREEK SMALL LETTER MU}m2", 3),
    ],
)
def test_prefix_of_an_area_is_squared(text: str | float, um2: Fraction | int) -> None:
    assert parse_quantity(text, "um2", "m2") == um2


@pytest.mark.parametrize(
    "text", ["500 MB", "500 mhz", "500 Hz/s", "1 XHz", "128 KHz", "3 M Hz", "5 MHz 3", "0x10", "1_000"]
)
def test_another_unit_is_refused(text: str) -> None:
    with pytest.raises(ValueError, match=rf"^must have a unit such as MHz, got '{text}'$"):
        parse_quantity(text, "MHz", "Hz")


@pytest.mark.parametrize("text", ["KB", "KiB", "", "fast", "1.2.3 MHz", "nan", "inf", "1e9999", "1" * 65])
def test_text_without_a_number_is_refused(text: str) -> None:
    with pytest.raises(ValueError, match=r"^must be a number with a unit such as MHz, got '"):
        parse_quantity(text, "MHz", "Hz")


@pytest.mark.parametrize("value", [True, None, [1], float("nan"), float("inf"), {"a": 1}])
def test_what_is_no_number_is_refused(value: object) -> None:
    with pytest.raises(ValueError, match=r"^must be a number"):
        parse_quantity(value, "MHz", "Hz")
    with pytest.raises(ValueError, match=r"^must be a number, got"):
        parse_number(value)


def test_capital_kilo_is_refused_for_bytes() -> None:
    with pytest.raises(
        ValueError, match=r"must have a unit such as B \(kB for 1000 or KiB for 1024; .*\), got '128 KB'"
    ):
        parse_quantity("128 KB", "B", "B")


def test_plain_number_takes_no_unit() -> None:
    assert parse_number(" 16 ") == 16
    assert parse_number("1e-3") == Fraction(1, 1000)
    with pytest.raises(ValueError, match=r"^must be a number, got '16 rows'$"):
        parse_number("16 rows")


@given(st.floats(allow_nan=False, allow_infinity=False))
def test_every_float_survives_its_own_text(number: float) -> None:
    assert float(parse_quantity(f"{number!r} pJ", "pJ", "J")) == number


@given(st.integers(-(10**12), 10**12), st.sampled_from(["", "k", "M", "Ki", "Gi", "m", "n"]))
def test_conversion_there_and_back_is_the_identity(number: int, prefix: str) -> None:
    in_base = parse_quantity(f"{number} {prefix}B", "B", "B")
    assert parse_quantity(int(in_base) if in_base.denominator == 1 else float(in_base), "B", "B") == pytest.approx(
        in_base
    )
    assert in_base / parse_quantity(f"1 {prefix}B", "B", "B") == number
