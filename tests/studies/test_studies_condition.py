"""Conditions: against Python's own reading of the same text, and every way to get one wrong."""

from __future__ import annotations

from contextlib import suppress

import pytest
from hypothesis import given
from hypothesis import strategies as st

from lpasim.errors import StudyError
from lpasim.hardware.loader import HardwareFile
from lpasim.studies.condition import NUMERIC, TRUTH, WORD, parse_condition
from lpasim.studies.constraint import make_constraint
from lpasim.studies.request import read_axes
from lpasim.studies.space import Space

COLUMNS = {"a": NUMERIC, "b": NUMERIC, "x.y": NUMERIC, "t": WORD, "flag": TRUTH}
ROW = {"a": 3.0, "b": -2.5, "x.y": 7, "t": "hbm2", "flag": True}

numbers = st.one_of(st.sampled_from(["a", "b"]), st.integers(0, 9).map(str), st.floats(0, 9).map(lambda x: f"{x:.2f}"))
sums = st.recursive(
    numbers,
    lambda part: st.one_of(
        st.tuples(part, st.sampled_from(["+", "-", "*", "/"]), part).map(" ".join),
        part.map(lambda text: f"({text})"),
        part.map(lambda text: f"-{text}" if not text.startswith("-") else f"-({text})"),
    ),
    max_leaves=6,
)
comparisons = st.one_of(
    st.tuples(sums, st.sampled_from(["<", "<=", ">", ">=", "==", "!="]), sums).map(" ".join),
    st.tuples(sums, st.just("<"), sums, st.just("<="), sums).map(" ".join),
)
conditions = st.recursive(
    comparisons,
    lambda part: st.one_of(
        st.tuples(part, st.sampled_from(["and", "or"]), part).map(" ".join),
        part.map(lambda text: f"not ({text})"),
        part.map(lambda text: f"not {text}"),
        part.map(lambda text: f"({text})"),
    ),
    max_leaves=5,
)


def holds(text: str, row=ROW) -> bool:
    return parse_condition(text, COLUMNS).evaluate(row)


@given(conditions)
def test_conditions_mean_what_python_means(text):
    try:
        expected = eval(text, {"a": ROW["a"], "b": ROW["b"]})  # the reference, of texts that this test made
    except ZeroDivisionError:
        holds(text)
    else:
        assert holds(text) is bool(expected)


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ('t == "hbm2" and flag', True),
        ("t != 'hbm2' or not flag", False),
        ("flag == true", True),
        ("not flag == false", True),
        ("x.y == 7", True),
        ("x.y * 1KiB == 7168", True),
        ("1 < a < 4 and 1 < x.y", True),
        ("a - 1 - 1 == 1", True),
        ("12 / 2 / 3 == 2", True),
        ("a / 0 < 1 or a / 0 >= 1", False),
        ("not a / 0 < 1", True),
        ("2 + 3 * 4 == 14", True),
        (".5e1 == 5.", True),
        ("x.y * 1 KiB == 7168 and 1kB == 1000", True),
        ("x.y" + " * x.y" * 150 + " * x.y > 0.5", True),
        ("1 / (x.y" + " * x.y" * 150 + ") < 0.5", True),
    ],
)
def test_what_each_operator_means(text, expected):
    assert holds(text) is expected


def test_what_is_unknown_meets_no_comparison():
    assert not holds("a < 1 or a >= 1 or -a < 1", {**ROW, "a": None})


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("", "must have a name or a number here, got the end .column 1"),
        (
            "c < 1",
            r"must name workload, a key of an axis, or a statistic of points.csv, got 'c' \(column 1 of 'c < 1'\)",
        ),
        ("a < 1 and flak", r"of points.csv, got 'flak' \(column 11 of 'a < 1 and flak'\); did you mean flag\?"),
        ("a <", r"got the end \(column 4"),
        ("a < 1)", r"must go on with an operator, got '\)' \(column 6"),
        ("(a < 1", r"must close a parenthesis, got the end \(column 7"),
        ("a 1", r"must go on with an operator, got '1' \(column 3"),
        ("a < 1e999", r"must be a number.*, got '1e999' \(column 5"),
        ("a < 1" + "0" * 400, r"must be a number.* \(column 5"),
        ("a < 64KB", r"must have a unit such as B .*, got '64KB' \(column 5"),
        ("a < 1e9999", r"must be a number.*, got '1e9999' \(column 5"),
        ("a = 1", r"must hold names, numbers and comparisons, got '=' \(column 3"),
        ("a < 1 & b", r"got '&' \(column 7"),
        ("a", "must be a condition, got a number .column 1"),
        ("t", "must be a condition, got a text"),
        ("a + 1", "must be a condition, got a number"),
        ("a and flag", r"must have a condition beside 'and', got a number \(column 1"),
        ("flag or a", r"must have a condition beside 'or', got a number \(column 9"),
        ("not a", r"must have a condition beside 'not', got a number \(column 5"),
        ("a + t < 1", r"must have a number beside '\+', got a text \(column 5"),
        ("-t < 1", r"must have a number beside '-', got a text \(column 2"),
        ("(a < 1) + 1 < 2", r"must have a number beside '\+', got a condition \(column 1"),
        ("t < 'x'", r"must compare a text by == or !=, got '<' \(column 3"),
        ("t == 1", r"must compare a text with its like, got a number \(column 3"),
        ("flag > false", "must compare a condition by == or !="),
        ("and", "must have a name or a number here, got 'and'"),
        ("a < and", "got 'and' .column 5"),
        ("'open", r"""got "'" \(column 1"""),
        ("(" * 99 + "a", "must be nested at most 50 deep"),
        ("not " * 99 + "flag", "must be nested at most 50 deep"),
        ("-" * 99 + "a < 1", "must be nested at most 50 deep"),
        ("a < 1 or " * 200 + "flag", "must have at most 1000 characters"),
        ("__import__('os') == a", "must name workload, "),
    ],
)
def test_what_is_no_condition_is_refused_where_it_goes_wrong(text, message):
    with pytest.raises(StudyError, match=message):
        parse_condition(text, COLUMNS)


@given(st.text("ab<>=()+-*/ .0andortflg'\"", max_size=40))
def test_any_text_is_a_condition_or_an_error(text):
    with suppress(StudyError):
        assert parse_condition(text, COLUMNS).evaluate(ROW) in (True, False)


def test_a_constraint_is_parted_by_when_its_parts_are_known():
    axes = read_axes(
        ["array.rows=4,8", "buffers.weight=64KiB,128KiB", "dram.preset=hbm2,lpddr4-3200"], HardwareFile.read("lpa")
    )
    text = "array.rows > 4 and (area_mm2 < 2 and latency_ms < 3) and buffers.weight <= 64KiB and dram.preset == 'hbm2'"
    found = make_constraint(text, Space(("net",), axes))
    assert [len(part) for part in (found.by_axes, found.by_area, found.by_results)] == [3, 1, 1]
    row = {"workload": "net", "array.rows": 8, "buffers.weight_bytes": 65536, "dram.preset": "hbm2"}
    assert found.holds(found.by_axes, row)
    assert not found.holds(found.by_axes, {**row, "buffers.weight_bytes": 131072})
    assert found.holds(found.by_area, {**row, "area_mm2": 1.0})
    assert not found.holds(found.by_results, {**row, "latency_ms": 3.0})
    mixed = make_constraint("array.rows > 4 or latency_ms < 3", Space(("net",), axes))
    assert [len(part) for part in (mixed.by_axes, mixed.by_area, mixed.by_results)] == [0, 0, 1]
