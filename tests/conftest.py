"""What all tests share: settings, by which hypothesis is deterministic and never judges by wall time, and a browser."""

from __future__ import annotations

import shutil

import pytest
from hypothesis import settings

settings.register_profile("lpasim", deadline=None, derandomize=True, database=None)
settings.load_profile("lpasim")


@pytest.fixture(scope="session")
def browser():
    """A Chromium of this machine, without a window; skips where there is none."""
    playwright = pytest.importorskip("playwright.sync_api", reason="the extra browser is not installed")
    chromium = shutil.which("chromium") or shutil.which("chromium-browser") or shutil.which("google-chrome")
    if chromium is None:
        pytest.skip("no Chromium is installed")
    with playwright.sync_playwright() as driver:
        running = driver.chromium.launch(executable_path=chromium)
        yield running
        running.close()
