"""The report on a terminal of 100 columns."""

from __future__ import annotations

import re

import pytest
from rich.console import Console

from lpasim.hardware import load_hardware
from lpasim.reports.hardware_table import hardware_table
from lpasim.reports.layer_table import layer_table
from lpasim.reports.simulate import run
from lpasim.reports.terminal import render
from lpasim.reports.workload_table import workload_table


def draw(*parts: object) -> str:
    console = Console(width=100, highlight=False, color_system=None)
    with console.capture() as capture:
        for part in parts:
            console.print(part)
    return capture.get()


@pytest.fixture(scope="module")
def screen(small_report):
    return draw(*render(small_report))


def line_of(screen: str, start: str) -> str:
    return next(line for line in screen.splitlines() if line.strip().startswith(start))


def test_fits_100_columns(screen):
    assert max(len(line) for line in screen.splitlines()) <= 100


def test_every_layer_has_a_line(screen, small_report):
    for row in small_report.layer_rows:
        assert row["name"][-12:] in screen


def test_cells_of_a_layer(screen, small_report):
    row = small_report.layer_rows[1]
    stalls = row["stall_cycles"]
    cells = line_of(screen, "wide").split()
    assert cells[:5] == ["wide", "120", "144", "16", "2/8"]
    assert f"{row['cycles']:,}" in cells
    assert f"{100 * row['utilization']:.0f}" in cells
    assert f"{100 * sum(stalls.values()) / row['cycles']:.0f}" in cells


def test_counts_stand_where_a_layer_has_several_products(screen):
    assert line_of(screen, "depthwise").split()[:5] == ["depthwise", "16×", "120", "9", "1"]


def test_no_column_of_counts_without_need(small_report):
    one = draw(layer_table(small_report.layer_rows[:2], 0.5))
    assert "count" not in one
    assert line_of(one, "wide").split()[1] == "120"


def test_totals(screen, small_report):
    cells = line_of(screen, "5 layers").split()
    whole = small_report.summary
    assert f"{whole['cycles']:,}" in cells
    assert f"{100 * whole['utilization']:.0f}" in cells
    assert f"{whole['dram_read_bytes'] + whole['dram_write_bytes']:,}" in cells


def test_long_names_keep_their_end(small_report):
    long = [{**row, "name": "encoder/" * 12 + row["name"]} for row in small_report.layer_rows]
    screen = draw(layer_table(long, 0.5))
    assert max(len(line) for line in screen.splitlines()) <= 100
    assert re.search(r"…\S*wide ", screen)
    assert f"{small_report.layer_rows[0]['cycles']:,}" in screen


def test_large_numbers_are_never_cut(small_report):
    rows = [{**row, "cycles": row["cycles"] * 10**9, "dram_read_bytes": 10**15} for row in small_report.layer_rows]
    screen = draw(layer_table(rows, 0.5))
    assert "…" not in screen
    assert max(len(line) for line in screen.splitlines()) <= 100


def test_names_with_brackets_are_no_markup(small_report):
    rows = [{**small_report.layer_rows[0], "name": "a[red]b[/]"}]
    assert "a[red]b[/]" in draw(layer_table(rows, 0.5))


def test_summary_and_notes(screen, small_report):
    assert f"{small_report.summary['cycles']:,}" in screen
    assert "weight 128 KiB, input 256 KiB, output 128 KiB" in screen
    assert "1 Flatten" in screen
    assert "assumed" in line_of(screen, "Number formats")


def test_changes_of_the_command_line_are_named(small_trace):
    resolved = load_hardware("lpa", ["array.rows=16", "dram.ideal=true"])
    heading = draw(*render(run(small_trace, resolved))).splitlines()
    assert heading[0] == "A small network on lpa, array.rows = 16, dram.ideal = true"
    assert heading[1].startswith("16×8 PEs at 500 MHz")
    assert heading[1].endswith("memory never late")


def test_hardware_table_names_every_value_and_source(small_report):
    screen = draw(*hardware_table(small_report.resolved))
    assert max(len(line) for line in screen.splitlines()) <= 100
    for path in small_report.resolved.sources:
        assert path.rpartition(".")[2] in screen
    assert re.search(r"weight +128 KiB +\* ", screen)


def test_workload_table(small_trace):
    screen = draw(*workload_table(small_trace))
    assert max(len(line) for line in screen.splitlines()) <= 100
    assert line_of(screen, "depthwise").split() == [
        "depthwise", "Conv", "16×", "120", "9", "1", "4,1,2,0.5", "8,1,4,0.5", "Relu",
    ]  # fmt: skip
    assert "2,0,1,0.5*" in screen
    assert "Flatten flatten: a view of the same data" in screen
