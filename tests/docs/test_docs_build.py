"""The manual builds with warnings as errors and no network, names every command, and gives the same bytes twice."""

from __future__ import annotations

import subprocess
import sys
from importlib.util import find_spec
from pathlib import Path

import pytest
import typer
from docs_pages import ROOT

from lpasim.cli.app import app

WITHOUT_NETWORK = """
import socket, sys
def refuse(*_, **__):
    raise OSError("no network here")
socket.socket.connect = refuse
from sphinx.cmd.build import main
sys.exit(main(sys.argv[1:]))
"""
MISSING = [name for name in ("sphinx", "myst_parser", "furo") if not find_spec(name)]


pytestmark = pytest.mark.skipif(bool(MISSING), reason=f"needs {', '.join(MISSING)}: pip install '.[docs]'")


def build(folder: Path) -> Path:
    call = [sys.executable, "-c", WITHOUT_NETWORK, "-W", "--keep-going", "-q", "-d", f"{folder}.doctrees"]
    done = subprocess.run([*call, str(ROOT / "docs"), str(folder)], capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
    return folder


@pytest.fixture(scope="module")
def manual(tmp_path_factory) -> Path:
    return build(tmp_path_factory.mktemp("manual") / "html")


def test_every_page_is_built(manual):
    sources = {path.relative_to(ROOT / "docs").with_suffix("") for path in (ROOT / "docs").rglob("*.md")}
    built = {path.relative_to(manual).with_suffix("") for path in manual.rglob("*.html")}
    assert sources <= built


def test_every_command_and_option_is_told(manual):
    page = (manual / "commands.html").read_text(encoding="utf-8")
    for name, command in typer.main.get_command(app).commands.items():
        for full, part in [(f"{name} {word}", part) for word, part in getattr(command, "commands", {}).items()] or [
            (name, command)
        ]:
            assert f"lpasim {full}" in page
            for option in (option for parameter in part.params for option in parameter.opts if option[0] == "-"):
                assert option in page, f"{full} {option}"


def test_pages_from_elsewhere_are_shown_with_links_that_lead_there(manual):
    page = (manual / "results.html").read_text(encoding="utf-8")
    assert "config.yaml" in page
    assert 'href="baselines.html"' in page
    assert 'href="results.html"' in (manual / "report.html").read_text(encoding="utf-8")


def test_a_page_loads_nothing_from_elsewhere(manual):
    for page in manual.rglob("*.html"):
        text = page.read_text(encoding="utf-8")
        assert 'src="http' not in text, page
        assert '<link rel="stylesheet" type="text/css" href="http' not in text, page


@pytest.mark.parametrize("width", [390, 1366])
def test_no_page_is_wider_than_the_window(manual, browser, width):
    tab = browser.new_page(viewport={"width": width, "height": 800})
    for name in ("index", "first-hour", "sweep", "hardware", "python-api"):
        tab.goto((manual / f"{name}.html").as_uri())
        assert tab.evaluate("document.documentElement.scrollWidth") == width, name
    tab.close()


@pytest.mark.slow
def test_the_same_sources_give_the_same_bytes(manual, tmp_path):
    again = build(tmp_path / "html")
    for path in sorted(manual.rglob("*")):
        if path.is_file() and path.name != ".buildinfo":
            assert path.read_bytes() == (again / path.relative_to(manual)).read_bytes(), path
