"""Numbers as people read them."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from lpasim.reports.breakdown import bar
from lpasim.reports.numbers import Scale, counted, percent, plain, scaled


@pytest.mark.parametrize(
    ("value", "unit", "text"),
    [
        (0.0272, "s", "27.2 ms"),
        (1.0, "B", "1 B"),
        (999.0, "B", "999 B"),
        (1000.0, "B", "1 kB"),
        (9.37e6, "B", "9.37 MB"),
        (1.79e9, "MACs", "1.79 GMACs"),
        (3.2e-13, "J", "320 fJ"),
        (0.0, "W", "0 W"),
        (None, "W", "-"),
    ],
)
def test_scaled(value, unit, text):
    assert scaled(value, unit) == text


@pytest.mark.parametrize(
    ("value", "text"),
    [(12.345, "12.3"), (0.01208, "0.0121"), (1234.5, "1,234"), (0.0, "0"), (2.5, "2.5"), (100.0, "100"), (None, "-")],
)
def test_plain(value, text):
    assert plain(value) == text


@given(st.floats(1e-9, 1e9))
def test_plain_keeps_three_digits(value):
    read = float(plain(value).replace(",", ""))
    assert read == pytest.approx(value, rel=5.01e-3)
    assert "e" not in plain(value)


@given(st.floats(1e-11, 1e14))
def test_scaled_keeps_three_digits(value):
    number, unit = scaled(value, "J").split()
    factor = dict(zip("pnµm kMGT", range(-4, 5), strict=True))[unit[:-1] or " "]
    assert float(number.replace(",", "")) * 1000.0**factor == pytest.approx(value, rel=5.01e-3)


@pytest.mark.parametrize(
    ("part", "whole", "text"), [(1, 4, "25 %"), (1, 1000, "<1 %"), (0, 7, "0 %"), (5, 5, "100 %"), (3, 0, "0 %")]
)
def test_percent(part, whole, text):
    assert percent(part, whole) == text


@pytest.mark.parametrize(
    ("largest", "unit", "value", "text"),
    [
        (13_607_810, "kcycles", 907_700, "908"),
        (6_938_298, "kcycles", 907_700, "908"),
        (938_298, "kcycles", 90_770, "90.8"),
        (250, "cycles", 40, "40"),
        (8_273, "cycles", 1_046, "1,046"),
        (8.85e-3, "µJ", 5.0e-4, "500"),
        (8.85e-3, "µJ", 0.0, "-"),
    ],
)
def test_scale(largest, unit, value, text):
    scale = Scale(largest, unit.lstrip("kµ"))
    assert scale.unit == unit
    assert scale.write(value) == text


@pytest.mark.parametrize(("largest", "text"), [(66, "66"), (1, "1"), (0, "-")])
def test_whole_things_have_no_parts(largest, text):
    scale = Scale(largest, "cycles", whole=True)
    assert (scale.unit, scale.write(largest)) == ("cycles", text)


def test_the_smallest_energies_are_not_nothing():
    scale = Scale(3e-15, "J")
    assert (scale.unit, scale.write(3e-15)) == ("fJ", "3.0")


def test_scale_of_nothing():
    assert (Scale(0.0, "J").unit, Scale(0.0, "J").write(0.0)) == ("J", "-")


@pytest.mark.parametrize(("count", "text"), [(0, "0 layers"), (1, "1 layer"), (2, "2 layers"), (1234, "1,234 layers")])
def test_counted(count, text):
    assert counted(count, "layer") == text


@given(st.floats(-0.5, 1.5), st.integers(1, 20))
def test_bar_length(share, width):
    drawn = bar(share, width)
    exact = max(0.0, min(share, 1.0)) * width
    assert len(drawn) <= width
    assert abs(len(drawn.rstrip(" ▏▎▍▌▋▊▉")) - int(exact)) <= 1
    assert drawn.count("█") == len(drawn) or drawn[:-1] == "█" * (len(drawn) - 1)
