"""The page stands alone: it fetches nothing, and its policy lets nothing be fetched and no other script run."""

from __future__ import annotations

import base64
import hashlib

import pytest
from page_html import Page
from page_studies import CLOCKS, write_study

from lpasim.reports.page.page import page_of
from lpasim.reports.page.study_page import SVG_POINTS

FETCHING = ("src", "srcset", "data", "action", "poster", "background", "formaction", "ping", "manifest")


def test_no_element_names_anything_to_fetch(page):
    assert [each.tag for each in page.all if any(name in each.attributes for name in FETCHING)] == []
    assert [each.attributes["href"] for each in page.tags("link")] == ["data:,"]
    assert page.tags("iframe", "img", "object", "embed", "base", "video", "audio") == []


def test_the_style_fetches_nothing(page):
    (style,) = page.tags("style")
    assert "url(" not in style.text
    assert "@import" not in style.text


def test_links_leave_only_to_sources(page):
    addresses = [each for each in page.tags("a") if not each.attributes["href"].startswith("#")]
    assert addresses
    assert all(each.attributes["href"].startswith("https://") for each in addresses)
    assert all(each.ancestor("section").attributes["id"] == "sources" for each in addresses)


def test_the_policy_forbids_all_but_what_is_in_the_page(page):
    policy = page.policy
    assert policy["default-src"] == ["'none'"]
    assert policy["base-uri"] == policy["form-action"] == ["'none'"]
    assert set(policy) == {"default-src", "base-uri", "form-action", "style-src", "img-src", "script-src"}
    assert "connect-src" not in policy  # falls back to default-src
    assert not any(":" in value and value not in ("data:", "blob:") for values in policy.values() for value in values)


def test_the_policy_lets_its_own_scripts_run_and_no_others(page):
    hashes = [f"'sha256-{base64.b64encode(hashlib.sha256(each.encode()).digest()).decode()}'" for each in page.scripts]
    assert len(hashes) == 2
    assert page.policy["script-src"] == hashes


def test_no_element_has_a_handler_that_the_policy_would_stop(page):
    assert [name for each in page.all for name in each.attributes if name.startswith("on")] == []


def test_only_a_large_study_may_compile_what_it_draws_with(tmp_path):
    write_study(tmp_path, workloads=("resnet18",), clocks=CLOCKS[:16])
    large = Page(page_of(tmp_path))
    assert len(large.data["points"]) > SVG_POINTS
    assert large.data["webgl"] is True
    assert large.policy["script-src"][-1] == "'unsafe-eval'"


@pytest.mark.parametrize("kind", ["run", "study"])
def test_the_licence_of_plotly_comes_along(request, kind):
    (licence,) = request.getfixturevalue(f"{kind}_page").tags("pre")
    assert "Permission is hereby granted" in licence.text
    assert "Plotly" in licence.text
