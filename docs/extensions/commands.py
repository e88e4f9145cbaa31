"""The directive ``lpasim-commands``: every command with its arguments and options, as the program itself tells them."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import TYPE_CHECKING, Any, ClassVar

from docutils import nodes
from sphinx.util.docutils import SphinxDirective

if TYPE_CHECKING:
    from sphinx.application import Sphinx

SKIPPED = ("--help",)
OPTION = re.compile(r"(--[a-z][a-z-]*[a-z])")


class Commands(SphinxDirective):
    """One section a command, in the order of ``lpasim --help``."""

    has_content: ClassVar[bool] = False

    def run(self) -> list[nodes.Node]:
        """Return the sections."""
        return [_section(name, command) for name, command in every_command()]


def every_command() -> Iterator[tuple[str, Any]]:
    """Yield the full name and the object of every command; those of a group one by one."""
    import typer

    from lpasim.cli.app import app

    yield from _commands_of("lpasim", typer.main.get_command(app))


def _commands_of(name: str, command: Any) -> Iterator[tuple[str, Any]]:
    for word, part in getattr(command, "commands", {}).items():
        full = f"{name} {word}"
        if hasattr(part, "commands"):
            yield from _commands_of(full, part)
        else:
            yield full, part


def _section(name: str, command: Any) -> nodes.section:
    context = command.make_context(name, [], resilient_parsing=True)
    section = nodes.section(ids=[nodes.make_id(name)], names=[name])
    section += nodes.title(text=name)
    section += [_paragraph(" ".join(part.split())) for part in (command.help or "").split("\n\n")]
    section += nodes.literal_block(text=context.get_usage().removeprefix("Usage: "), language="text")
    records = [_record(part, context) for part in command.get_params(context)]
    section += _table([record for record in records if record and not record[0].endswith(SKIPPED)])
    return section


def _record(part: Any, context: Any) -> tuple[str, str] | None:
    """Return the name and the meaning of an argument or option; None of one that is hidden."""
    record: tuple[str, str] | None = part.get_help_record(context)
    return record and (record[0], " ".join(record[1].split()))


def _table(records: list[tuple[str, str]]) -> list[nodes.Node]:
    if not records:
        return []
    group = nodes.tgroup("", *(nodes.colspec(colwidth=width) for width in (35, 65)), cols=2)
    body = nodes.tbody()
    for name, meaning in records:
        cells = nodes.paragraph("", "", nodes.literal(text=name)), _paragraph(meaning)
        body += nodes.row("", *(nodes.entry("", cell) for cell in cells))
    group += body
    return [nodes.table("", group)]


def _paragraph(text: str) -> nodes.paragraph:
    """Return a text with the options in it as code: else two hyphens would become a dash."""
    parts = OPTION.split(text)
    return nodes.paragraph("", "", *(nodes.literal(text=p) if p.startswith("--") else nodes.Text(p) for p in parts))


def setup(app: Sphinx) -> dict[str, bool]:
    """Register the directive."""
    app.add_directive("lpasim-commands", Commands)
    return {"parallel_read_safe": True}
