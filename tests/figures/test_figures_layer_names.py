"""Names below the bars: of layers where there is room, of blocks where there is not, and never too close."""

from __future__ import annotations

from itertools import pairwise

from hypothesis import given
from hypothesis import strategies as st

from lpasim.reports.figures.layer_axis import MARGIN_IN, labels_for
from lpasim.reports.figures.style import STYLES, Page

PARTS = st.sampled_from(["a", "b", "block", "conv", "0", "1", "2", "attention"])
NAMES = st.lists(st.lists(PARTS, min_size=1, max_size=4).map(".".join), min_size=1, max_size=120)
PAGES = st.builds(Page, st.sampled_from(STYLES), st.sampled_from(["single", "double"]))


def test_21_layers_have_their_names(runs):
    names = list(runs["resnet"].layers["name"])
    assert [label.text for label in labels_for(names, Page())] == names


def test_74_layers_have_those_of_their_blocks(runs):
    labels = labels_for(list(runs["vit"].layers["name"]), Page())
    assert [label.text for label in labels] == ["patch_embed", *(f"blocks.{at}" for at in range(12)), "head"]
    assert [label.stop - label.first for label in labels] == [1, *[6] * 12, 1]


def test_many_layers_without_blocks_have_numbers():
    assert labels_for([f"node_{at}" for at in range(200)], Page()) == []


def test_separators_at_the_front_are_no_part():
    labels = labels_for([f"/net/block{at // 10}/conv{at}" for at in range(60)], Page())
    assert [label.text for label in labels] == [f"net.block{at}" for at in range(6)]


@given(names=NAMES, page=PAGES)
def test_names_keep_their_distance_and_cover_all_layers(names, page):
    labels = labels_for(names, page)
    step_in = (page.width_in - MARGIN_IN) / len(names)
    for before, after in pairwise(labels):
        assert before.stop == after.first
        assert (after.centre - before.centre) * step_in >= page.lines_in(1)
    if labels:
        assert (labels[0].first, labels[-1].stop) == (0, len(names))
