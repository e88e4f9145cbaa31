"""Names from outside on one line."""

from __future__ import annotations

from pathlib import Path

import pytest

from lpasim.networks.printable import file_name, printable


@pytest.mark.parametrize(
    ("text", "expected"), [("a\nb", r"a\nb"), ("é", "é"), ("\udcff", r"\udcff"), (Path("x/a\tb"), r"x/a\tb")]
)
def test_what_breaks_a_line_is_escaped(text, expected):
    assert printable(text) == expected


def test_a_folder_has_a_name_however_it_is_given(tmp_path, monkeypatch):
    inner = tmp_path / "photos" / "inner"
    inner.mkdir(parents=True)
    monkeypatch.chdir(inner)
    given = (".", "", "./", "..", "../..", "../inner", "a\nb", "/")
    expected = ["inner", "inner", "inner", "photos", tmp_path.name, "inner", r"a\nb", "/"]
    assert [file_name(Path(name)) for name in given] == expected
