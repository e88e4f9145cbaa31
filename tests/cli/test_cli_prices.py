"""``run --ert --art --cost-map`` and ``run --uncertainty``."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

ERT = "ERT: {version: 0.4, tables: [{name: x.mac, actions: [{name: go, arguments: {}, energy: 0.25}]}]}\n"
ART = "ART: {version: 0.4, tables: [{name: x.mac, area: 100}]}\n"
MAP = """\
schema: lpasim-cost-map
version: 1
units: {area: um2}
map:
  pe.mac_4bit_pj: {component: mac, action: go}
  pe.area_um2: {component: mac}
"""
OPTIONS = ("--ert", "e.yaml", "--art", "a.yaml", "--cost-map", "m.yaml")


@pytest.fixture
def tables(lpasim):
    for name, text in (("e.yaml", ERT), ("a.yaml", ART), ("m.yaml", MAP)):
        Path(name).write_text(text)


def test_a_run_pays_the_prices_of_the_tables(lpasim, small, tables):
    done = lpasim("run", small, *OPTIONS, "--out", "run", "--format", "json", "-q")
    assert (done.code, done.err) == (0, "")
    report = json.loads(done.out)
    assert report["summary"]["component_area_mm2"]["pe_array"] == 64 * 100 / 1e6
    assert report["summary"]["component_energy_mj"]["pe_array"] == pytest.approx(20 * 30 * 10 * 0.25e-9)
    assert not {"pe.area_um2", "pe.mac_4bit_pj"} & {row["key"] for row in report["assumptions"]}
    copies = {"ert.yaml": ERT, "art.yaml": ART, "cost-map.yaml": MAP}
    assert {name: Path("run", name).read_text() for name in copies} == copies
    arguments = json.loads(Path("run/run.json").read_text())["arguments"]
    assert (arguments["ert"], arguments["art"], arguments["cost_map"]) == ("e.yaml", "a.yaml", "m.yaml")
    assert "@inproceedings{accelergy," in Path("run/citations.bib").read_text()
    again = lpasim("run", small, "--hardware", "run/config.yaml", "--format", "json", "-q", "--out", "again")
    assert json.loads(again.out)["summary"] == report["summary"]
    assert not Path("again/ert.yaml").exists()


def test_a_later_run_without_tables_leaves_no_old_copies(lpasim, small, tables):
    lpasim("run", small, *OPTIONS, "--out", "run", "-q")
    lpasim("run", small, "--out", "run", "-q")
    assert not Path("run/ert.yaml").exists()


def test_show_hardware_with_tables(lpasim, tables):
    out = lpasim("show", "hardware", "lpa", *OPTIONS, "--yaml").out
    assert "reference table e.yaml of [accelergy], ERT.tables[0].actions[0].energy" in out


def test_a_wrong_table_leaves_nothing_behind(lpasim, small, tables):
    Path("e.yaml").write_text(ERT.replace("0.25", "-1"))
    done = lpasim("run", small, *OPTIONS, "--out", "run")
    assert (done.code, done.out) == (2, "")
    assert done.err == "lpasim: energy must be at least 0 pJ, got -1 (e.yaml, ERT.tables[0].actions[0].energy)\n"
    assert not Path("run").exists()


def test_areas_without_units(lpasim, small, tables):
    Path("m.yaml").write_text(MAP.replace("units: {area: um2}\n", ""))
    done = lpasim("run", small, *OPTIONS, "--out", "run")
    assert done.code == 2
    assert done.err.startswith("lpasim: area must have a unit such as um2, got 100 (a.yaml, ART.tables[0].area)")
    assert done.err.count("\n") == 1


def test_uncertainty_is_printed_on_demand_and_always_stored(lpasim, small):
    shown = lpasim("run", small, "--uncertainty", "--out", "run", "-q").out
    assert "what moves efficiency most" in shown
    assert "what moves efficiency most" not in lpasim("run", small, "--out", "plain", "-q").out
    stored = json.loads(Path("run/report.json").read_text())
    assert stored["uncertainty"]["figures"]["tops_per_w"]["low"] < stored["summary"]["tops_per_w"]
    for name in ("report.json", "config.yaml"):
        assert Path("run", name).read_bytes() == Path("plain", name).read_bytes()


def test_priced_accelerators_are_compared_as_files(lpasim, small, tables):
    """Each with its own table: `show hardware --yaml` writes what `compare` reads."""
    resolved = lpasim("show", "hardware", "lpa", *OPTIONS, "--set", "name=lpa-priced", "--yaml").out
    Path("priced.yaml").write_text(resolved)
    compared = json.loads(lpasim("compare", small, "--hardware", "priced.yaml,lpa", "--json", "-q").out)
    priced, plain = compared["rows"]
    assert (priced["hardware"], plain["hardware"]) == ("lpa-priced", "lpa")
    assert priced["cycles"] == plain["cycles"]
    assert priced["component_energy_mj"]["pe_array"] == pytest.approx(20 * 30 * 10 * 0.25e-9)
    assert plain["component_energy_mj"]["pe_array"] != priced["component_energy_mj"]["pe_array"]
