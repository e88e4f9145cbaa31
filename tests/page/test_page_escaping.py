"""Names from files are texts, whatever they hold."""

from __future__ import annotations

import json
import shutil

import pytest
from page_html import Page
from page_studies import write_study

from lpasim.reports.page.page import page_of
from lpasim.reports.page.references import cited

EVIL = "</script><script>alert(1)</script><img src=x onerror=alert(2)>'\"&{{ 7 * 7 }}"


@pytest.fixture
def evil_run(run_path, tmp_path):
    path = tmp_path / "run"
    shutil.copytree(run_path, path)
    report = json.loads((path / "report.json").read_text(encoding="utf-8"))
    report["workload"]["title"] = EVIL
    report["workload"]["provenance"]["method"] = EVIL
    report["layers"][0]["name"] = report["layers"][1]["operator"] = EVIL
    report["free"] = [{"node": EVIL, "operator": EVIL, "reason": EVIL}]
    (path / "report.json").write_text(json.dumps(report), encoding="utf-8")
    return page_of(path)


def test_a_title_is_no_script(evil_run, run_page):
    page = Page(evil_run)
    assert page.tags("h1")[0].text.startswith(EVIL)
    assert len(page.scripts) == len(run_page.scripts)
    assert page.tags("img") == []


def test_names_of_layers_come_through_as_they_are(evil_run):
    page = Page(evil_run)
    assert page.data["layers"]["names"][0] == EVIL
    rows = page.rows(page.by_id("layer-table"))
    assert rows[0][0] == EVIL
    assert rows[1][1] == EVIL


def test_data_never_closes_its_script(evil_run):
    before, _, rest = evil_run.decode().partition('<script type="application/json" id="data">')
    assert before
    assert "<" not in rest.partition("</script>")[0]


def test_a_study_is_escaped_too(tmp_path):
    write_study(tmp_path, name=EVIL, workloads=(EVIL, "vit_tiny"), failures=2, errors=EVIL)
    page = Page(page_of(tmp_path))
    assert EVIL in page.tags("title")[0].text
    assert page.data["workloads"][0] == EVIL
    assert page.tags("img") == []
    failures = next(table for table in page.tags("table") if "without results" in table.within("caption")[0].text)
    assert [row[-1] for row in page.rows(failures)] == [EVIL, EVIL]


def test_citations_are_links_and_the_rest_is_escaped():
    html = str(cited("a < b [lpa], [x<y], [other] & [ant]", {"lpa", "ant"}))
    assert html == (
        'a &lt; b <a class="cite" href="#source-lpa">[lpa]</a>, [x&lt;y], [other] &amp; '
        '<a class="cite" href="#source-ant">[ant]</a>'
    )
