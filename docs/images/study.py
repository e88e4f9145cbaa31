"""Draw the pictures of a study, of results/pe-array-study: two figures, and its page with points chosen on it.

Of `study-heatmap.png` and `study-scaling.png`, ``lpasim plot results/pe-array-study --width double`` draws the figures;
`study-page.png` is what a browser shows of ``lpasim report results/pe-array-study``.

Run ``python -m docs.images.study`` in the root of the repository; it needs the package playwright and a Chromium.
"""

from __future__ import annotations

import io
import shutil
import tempfile
from pathlib import Path

from PIL import Image
from playwright.sync_api import Page as Tab
from playwright.sync_api import sync_playwright

from lpasim.reports import figures
from lpasim.reports.page.page import page_of

FOLDER = Path(__file__).parent
STUDY = FOLDER.parents[1] / "results" / "pe-array-study"
KINDS = ("heatmap", "scaling")
WINDOW = {"width": 1280, "height": 1010}
COLOURS = 256
"""Of each picture, so that it is small."""
FIGURES = {"#scatter-x": "energy_mj", "#scatter-y": "latency_ms", "#scatter-colour": "dram.preset"}
SETTLED_MS = 1500
"""Until charts are drawn."""
LARGEST = ("area_mm2", "1")
"""The condition that points of the page are chosen by."""


def save(name: str, content: bytes) -> None:
    """Save a picture with few colours."""
    picture = Image.open(io.BytesIO(content)).convert("RGB")
    picture.quantize(COLOURS, dither=Image.Dither.NONE).save(FOLDER / name, optimize=True)


def draw_figures() -> None:
    """Draw the figures as wide as a page of two columns."""
    for kind in KINDS:
        figure = figures.plot(STUDY, kind, width="double")
        save(f"study-{kind}.png", figures.encode(figure, "png", figures.Page(width="double")))


def draw_page() -> None:
    """Open the page, choose points as a reader would, and take a picture of the design space."""
    chromium = next(filter(None, map(shutil.which, ("chromium", "chromium-browser", "google-chrome"))), None)
    with tempfile.TemporaryDirectory() as folder, sync_playwright() as driver:
        file = Path(folder) / "study.html"
        file.write_bytes(page_of(STUDY))
        browser = driver.chromium.launch(executable_path=chromium)
        tab = browser.new_page(viewport=WINDOW)
        tab.goto(file.as_uri())
        _choose(tab)
        save("study-page.png", tab.screenshot())
        browser.close()


def _choose(tab: Tab) -> None:
    for control, value in FIGURES.items():
        tab.select_option(control, value)
    tab.fill(f'[data-measure="{LARGEST[0]}"] input.high[type=number]', LARGEST[1])
    tab.evaluate("document.activeElement.blur()")
    tab.mouse.move(0, 0)
    tab.wait_for_timeout(SETTLED_MS)
    tab.evaluate("document.getElementById('space').scrollIntoView({behavior: 'instant'})")
    tab.wait_for_timeout(SETTLED_MS)


if __name__ == "__main__":
    draw_figures()
    draw_page()
