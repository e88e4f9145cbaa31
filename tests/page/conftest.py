"""A run and a study in folders, and their pages."""

from __future__ import annotations

import pytest
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
