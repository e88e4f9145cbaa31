"""Run the examples and write what they print: each ``NAME.py`` here becomes the page ``NAME.md``.

Run ``python docs/examples/record.py`` in the root of the repository after a change of an example or of the numbers.
"""

from __future__ import annotations

import io
import sys
from collections.abc import Iterator
from contextlib import redirect_stdout
from pathlib import Path

FOLDER = Path(__file__).parent
CELL, PROSE = "# %%", "# %% [markdown]"
NOTE = "<!-- Recorded from {name} by docs/examples/record.py; a test compares. -->\n"


def scripts() -> list[Path]:
    """Return the examples."""
    return sorted(path for path in FOLDER.glob("*.py") if path.name != Path(__file__).name)


def page(script: Path) -> str:
    """Run an example cell by cell, and return its page: prose, code, and what it printed."""
    names: dict[str, object] = {"__name__": "__main__"}
    parts = [NOTE.format(name=script.name)]
    for kind, text in cells(script.read_text(encoding="utf-8")):
        if kind == PROSE:
            parts.append("\n".join(line.removeprefix("#").removeprefix(" ") for line in text.splitlines()) + "\n")
            continue
        parts.append(f"```python\n{text}```\n")
        with redirect_stdout(io.StringIO()) as printed:
            exec(compile(text, script.name, "exec"), names)  # the example itself
        if printed.getvalue():
            parts.append(f"```output\n{printed.getvalue()}```\n")
    parts.append(f"The script: [{script.name}]({script.name}).\n")
    return "\n".join(parts)


def cells(source: str) -> Iterator[tuple[str, str]]:
    """Yield kind and text of the cells of a script in the percent format, which editors open as a notebook."""
    kind, lines = "", []
    for line in [*source.splitlines(), CELL]:
        if not line.startswith(CELL):
            lines.append(line)
            continue
        text = "\n".join(lines).strip("\n") + "\n"
        if kind and text.strip():
            yield kind, text
        kind, lines = (PROSE if line.startswith(PROSE) else CELL), []


if __name__ == "__main__":
    sys.path.insert(0, str(FOLDER.parents[1]))
    for script in scripts():
        script.with_suffix(".md").write_text(page(script), encoding="utf-8")
