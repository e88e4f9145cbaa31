"""Progress on standard error: a bar on a terminal, lines elsewhere, nothing when quiet."""

from __future__ import annotations

import io
import sys

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
