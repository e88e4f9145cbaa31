"""The data of figures: what adds up, closed forms, and references that try everything."""

from __future__ import annotations

import io
from itertools import pairwise

import numpy as np
import pandas as pd
import pytest
from figure_cases import cases, source
from hypothesis import given
from hypothesis import strategies as st

from lpasim.errors import ResultsError
from lpasim.reports.figures.drawing import data_of, draw, find_kind, source_of
from lpasim.reports.figures.files import csv_bytes
from lpasim.reports.figures.kind import Options
from lpasim.reports.figures.study_data import at_front, less_is_better
from lpasim.reports.figures.style import Page, encode
from lpasim.studies.pareto import parse_objectives


def table(kind, made_of, **options) -> pd.DataFrame:
    return data_of(find_kind(kind), made_of, Options(**options))


def test_cycles_add_up(runs):
    run = runs["vit"]
    data = table("latency", run)
    parts = [name for name in data if name.endswith("stall_cycles")] + ["busy_cycles"]
    assert (data[parts].sum(axis=1) == data["cycles"]).all()
    assert data["cycles"].sum() == run.summary["cycles"]
    assert data["latency_ms"].sum() == pytest.approx(run.summary["latency_ms"], rel=1e-12)
    assert list(data["layer"]) == list(range(1, 75))


def test_energies_and_areas_add_up(runs):
    run = runs["resnet"]
    layers = table("layer-energy", run).filter(like="_energy_pj").to_numpy().sum() * 1e-9
    energy, area = table("energy", run), table("area", run)
    assert layers == pytest.approx(run.summary["energy_mj"], rel=1e-12)
    assert energy["energy_mj"].sum() == pytest.approx(run.summary["energy_mj"], rel=1e-12)
    assert area["area_mm2"].sum() == pytest.approx(run.summary["area_mm2"], rel=1e-12)
    for shares in (energy["share"], area["share"]):
        assert shares.sum() == pytest.approx(1)
        assert all(before >= after for before, after in pairwise(shares))


def test_utilization_of_the_run_is_that_of_its_layers_by_time(runs):
    data = table("utilization", runs["resnet"])
    assert np.average(data["utilization"], weights=data["cycles"]) == pytest.approx(data["run_utilization"].iloc[0])


def test_roofline_of_one_product(runs):
    """96 x 64 x 64 on 8 x 8 PEs at 500 MHz with two lanes of 4-bit weights: 2 * 64 * 2 * 0.5 GHz = 128 GOPS."""
    (row,) = table("roofline", runs["one"]).to_dict("records")
    (layer,) = runs["one"].report["layers"]
    moved = layer["dram_read_bytes"] + layer["dram_write_bytes"]
    assert row["macs"] == 96 * 64 * 64
    assert row["peak_gops"] == 128.0
    assert row["bandwidth_gbps"] == 12.8
    assert row["macs_per_byte"] == 96 * 64 * 64 / moved
    assert row["gops"] == pytest.approx(2 * 96 * 64 * 64 / (layer["cycles"] / 500e6) / 1e9)


def test_no_layer_is_above_the_array_s_roof(runs):
    for name in ("resnet", "vit", "long", "int8"):
        data = table("roofline", runs[name])
        assert (data["gops"] <= data["peak_gops"] * (1 + 1e-12)).all()


def test_layers_without_a_product_have_no_roof(runs):
    products = [layer["name"] for layer in runs["long"].report["layers"] if layer["macs"]]
    assert list(table("roofline", runs["long"])["name"]) == products
    assert list(table("bits", runs["long"])["name"]) == products


def test_runs_are_divided_by_the_baseline(runs):
    pair = runs["resnet"], runs["int8"]
    data = table("compare", pair)
    assert list(data["label"]) == ["lpa", "int8"]
    assert (data.filter(like="relative_").iloc[0] == 1).all()
    latency = runs["int8"].summary["latency_ms"] / runs["resnet"].summary["latency_ms"]
    assert data["relative_latency_ms"].iloc[1] == latency
    other = table("compare", pair, baseline="int8")
    assert other["relative_latency_ms"].iloc[0] == pytest.approx(1 / latency)


def test_one_accelerator_has_nothing_to_be_compared_with(runs):
    with pytest.raises(ResultsError, match="compare must have runs on two accelerators at least, got lpa in all 2"):
        table("compare", (runs["resnet"], runs["vit"]))


NUMBERS = st.lists(st.tuples(st.integers(0, 6), st.integers(0, 6)), max_size=12)


@given(pairs=NUMBERS, less=st.tuples(st.booleans(), st.booleans()))
def test_front_against_all_pairs(pairs, less):
    signed = [tuple(value if low else -value for value, low in zip(pair, less, strict=True)) for pair in pairs]
    expected = [
        not any(other[0] <= own[0] and other[1] <= own[1] and other != own for other in signed) for own in signed
    ]
    left, right = (pd.Series([pair[side] for pair in pairs], dtype=float) for side in (0, 1))
    assert at_front(left, right, less) == expected


def test_pairs_without_a_number_are_at_no_front():
    left, right = pd.Series([1.0, np.nan, 2.0]), pd.Series([np.nan, 1.0, 2.0])
    assert at_front(left, right, (True, True)) == [False, False, True]


def test_front_of_a_study(studies):
    data = table("pareto", studies["many"])
    assert list(data.columns[:5]) == ["workload", "point", "latency_ms", "energy_mj", "area_mm2"]
    for _, rows in data.groupby("workload"):
        best = rows.loc[rows["latency_ms"].idxmin(), "energy_mj"]
        assert rows[rows["front"]]["energy_mj"].max() <= best
    assert not (data["front"] & ~data["pareto"]).any()


def test_heat_map_holds_the_best_of_its_cell(studies):
    data, points = table("heatmap", studies["many"]), studies["many"].done
    assert list(data.columns) == ["workload", "array.rows", "array.cols", "latency_ms", "points"]
    assert data["points"].sum() == len(points)
    for row in data.to_dict("records"):
        same = [points[name] == row[name] for name in ("workload", "array.rows", "array.cols")]
        assert row["latency_ms"] == points[same[0] & same[1] & same[2]]["latency_ms"].min()


def test_heat_map_where_more_is_better(studies):
    data, points = table("heatmap", studies["linked"]), studies["linked"].done
    assert list(data.columns[1:4]) == ["array.rows x array.cols", "clock_mhz", "throughput_gops"]
    assert sorted(data["throughput_gops"]) == sorted(points["throughput_gops"])


def test_scaling_counts_pes(studies):
    data, points = table("scaling", studies["many"]), studies["many"].done
    assert list(data["pes"]) == list(points["array.rows"] * points["array.cols"])
    for _, rows in data.groupby(["workload", "pes"]):
        assert (rows["best_latency_ms"] == rows["latency_ms"].min()).all()
        assert (rows["best_utilization"] == rows["utilization"].max()).all()


def test_points_without_results_are_left_out(studies):
    failed = set(studies["many"].points.query("status != 'done'")["point"])
    assert failed
    for kind in ("pareto", "parallel", "scaling"):
        assert not failed & set(table(kind, studies["many"])["point"])


@pytest.mark.parametrize(("kind", "name"), [case for case in cases() if case[1] not in ("one", "vit", "long", "mixed")])
def test_the_csv_file_is_all_that_is_drawn(kind, name, runs, studies):
    found = find_kind(kind)
    data = data_of(found, source(name, runs, studies))
    again = pd.read_csv(io.BytesIO(csv_bytes(data)))
    assert encode(draw(found, again, Page()), "svg") == encode(draw(found, data, Page()), "svg")


def test_a_report_is_a_run(runs):
    assert source_of(runs["one"]) is runs["one"]
    assert source_of([runs["one"]]) is runs["one"]
    assert source_of([runs["one"], runs["int8"]]) == (runs["one"], runs["int8"])


@pytest.mark.parametrize("name", ["dram_utilization", "tops_per_w", "inferences_per_s"])
def test_figures_and_searches_agree_which_way_is_better(studies, name):
    assert [less_is_better(studies["many"], name)] == [each.goal == "min" for each in parse_objectives(name)]
