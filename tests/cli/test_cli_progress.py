"""Progress on standard error: a bar on a terminal, lines elsewhere, nothing when quiet."""

from __future__ import annotations

import io
import sys
from types import SimpleNamespace

import pytest

from lpasim.cli import progress


class Terminal(io.StringIO):
    def isatty(self) -> bool:
        return True


def test_lines_without_a_terminal(monkeypatch):
    stream = io.StringIO()
    monkeypatch.setattr(sys, "stderr", stream)
    monkeypatch.setattr(progress, "LINE_EVERY_S", 0.0)
    with progress.progress_bar(quiet=False) as update:
        update(3, 7)
        update(7, 7)
    assert stream.getvalue() == "simulating: 3 of 7 tiles\nsimulating: 7 of 7 tiles\n"


def test_short_runs_print_no_lines(monkeypatch):
    stream = io.StringIO()
    monkeypatch.setattr(sys, "stderr", stream)
    with progress.progress_bar(quiet=False) as update:
        update(7, 7)
    assert stream.getvalue() == ""


@pytest.mark.parametrize("stream", [io.StringIO, Terminal], ids=["file", "terminal"])
@pytest.mark.parametrize(("tiles", "length"), [(50, None), (4000, "67 min"), (9000, "2.5 h"), (400_000, "111 h")])
def test_a_long_run_is_announced_once(monkeypatch, stream, tiles, length):
    """One tile a second."""
    clock, out = [0.0], stream()
    monkeypatch.setattr(sys, "stderr", out)
    monkeypatch.setenv("TERM", "xterm")
    monkeypatch.setattr(progress, "time", SimpleNamespace(monotonic=lambda: clock[0]))
    with progress.progress_bar(quiet=False) as update:
        for second in range(5):
            clock[0] = float(second)
            update(second + 1, tiles)
    assert out.getvalue().count("Ctrl-C") == (length is not None)
    if length is not None:
        assert f"{tiles:,} tiles take about {length}" in out.getvalue()


def test_a_bar_on_a_terminal(monkeypatch):
    stream = Terminal()
    monkeypatch.setattr(sys, "stderr", stream)
    monkeypatch.setenv("TERM", "xterm")
    with progress.progress_bar(quiet=False) as update:
        update(3, 7)
    assert "simulating" in stream.getvalue()
    assert "3/7" in stream.getvalue()


def test_quiet(monkeypatch):
    stream = Terminal()
    monkeypatch.setattr(sys, "stderr", stream)
    with progress.progress_bar(quiet=True) as update:
        assert update is None
    progress.note("nothing", quiet=True)
    assert stream.getvalue() == ""


def test_stages_are_lines_without_a_terminal(monkeypatch):
    clock, stream = [0.0], io.StringIO()
    monkeypatch.setattr(sys, "stderr", stream)
    monkeypatch.setattr(progress, "time", SimpleNamespace(monotonic=lambda: clock[0]))
    with progress.stages(quiet=False) as update:
        for second, told in enumerate([("a", 0, 0), ("a", 0, 0), ("b", 0, 0), ("b", 1, 9), ("b", 2, 9), ("a", 0, 0)]):
            clock[0] = second * 2.6
            update(*told)
    assert stream.getvalue() == "a\nb\nb: 2 of 9\na\n"


def test_stages_are_bars_on_a_terminal(monkeypatch):
    stream = Terminal()
    monkeypatch.setattr(sys, "stderr", stream)
    monkeypatch.setenv("TERM", "xterm")
    with progress.stages(quiet=False) as update:
        update("searching", 3, 7)
    assert "searching" in stream.getvalue()
    assert "3/7" in stream.getvalue()


def test_stages_are_quiet(monkeypatch):
    stream = Terminal()
    monkeypatch.setattr(sys, "stderr", stream)
    with progress.stages(quiet=True) as update:
        assert update is None
    assert stream.getvalue() == ""
