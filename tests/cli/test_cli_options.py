"""Options that several commands have: the same spellings everywhere."""

from __future__ import annotations

import json

import pytest
import typer.main

from lpasim.cli.app import app


def commands(group, prefix=()):
    for name, command in group.commands.items():
        if hasattr(command, "commands"):
            yield from commands(command, (*prefix, name))
        else:
            yield " ".join((*prefix, name)), command


OPTIONS = {
    name: {spelling: option for option in command.params for spelling in option.opts}
    for name, command in commands(typer.main.get_command(app))
}


@pytest.mark.parametrize("command", [name for name, options in OPTIONS.items() if "--out" in options])
def test_what_is_written_has_a_short_form(command):
    assert OPTIONS[command]["-o"] is OPTIONS[command]["--out"]


@pytest.mark.parametrize("command", [name for name, options in OPTIONS.items() if "--format" in options])
def test_json_has_two_spellings(command):
    if command == "plot":
        pytest.skip("its --format is that of files, and --json lists them")
    assert ("json" in (OPTIONS[command]["--format"].metavar or "")) == ("--json" in OPTIONS[command])


def test_both_spellings_say_the_same(lpasim, small):
    for command in (("run", small, "-q"), ("reproduce", "areas", "-q"), ("show", "technology", "28nm")):
        long, short = (lpasim(*command, *spelling).out for spelling in (("--format", "json"), ("--json",)))
        assert json.loads(long) == json.loads(short)


def test_two_forms_at_once(lpasim, small, tmp_path):
    done = lpasim("run", small, "--json", "--format", "csv")
    assert (done.code, done.out) == (2, "")
    assert done.err == "lpasim: Invalid value: --json must come without --format csv, got both\n"
    assert not list(tmp_path.iterdir())
