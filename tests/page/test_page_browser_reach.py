"""Everyone gets along with the page: by keyboard, on a phone, in the dark, on paper; and nothing gets in or out."""

from __future__ import annotations

import re

import pytest
from page_browser import DESKTOP, PHONE

LANDED = """() => {
    const now = document.activeElement;
    if (!now || now === document.body) return null;
    window.stops ??= [];
    const known = window.stops.indexOf(now);
    if (known >= 0) return { known };
    window.stops.push(now);
    const style = getComputedStyle(now);
    const box = now.getBoundingClientRect();
    const isThere = box.width > 0 && box.height > 0;
    const seen = isThere && style.outlineStyle !== 'none' && parseFloat(style.outlineWidth) >= 2;
    return { name: `${now.tagName} ${now.id || now.className || now.innerText}`, seen };
}"""
REACHABLE = "a[href], button, input, select, summary, [tabindex='0']"
MISSED = f"""() => [...document.querySelectorAll("{REACHABLE}")]
    .filter((each) => each.checkVisibility({{ visibilityProperty: true }}) && !window.stops.includes(each))
    .map((each) => each.outerHTML.slice(0, 80))"""
CHART_WIDTHS = """() => [...document.querySelectorAll('.js-plotly-plot .main-svg')]
    .map((each) => Number(each.getAttribute('width')))"""
WIDER = """() => [...document.querySelectorAll('body *')]
    .filter((each) => !each.closest('.scroll, .sections, script, style'))
    .filter((each) => each.getBoundingClientRect().right > innerWidth + 0.5)
    .map((each) => each.outerHTML.slice(0, 80))"""


@pytest.fixture(params=["run", "study"])
def view(request):
    """A page as a desktop shows it in the light, also after the test."""
    view = request.getfixturevalue(f"{request.param}_view")
    view.page.evaluate("() => { window.stops = []; document.activeElement?.blur(); scrollTo(0, 0); }")
    yield view
    view.page.set_viewport_size(DESKTOP)
    view.page.emulate_media(color_scheme="light", media="screen")
    view.check()


def test_tab_reaches_every_control_and_shows_where_it_is(view):
    unseen = []
    for _ in range(400):
        view.page.keyboard.press("Tab")
        landed = view.page.evaluate(LANDED)
        if landed is None or "known" in landed:
            break
        if not landed["seen"]:
            unseen.append(landed["name"])
    assert unseen == []
    assert view.page.evaluate(MISSED) == []
    assert view.page.evaluate("() => window.stops[0].className") == "skip"
    assert view.page.evaluate("() => window.stops.length") > 40


def test_the_skip_link_skips(view):
    view.page.keyboard.press("Tab")
    view.page.keyboard.press("Enter")
    assert view.page.evaluate("() => document.activeElement.id") == "main"


def test_a_phone_scrolls_in_one_direction_alone(view):
    view.page.set_viewport_size(PHONE)
    view.page.wait_for_function(
        "() => document.documentElement.scrollWidth === innerWidth"
    )  # charts follow a bit later
    assert view.page.evaluate("() => innerWidth") == PHONE["width"]
    assert view.page.evaluate(WIDER) == []


def test_the_dark_scheme_reaches_page_and_charts(view):
    chart = "#chart-scatter" if view.page.locator("#chart-scatter").count() else "#chart-roofline"
    brightness = {}
    for scheme in ("light", "dark"):
        view.page.emulate_media(color_scheme=scheme)
        view.settle()
        ground = view.page.evaluate("() => getComputedStyle(document.body).backgroundColor")
        text = view.page.evaluate("(chart) => document.querySelector(chart).layout.font.color", chart)
        parts = [int(part) for part in re.findall(r"\d+", ground)]
        brightness[scheme] = (sum(parts) / 3, int(text[1:3], 16))
    (page, text), (dark_page, dark_text) = brightness["light"], brightness["dark"]
    assert (page > 200, text < 100, dark_page < 60, dark_text > 200) == (True,) * 4


def test_on_paper_controls_are_gone_everything_is_unfolded_and_charts_fit(view):
    widths = view.page.evaluate(CHART_WIDTHS)
    view.page.emulate_media(media="print")
    view.page.evaluate("() => dispatchEvent(new Event('beforeprint'))")
    assert view.page.locator("nav").is_hidden()
    assert view.page.locator("form").first.is_hidden()
    assert view.page.locator("details:not([open])").count() == 0
    assert max(view.page.evaluate(CHART_WIDTHS)) <= 680 < max(widths)  # A4 less margins, in CSS pixels
    view.page.emulate_media(media="screen")
    view.page.evaluate("() => dispatchEvent(new Event('afterprint'))")
    assert view.page.locator("details:not([open])").count() > 0
    assert view.page.evaluate(CHART_WIDTHS) == widths


@pytest.mark.parametrize("kind", ["run", "study"])
def test_the_policy_stops_foreign_scripts_and_requests(request, opened, kind):
    view = opened(request.getfixturevalue(f"{kind}_html"))
    ran = view.page.evaluate(
        """() => {
            const script = document.createElement('script');
            script.textContent = 'window.foreign = true';
            document.body.append(script);
            return window.foreign ?? false;
        }"""
    )
    sent = view.page.evaluate("() => fetch('http://127.0.0.1:9/').then(() => 'sent', () => 'stopped')")
    assert (ran, sent) == (False, "stopped")
    assert len(view.problems) >= 2
    assert all("Content Security Policy" in problem for problem in view.problems)
    assert view.fetched == [view.address]
