"""Texts of figures: none covers another, and the edge cuts none."""

from __future__ import annotations

import numpy as np
import pytest
from figure_cases import cases, source
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.figure import Figure
from study_cases import write_study
from text_boxes import cut, overlapping, text_boxes

from lpasim.reports.figures.drawing import data_of, draw, find_kind, find_style, plot
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


def test_words_at_roofs_keep_off_layers(runs):
    figure = draw(find_kind("roofline"), data_of(find_kind("roofline"), runs["long"]), Page())
    axes = figure.axes[0]
    marks = np.concatenate([axes.transData.transform(cloud.get_offsets()) for cloud in axes.collections])
    peaks = [text for text in axes.texts if text.get_text().endswith("GOPS")]
    assert len(peaks) == 2
    assert not any(text.get_window_extent().padded(4).count_contains(marks) for text in peaks)


def test_a_slide_grows_with_panels_that_do_not_fit_it(tmp_path):
    sizes = {"array.rows": [4, 8], "array.cols": [4, 8]}
    write_study(tmp_path / "five", [f"gemm:{size}x64x64@w4a8" for size in (16, 32, 48, 64, 80)], sizes)
    for kind in ("parallel", "pareto"):
        figure = plot(tmp_path / "five", kind, style="slides")
        assert figure.get_size_inches()[1] > find_style("slides").height_in
        assert overlapping(text_boxes(figure)) == []


def test_a_single_heat_map_has_numbers_wherever_there_is_room(tmp_path):
    write_study(tmp_path / "one", ["gemm:16x64x64@w4a8"], {"array.rows": [2, 4, 8, 16], "array.cols": [4, 8, 16, 32]})
    for style in ("ieee", "slides"):
        assert len(plot(tmp_path / "one", "heatmap", style=style, width="double").axes[0].texts) == 16


def test_a_legend_names_nothing_that_is_not_there(tmp_path):
    write_study(tmp_path / "one", ["gemm:16x64x64@w4a8"], {"array.rows": [4]})
    legend = plot(tmp_path / "one", "pareto").axes[0].get_legend()
    assert [text.get_text() for text in legend.get_texts()] == ["Pareto front of all objectives"]


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
