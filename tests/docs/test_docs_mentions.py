"""Commands in running text name commands and options that exist; no command hides outside a fenced block."""

from __future__ import annotations

import re

import docs_sandbox
import pytest
import typer
from docs_pages import PAGES, all_blocks, blocks, prose

from lpasim.cli.app import app

COMMANDS = typer.main.get_command(app).commands
MENTION = re.compile(r"`(?:python -m )?lpasim ([^`]+)`")
PLACEHOLDERS = ("COMMAND", "--version", "--help")
LANGUAGES = {"sh", "python", "yaml", "text", "output"}


def mentions(page: str) -> list[str]:
    found = (re.sub(r"\s+", " ", mention) for mention in MENTION.findall(prose(page)))
    return [mention for mention in found if not mention.startswith(PLACEHOLDERS)]


def command_of(words: list[str]) -> object:
    """Return the command that words call; the longer name wins, as in the program."""
    command = COMMANDS.get(" ".join(words[:2])) or COMMANDS.get(words[0])
    return getattr(command, "commands", {}).get(words[1], command) if len(words) > 1 else command


@pytest.mark.parametrize("page", [page for page in PAGES if mentions(page)])
def test_a_mention_names_what_is_there(page):
    for mention in mentions(page):
        words = mention.split()
        command = command_of(words)
        assert command is not None, f"{page} mentions lpasim {mention}"
        options = {name for parameter in command.params for name in parameter.opts}
        named = {word.split("=")[0] for word in words if re.match(r"--?[a-z]", word)}
        assert named <= options | {"--help"}, f"{page} mentions lpasim {mention}"


@pytest.mark.parametrize("page", PAGES)
def test_commands_stand_in_fenced_blocks(page):
    hidden = [line for line in prose(page).splitlines() if re.match(r" {4,}(python|lpasim|pip|pytest)\b", line)]
    assert hidden == []


def test_every_fenced_block_says_what_it_is():
    told = {block.language for page in PAGES for block in blocks(page)}
    assert {language for language in told if not language.startswith("{")} == LANGUAGES - {"output"}


def test_every_yaml_block_is_a_file_that_commands_read():
    shown = {block.text for page in PAGES for block in blocks(page) if block.language == "yaml"}
    assert shown == {docs_sandbox.yaml_of(*place) for place in docs_sandbox.WRITTEN.values()}
    commands = "".join(block.text for block in all_blocks("sh"))
    assert [name for name in docs_sandbox.WRITTEN if name not in commands] == []
