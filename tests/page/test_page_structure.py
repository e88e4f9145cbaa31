"""The page is built so that screen readers, keyboards and phones get along with it."""

from __future__ import annotations

from collections import Counter
from itertools import pairwise

import pytest

CONTROLS = ("input", "select", "button")


def test_it_says_its_language_and_fits_a_phone(page):
    (html,) = page.tags("html")
    assert html.attributes["lang"] == "en"
    viewports = [each for each in page.tags("meta") if each.attributes.get("name") == "viewport"]
    assert [each.attributes["content"] for each in viewports] == ["width=device-width, initial-scale=1"]


def test_the_first_link_skips_to_the_content(page):
    first = page.tags("a")[0]
    assert first.attributes["href"] == "#main"
    assert page.by_id("main").tag == "main"


def test_ids_are_unique(page):
    counts = Counter(each.attributes["id"] for each in page.all if "id" in each.attributes)
    assert [name for name, count in counts.items() if count > 1] == []


def test_links_within_the_page_lead_somewhere(page):
    ids = {each.attributes.get("id") for each in page.all}
    targets = [each.attributes["href"][1:] for each in page.tags("a") if each.attributes["href"].startswith("#")]
    assert len(targets) > 20
    assert set(targets) <= ids


def test_every_reference_to_an_id_has_one(page):
    ids = {each.attributes.get("id") for each in page.all}
    named = [each.attributes["aria-labelledby"] for each in page.all if "aria-labelledby" in each.attributes]
    assert named
    assert set(named) <= ids


def test_headings_go_down_one_by_one(page):
    levels = [int(each.tag[1]) for each in page.tags("h1", "h2", "h3", "h4")]
    assert levels[0] == 1
    assert levels.count(1) == 1
    assert all(later - earlier <= 1 for earlier, later in pairwise(levels))


def test_every_control_has_a_name(page):
    nameless = [
        each.attributes
        for each in page.tags(*CONTROLS)
        if not (
            "aria-label" in each.attributes
            or each.ancestor("label") is not None
            or (each.tag == "button" and each.text)
        )
    ]
    assert nameless == []


def test_every_group_of_controls_has_a_legend(page):
    assert all(box.children and box.children[0].tag == "legend" for box in page.tags("fieldset"))


def test_every_table_says_what_it_is_and_what_its_headers_head(page):
    tables = page.tags("table")
    assert len(tables) > 5
    assert all(len(table.within("caption")) == 1 and table.within("caption")[0].text for table in tables)
    assert {each.attributes.get("scope") for each in page.tags("th")} == {"col", "row"}


def test_every_table_has_as_many_cells_a_row_as_headers(page):
    for table in page.tags("table"):
        (head,) = table.within("thead")
        widths = {len(row) for row in page.rows(table)} - {0}
        assert widths <= {len(head.within("th"))}, table.within("caption")[0].text


def test_every_table_is_in_a_box_that_scrolls_and_can_be_focused(page):
    for table in page.tags("table"):
        box = table.parent
        assert "scroll" in box.attributes["class"].split()
        assert (box.attributes["tabindex"], box.attributes["role"]) == ("0", "region")
        assert box.attributes["aria-label"]


def test_every_chart_has_words_for_it(page):
    charts = [each for each in page.all if "chart" in each.attributes.get("class", "").split()]
    assert len(charts) >= 2
    assert all(each.attributes["role"] == "img" and len(each.attributes["aria-label"]) > 30 for each in charts)


@pytest.mark.parametrize(
    ("kind", "names"),
    [
        ("run", ["Summary", "Layers", "Roofline", "Breakdowns", "Configuration", "Assumptions", "Sources"]),
        ("study", ["Summary", "Design space", "Chosen points", "Failures", "Configuration", "Assumptions", "Sources"]),
    ],
)
def test_its_sections_are_there_and_in_its_menu(request, kind, names):
    page = request.getfixturevalue(f"{kind}_page")
    assert [each.text for each in page.tags("h2")] == names
    (menu,) = page.tags("nav")
    assert [each.text for each in menu.within("a")] == names
