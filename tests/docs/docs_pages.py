"""What the pages of the manual hold: fenced blocks with their language, and the commands in them."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache
from pathlib import Path

ROOT = Path(__file__).parents[2]
PAGES = (
    "README.md",
    "benchmarks/README.md",
    "results/README.md",
    "results/lpq/README.md",
    "results/pe-array-study/README.md",
    "workloads/fashion/README.md",
    *sorted(path.relative_to(ROOT).as_posix() for path in (ROOT / "docs").glob("*.md")),
)
"""Pages written by hand. Those of docs/examples are recorded from scripts, which a test of their own runs."""
SHELL, PYTHON, OUTPUT = "sh", "python", "output"


@dataclass(frozen=True)
class Block:
    """A fenced block: the line of its fence, its language, its text, and the output that the page shows below it."""

    page: str
    line: int
    language: str
    text: str
    shown: str | None = None

    def __str__(self) -> str:
        return f"{self.page}:{self.line}"

    def commands(self) -> list[str]:
        """Return the commands of a shell block, without comments and with lines that go on joined."""
        lines = self.text.replace("\\\n", " ").splitlines()
        bare = (re.sub(r"(^|\s+)#\s.*", "", line).strip() for line in lines)
        return [re.sub(r"\s+", " ", line) for line in bare if line]


@cache
def text_of(page: str) -> str:
    return (ROOT / page).read_text(encoding="utf-8")


@cache
def blocks(page: str) -> tuple[Block, ...]:
    """Return the fenced blocks of a page, in order; a block of output belongs to the one before it."""
    found: list[Block] = []
    for block in _fenced(page):
        if block.language == OUTPUT and found:
            last = found[-1]
            found[-1] = Block(last.page, last.line, last.language, last.text, block.text)
        else:
            found.append(block)
    return tuple(found)


def all_blocks(language: str) -> list[Block]:
    return [block for page in PAGES for block in blocks(page) if block.language == language]


def prose(page: str) -> str:
    """Return a page without its fenced blocks, the lines in their places."""
    lines, inside = [], False
    for line in text_of(page).splitlines():
        fence = line.startswith("```")
        lines.append("" if fence or inside else line)
        inside ^= fence
    return "\n".join(lines)


def _fenced(page: str) -> Iterator[Block]:
    opened: tuple[int, str] | None = None
    body: list[str] = []
    for number, line in enumerate(text_of(page).splitlines(), start=1):
        if not line.startswith("```"):
            body.append(line)
        elif opened is None:
            opened, body = (number, line.strip("`").strip()), []
        else:
            yield Block(page, *opened, "\n".join(body) + "\n")
            opened = None
