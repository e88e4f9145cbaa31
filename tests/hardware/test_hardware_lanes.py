"""Lanes by precision, units of decoders, and rules for words."""

from __future__ import annotations

import pytest

from lpasim.cost import area
from lpasim.errors import HardwareError
from lpasim.hardware import list_hardware, load_hardware
from lpasim.hardware.lanes import lanes_by_width, stored_width, width_of

TABLES = ("pe.weight_lanes", "pe.activation_lanes")


def test_a_word_runs_at_the_next_width_and_is_stored_in_a_part_of_a_byte() -> None:
    table = "8:1, 3:2"
    assert list(lanes_by_width(table).items()) == [(3, 2), (8, 1)]
    assert [width_of(table, bits) for bits in (1, 3, 4, 8, 9)] == [3, 3, 8, 8, None]
    assert [stored_width(width) for width in (1, 2, 3, 4, 5, 6, 8)] == [2, 2, 4, 4, 8, 8, 8]


def test_tables_are_spelled_in_one_way() -> None:
    assert load_hardware("lpa", "pe.weight_lanes=8:1,4 : 2").hardware.pe.weight_lanes == "4:2, 8:1"


@pytest.mark.parametrize("key", TABLES)
@pytest.mark.parametrize(
    ("table", "rule"),
    [
        ("", "must be a table of width:lanes such as '4:2, 8:1', got ''"),
        ("4", "must be a table of width:lanes"),
        ("4:2, 4:1", "must hold each width once"),
        ("8:2", "must hold 1, 2 or 4 lanes of 8 bits in all at most, got 8:2"),
        ("2:3", "must hold 1, 2 or 4 lanes"),
        ("0:1", "must hold 1, 2 or 4 lanes"),
        ("16:1", "must hold 1, 2 or 4 lanes"),
        ("2:1, 4:2", "must not have more lanes for wider words"),
    ],
)
def test_malformed_tables_are_refused(key: str, table: str, rule: str) -> None:
    with pytest.raises(HardwareError) as raised:
        load_hardware("lpa", {key: table})
    assert str(raised.value).startswith(f"{key} {rule}")
    assert len(str(raised.value).splitlines()) == 1


@pytest.mark.parametrize(
    ("setting", "message"),
    [
        ("decoder.units=some", "decoder.units must be one of edges, rows, cols, or a whole number, got 'some'"),
        ("encoder.units=0", "encoder.latency_cycles must be 0 where encoder.units is 0, got 1"),
        ("words.formats=lp, magic", "words.formats must be names of number formats ("),
        (
            "words.weight_bits=antt",
            "words.weight_bits must be one of trace, ant, bitfusion, olaccel, or a width of 2 to 8",
        ),
        ("words.activation_bits=9", "words.activation_bits must be one of trace, "),
        ("pe.per_cell=0", "pe.per_cell must be at least 1, got '0'"),
    ],
)
def test_other_mistakes_are_refused(setting: str, message: str) -> None:
    with pytest.raises(HardwareError) as raised:
        load_hardware("lpa", setting)
    assert message in str(raised.value)


@pytest.mark.parametrize(("units", "count"), [("edges", 12), ("rows", 8), ("cols", 4), ("3", 3), ("0", 0)])
def test_decoders_are_counted_by_place_or_number(units: str, count: int) -> None:
    settings = {"array.cols": 4, "decoder.units": units, "decoder.latency_cycles": 0, "decoder.energy_pj": 0}
    assert area(load_hardware("lpa", settings).hardware).decoders == pytest.approx(5.2 * count)


def test_ports_are_as_wide_as_the_most_lanes() -> None:
    assert load_hardware("lpa").hardware.port_bits == {"weight": 64, "input": 64, "output": 768}
    assert load_hardware("ant").hardware.port_bits == {"weight": 4 * 8 * 2, "input": 4 * 8, "output": 4 * 2 * 24}
    assert load_hardware("bitfusion-isca18").hardware.port_bits["weight"] == 32 * 8 * 4


PUBLISHED_UM2 = {
    "lpa": 12_078.72,
    "ant": 5_102.28,
    "bitfusion": 5_093.76,
    "adaptivfloat": 23_356.8,
    "ant-micro22": 4096 * 79.57 + 128 * 4.9,
}
"""PEs and decoders: sums of the derived areas."""
PES = {"ant-micro22": 4096, "bitfusion-micro22": 4096, "adaptivfloat-micro22": 896, "olaccel": 1152, "biscaled": 2560}
DENSITY = {"lpa-8": (64, 6.97), "lpa-2": (256, 23.77), "posit": (203.4, 3.14)}
"""GOPS and TOPS/mm2 on the DAC poster of LPA."""


@pytest.mark.parametrize("name", list_hardware())
def test_presets_have_the_areas_and_sizes_that_they_say(name: str) -> None:
    chip = load_hardware(name).hardware
    compute_um2 = area(chip).compute_um2
    if name in PUBLISHED_UM2:
        assert compute_um2 == pytest.approx(PUBLISHED_UM2[name])
    if name in DENSITY:
        gops, density = DENSITY[name]
        assert gops / compute_um2 * 1e3 == pytest.approx(density, rel=2e-3)
    assert chip.pes == PES.get(name, 8192 if name == "bitfusion-isca18" else 64)


@pytest.mark.parametrize("name", ["ant-micro22", "bitfusion-micro22", "adaptivfloat-micro22", "olaccel", "biscaled"])
def test_the_designs_of_one_comparison_have_one_area(name: str) -> None:
    assert area(load_hardware(name).hardware).compute_um2 == pytest.approx(4096 * 79.57, rel=4e-3)
