"""Whatever is wrong with a file, the page is made or one line says what is wrong with which file."""

from __future__ import annotations

import json
import shutil
from functools import cache

import pandas as pd
import pytest

from lpasim.errors import LpasimError
from lpasim.reports.page import document, run_page, study_page
from lpasim.reports.page.page import page_of

WRONG = (None, "x", 7, -1.5, True, [], [1], {}, {"a": 1}, [[]])


@pytest.fixture(autouse=True)
def quick(monkeypatch):
    """Leave out what would take most of the time: five megabytes of Plotly, and reading one configuration anew."""
    monkeypatch.setattr(document, "plotly_source", lambda: "")
    for module in (run_page, study_page):
        monkeypatch.setattr(module, "load_hardware", cache(module.load_hardware))


UNREAD = ("configuration", "units")
"""Sections of a report that the page takes from elsewhere."""


def tried(path) -> str:
    """Return what is wrong, or nothing."""
    message = ""
    try:
        page_of(path)
    except LpasimError as error:
        message = str(error)
    assert "\n" not in message
    assert " must " in message or not message
    return message


def places(document_, depth=2):
    """List the keys of a document and of what is in it."""
    for key, value in document_.items():
        yield (key,)
        inner = value[0] if isinstance(value, list) and value and isinstance(value[0], dict) else value
        if depth > 1 and isinstance(inner, dict) and key not in UNREAD:
            step = (key, 0) if inner is not value else (key,)
            yield from ((*step, *rest) for rest in places(inner, depth - 1))


def put(document_, place, value):
    for step in place[:-1]:
        document_ = document_[step]
    document_[place[-1]] = value


@pytest.mark.parametrize("name", ["report.json", "run.json"])
def test_every_value_of_a_run_may_be_wrong(run_path, tmp_path, name):
    path = shutil.copytree(run_path, tmp_path / "run")
    text = (path / name).read_text(encoding="utf-8")
    refused = 0
    for number, place in enumerate(places(json.loads(text))):
        broken = json.loads(text)
        put(broken, place, WRONG[number % len(WRONG)])
        (path / name).write_text(json.dumps(broken), encoding="utf-8")
        message = tried(path)
        assert name in message or not message
        refused += bool(message)
    assert refused > 3


@pytest.mark.parametrize("value", [None, "x", 7, [1], {}])
def test_every_section_of_a_study_may_be_wrong(study, tmp_path, value):
    path = shutil.copytree(study[0], tmp_path / "study")
    text = (path / "study.json").read_text(encoding="utf-8")
    for key in json.loads(text):
        (path / "study.json").write_text(json.dumps(json.loads(text) | {key: value}), encoding="utf-8")
        message = tried(path)
        assert "study.json" in message or "points.parquet" in message or not message


@pytest.mark.parametrize("values", ["x", None, [1, 2], True])
def test_every_column_of_a_study_may_be_wrong(study, tmp_path, values):
    path = shutil.copytree(study[0], tmp_path / "study")
    points = pd.read_parquet(path / "points.parquet")
    for name in points.columns:
        points.assign(**{name: [values] * len(points)}).to_parquet(path / "points.parquet", index=False)
        message = tried(path)
        assert "points.parquet" in message or "study must have a point" in message or not message


def test_every_value_of_a_description_may_be_gone(study, tmp_path):
    path = shutil.copytree(study[0], tmp_path / "study")
    whole = json.loads((path / "study.json").read_text(encoding="utf-8"))
    for key in whole:
        (path / "study.json").write_text(json.dumps({k: v for k, v in whole.items() if k != key}), encoding="utf-8")
        tried(path)
