"""The page of a run in a browser: the table filters and sorts, and the chart follows it."""

from __future__ import annotations

import json

import pandas as pd
import pytest


@pytest.fixture
def view(run_view):
    """The page as it was opened; nothing went wrong with it when the test ends."""
    run_view.page.click("#layer-controls button[type=reset]")
    run_view.page.evaluate("() => new Promise((done) => setTimeout(() => done(true)))")
    yield run_view
    run_view.check()


@pytest.fixture
def layers(run_path) -> pd.DataFrame:
    return pd.read_csv(run_path / "layers.csv")


def bars(view) -> list[str]:
    """Names of the layers in the chart, from top to bottom."""
    return view.page.evaluate("() => document.getElementById('chart-layers').data[0].customdata")


def test_all_layers_are_there_in_their_order(view, layers):
    assert view.column("#layer-table", "layer") == layers["name"].tolist()
    assert bars(view) == layers["name"].tolist()


def test_layers_are_filtered_by_name(view, layers):
    view.page.fill("#layer-name", "SECOND")
    wanted = layers[layers["name"].str.contains("second")]["name"].tolist()
    assert view.counts("#layer-count") == (len(wanted), len(layers))
    assert view.column("#layer-table", "layer") == bars(view) == wanted
    view.page.click("#layer-controls button[type=reset]")
    view.settle()
    assert bars(view) == layers["name"].tolist()


def test_layers_are_filtered_by_operator(view, layers):
    view.page.select_option("#layer-operator", "Gemm")
    assert view.column("#layer-table", "layer") == bars(view) == layers[layers["operator"] == "Gemm"]["name"].tolist()


@pytest.mark.parametrize(("header", "column"), [("cycles", "cycles"), ("K", "k"), ("used [%]", "utilization")])
def test_layers_sort_by_the_numbers_of_a_column(view, layers, header, column):
    button = view.page.locator("#layer-table thead button").filter(has_text=header).first
    button.click()
    wanted = layers.sort_values(column, kind="stable")["name"].tolist()
    assert view.column("#layer-table", "layer") == bars(view) == wanted
    button.click()
    wanted = layers.sort_values(column, ascending=False, kind="stable")["name"].tolist()
    assert view.column("#layer-table", "layer") == bars(view) == wanted


def test_layers_sort_by_name(view, layers):
    view.page.locator("#layer-table thead button").first.click()
    assert view.column("#layer-table", "layer") == sorted(layers["name"])
    assert view.page.locator("#layer-table th[aria-sort=ascending]").count() == 1


def test_the_chart_stacks_to_the_latency(view, run_path):
    report = json.loads((run_path / "report.json").read_text(encoding="utf-8"))
    drawn = view.page.evaluate("() => document.getElementById('chart-layers').data.map((trace) => trace.x)")
    assert sum(sum(trace) for trace in drawn) == pytest.approx(report["summary"]["latency_ms"])


def test_the_chart_shows_energy_on_demand(view, run_path):
    report = json.loads((run_path / "report.json").read_text(encoding="utf-8"))
    view.page.select_option("#layer-view", "energy")
    view.settle()
    drawn = view.page.evaluate("() => document.getElementById('chart-layers').data.map((trace) => trace.x)")
    assert sum(sum(trace) for trace in drawn) == pytest.approx(report["summary"]["energy_mj"] * 1e3)
    assert "PE array" in view.page.inner_text("#layer-legend")


def test_without_scripts_the_tables_are_complete(opened, run_html, layers):
    view = opened(run_html, java_script_enabled=False)
    assert view.page.locator("#layer-table tbody tr").count() == len(layers)
    assert view.page.locator("noscript p").is_visible()
