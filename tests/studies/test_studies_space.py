"""Axes, and the combinations of them by number."""

from __future__ import annotations

import itertools
from math import prod

import pytest
from hypothesis import given
from hypothesis import strategies as st

from lpasim.errors import StudyError
from lpasim.hardware.loader import HardwareFile
from lpasim.studies.axis import parse_axis
from lpasim.studies.plan import TOGETHER, make_plan
from lpasim.studies.request import read_axes
from lpasim.studies.space import Space, digits, in_order, number

LPA = HardwareFile.read("lpa")
sizes = st.lists(st.integers(1, 5), min_size=1, max_size=4)


@given(sizes)
def test_numbers_are_the_combinations_in_the_order_of_nested_loops(sizes):
    every = list(itertools.product(*(range(size) for size in sizes)))
    assert [digits(index, sizes) for index in range(prod(sizes))] == every
    assert [number(steps, sizes) for steps in every] == list(range(len(every)))


@given(sizes, st.randoms(use_true_random=False))
def test_another_order_is_a_permutation_with_the_chosen_digits_outermost(sizes, random):
    slowest = random.sample(range(len(sizes)), random.randint(0, len(sizes)))
    found = list(in_order(sizes, slowest))
    assert sorted(found) == list(range(prod(sizes)))
    outer = [tuple(digits(index, sizes)[place] for place in slowest) for index in found]
    assert outer == sorted(outer)


@pytest.mark.parametrize(
    ("text", "columns", "values", "unit"),
    [
        ("array.rows=4, 8", ("array.rows",), ((4,), (8,)), None),
        ("buffers.weight=64KiB,0.5 MiB,100", ("buffers.weight_bytes",), ((65536,), (524288,), (100,)), "B"),
        ("clock_mhz=500,1GHz", ("clock_mhz",), ((500.0,), (1000.0,)), "MHz"),
        ("dram.preset=hbm2,lpddr4-3200", ("dram.preset",), (("hbm2",), ("lpddr4-3200",)), None),
        ("array.fold_overlap=true,False", ("array.fold_overlap",), ((True,), (False,)), None),
        ("pe.weight_lanes=2:4, 4:2, 8:1;8:1", ("pe.weight_lanes",), (("2:4, 4:2, 8:1",), ("8:1",)), None),
        ("array.rows,array.cols=8x8,16x4", ("array.rows", "array.cols"), ((8, 8), (16, 4)), None),
        ("array.rows,buffers.input=8x1KiB", ("array.rows", "buffers.input_bytes"), ((8, 1024),), None),
        (
            "buffers.input,buffers.output=1KiBx2KiB",
            ("buffers.input_bytes", "buffers.output_bytes"),
            ((1024, 2048),),
            "B",
        ),
    ],
)
def test_axes_are_read_in_the_units_of_their_keys(text, columns, values, unit):
    axis = parse_axis(text, LPA)
    assert (axis.columns, axis.values, axis.unit) == (columns, values, unit)


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("array.rows", "--axis must have the form key=value,value"),
        ("array.rows=8,,16", "--axis must have the form key=value,value"),
        ("array.rows=8,", "--axis must have the form key=value,value"),
        ("array.rows=;", "--axis must have the form key=value,value"),
        ("array.rows=", "--axis must have the form"),
        ("=4", "--axis must have the form"),
        ("array.row=4", r"array.row must be a known key.*did you mean array.rows"),
        ("array.rows=4.5", r"array.rows must be a whole number, got '4.5' \(--axis array.rows=4.5\)"),
        ("array.rows=4,0", "array.rows must be at least 1"),
        ("array.rows=4,4", "an axis must give each value once, got '4' twice"),
        ("buffers.weight=1KiB,1024", "an axis must give each value once, got '1KiB' twice"),
        ("array.rows,array.rows=4x4", "an axis must name each key once"),
        ("array.rows,array.cols=4x4,8", "each step of an axis must give 2 values"),
        ("dram.preset=hbm3", "dram.preset must be one of .* did you mean hbm2"),
        ("array.fold_overlap=maybe", "array.fold_overlap must be true or false, got 'maybe' .--axis"),
    ],
)
def test_axes_that_cannot_be_are_refused(text, message):
    with pytest.raises(StudyError, match=message):
        parse_axis(text, LPA)


def test_axes_of_python_are_those_of_the_command_line():
    written = {"array.rows": [4, 8], ("array.cols", "buffers.weight"): [(4, "64KiB")], "array.fold_overlap": [False]}
    texts = ["array.rows=4,8", "array.cols,buffers.weight=4x64KiB", "array.fold_overlap=false"]
    assert read_axes(written, LPA) == read_axes(texts, LPA)
    for wrong in ({"array.rows": 4}, {"array.rows": []}, {"array.rows": [None]}, {("array.rows", "array.cols"): [4]}):
        with pytest.raises(StudyError, match=r"must (have|be) a (list of values|number)"):
            read_axes(wrong, LPA)


@pytest.mark.parametrize("axes", [["array.rows=4", "array.rows=8"], ["array.rows=4", "array.cols,array.rows=4x4"]])
def test_a_space_names_each_key_once(axes):
    with pytest.raises(StudyError, match=r"each key once, got 'array\.rows' 2 times"):
        Space(("a",), read_axes(axes, LPA))
    with pytest.raises(StudyError, match="each workload once, got 'a' 2 times"):
        Space(("a", "a"), ())


def test_groups_hold_each_point_once_and_share_what_decides_tilings():
    axes = read_axes(["dram.preset=hbm2,lpddr4-3200", "array.rows=4,8,16", f"clock_mhz={','.join('123456789')}"], LPA)
    for plan in (make_plan(Space(("a", "b"), axes)), make_plan(Space(("a", "b"), axes), 50, 3)):
        groups = list(plan.groups())
        assert sorted(point for group in groups for point in group) == list(range(len(plan)))
        for group in groups:
            assert len(group) <= TOGETHER
            assert len({(plan.values(point)["workload"], plan.values(point)["array.rows"]) for point in group}) == 1
    assert len(list(make_plan(Space(("a", "b"), axes)).groups())) == 2 * 3 * 2


def test_a_space_far_too_large_to_list_has_points():
    steps = ",".join(str(step) for step in range(1, 101))
    space = Space(("a",), read_axes([f"array.rows={steps}", f"array.cols={steps}", f"clock_mhz={steps}"], LPA))
    assert space.size == 10**6
    assert space.values(space.steps(123_456)) == {
        "workload": "a",
        "array.rows": 13,
        "array.cols": 35,
        "clock_mhz": 57.0,
    }
    assert space.settings(space.steps(123_456)) == ("array.rows=13", "array.cols=35", "clock_mhz=57")
