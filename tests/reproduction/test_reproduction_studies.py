"""The comparisons: what is circular, what follows by hand, and that every published value has its row."""

from __future__ import annotations

import csv
import io
import json

import pytest

from lpasim.reports.reproduction import ROW_STATS, STUDIES, case, csv_of, reproduce
from lpasim.reports.reproduction.case import AVERAGE, NETWORKS, PES64, Case, run_cases
from lpasim.reports.reproduction.figure import study_figure
from lpasim.reports.reproduction.latency_energy import CASES, latency_energy
from lpasim.reports.reproduction.markdown import markdown_of
from lpasim.reports.reproduction.published import published


@pytest.fixture(scope="module")
def areas():
    return reproduce(["areas"])


@pytest.fixture
def on_small_networks(monkeypatch):
    """Run every comparison on a small network in place of each of its own."""
    own = case.load_workload
    monkeypatch.setattr(case, "load_workload", lambda _, batch: own("resnet8_cifar10", batch=batch))
    case._workload.cache_clear()
    yield
    case._workload.cache_clear()


def test_areas_come_back_and_say_so(areas):
    (study,) = areas.studies
    model = [row for row in study.rows if row.setting == "A"]
    assert [row.circular for row in model] == [True] * 4
    assert [row.simulated for row in model] == pytest.approx([12078.72, 5102.28, 5093.76, 23356.8])
    assert max(abs(row.deviation) for row in model) < 1e-4


def test_the_area_of_the_prototype_by_hand(areas):
    """Scaled so that its INT4 MAC of 130 um2 is ANT's PE of 79.57: 64 PEs of 470 um2 and 16 decoders of 18."""
    (row,) = (row for row in areas.studies[0].rows if row.setting == "B")
    assert row.simulated == pytest.approx((64 * 470 + 16 * 18) * 79.57 / 130)
    assert not row.circular
    assert f"{203.4 / row.simulated / (44.95 / 5102.28):.2f} times" in areas.studies[0].findings[0]


def test_rows_as_csv_and_json(areas):
    rows = list(csv.DictReader(io.StringIO(csv_of(areas))))
    assert list(rows[0]) == [stat.name for stat in ROW_STATS]
    assert [float(row["published"]) for row in rows] == [row["published"] for row in areas.rows]
    data = json.loads(json.dumps(areas.to_dict(), allow_nan=False))
    assert data["schema"] == "lpasim-reproduction"
    assert len(data["published"]) == len(published())
    assert [each["name"] for each in data["accelerators"]] == [
        f"{design}, 64 PEs" for design in ("adaptivfloat", "ant", "bitfusion", "lpa")
    ]
    assert data["workloads"] == []


def test_an_unknown_comparison_is_refused():
    with pytest.raises(ValueError, match="must be one of areas, throughput, pe-study, latency-energy, got 'nothing'"):
        reproduce(["nothing"])


def test_every_published_value_has_a_row(on_small_networks):
    """But for parts that findings speak of; each reason is there, and the first setting has the model's own rows."""
    found = reproduce()
    assert [study.name for study in found.studies] == list(STUDIES)
    compared = {row.published.key for study in found.studies for row in study.rows}
    assert {key for key in published() if not key.startswith("ant_dram.")} - compared == {"energy_efficiency"}
    for study in found.studies:
        assert {row.setting for row in study.rows} == {setting.letter for setting in study.settings}
        assert all(row.reason for row in study.rows)
        assert all(row.simulated > 0 for row in study.rows)
        places = [(row.quantity, row.workload, row.design, row.setting) for row in study.rows]
        assert len(set(places)) == len(places)
    page = markdown_of(found)
    assert all(finding in page for study in found.studies for finding in study.findings)
    assert page.count("\n## ") == len(STUDIES) + 2
    names = {name for name, _ in found.accelerators}
    assert {"lpa, 64 PEs", "lpa, one area", "ant, one area, one image", "bitfusion, 64 PEs, those of ANT"} <= names
    assert all(each["bit_assignment"] for each in found.workloads)


def test_ratios_are_those_of_the_runs(on_small_networks):
    results = run_cases(CASES)
    study = latency_energy(results)
    values = {(row.quantity, row.workload, row.design, row.setting): row.simulated for row in study.rows}
    for network in NETWORKS:
        lpa, base = results[Case(network, "lpa", PES64)].summary, results[Case(network, "adaptivfloat", PES64)].summary
        latency = values["latency over AdaptivFloat", network, "lpa", "A"]
        assert latency == pytest.approx(lpa["cycles"] / base["cycles"])
        energy = values["energy over AdaptivFloat", network, "lpa", "A"]
        assert energy == pytest.approx(lpa["energy_mj"] / base["energy_mj"])
    assert results[Case("vit_b", "lpa", PES64, AVERAGE)].trace.provenance.bit_assignment.startswith("assigned")


def test_figures_have_the_same_bytes_each_time(areas):
    one, other = (study_figure(areas.studies[0]) for _ in range(2))
    assert one == other
    assert set(one) == {"pdf", "svg", "png"}


@pytest.mark.slow
def test_the_targets():
    """Latency bars within 10 %, each in the setting that the findings name; density ratios within 5.1 % (aim: 5)."""
    found = reproduce(["throughput", "latency-energy"])
    rows = {(r.quantity, r.workload, r.design, r.setting): r.deviation for s in found.studies for r in s.rows}
    ratios = [rows["density of LPA over", "mean", other, "B"] for other in ("ant", "bitfusion")]
    assert max(map(abs, ratios)) < 0.051
    named = [(net, design, "C") for net in NETWORKS for design in ("ant", "bitfusion")]
    named += [("resnet50", "lpa", "D"), ("vit_b", "lpa", "C")]
    assert max(abs(rows["latency over AdaptivFloat", *place]) for place in named) < 0.1
