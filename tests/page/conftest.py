"""A run and a study in folders, and their pages."""

from __future__ import annotations

import pytest
from page_browser import View
from page_html import Page
from page_studies import write_study

pytest.importorskip("plotly", reason="the extra page is not installed")
pytest.importorskip("jinja2", reason="the extra page is not installed")


@pytest.fixture(scope="session")
def run_path(tmp_path_factory):
    from lpasim.hardware import load_hardware
    from lpasim.quantization.workload import load_workload
    from lpasim.reports.run_folder import Arguments, open_folder
    from lpasim.reports.simulate import run

    path = tmp_path_factory.mktemp("page") / "fashion"
    trace, resolved = load_workload("fashion"), load_hardware("lpa", ["array.rows=4"])
    with open_folder(path, trace, resolved, Arguments("fashion", "lpa", ("array.rows=4",))) as folder:
        folder.fill(run(trace, resolved))
    return path


@pytest.fixture(scope="session")
def study(tmp_path_factory):
    """The folder and the points of a study; its first three points failed."""
    path = tmp_path_factory.mktemp("page") / "pe-study"
    return path, write_study(path, failures=3)


@pytest.fixture(scope="session")
def run_html(run_path) -> bytes:
    from lpasim.reports.page.page import page_of

    return page_of(run_path)


@pytest.fixture(scope="session")
def study_html(study) -> bytes:
    from lpasim.reports.page.page import page_of

    return page_of(study[0])


@pytest.fixture(scope="session")
def run_page(run_html) -> Page:
    return Page(run_html)


@pytest.fixture(scope="session")
def study_page(study_html) -> Page:
    return Page(study_html)


@pytest.fixture(scope="session", params=["run", "study"])
def page(request) -> Page:
    return request.getfixturevalue(f"{request.param}_page")


@pytest.fixture(scope="session")
def opened(browser, tmp_path_factory):
    """Open a page, and close all when the tests end."""
    views = []

    def open_page(html: bytes, **options) -> View:
        path = tmp_path_factory.mktemp("browser") / "page.html"
        path.write_bytes(html)
        views.append(View.of(browser, path, options))
        return views[-1]

    yield open_page
    for view in views:
        view.context.close()


@pytest.fixture(scope="session")
def run_view(opened, run_html) -> View:
    """The page of the run; opening one takes longer than a test, so that all share it."""
    return opened(run_html)


@pytest.fixture(scope="session")
def study_view(opened, study_html) -> View:
    return opened(study_html)
