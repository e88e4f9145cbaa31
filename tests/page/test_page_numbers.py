"""The numbers on the page are those of the folder, or follow from them by closed forms."""

from __future__ import annotations

import json
from pathlib import Path

import pandas as pd
import pytest
from page_html import Page
from page_studies import write_study

from lpasim.reports.page.best import best_points
from lpasim.reports.page.layer_columns import layer_columns, main_cause
from lpasim.reports.page.page import page_of
from lpasim.reports.page.roofline import roofline
from lpasim.reports.page.sample import shown_points
from lpasim.reports.page.shares import parts_of
from lpasim.reports.saved_run import SavedRun
from lpasim.reports.statistics import STALL_CAUSES
from lpasim.reports.study_folder import read_study


@pytest.fixture(scope="module")
def report(run_path):
    return json.loads((run_path / "report.json").read_text(encoding="utf-8"))


@pytest.fixture(scope="module")
def layers(run_path) -> pd.DataFrame:
    return pd.read_csv(run_path / "layers.csv")


def test_the_layer_table_has_the_numbers_of_the_csv(run_page, layers):
    table = run_page.by_id("layer-table")
    heads = [" ".join(head.text.split()) for head in table.within("th") if head.attributes["scope"] == "col"]
    cells = pd.DataFrame(run_page.rows(table), columns=heads)
    assert cells["cycles"].str.replace(",", "").astype(int).tolist() == layers["cycles"].tolist()
    assert cells["layer"].tolist() == layers["name"].tolist()
    used = [float(text) for text in cells["used [%]"]]
    assert used == pytest.approx((100 * layers["utilization"]).tolist(), abs=0.05)
    shares = [float(text) for text in cells["time [%]"]]
    assert sum(shares) == pytest.approx(100, abs=0.05 * len(shares))


@pytest.mark.parametrize(
    ("view", "total", "unit"),
    [("time", "latency_ms", 1), ("energy", "energy_mj", 1e-3), ("traffic", None, 1)],
)
def test_the_bars_of_all_layers_add_up_to_the_run(run_page, report, view, total, unit):
    views = {each["id"]: each for each in run_page.data["layers"]["views"]}
    drawn = sum(sum(series["values"]) for series in views[view]["series"])
    moved = (report["summary"]["dram_read_bytes"] + report["summary"]["dram_write_bytes"]) / 1e3
    assert drawn * unit == pytest.approx(moved if total is None else report["summary"][total])


def test_shares_of_a_layers_time_are_the_whole(run_page):
    views = {each["id"]: each for each in run_page.data["layers"]["views"]}
    for parts in zip(*(series["values"] for series in views["share"]["series"]), strict=True):
        assert sum(parts) == pytest.approx(100)


def test_a_layer_lies_below_the_roof_of_its_mode_and_at_its_utilization(run_page, report):
    lines = run_page.data["roofline"]
    assert lines["slope"] == 2 * 12.8
    assert [point["name"] for point in lines["points"]] == [row["name"] for row in report["layers"]]
    for point, row in zip(lines["points"], report["layers"], strict=True):
        peak = 2 * 4 * 8 * row["macs_per_cell"] * 0.5  # operations a MAC, cells, MACs of a cell, GHz
        assert peak in [roof["gops"] for roof in lines["roofs"] if point["mode"] in roof["modes"].split(", ")]
        assert point["gops"] == pytest.approx(peak * row["utilization"])
        assert point["intensity"] == row["macs"] / (row["dram_read_bytes"] + row["dram_write_bytes"])
        assert point["gops"] <= min(peak, point["intensity"] * lines["slope"]) * (1 + 1e-9)


def layer(**values):
    """A layer of 1000 cycles, half of them spent waiting."""
    stalls = dict.fromkeys(STALL_CAUSES, 0) | {"weights_late": 100, "dram_busy": 400}
    plain = {"name": "a", "operator": "Conv", "count": 1, "m": 4, "k": 8, "n": 2, "macs": 64, "macs_per_cell": 2}
    numbers = {"weight_bits": 4, "activation_bits": 8, "mode": "w4a8", "cycles": 1000, "utilization": 0.25}
    bytes_ = {"dram_read_bytes": 24, "dram_write_bytes": 8}
    return plain | numbers | bytes_ | {"stall_cycles": stalls, "energy_pj": {"dram": 2e6, "ppu": 1e6}} | values


POOL = layer(operator="MaxPool", count=None, m=None, k=None, n=None, macs=0, mode=None, macs_per_cell=None)


def test_what_a_layer_lacks_is_left_open():
    texts = {column.label: [cell.text for cell in column.cells] for column in layer_columns([layer(), POOL])}
    assert texts["M"] == ["4", "-"]
    assert texts["used"] == ["25.0", "-"]
    assert texts["waits"] == ["50.0", "50.0"]
    assert texts["energy"] == ["3.0", "3.0"]
    assert "count" not in texts


def test_products_are_counted_where_a_layer_has_several():
    texts = {column.label: [cell.text for cell in column.cells] for column in layer_columns([layer(count=3), POOL])}
    assert texts["count"] == ["3", "-"]


def test_the_main_cause_is_the_largest():
    assert main_cause(layer()) == "DRAM"
    assert main_cause(layer(stall_cycles=dict.fromkeys(STALL_CAUSES, 0))) == ""


def run_of(report, rows, **dram):
    chip = report["configuration"]
    return SavedRun(Path("run"), {}, report | {"layers": rows, "configuration": chip | {"dram": chip["dram"] | dram}})


def test_the_roofline_in_closed_form(report):
    row = report["layers"][0]
    still = row | {"name": "still", "dram_read_bytes": 0, "dram_write_bytes": 0}
    pool = row | {"name": "pool", "mode": None, "macs": 0, "macs_per_cell": None}
    lines = roofline(run_of(report, [row, still, pool]))
    assert [point["name"] for point in lines["points"]] == [row["name"]]
    assert len(lines["roofs"]) == 1
    assert roofline(run_of(report, [row], ideal=True))["slope"] is None
    assert roofline(run_of(report, [pool])) == {"points": [], "roofs": [], "slope": None}


def test_parts_come_largest_first_and_nothing_is_left_out_but_zero():
    parts = parts_of({"pe_array": 1.0, "ppu": 0.0, "dram": 3.0})
    assert [(part.name, part.text, part.share) for part in parts] == [("DRAM", "3", "75 %"), ("PE array", "1", "25 %")]


def test_a_study_carries_the_values_of_its_points(study, study_page):
    done = study[1][study[1]["status"] == "done"]
    data = study_page.data
    assert data["points"] == done["point"].tolist()
    assert [data["workloads"][place] for place in data["workload"]] == done["workload"].tolist()
    assert data["front"] == done["pareto"].astype(int).tolist()
    for column in (*data["axes"], *data["measures"]):
        assert column["values"] == done[column["name"]].tolist()
    assert data["main"] == ["latency_ms", "energy_mj", "area_mm2"]
    assert data["webgl"] is False


def test_axes_are_written_with_their_units(study_page):
    axes = {axis["key"]: axis["texts"] for axis in study_page.data["axes"]}
    assert axes["buffers.weight"] == [[131072, "128 KiB"], [262144, "256 KiB"], [65536, "64 KiB"]]
    assert axes["dram.preset"] == [["hbm2", "hbm2"], ["lpddr4-3200", "lpddr4-3200"]]


def test_sizes_of_the_best_points_have_units(study):
    columns = [axis.label for axis in read_study(study[0]).axes]
    done = read_study(study[0]).done
    at = columns.index("buffers.weight")
    assert all(best.axes[at].endswith("KiB") for best in best_points(read_study(study[0]), done))


def test_the_best_points_are_those_of_pandas(study):
    done = read_study(study[0]).done
    found = {(best.workload, best.by): best.point for best in best_points(read_study(study[0]), done)}
    for workload, points in done.groupby("workload"):
        for column, label in (("latency_ms", "latency"), ("energy_mj", "energy"), ("area_mm2", "area")):
            least = points[(points[column] == points[column].min()) & points["pareto"]]["point"].min()
            assert found[workload, f"lowest {label}"] == least


def test_of_points_that_are_equally_good_the_best_is_on_the_front(study):
    done = read_study(study[0]).done
    done["latency_ms"] = 1.0
    done["pareto"] = done["point"].isin(done.groupby("workload")["point"].max())
    found = {
        best.workload: best.point for best in best_points(read_study(study[0]), done) if best.by == "lowest latency"
    }
    assert found == done.groupby("workload")["point"].max().to_dict()


def test_a_workload_without_a_front_is_named(tmp_path):
    points = write_study(tmp_path, workloads=("resnet18", "vit_tiny"))
    points.loc[points["workload"] == "vit_tiny", "pareto"] = False
    points.to_parquet(tmp_path / "points.parquet", index=False)
    text = page_of(tmp_path).decode()
    assert "No point of vit_tiny has results in every objective" in text
    assert {best.workload for best in best_points(read_study(tmp_path), read_study(tmp_path).done)} == {"resnet18"}


def test_a_page_of_the_front_alone_keeps_all_of_it(study):
    done = study[1][study[1]["status"] == "done"].reset_index(drop=True)
    done["pareto"] = True
    assert len(shown_points(done, 50)) == len(done) > 50


def test_what_is_missing_is_null(tmp_path):
    points = write_study(tmp_path, workloads=("resnet18",))
    points["power_mw"] = float("nan")
    points.to_parquet(tmp_path / "points.parquet", index=False)
    power = next(each for each in Page(page_of(tmp_path)).data["measures"] if each["name"] == "power_mw")
    assert set(power["values"]) == {None}


@pytest.mark.parametrize("most", [50, 100, 191])
def test_a_sample_keeps_the_front_and_every_value_of_every_axis(study, most):
    done = study[1][study[1]["status"] == "done"].reset_index(drop=True)
    done["pareto"] = done.index % 19 == 0
    kept = shown_points(done, most)
    assert kept["point"].is_monotonic_increasing
    assert set(done[done["pareto"]]["point"]) <= set(kept["point"])
    assert len(kept) == pytest.approx(min(most, len(done)), abs=4)
    for name in ("array.rows", "array.cols", "buffers.weight_bytes", "dram.preset"):
        shares = kept[name].value_counts(normalize=True) / done[name].value_counts(normalize=True)
        assert shares.between(0.7, 1.4).all()


def test_a_small_study_is_not_sampled(study):
    done = study[1]
    assert shown_points(done) is done
