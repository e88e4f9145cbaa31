"""The report on a terminal of 100 columns."""

from __future__ import annotations

import re

import pytest
from rich.console import Console

from lpasim.hardware import load_hardware
from lpasim.quantization.trace import FreeOperator
from lpasim.reports.hardware_table import hardware_table
from lpasim.reports.layer_table import layer_table
from lpasim.reports.simulate import run
from lpasim.reports.terminal import render
from lpasim.reports.workload_table import workload_table

WIDTHS = (40, 60, 80, 100, 160)


def draw(*parts: object, width: int = 100) -> str:
    console = Console(width=width, highlight=False, color_system=None)
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
    assert "count" not in one.partition("wide")[0].split()
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


@pytest.mark.parametrize("width", WIDTHS)
def test_any_width(small_report, width):
    """Columns go as a whole: every number that is there is there in full."""
    screen = draw(*render(small_report), width=width)
    assert max(len(line) for line in screen.splitlines()) <= width
    for row in small_report.layer_rows:
        words = line_of(screen, row["name"][:5] if len(row["name"]) <= 12 or width > 100 else "…").split()
        assert f"{row['cycles']:,}" in words
    for number in (f"{small_report.summary['cycles']:,}", "TOPS/mm²", "mm²"):
        assert number in screen.split()
    assert "…" not in "".join(line for line in screen.splitlines() if not line.startswith(" …"))


def test_narrow_tables_drop_columns_in_order(small_report):
    heads = {}
    for width in WIDTHS:
        screen = draw(layer_table(small_report.layer_rows, 0.5), width=width)
        heads[width] = {"time", "on", "count", "K", "cycles"} & set(" ".join(screen.splitlines()[:3]).split())
    assert heads[160] == heads[100] == {"time", "on", "count", "K", "cycles"}
    assert heads[40] < heads[60] < heads[80] <= heads[100]
    assert "cycles" in heads[40]


def test_a_wide_terminal_shows_whole_names_and_longer_bars(small_report):
    rows = [{**row, "name": "encoder/" * 5 + row["name"]} for row in small_report.layer_rows]
    assert "…" in draw(layer_table(rows, 0.5))
    wide = draw(layer_table(rows, 0.5), width=160)
    assert "…" not in wide
    assert "█" * 12 in wide


def test_the_table_says_how_to_read_it(screen):
    text = " ".join(screen.split())
    assert "loading weights and filling count as busy" in text
    assert "Faint sizes repeat the row above" in text


def test_one_layer(small_report):
    assert line_of(draw(layer_table(small_report.layer_rows[:1], 0.5)), "1 layer").split()[:2] == ["1", "layer"]


def test_few_cycles_are_not_scaled(small_report):
    row = {**small_report.layer_rows[0], "cycles": 66, "busy_cycles": 66}
    row["stall_cycles"] = dict.fromkeys(row["stall_cycles"], 0)
    words = draw(layer_table([row], 0.5)).split()
    assert "66" in words
    assert "mcycles" not in words


def test_energy_and_delay_are_scaled(small_report):
    joule_seconds = small_report.summary["edp_mj_ms"] * 1e-6
    number, unit = re.search(r"energy × delay +([\d.]+) (\S+) s", draw(*render(small_report))).groups()
    factor = dict(zip("fpnµm", (1e-15, 1e-12, 1e-9, 1e-6, 1e-3), strict=True))[unit[0]]
    assert float(number) * factor == pytest.approx(joule_seconds, rel=5e-3)
    assert 1 <= float(number) < 1000


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


@pytest.mark.parametrize("width", WIDTHS)
def test_values_of_the_hardware_are_never_cut(small_report, width):
    screen = draw(*hardware_table(small_report.resolved), width=width)
    assert max(len(line) for line in screen.splitlines()) <= width
    assert ("[cacti7]" in screen) == (width >= 75)
    if width >= 60:
        assert re.search(r"sram +cacti7-lstp-28nm +\* ", screen)


@pytest.mark.parametrize("width", WIDTHS)
def test_sizes_of_a_workload_are_never_cut(small_trace, width):
    screen = draw(*workload_table(small_trace), width=width)
    assert max(len(line) for line in screen.splitlines()) <= width
    words = line_of(screen, "depthwise").split()
    assert [word for word in words if word.isdigit()] == ["120", "9", "1"]
    assert ("4,1,2,0.5" in words) == (width >= 60)


def test_free_operators_are_put_together(small_trace):
    folded = [
        FreeOperator(
            node=f"{name}/norm", operator="BatchNormalization", reason=f"folded into the weights of {name} early"
        )
        for name in ("stem", "wide", "depthwise")
    ]
    trace = small_trace.model_copy(update={"free": (*small_trace.free, *folded)})
    lines = draw(*workload_table(trace), width=160).splitlines()
    start = lines.index("free operators:")
    assert [line.strip() for line in lines[start + 1 :]] == [
        "Flatten flatten: a view of the same data",
        "3 BatchNormalization, stem/norm to depthwise/norm: folded into the weights of its layer early",
    ]


def test_workload_table(small_trace):
    screen = draw(*workload_table(small_trace))
    assert max(len(line) for line in screen.splitlines()) <= 100
    assert line_of(screen, "depthwise").split() == [
        "depthwise", "Conv", "16×", "120", "9", "1", "4,1,2,0.5", "8,1,4,0.5", "Relu",
    ]  # fmt: skip
    assert "2,0,1,0.5*" in screen
    assert "Flatten flatten: a view of the same data" in screen
