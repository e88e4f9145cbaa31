"""What ships: every value has a source, every citation an entry, every key a line in the manual."""

from __future__ import annotations

import re
from functools import reduce
from operator import getitem
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import lpasim.cost
import lpasim.hardware
from lpasim.datapath.packing import LANES
from lpasim.hardware import Hardware, bibliography, describe, list_dram, list_hardware, load_hardware, to_yaml
from lpasim.hardware.citations import cited_keys
from lpasim.hardware.keys import HEADER, keys
from lpasim.hardware.technology import SRAM_TABLES

DOCS = Path(__file__).parents[2] / "docs"
CITATION = re.compile(r"\[([^\]]+)\]")
EVERYTHING = [(name, []) for name in list_hardware()] + [("lpa", [f"dram.preset={dram}"]) for dram in list_dram()]


def test_lists() -> None:
    assert list_hardware()["lpa"].startswith("LPA")
    assert list_dram() == ("ddr4-2400", "ddr4-3200", "hbm2", "lpddr4-3200", "lpddr5-6400")


def test_lpa_is_the_documented_machine() -> None:
    lpa = load_hardware("lpa").hardware
    assert (lpa.clock_mhz, lpa.array.rows, lpa.array.cols, lpa.technology.node_nm) == (500, 8, 8, 28)
    assert (lpa.buffers.weight, lpa.buffers.input, lpa.buffers.output) == (131072, 262144, 131072)
    assert (lpa.pe.area_um2, lpa.decoder.area_um2) == (187.43, 5.2)
    assert (lpa.dram.bandwidth_gbps, lpa.dram.burst_bytes, lpa.dram.preset) == (12.8, 64, "lpddr4-3200")
    assert lpa.array.weight_double_buffer
    assert lpa.array.fold_overlap
    assert not lpa.dram.ideal


@pytest.mark.parametrize("dram", list_dram())
def test_dram_bandwidth_follows_from_its_name(dram: str) -> None:
    bus_bytes = {"ddr4": 8, "lpddr4": 4, "lpddr5": 4, "hbm2": 128}
    family, _, rate = dram.partition("-")
    got = load_hardware("lpa", [f"dram.preset={dram}"]).hardware.dram
    assert got.bandwidth_gbps == pytest.approx(int(rate or 2000) * bus_bytes[family] / 1000, rel=1e-12)
    assert got.preset == dram


@pytest.mark.parametrize(("name", "overrides"), EVERYTHING)
def test_every_value_has_a_source_of_its_own(name: str, overrides: list[str]) -> None:
    resolved = load_hardware(name, overrides)
    passes = {f"ppu.passes.{operator}" for operator in resolved.hardware.ppu.passes}
    possible = (set(keys()) | passes) - set(HEADER)
    assert possible - {path for path, key in keys().items() if key.optional} <= set(resolved.sources) <= possible
    for path, source in resolved.sources.items():
        assert not source.text.endswith(".yaml"), f"{path} has no source"
        assert set(CITATION.findall(source.text)) <= cited_keys([source.text]), f"{path} cites what is not there"


def test_numbers_in_the_derivations_are_right() -> None:
    lpa = load_hardware("lpa").hardware
    per_cycle_pj = {8: 1.55, 4: 1.30, 2: 0.99}
    mac_pj = {8: lpa.pe.mac_8bit_pj, 4: lpa.pe.mac_4bit_pj, 2: lpa.pe.mac_2bit_pj}
    for bits, picojoules in mac_pj.items():
        assert float(f"{per_cycle_pj[bits] * 0.347 / LANES[bits]:.2g}") == picojoules
    assert (round(1.29 * 0.347, 2), round(896 * 0.368)) == (lpa.ppu.pass_pj, lpa.ppu.lane_area_um2)
    assert round(18 * 0.54 / 470, 3) == lpa.decoder.energy_pj
    assert round(81 * 0.54 / 470, 3) == lpa.encoder.energy_pj
    assert round(4 * 81 * 187.43 / 470) == lpa.encoder.area_um2
    assert round(64314 / 1733.1 * 0.347 / 0.368) == lpa.technology.logic_leakage_nw_per_um2


def test_every_entry_of_the_bibliography_is_cited_by_a_preset_or_a_table() -> None:
    folder = Path(lpasim.hardware.__file__).parent
    entries = set(re.findall(r"^@\w+\{([^,]+),$", (folder / "citations.bib").read_text(), re.MULTILINE))
    tables = Path(lpasim.cost.__file__).parent / "tables"
    texts = " ".join(path.read_text() for path in (*folder.glob("presets/**/*.yaml"), *tables.glob("*.csv")))
    cited = set(re.findall(r"\[([a-z][a-z0-9-]*)\]", texts))
    assert entries == cited | {"lpa", "simpy"}


def test_bibliography_holds_what_is_cited_and_no_more() -> None:
    lpa = bibliography(load_hardware("lpa"))
    entries = set(re.findall(r"^@\w+\{([^,]+),$", lpa, re.MULTILINE))
    assert {"lpa", "simpy", "cacti7", "ant", "lpddr4", "stillmaker2017"} <= entries
    assert not {"hbm2", "ddr4"} & entries
    assert "@techreport{hbm2," in bibliography(load_hardware("lpa", ["dram.preset=hbm2"]))
    for entry in re.split(r"^(?=@)", lpa, flags=re.MULTILINE)[1:]:
        assert entry.count("{") == entry.count("}")
        assert re.search(r"^  title +=", entry, re.MULTILINE)
        assert re.search(r"^  (author|title) .*\},?$", entry, re.MULTILINE)


def test_every_key_is_described_and_in_the_manual() -> None:
    manual = (DOCS / "hardware.md").read_text(encoding="utf-8")
    for path, key in keys().items():
        assert key.description
        line = next((line for line in manual.splitlines() if line.startswith(f"| `{path}` |")), "")
        assert line, f"{path} is not in docs/hardware.md"
        assert f"| {key.unit} |" in line, f"{path} has another unit in docs/hardware.md"
    for name in (*list_dram(), *list_hardware(), *SRAM_TABLES):
        assert f"`{name}`" in manual


ROW = re.compile(r"\| `(?P<path>[\w.]+)` \| (?P<unit>\S*) ?\| (?P<default>[^|]+) \| (?P<range>[^|]*) ?\| [^|]+ \|")


def test_the_manual_states_the_limits_and_defaults_that_are_checked() -> None:
    lines = (DOCS / "hardware.md").read_text(encoding="utf-8").splitlines()
    rows = {row["path"]: row for row in map(ROW.fullmatch, lines) if row and row["path"] in keys()}
    assert rows.keys() == keys().keys()
    tree = load_hardware("lpa").hardware.model_dump(by_alias=True)
    for path, key in keys().items():
        quantity, value = key.quantity, reduce(getitem, path.split("."), tree)
        if quantity is None:
            continue
        shown, default = rows[path]["range"].strip(), rows[path]["default"]
        if path != "technology.node_nm":  # of which the tables leave one
            low, high = (eval(end.replace("^", "**")) for end in shown.removesuffix(", whole").split(" .. "))
            assert (low, high, shown.endswith(", whole")) == (quantity.low, quantity.high, quantity.whole), path
        assert value is None or quantity(default) == value, path


@pytest.mark.parametrize(("name", "overrides"), EVERYTHING)
def test_export_reads_back_equal(tmp_path: Path, name: str, overrides: list[str]) -> None:
    resolved = load_hardware(name, [*overrides, "clock_mhz=333.3", "array.rows=5", "title=1e-3", "name=on"])
    path = tmp_path / "out.yaml"
    path.write_text(to_yaml(resolved), encoding="utf-8")
    again = load_hardware(str(path))
    assert again.hardware == resolved.hardware
    assert list(again.sources.items()) == list(resolved.sources.items())
    assert to_yaml(again) == to_yaml(resolved)


def test_export_is_for_people() -> None:
    text = to_yaml(load_hardware("lpa"))
    for line in (
        "value: 128 KiB",
        "value: 500 MHz",
        "value: 187.43 um2",
        "value: 12.8 GB/s",
        "value: 24 bit",
        "value: 8\n",
    ):
        assert line in text
    assert text.startswith("schema: lpasim-hardware\nversion: 1\nname: lpa\n")


def test_rows_of_the_table() -> None:
    rows = {row.path: row for row in describe(load_hardware("lpa", ["buffers.input=1 MiB", "dram.ideal=true"]))}
    assert rows["buffers.weight"].text == "128 KiB"
    assert (rows["buffers.input"].value, rows["buffers.input"].text) == (2**20, "1 MiB")
    assert rows["dram.ideal"].text == "true"
    assert (rows["array.rows"].text, rows["array.rows"].unit) == ("8", "")
    assert (rows["decoder.latency_cycles"].text, rows["decoder.latency_cycles"].unit) == ("1", "cycles")
    assert rows["pe.area_um2"].assumption
    assert rows["ppu.passes.Softmax"].value == 3
    assert list(rows)[:2] == ["clock_mhz", "array.rows"]


def test_description_alone_round_trips_through_pydantic() -> None:
    lpa = load_hardware("lpa").hardware
    assert Hardware.model_validate(lpa.model_dump(by_alias=True)) == lpa
    assert Hardware.model_validate_json(lpa.model_dump_json(by_alias=True)) == lpa


SETTINGS = {
    "clock_mhz": st.floats(1e-3, 1e6),
    "array.rows": st.integers(1, 64),
    "pe.area_um2": st.floats(0, 1e12),
    "decoder.energy_pj": st.floats(0, 1e-3),
    "buffers.input": st.integers(128, 2**40),
    "dram.bandwidth_gbps": st.floats(1e-6, 1e6),
    "dram.ideal": st.sampled_from(["true", "false"]),
    "dram.preset": st.sampled_from(list_dram()),
    "title": st.text(st.characters(categories=["L", "N", "P", "S"]), min_size=1, max_size=40),
    "ppu.passes.Gelu": st.integers(0, 1000),
}


@given(st.fixed_dictionaries({}, optional=SETTINGS))
@settings(max_examples=60)
def test_export_of_any_setting_reads_back_equal(
    tmp_path_factory: pytest.TempPathFactory, setting: dict[str, object]
) -> None:
    plain = ["dram.model=bandwidth"] if "dram.bandwidth_gbps" in setting else []
    resolved = load_hardware("lpa", [*plain, *(f"{path}={value}" for path, value in setting.items())])
    path = tmp_path_factory.getbasetemp() / "any.yaml"
    path.write_text(to_yaml(resolved), encoding="utf-8")
    assert load_hardware(str(path)) == resolved
