"""The page of a study in a browser: what is chosen is what pandas chooses by the same conditions."""

from __future__ import annotations

import json
from itertools import pairwise

import pandas as pd
import pytest
from page_studies import CLOCKS, write_study
from study_cases import write_study as write_one

from lpasim.hardware import load_hardware
from lpasim.reports.page.page import page_of
from lpasim.reports.study_folder import MARK


@pytest.fixture
def view(study_view):
    """The page without conditions; nothing went wrong with it when the test ends."""
    study_view.page.select_option("#workload", label="resnet18")
    study_view.page.click("#conditions button[type=reset]")
    study_view.settle()
    yield study_view
    study_view.check()


@pytest.fixture
def done(study) -> pd.DataFrame:
    points = study[1]
    return points[points["status"] == "done"]


@pytest.fixture
def resnet(done) -> pd.DataFrame:
    return done[done["workload"] == "resnet18"]


def test_all_points_of_the_first_workload_are_chosen_at_first(view, resnet):
    assert view.counts() == (len(resnet), len(resnet))
    assert len(resnet) == 93


@pytest.mark.parametrize(("area", "latency"), [(1.0, 20.0), (0.6, None), (None, 5.0), (0.5, 2.0)])
def test_points_are_chosen_by_area_and_latency(view, resnet, area, latency):
    wanted = resnet
    if area is not None:
        view.type_limit("area_mm2", "high", area)
        wanted = wanted[wanted["area_mm2"] <= area]
    if latency is not None:
        view.type_limit("latency_ms", "high", latency)
        wanted = wanted[wanted["latency_ms"] <= latency]
    assert view.counts() == (len(wanted), len(resnet))
    assert len(wanted) < len(resnet)


@pytest.mark.parametrize(("end", "place"), [("high", 400), ("low", 700), ("high", 0), ("low", 1000)])
def test_a_slider_sets_the_number_that_it_chooses_by(view, resnet, end, place):
    view.move_slider("latency_ms", end, place)
    low, high = view.limit("latency_ms")
    kept = resnet["latency_ms"].between(low or float("-inf"), high or float("inf"))
    assert view.counts()[0] == kept.sum()
    assert (low is None) == (end == "high")


def test_both_ends_of_a_slider_at_rest_limit_nothing(view, resnet):
    view.move_slider("energy_mj", "low", 300)
    view.move_slider("energy_mj", "low", 1)
    view.page.click("#conditions button[type=reset]")
    assert view.page.locator('[data-measure="energy_mj"] input.low[type=range]').input_value() == "0"
    view.move_slider("energy_mj", "high", 300)
    view.move_slider("energy_mj", "high", 1000)
    assert view.limit("energy_mj") == (None, None)
    assert view.counts()[0] == len(resnet)


def test_a_lower_slider_stops_at_the_upper_one(view):
    view.move_slider("latency_ms", "high", 300)
    view.move_slider("latency_ms", "low", 800)
    low, high = view.limit("latency_ms")
    assert low <= high


def test_a_box_in_the_chart_limits_both_figures(view, resnet):
    view.page.focus('[data-measure="latency_ms"] input.high[type=number]')  # shows the box all the same
    view.drag("#chart-scatter", (0.02, 0.35), (0.5, 0.95))
    (area_low, area_high), (low, high) = view.limit("area_mm2"), view.limit("latency_ms")
    assert area_high is not None
    assert high is not None
    kept = resnet["area_mm2"].between(area_low or 0, area_high) & resnet["latency_ms"].between(low or 0, high)
    assert view.counts()[0] == kept.sum()
    assert 0 < kept.sum() < len(resnet)


def test_a_box_over_an_axis_of_the_parallel_coordinates_limits_it(view, resnet):
    view.drag("#chart-parallel", (0.13, 0.02), (0.19, 0.5))  # the second of seven axes, upper half
    boxes = view.page.locator('[data-axis="array.cols"] input')
    assert [boxes.nth(place).is_checked() for place in range(4)] == [False, False, True, True]
    assert view.counts()[0] == resnet["array.cols"].isin([16, 32]).sum()


def test_a_box_over_a_figure_of_the_parallel_coordinates_sets_its_numbers(view, resnet):
    view.drag("#chart-parallel", (0.92, 0.55), (0.97, 0.99))  # the last one, area, lower half
    low, high = view.limit("area_mm2")
    assert low is None
    assert view.counts()[0] == (resnet["area_mm2"] <= high).sum()
    assert 0 < view.counts()[0] < len(resnet)


def test_values_of_axes_the_front_and_the_workload_are_conditions_too(view, done):
    view.page.select_option("#workload", label="vit_tiny")
    view.page.locator('[data-axis="array.rows"] label', has_text="4").first.locator("input").uncheck()
    view.page.locator('[data-axis="dram.preset"] label', has_text="hbm2").locator("input").uncheck()
    wanted = done[(done["workload"] == "vit_tiny") & (done["array.rows"] != 4) & (done["dram.preset"] != "hbm2")]
    assert view.counts()[0] == len(wanted)
    view.page.click("#conditions button[type=reset]")
    assert view.counts() == ((done["workload"] == "vit_tiny").sum(),) * 2


def test_the_front_alone_can_be_looked_at(view, resnet):
    view.page.check("#front")
    view.type_limit("area_mm2", "high", 0.7)
    assert view.counts()[0] == (resnet["pareto"] & (resnet["area_mm2"] <= 0.7)).sum() > 5


def test_all_workloads_can_be_looked_at_together(view, done):
    view.page.select_option("#workload", "all")
    view.type_limit("area_mm2", "high", 1)
    assert view.counts() == ((done["area_mm2"] <= 1).sum(), len(done))
    assert set(view.column("#chosen-table", "workload")) == {"resnet18"}
    view.page.click("#chosen-table thead button:has-text('workload')")
    view.page.click("#chosen-table thead button:has-text('workload')")
    assert set(view.column("#chosen-table", "workload")) == {"vit_tiny"}


def test_the_table_lists_what_is_chosen_and_sorts(view, resnet):
    view.type_limit("latency_ms", "high", 4)
    view.page.click("#chosen-table thead button:has-text('energy [mJ]')")
    wanted = resnet[resnet["latency_ms"] <= 4].sort_values(["energy_mj", "point"])
    assert [int(text) for text in view.column("#chosen-table", "point")] == wanted["point"].tolist()[:25]
    view.page.click("#chosen-table thead button:has-text('energy [mJ]')")
    wanted = wanted.sort_values(["energy_mj", "point"], ascending=[False, True])
    assert [int(text) for text in view.column("#chosen-table", "point")] == wanted["point"].tolist()[:25]
    assert view.page.locator("#chosen-table th[aria-sort=descending]").inner_text().startswith("energy")


def test_more_rows_come_on_demand(view, resnet):
    assert len(view.column("#chosen-table", "point")) == 25
    for _ in range(3):
        view.page.click("#chosen-more")
    assert len(view.column("#chosen-table", "point")) == len(resnet)
    assert view.page.is_hidden("#chosen-more")


def test_a_number_that_is_typed_is_not_rewritten_meanwhile_and_takes_no_click_away(view, resnet):
    view.page.locator('[data-measure="latency_ms"] input.high[type=number]').press_sequentially("20.50")
    assert view.page.evaluate("() => document.activeElement.value") == "20.50"
    assert view.counts()[0] == (resnet["latency_ms"] <= 20.5).sum()
    view.page.locator("#chosen-table tbody button").nth(2).click()
    assert view.page.inner_text("#point").startswith("Point ")
    assert view.limit("latency_ms") == (None, 20.5)


def test_nothing_chosen_is_said(view):
    view.type_limit("latency_ms", "high", 0.001)
    assert view.counts()[0] == 0
    assert view.page.inner_text("#chosen-rows") == "No point meets all conditions."


def test_a_point_shows_its_configuration_and_the_command_that_runs_it(view, resnet):
    row = resnet.iloc[7]
    view.page.click(f"#chosen-table button[aria-label='Show point {row['point']}']")
    text = view.page.inner_text("#point")
    assert text.startswith(f"Point {row['point']}, resnet18")
    words = view.page.inner_text("#point .command").split()
    assert words[:6] == ["python", "-m", "lpasim", "run", "resnet18", "--hardware"]
    settings = [value for flag, value in pairwise(words) if flag == "--set"]
    chip = load_hardware(words[6], settings).hardware
    assert (chip.array.rows, chip.array.cols) == (row["array.rows"], row["array.cols"])
    assert (chip.buffers.weight, chip.dram.preset) == (row["buffers.weight_bytes"], row["dram.preset"])


def test_the_command_names_files_as_they_were_given(opened, tmp_path):
    write_study(tmp_path, workloads=("mine",))
    description = json.loads((tmp_path / MARK).read_text())
    description["arguments"] = {"workloads": ["net.onnx"], "hardware": "chip.yaml", "overrides": [], "batch": 2}
    (tmp_path / MARK).write_text(json.dumps(description))
    view = opened(page_of(tmp_path))
    view.page.click("#chosen-table button[aria-label='Show point 7']")
    said = view.page.inner_text("#point")
    assert "To run it: python -m lpasim run net.onnx --hardware chip.yaml --batch 2 --set array.rows=4" in said
    assert "where net.onnx, chip.yaml are found." in said
    view.check()


def test_a_click_on_a_point_of_the_chart_shows_it(view):
    mark = view.page.locator("#chart-scatter .scatterlayer .trace path.point").nth(20)
    mark.scroll_into_view_if_needed()
    box = mark.bounding_box()
    view.page.mouse.move(box["x"] + box["width"] / 2, box["y"] + box["height"] / 2)
    view.page.mouse.down()
    view.page.mouse.up()
    view.page.wait_for_function("() => document.getElementById('point').innerText.startsWith('Point ')")


def test_the_front_of_two_figures_is_that_of_all_points(view, resnet):
    line = view.page.evaluate(
        "() => document.getElementById('chart-scatter').data.find((trace) => trace.name === 'front, resnet18')"
    )
    front, best = [], float("inf")
    for _, row in resnet.sort_values(["area_mm2", "latency_ms"]).iterrows():
        if row["latency_ms"] < best:
            best = row["latency_ms"]
            front.append((row["area_mm2"], row["latency_ms"]))
    assert list(zip(line["x"], line["y"], strict=True)) == front
    assert len(front) > 3


def test_an_axis_can_be_a_colour(view, resnet):
    view.page.select_option("#scatter-colour", "dram.preset")
    view.settle()
    traces = view.page.evaluate(
        "() => document.getElementById('chart-scatter').data"
        ".filter((trace) => trace.name.startsWith('dram.preset')).map((trace) => [trace.name, trace.x.length])"
    )
    wanted = resnet["dram.preset"].value_counts().sort_index()
    assert traces == [[f"dram.preset = {name}", count] for name, count in wanted.items()]
    view.page.select_option("#scatter-colour", "")


def test_chosen_points_are_saved_as_points_csv_has_them(view, resnet, study):
    view.type_limit("latency_ms", "high", 4)
    with view.page.expect_download() as download:
        view.page.click("#chosen-save")
    saved = pd.read_csv(download.value.path())
    wanted = resnet[resnet["latency_ms"] <= 4].reset_index(drop=True)
    assert download.value.suggested_filename == "chosen-points.csv"
    assert len(saved) == len(wanted) > 0
    pd.testing.assert_frame_equal(saved, wanted[saved.columns], check_dtype=False)
    assert {"point", "workload", "array.rows", "latency_ms", "tops_per_w", "pareto"} <= set(saved.columns)
    view.type_limit("latency_ms", "high", 0.001)
    assert view.page.is_disabled("#chosen-save")


def test_other_figures_can_be_plotted(view):
    view.page.select_option("#scatter-x", "tops_per_w")
    view.page.select_option("#scatter-y", "power_mw")
    view.settle()
    titles = view.page.evaluate(
        "() => ['xaxis', 'yaxis'].map((axis) => document.getElementById('chart-scatter').layout[axis].title.text)"
    )
    assert titles == ["energy efficiency [TOPS/W]", "power [mW]"]


def test_a_single_point_has_numbers_at_its_axes(opened, tmp_path):
    write_one(tmp_path / "one", ["gemm:16x64x64@w4a8"], {"array.rows": [4]})
    view = opened(page_of(tmp_path / "one"))
    for axis in "xy":
        assert view.page.locator(f"#chart-scatter .{axis}tick text").count() > 1
    view.check()


@pytest.mark.slow
def test_ten_thousand_points_can_be_chosen_among(opened, tmp_path):
    points = write_study(tmp_path, clocks=CLOCKS[:53])
    assert len(points) > 10_000
    view = opened(page_of(tmp_path))
    view.page.select_option("#workload", "all")
    view.type_limit("latency_ms", "high", 3)
    view.type_limit("area_mm2", "high", 1.5)
    chosen = points[(points["latency_ms"] <= 3) & (points["area_mm2"] <= 1.5)]
    assert view.counts() == (len(chosen), len(points))
    assert "lines, spread evenly over the plan" in view.page.inner_text("#parallel-caption")
    view.check()
