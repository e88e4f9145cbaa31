"""Technology tables: each number has a source, scaling agrees with presets, interpolation errors with means."""

from __future__ import annotations

import csv
import re
from pathlib import Path

import pytest

import lpasim.cost
from lpasim.cost.sram import FIGURES, load_sram_points
from lpasim.cost.sram_error import interpolation_errors
from lpasim.cost.technologies import CONFIDENCE, list_technologies, load_technology
from lpasim.errors import HardwareError
from lpasim.hardware import load_hardware
from lpasim.hardware.citations import cited_keys
from lpasim.hardware.technology import SRAM_TABLES

TABLES = Path(lpasim.cost.__file__).parent / "tables"


@pytest.mark.parametrize("name", list_technologies())
def test_every_number_has_a_source_and_a_confidence(name: str) -> None:
    technology = load_technology(name)
    assert technology.rows
    for row in (*technology.rows, *technology.scaled):
        assert row.value > 0
        assert row.source
        assert row.confidence in CONFIDENCE
        assert set(re.findall(r"\[([^\]]+)\]", row.source)) == cited_keys([row.source])
        assert (row.low is None) == (row.high is None) == (not row.range_source)
        if row.low is not None and row.high is not None:
            assert row.low <= row.value <= row.high
    places = [(row.component, row.quantity) for row in technology.rows]
    assert len(places) == len(set(places))


@pytest.mark.parametrize("file", ["technology.csv", "dram_idd.csv"])
def test_tables_are_whole(file: str) -> None:
    with (TABLES / file).open(encoding="utf-8", newline="") as lines:
        rows = list(csv.DictReader(lines))
    for row in rows:
        assert None not in row
        assert None not in row.values()
        assert row["confidence"] in CONFIDENCE


def test_scaled_prototype_gives_the_prices_of_lpa() -> None:
    """The preset's rounded numbers follow from those of the prototype at 45 nm and the published factors."""
    scaled = {(row.component, row.quantity): row.value for row in load_technology("28nm").scaled}
    pe, mac = "log-posit PE, 2/4/8 bit, 24-bit accumulator", "INT8 MAC, 24-bit accumulator"
    lpa = load_hardware("lpa").hardware
    for bits, lanes, price in ((8, 1, lpa.pe.mac_8bit_pj), (4, 2, lpa.pe.mac_4bit_pj), (2, 4, lpa.pe.mac_2bit_pj)):
        assert scaled[pe, f"cycle, {bits}-bit mode"] / lanes == pytest.approx(price, rel=0.025)
    assert scaled[mac, "cycle"] == pytest.approx(lpa.ppu.pass_pj, abs=0.005)
    assert scaled[mac, "area"] == pytest.approx(lpa.ppu.lane_area_um2, abs=0.5)
    assert scaled[pe, "area"] == pytest.approx(470, abs=1)


def test_memories_and_energies_of_unknown_supply_are_not_scaled() -> None:
    for name in list_technologies():
        for row in load_technology(name).scaled:
            assert not row.component.startswith(("SRAM", "cache"))
            assert row.unit in ("um2", "pJ")
            assert row.confidence in ("derived", "prototype")


def test_sram_tables_are_those_of_the_node() -> None:
    assert set(load_technology("28nm").sram_tables) == set(SRAM_TABLES)
    assert load_technology("45nm").sram_tables == ()


@pytest.mark.parametrize(("name", "hint"), [("28", "28nm"), ("28 nm", "28nm"), ("27nm", "7nm"), ("5 parsec", None)])
def test_unknown_technology(name: str, hint: str | None) -> None:
    with pytest.raises(HardwareError) as caught:
        load_technology(name)
    expected = f"technology must be one of {', '.join(list_technologies())}, got {name!r}"
    assert str(caught.value).startswith(expected)
    assert ("did you mean" in str(caught.value)) == (hint is not None)


@pytest.mark.parametrize("name", sorted(SRAM_TABLES))
def test_interpolation_errors_against_geometric_means(name: str) -> None:
    """Between half and twice a size lies their geometric mean; sizes double from point to point."""
    points = load_sram_points(name)
    sizes = sorted({size for size, _ in points})
    assert sizes == [2**exponent for exponent in range(10, 22)]
    for figure in FIGURES:
        errors = [
            abs(
                (getattr(points[s // 2, p], figure) * getattr(points[2 * s, p], figure)) ** 0.5 / getattr(m, figure) - 1
            )
            for (s, p), m in points.items()
            if sizes[0] < s < sizes[-1]
        ]
        assert interpolation_errors(name)[figure].largest == pytest.approx(max(errors), abs=0.01)
        assert interpolation_errors(name)[figure].median == pytest.approx(sorted(errors)[len(errors) // 2], abs=0.01)
