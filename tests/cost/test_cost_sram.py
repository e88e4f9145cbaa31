"""The SRAM table: equal to CACTI at its points, monotone between them, and its error where a point is left out."""

from __future__ import annotations

import csv
import re
from math import exp, log, sqrt
from pathlib import Path
from statistics import median

import pytest
from hypothesis import given
from hypothesis import strategies as st

import lpasim.cost
from lpasim.cost import area, leakage_mw
from lpasim.cost.buffers import price_buffers
from lpasim.cost.sram import FIGURES, load_sram_table
from lpasim.errors import HardwareError
from lpasim.hardware import load_hardware
from lpasim.hardware.technology import SRAM_TABLES

TABLE = Path(lpasim.cost.__file__).parent / "tables" / "sram_28nm_cacti7.csv"
DOCS = Path(__file__).parents[2] / "docs"
with TABLE.open(encoding="utf-8", newline="") as _file:
    ROWS = list(csv.DictReader(_file))
POINTS = {(row["cell"], int(row["size_bytes"]), int(row["port_bits"])): row for row in ROWS}
NAMES = st.sampled_from(sorted(SRAM_TABLES))
SIZES = st.floats(16, 2**25)
PORTS = st.integers(1, 2**14)


def cell_of(name: str) -> str:
    return name.split("-")[1]


def test_a_table_for_each_name_the_hardware_knows() -> None:
    for name in SRAM_TABLES:
        assert load_sram_table(name).ports_bits == (64, 128, 256)
    with pytest.raises(HardwareError, match=r"technology\.sram must be one of .*, got 'x'"):
        load_sram_table("x")


def test_grid_is_full() -> None:
    assert len(ROWS) == len(POINTS) == 3 * 12 * 3


@pytest.mark.parametrize(
    ("cell", "size", "port", "read", "write", "leakage", "area"),
    [
        ("hp", 1024, 64, 0.645, 1.338, 0.55, 0.0016),
        ("hp", 8192, 64, 2.64, 3.04, 4.57, 0.0114),
        ("hp", 65536, 64, 8.31, 7.36, 33.4, 0.102),
        ("hp", 131072, 64, 11.98, 10.09, 61.9, 0.219),
        ("hp", 65536, 128, 12.8, 14.6, 33.2, 0.101),
        ("hp", 131072, 256, 30.6, 34.1, 61.1, 0.209),
        ("hp", 524288, 256, 68.0, 60.7, 234, 0.793),
        ("lop", 131072, 256, 17.0, 16.6, 36.4, None),
        ("lop", 524288, 64, 13.4, 9.84, 139, None),
        ("lstp", 65536, 128, 17.3, 15.5, None, None),
        ("lstp", 262144, 64, 21.2, 17.4, None, None),
    ],
)
def test_table_agrees_with_another_build_of_cacti(
    cell: str, size: int, port: int, read: float, write: float, leakage: float | None, area: float | None
) -> None:
    row = POINTS[cell, size, port]
    for name, expected in zip(FIGURES, (read, write, leakage, area), strict=True):
        if expected is not None:
            assert float(row[name]) == pytest.approx(expected, rel=0.03 if expected < 0.002 else 0.008)


@pytest.mark.parametrize("name", sorted(SRAM_TABLES))
def test_lookup_at_a_point_is_the_point(name: str) -> None:
    """A figure is CACTI's own, or where CACTI has a dip, that of a smaller macro or a narrower port."""
    table, raised = load_sram_table(name), 0
    for (cell, size, port), row in POINTS.items():
        if cell != cell_of(name):
            continue
        macro = table.macro(size, port)
        for figure in FIGURES:
            narrower = [p for p in table.ports_bits if p <= port] if figure.endswith("_pj") else [port]
            smaller = [POINTS[cell, s, p] for s in table.sizes_bytes if s <= size for p in narrower]
            assert getattr(macro, figure) == max(float(other[figure]) for other in smaller)
            raised += getattr(macro, figure) != float(row[figure])
    assert raised <= 6


def test_between_points_by_hand() -> None:
    table = load_sram_table("cacti7-hp-28nm")
    between = sqrt(float(POINTS["hp", 8192, 64]["read_pj"]) * float(POINTS["hp", 16384, 64]["read_pj"]))
    assert table.macro(sqrt(8192 * 16384), 64).read_pj == pytest.approx(between, rel=1e-12)
    share = log(96 / 64) / log(2)
    low, high = (log(float(POINTS["hp", 65536, port]["write_pj"])) for port in (64, 128))
    assert table.macro(65536, 96).write_pj == pytest.approx(exp((1 - share) * low + share * high), rel=1e-12)


def test_outside_the_table() -> None:
    table = load_sram_table("cacti7-hp-28nm")
    largest = table.macro(2**21, 64)
    beyond = table.macro(2**23, 64)
    assert (beyond.read_pj, beyond.write_pj) == (largest.read_pj, largest.write_pj)
    assert beyond.leakage_mw == pytest.approx(4 * largest.leakage_mw)
    assert beyond.area_mm2 == pytest.approx(4 * largest.area_mm2)
    assert table.macro(10, 64) == table.macro(1024, 64)
    assert table.macro(4096, 8) == table.macro(4096, 64)
    wide, part = table.macro(3 * 8192, 768), table.macro(8192, 256)
    for figure in FIGURES:
        assert getattr(wide, figure) == pytest.approx(3 * getattr(part, figure))


@given(NAMES, SIZES, PORTS, st.floats(1, 8), st.integers(0, 2000))
def test_larger_is_never_cheaper(name: str, size: float, port: int, growth: float, wider: int) -> None:
    table, slack = load_sram_table(name), 1 + 1e-12
    macro, larger, broader = table.macro(size, port), table.macro(size * growth, port), table.macro(size, port + wider)
    for figure in FIGURES:
        assert getattr(macro, figure) <= getattr(larger, figure) * slack
    for figure in ("read_pj", "write_pj"):
        assert getattr(macro, figure) <= getattr(broader, figure) * slack


@given(NAMES, st.floats(1024, 2**21), st.integers(64, 1024))
def test_no_steps(name: str, size: float, port: int) -> None:
    table = load_sram_table(name)
    here, near, beside = table.macro(size, port), table.macro(size * 1.0001, port), table.macro(size, port + 1)
    for figure in FIGURES:
        assert getattr(near, figure) == pytest.approx(getattr(here, figure), rel=4e-4)
        assert getattr(beside, figure) == pytest.approx(getattr(here, figure), rel=0.06)


@pytest.mark.parametrize(("size", "port"), [(0, 64), (1024, 0), (-1, 64)])
def test_macro_of_nothing(size: int, port: int) -> None:
    with pytest.raises(HardwareError, match=f"must have a positive size and port, got {size} B and {port} bit"):
        load_sram_table("cacti7-hp-28nm").macro(size, port)


def left_out_errors(cell: str, figure: str) -> list[float]:
    """Relative errors at inner sizes, each interpolated from half and from twice the size.

    As in the table, no macro costs less than a smaller one, and none less energy than one with a narrower port.
    """

    def known(size: int, port: int, left_out: int) -> float:
        narrowest = 0 if figure in ("read_pj", "write_pj") else port
        return max(
            float(row[figure])
            for (c, s, p), row in POINTS.items()
            if c == cell and s <= size and s != left_out and narrowest <= p <= port
        )

    inner = [(size, port) for c, size, port in POINTS if c == cell and 1024 < size < 2**21]
    return [
        abs(sqrt(known(s // 2, p, s) * known(2 * s, p, s)) / float(POINTS[cell, s, p][figure]) - 1) for s, p in inner
    ]


@pytest.mark.parametrize("name", sorted(SRAM_TABLES))
def test_error_of_interpolation_is_as_the_manual_says(name: str) -> None:
    manual = (DOCS / "cost-model.md").read_text(encoding="utf-8")
    line = next(line for line in manual.splitlines() if line.startswith(f"| `{name}` |"))
    printed = [float(number) for number in re.findall(r"([\d.]+) %", line)]
    computed = []
    for figure in FIGURES:
        errors = left_out_errors(cell_of(name), figure)
        computed += [round(100 * median(errors), 1), round(100 * max(errors), 1)]
    assert printed == computed
    assert max(computed[::2]) < 8


@pytest.mark.parametrize("name", sorted(SRAM_TABLES))
def test_prices_of_lpa_are_as_the_manual_says(name: str) -> None:
    manual = (DOCS / "cost-model.md").read_text(encoding="utf-8")
    line = [line for line in manual.splitlines() if line.startswith(f"| `{name}` |")][1]
    *printed, leakage = re.findall(r"[\d.]+(?= /| \||$| mW)", line.partition("|")[2].partition("|")[2])
    hardware = load_hardware("lpa", {"technology.sram": name}).hardware
    computed = []
    for price in price_buffers(hardware).values():
        computed += [f"{price.read_pj_per_bit:.3f}", f"{price.write_pj_per_bit:.3f}"]
    assert printed == computed
    whole = leakage_mw(hardware)
    assert leakage == (f"{whole:.0f}" if whole > 1 else f"{whole:.2f}")


def test_the_share_of_logic_in_leakage_is_as_the_manual_says() -> None:
    manual = " ".join((DOCS / "cost-model.md").read_text(encoding="utf-8").split())
    hardware = load_hardware("lpa").hardware
    logic_mw = area(hardware).logic_um2 * hardware.technology.logic_leakage_nw_per_um2 * 1e-6
    assert f"{logic_mw:.2f} mW: most of the chip's {leakage_mw(hardware):.2f} mW" in manual
