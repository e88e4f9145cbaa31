"""Every command of README and the manual runs, block by block, on small files in the place of the reader's."""

from __future__ import annotations

import re
from collections.abc import Iterator
from importlib.util import find_spec

import docs_sandbox
import pytest
from docs_exceptions import NEEDS, NOT_RUN, PROGRAMS, SLOW
from docs_pages import ROOT, SHELL, Block, all_blocks


def runs(command: str) -> bool:
    return command not in NOT_RUN and not command.startswith(PROGRAMS)


def is_slow(command: str) -> bool:
    return command.startswith(SLOW)


def cases() -> Iterator[object]:
    """Yield each block with the commands that run: the quick ones, and marked as slow, all where some are slow."""
    for block in all_blocks(SHELL):
        commands = [command for command in block.commands() if runs(command)]
        quick = [command for command in commands if not is_slow(command)]
        if quick:
            yield pytest.param(block, quick, id=str(block))
        if len(quick) < len(commands):
            yield pytest.param(block, commands, id=f"{block} in full", marks=pytest.mark.slow)


@pytest.mark.parametrize(("block", "commands"), [*cases()])
def test_a_block_of_commands(block, commands, shell, shelf, tmp_path):
    for command in commands:
        _skip_what_cannot_run(command)
    docs_sandbox.lay_out(shelf, tmp_path, block.text)
    said = ""
    for command in commands:
        done = shell(command)
        assert done.returncode == 0, f"{block}: {command}\n{done.stdout[-2000:]}\n{done.stderr[-2000:]}"
        said += done.stdout
    if block.shown is not None and commands[-1] == block.commands()[-1]:
        assert_shown(block, said)


def assert_shown(block: Block, said: str) -> None:
    """Compare what a page shows with what its commands print: each line begins one of theirs, in order."""
    printed = iter(" ".join(line.split()) for line in said.splitlines())
    for shown in (" ".join(line.split()) for line in block.shown.splitlines()):
        if shown not in ("", "..."):
            assert any(line.startswith(shown) for line in printed), (
                f"{block} shows {shown!r}, the commands print\n{said}"
            )


def test_what_begins_a_shown_line_must_be_printed_in_order():
    block = Block("page", 1, SHELL, "", "a  1\n...\nb 2\n")
    assert_shown(block, "first\n a 1  more\nx\nb 2\n")
    for said in ("b 2\na 1\n", "a 1\n", "xa 1\nb 2\n"):
        with pytest.raises(AssertionError, match="page:1 shows"):
            assert_shown(block, said)


@pytest.mark.parametrize("entry", [*NOT_RUN, *SLOW, PROGRAMS])
def test_an_exception_is_one_of_a_command_that_is_there(entry):
    commands = [command for block in all_blocks(SHELL) for command in block.commands()]
    assert any(command.startswith(entry) for command in commands)


def test_commands_left_to_ci_are_those_that_it_takes_from_the_readme():
    script = (ROOT / ".ci" / "run").read_text(encoding="utf-8")
    assert "readme run | tee" in script
    assert "readme test | tee" in script


def options_by_program() -> dict[str, set[str]]:
    """Return the programs that measure, as the pages call them, and the options that they are called with."""
    found: dict[str, set[str]] = {}
    for command in (command for block in all_blocks(SHELL) for command in block.commands()):
        if command.startswith(PROGRAMS):
            program, options = command.split()[1], {word for word in command.split() if word.startswith("--")}
            found.setdefault(program, set()).update(options)
    return found


@pytest.mark.parametrize(("program", "options"), options_by_program().items())
def test_a_program_that_measures_has_the_options_that_pages_name(program, options, shell, shelf, tmp_path):
    docs_sandbox.lay_out(shelf, tmp_path, program)
    done = shell(f"python {program} --help")
    assert done.returncode == 0, done.stderr
    assert options <= set(re.findall(r"--[a-z-]+", done.stdout))


def _skip_what_cannot_run(command: str) -> None:
    for pattern, packages in NEEDS.items():
        for package in packages:
            if re.search(pattern, command) and not find_spec(package):
                pytest.skip(f"needs {package}: {command}")
