"""A page in a browser: what it asks for, what goes wrong, and what a reader does with it."""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

MOVED = "(input, value) => { input.value = value; input.dispatchEvent(new Event('input', { bubbles: true })); }"
BOXED = """(chart) => {
    window.boxed = false;
    document.querySelector(chart).once("plotly_selected", () => (window.boxed = true));
}"""
FRAME = "() => new Promise((done) => requestAnimationFrame(() => requestAnimationFrame(() => done(true))))"

DESKTOP = {"width": 1280, "height": 900}
PHONE = {"width": 390, "height": 844}


@dataclass
class View:
    context: Any
    page: Any
    address: str
    problems: list[str] = field(default_factory=list)
    fetched: list[str] = field(default_factory=list)

    @classmethod
    def of(cls, browser: Any, path: Path, options: dict[str, Any]) -> View:
        """Open a file and wait until it has drawn."""
        context = browser.new_context(viewport=DESKTOP, reduced_motion="reduce", **options)
        view = cls(context, context.new_page(), path.as_uri())
        view.page.on("console", lambda message: message.type == "error" and view.problems.append(message.text))
        view.page.on("pageerror", lambda error: view.problems.append(str(error)))
        view.page.on("requestfailed", lambda request: view.problems.append(request.url))
        view.page.on(
            "request", lambda request: not request.url.startswith("data:") and view.fetched.append(request.url)
        )
        view.page.goto(view.address)
        if options.get("java_script_enabled", True):
            view.settle()
        return view

    def check(self) -> None:
        """Fail if anything went wrong, or anything but the page itself was asked for."""
        assert self.problems == []
        assert self.fetched == [self.address]

    def settle(self) -> None:
        """Wait until what was asked for is drawn."""
        self.page.evaluate(FRAME)

    def counts(self, selector: str = "#count") -> tuple[int, int]:
        """Read "12 of 96 points chosen"."""
        self.settle()
        chosen, of = re.match(r"([\d,]+) of ([\d,]+)", self.page.inner_text(selector)).groups()
        return int(chosen.replace(",", "")), int(of.replace(",", ""))

    def type_limit(self, measure: str, end: str, value: object) -> None:
        self._limit(measure, end, "number").fill(str(value))

    def move_slider(self, measure: str, end: str, place: int) -> None:
        self._limit(measure, end, "range").evaluate(MOVED, str(place))

    def limit(self, measure: str) -> tuple[float | None, float | None]:
        """Read what a figure is limited to."""
        ends = (self._limit(measure, end, "number").input_value() for end in ("low", "high"))
        low, high = (float(end) if end else None for end in ends)
        return low, high

    def drag(self, chart: str, start: tuple[float, float], stop: tuple[float, float]) -> None:
        """Draw a box in a chart; places are shares of its width and height."""
        area = self.page.locator(f"{chart} .nsewdrag").first
        area.scroll_into_view_if_needed()
        box = area.bounding_box()
        self.page.evaluate(BOXED, chart)
        points = [(box["x"] + box["width"] * x, box["y"] + box["height"] * y) for x, y in (start, stop)]
        self.page.mouse.move(*points[0])
        self.page.mouse.down()
        self.page.mouse.move(*points[1], steps=4)
        self.page.mouse.up()
        self.page.wait_for_function("() => window.boxed", timeout=5000)  # Plotly says so a moment later
        self.settle()

    def column(self, table: str, header: str) -> list[str]:
        """Read the shown cells of a column, from top to bottom."""
        return self.page.evaluate(
            """([table, header]) => {
                const heads = [...document.querySelectorAll(`${table} thead th`)];
                const place = heads.findIndex((head) => head.innerText.replace(/[\\s↕↑↓]+/g, ' ').trim() === header);
                const rows = [...document.querySelectorAll(`${table} tbody tr`)].filter((row) => !row.hidden);
                return rows.map((row) => row.cells[place].innerText);
            }""",
            [table, header],
        )

    def _limit(self, measure: str, end: str, kind: str) -> Any:
        return self.page.locator(f'[data-measure="{measure}"] input.{end}[type={kind}]')
