"""Texts of figures: none covers another, and the edge cuts none."""

from __future__ import annotations

import pytest
from figure_cases import cases, source
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.figure import Figure
from text_boxes import cut, overlapping, text_boxes

from lpasim.reports.figures.drawing import data_of, draw, find_kind, find_style
from lpasim.reports.figures.style import STYLES, WIDTHS, Page

OTHERS = [(style.name, width) for style in STYLES for width in WIDTHS][1:]


def check(kind: str, name: str, page: Page, runs, studies) -> None:
    found = find_kind(kind)
    figure = draw(found, data_of(found, source(name, runs, studies)), page)
    boxes = text_boxes(figure)
    assert len(boxes) > 3
    assert overlapping(boxes) == []
    assert cut(boxes, figure) == []


@pytest.mark.parametrize(("kind", "name"), cases())
def test_single_column(kind, name, runs, studies):
    check(kind, name, Page(), runs, studies)


@pytest.mark.slow
@pytest.mark.parametrize(("style", "width"), OTHERS)
@pytest.mark.parametrize(("kind", "name"), cases())
def test_other_styles(kind, name, style, width, runs, studies):
    check(kind, name, Page(find_style(style), width), runs, studies)


def test_untitled(runs, studies):
    figure = draw(find_kind("latency"), data_of(find_kind("latency"), runs["resnet"]), Page(titled=False))
    assert not any("resnet18" in text for text, _ in text_boxes(figure))


@pytest.fixture
def empty():
    figure = Figure(figsize=(3, 2))
    FigureCanvasAgg(figure)
    return figure


def test_the_check_sees_overlaps(empty):
    empty.text(0.3, 0.5, "first")
    empty.text(0.31, 0.51, "second")
    empty.text(0.3, 0.8, "third")
    assert overlapping(text_boxes(empty)) == [("first", "second")]


def test_the_check_sees_what_is_cut(empty):
    empty.text(0.95, 0.5, "beyond")
    empty.text(0.3, 0.8, "inside")
    assert cut(text_boxes(empty), empty) == ["beyond"]


def test_the_check_sees_tick_labels(empty):
    axes = empty.subplots()
    axes.set_xticks([0, 0.01, 1], ["one name", "another name", "far away"])
    assert ("one name", "another name") in overlapping(text_boxes(empty))
