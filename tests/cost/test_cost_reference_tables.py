"""Accelergy's reference tables: files as its versions write them, prices by hand, and one line for what is wrong."""

from __future__ import annotations

from pathlib import Path

import pytest

from lpasim.cost.buffers import price_buffers
from lpasim.cost.cost_map import DEFAULT_MAP
from lpasim.cost.priced_hardware import TableFiles, load_priced_hardware
from lpasim.cost.reference_tables import read_art, read_ert
from lpasim.errors import HardwareError
from lpasim.hardware import load_hardware, to_yaml

ERT = """\
ERT:
  version: 0.3
  tables:
  - name: chip.PE[0..63].mac[0..0]
    actions:
    - name: mac_random
      arguments: null
      energy: 0.5
    - name: idle
      arguments: null
      energy: 0
  - name: chip.GLB
    actions:
    - name: read
      arguments:
        address_delta: 0
        data_delta: 1
      energy: 6
    - name: read
      arguments:
        address_delta: 1
        data_delta: 1
      energy: 8.5
    - name: leak
      energy: 1e-2
  - name: chip.DRAM
    actions:
    - name: read
      arguments: {}
      energy: 512.0
  - name: chip.NoC[0..7]
    actions:
    - name: transfer
      arguments: null
      energy: 1
"""
ART = """\
ART:
  version: '0.4'
  tables:
  - name: chip.PE.mac
    area: 211
  - name: chip.GLB
    area: 0.5 mm2
"""
MAP = """\
schema: lpasim-cost-map
version: 1
units: {area: um2}
map:
  pe.mac_8bit_pj: {component: mac, action: mac_random}
  input_buffer.read_pj: {component: chip.GLB, action: read, arguments: {address_delta: 1, data_delta: 1}, bits: 512}
  input_buffer.leakage_mw: {component: GLB, action: leak}
  dram.energy_pj_per_bit: {component: DRAM, action: read, bits: 64}
  pe.area_um2: {component: chip.PE.mac}
  input_buffer.area_um2: {component: GLB}
ignore: [NoC]
"""


@pytest.fixture
def files(tmp_path: Path) -> TableFiles:
    paths = TableFiles(tmp_path / "ert.yaml", tmp_path / "art.yaml", tmp_path / "map.yaml")
    for path, text in zip((paths.ert, paths.art, paths.cost_map), (ERT, ART, MAP), strict=True):
        path.write_text(text)
    return paths


def default_tables(tmp_path: Path) -> TableFiles:
    """Tables with the names of the default map: the n-th number is n."""
    energies: dict[str, list[str]] = {}
    for entry in DEFAULT_MAP.entries:
        if entry.action:
            energies.setdefault(entry.component, []).append(entry.action)
    number, lines = 0, ["ERT:", "  version: 0.4", "  tables:"]
    for component, actions in energies.items():
        lines += [f"  - name: {component}", "    actions:"]
        for action in actions:
            number += 1
            lines.append(f"    - {{name: {action}, arguments: null, energy: {number}}}")
    (tmp_path / "ert.yaml").write_text("\n".join(lines))
    areas = [entry.component for entry in DEFAULT_MAP.entries if not entry.action]
    lines = ["ART:", "  version: 0.4", "  tables:"]
    lines += [f"  - {{name: lpa.{name}, area: {index} um2}}" for index, name in enumerate(areas, 1)]
    (tmp_path / "art.yaml").write_text("\n".join(lines))
    return TableFiles(tmp_path / "ert.yaml", tmp_path / "art.yaml")


def test_exact_names_need_no_map(tmp_path: Path) -> None:
    chip = load_priced_hardware("lpa", tables=default_tables(tmp_path)).hardware
    assert (chip.pe.mac_8bit_pj, chip.pe.mac_4bit_pj, chip.pe.mac_2bit_pj) == (1, 2, 3)
    assert (chip.decoder.energy_pj, chip.encoder.energy_pj, chip.ppu.pass_pj) == (4, 5, 6)
    assert (chip.weight_buffer.read_pj, chip.output_buffer.write_pj) == (7, 12)
    assert (chip.pe.area_um2, chip.decoder.area_um2, chip.encoder.area_um2, chip.ppu.lane_area_um2) == (1, 2, 3, 4)
    assert (chip.weight_buffer.area_um2, chip.output_buffer.area_um2) == (5, 7)
    prices = price_buffers(chip)
    assert prices["weight_buffer"].read_pj_per_bit == 7 / 64
    assert prices["output_buffer"].write_pj_per_bit == 12 / 768
    assert chip.dram == load_hardware("lpa").hardware.dram


def test_a_map_by_hand(files: TableFiles) -> None:
    resolved = load_priced_hardware("lpa", tables=files)
    chip = resolved.hardware
    assert chip.pe.mac_8bit_pj == 0.5
    assert chip.pe.area_um2 == 211
    assert chip.input_buffer.read_pj == pytest.approx(8.5 * 64 / 512)  # LPA's port has 64 bits
    assert chip.input_buffer.leakage_mw == pytest.approx(0.01 * 500 * 1e-3)  # 10 fJ a cycle of 500 MHz: 5 uW
    assert chip.input_buffer.area_um2 == 500_000
    assert chip.dram.energy_pj_per_bit == 8
    assert chip.pe.mac_4bit_pj == load_hardware("lpa").hardware.pe.mac_4bit_pj
    source = resolved.sources["pe.mac_8bit_pj"]
    assert source.text == "reference table ert.yaml of [accelergy], ERT.tables[0].actions[0].energy"
    assert not source.assumption
    assert source.range is None


def test_the_command_line_wins(files: TableFiles) -> None:
    chip = load_priced_hardware("lpa", {"pe.mac_8bit_pj": 3, "clock_mhz": 1000}, files).hardware
    assert chip.pe.mac_8bit_pj == 3
    assert chip.input_buffer.leakage_mw == pytest.approx(0.01)


def test_the_resolved_description_needs_no_tables(files: TableFiles, tmp_path: Path) -> None:
    resolved = load_priced_hardware("lpa", tables=files)
    (tmp_path / "resolved.yaml").write_text(to_yaml(resolved))
    again = load_hardware(str(tmp_path / "resolved.yaml"))
    assert again.hardware == resolved.hardware
    assert dict(again.sources) == dict(resolved.sources)


def test_one_table_alone(files: TableFiles) -> None:
    chip = load_priced_hardware("lpa", tables=TableFiles(art=files.art, cost_map=files.cost_map)).hardware
    plain = load_hardware("lpa").hardware
    assert chip.pe.area_um2 == 211
    assert chip.pe.mac_8bit_pj == plain.pe.mac_8bit_pj


def test_entries_keep_their_places(files: TableFiles) -> None:
    mac, glb, *_ = read_ert(files.ert)
    assert mac.names == ("chip.PE[0..63].mac[0..0]", "chip.PE.mac", "mac")
    assert [action.energy_pj for action in glb.actions] == [6, 8.5, 0.01]
    assert [component.area_um2 for component in read_art(files.art, "um2")] == [211, 500_000]


def edit(path: Path, old: str, new: str) -> None:
    text = path.read_text()
    assert old in text
    path.write_text(text.replace(old, new, 1))


@pytest.mark.parametrize(
    ("file", "old", "new", "message"),
    [
        (
            "ert",
            "energy: 0.5",
            "energy: -1",
            "energy must be at least 0 pJ, got -1 ({}, ERT.tables[0].actions[0].energy)",
        ),
        ("ert", "energy: 0.5", "energy: much", "energy must be a number with a unit such as pJ, got 'much' ({}, "),
        ("ert", "energy: 0.5", "energy: .nan", "energy must be a number with a unit such as pJ, got nan ({}, "),
        ("ert", "energy: 0.5", "energy: 3 um2", "energy must have a unit such as pJ, got '3 um2' ({}, "),
        ("ert", "      energy: 0.5\n", "", "energy must be given, got name, arguments ({}, ERT.tables[0].actions[0])"),
        ("ert", "energy: 0.5", "enrgy: 0.5", "energy must be given, got name, arguments, enrgy ({}, ERT.tables[0]."),
        (
            "ert",
            "energy: 0.5",
            "energy: 0.5\n      unit: pJ",
            "unit must be one of name, energy, arguments, got an unknown",
        ),
        ("ert", "version: 0.3", "version: 0.2", "ERT.version must be 0.3 or 0.4, got 0.2 ({})"),
        ("ert", "ERT:", "ART:", "ERT must be given, got ART ({}, top level)"),
        ("ert", "name: mac_random", "name: 3", "name must be text, got 3 ({}, ERT.tables[0].actions[0].name)"),
        (
            "ert",
            "name: mac_random",
            "name: multiply",
            "actions must hold mac_random (pe.mac_8bit_pj), got multiply, idle",
        ),
        ("ert", "PE[0..63].mac", "PE[0..63].alu", "tables must hold the component mac (pe.mac_8bit_pj), got chip.PE"),
        (
            "ert",
            "chip.NoC[0..7]",
            "chip.ring",
            "name must be one that the cost map names or ignores, got 'chip.ring' ({}",
        ),
        ("ert", "chip.NoC[0..7]", "chip.GLB", "name must be given once, got 'chip.GLB' again ({}, ERT.tables[3].name)"),
        (
            "ert",
            "chip.NoC[0..7]",
            "a.DRAM",
            "DRAM (dram.energy_pj_per_bit) must name one component, got ERT.tables[2] and ",
        ),
        ("ert", "arguments: {}", "arguments: 3", "arguments must be a mapping, got 3 ({}, ERT.tables[2].actions[0]."),
        ("art", "area: 211", "area: -4 um2", "area must be at least 0 um2, got '-4 um2' ({}, ART.tables[0].area)"),
        (
            "art",
            "area: 211",
            "area: 4 pJ",
            "area must have a unit such as um2, got '4 pJ' ({}, ART.tables[0].area)",
        ),
        ("art", "area: 211", "area:", "area must be a number with a unit such as um2, got nothing ({}, ART.tables[0]."),
        (
            "ert",
            "ERT:\n  version: 0.3\n  tables:\n",
            "ERT:\n  version: 0.3\n  tables: 3\nx:\n",
            "x must be one of ERT, got",
        ),
        (
            "art",
            "area: 211",
            "area: true",
            "area must be a number with a unit such as um2, got true ({}, ART.tables[0].",
        ),
        ("art", "area: 211", "size: 211", "area must be given, got name, size ({}, ART.tables[0])"),
        ("cost_map", "version: 1", "version: 2", "version must be 1 in a cost map, got 2 ({})"),
        ("cost_map", "units:", "unit:", "unit must be one of units, map, ignore, got an unknown key ({})"),
        ("cost_map", "{area: um2}", "{area: acre}", "units.area must be a unit such as um2 or mm2, got 'acre' ({})"),
        ("cost_map", "{area: um2}", "{area: 2}", "units.area must be a unit such as um2 or mm2, got 2 ({})"),
        ("cost_map", "{area: um2}", "{area: }", "units.area must be a unit such as um2 or mm2, got nothing ({})"),
        (
            "cost_map",
            "pe.mac_8bit_pj",
            "pe.mac_8bits_pj",
            "pe.mac_8bits_pj must be a known key, got an unknown one ({}); did",
        ),
        (
            "cost_map",
            "pe.area_um2",
            "array.rows",
            "array.rows must be an area, an energy or a leakage power, got a key of",
        ),
        (
            "cost_map",
            ", bits: 64",
            "",
            "bits must be given for a price of one bit, got nothing ({}, map.dram.energy_pj_per",
        ),
        (
            "cost_map",
            "bits: 64",
            "bits: 0",
            "bits must be a whole number of 1 to 1048576, got 0 ({}, map.dram.energy_pj_per",
        ),
        (
            "cost_map",
            "mac_random}",
            "mac_random, bits: 8}",
            "bits must be left to accesses of a memory, got 8 ({}, map.pe.mac",
        ),
        (
            "cost_map",
            ", action: leak",
            "",
            "action must be given for an energy, got nothing ({}, map.input_buffer.leakage_mw)",
        ),
        (
            "cost_map",
            "chip.PE.mac}",
            "x, action: y}",
            "action must be left out of an area, got 'y' ({}, map.pe.area_um2)",
        ),
        (
            "cost_map",
            "component: mac,",
            "part: mac,",
            "pe.mac_8bit_pj must be a mapping of component, action, arguments",
        ),
        ("cost_map", "[NoC]", "NoC", "ignore must be a list of components, got 'NoC' ({})"),
    ],
)
def test_what_is_wrong_is_said_in_one_line(files: TableFiles, file: str, old: str, new: str, message: str) -> None:
    path = getattr(files, file)
    edit(path, old, new)
    with pytest.raises(HardwareError) as caught:
        load_priced_hardware("lpa", tables=files)
    assert str(caught.value).startswith(message.format(path))
    assert str(path) in str(caught.value)
    assert "\n" not in str(caught.value)


def test_areas_without_a_unit(files: TableFiles) -> None:
    edit(files.cost_map, "units: {area: um2}\n", "")
    with pytest.raises(HardwareError) as caught:
        load_priced_hardware("lpa", tables=files)
    where = f"area must have a unit such as um2, got 211 ({files.art}, ART.tables[0].area); Accelergy leaves it out"
    assert str(caught.value).startswith(where)


@pytest.mark.parametrize("unit", ["um^2", "um\N{SUPERSCRIPT TWO}", "\N{MICRO SIGN}m2"])
def test_units_of_areas_as_people_write_them(files: TableFiles, unit: str) -> None:
    edit(files.art, "area: 211", f"area: 212 {unit}")
    assert load_priced_hardware("lpa", tables=files).hardware.pe.area_um2 == 212
    edit(files.art, f"area: 212 {unit}", "area: 213")
    edit(files.cost_map, "{area: um2}", f"{{area: {unit}}}")
    assert load_priced_hardware("lpa", tables=files).hardware.pe.area_um2 == 213


def test_a_component_without_actions(files: TableFiles) -> None:
    files.ert.write_text("ERT:\n  version: 0.4\n  tables:\n  - {name: chip.PE, actions: []}\n")
    with pytest.raises(HardwareError) as caught:
        load_priced_hardware("lpa", tables=files)
    place = f"({files.ert}, ERT.tables[0].actions)"
    assert str(caught.value) == f"actions must hold at least one entry, got an empty list {place}"
    edit(files.ert, "[]", "3")
    with pytest.raises(HardwareError) as caught:
        load_priced_hardware("lpa", tables=files)
    assert str(caught.value) == f"actions must be a list of entries, got 3 {place}"


def test_arguments_that_do_not_tell_actions_apart(files: TableFiles) -> None:
    edit(files.cost_map, ", arguments: {address_delta: 1, data_delta: 1}", "")
    with pytest.raises(
        HardwareError, match="got a choice of address_delta 0, data_delta 1; address_delta 1, data_delta"
    ):
        load_priced_hardware("lpa", tables=files)


def test_a_map_alone(files: TableFiles) -> None:
    with pytest.raises(HardwareError, match="a cost map must come with a reference table, got none"):
        load_priced_hardware("lpa", tables=TableFiles(cost_map=files.cost_map))


def test_missing_file(tmp_path: Path) -> None:
    with pytest.raises(HardwareError, match=r"energy reference table must exist, got none \(.*gone.yaml\)"):
        load_priced_hardware("lpa", tables=TableFiles(ert=tmp_path / "gone.yaml"))
