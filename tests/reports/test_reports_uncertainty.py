"""Uncertainty in a report: its values are the summary's, its intervals hold them, and the table shows them."""

from __future__ import annotations

import io
import re
from pathlib import Path

import pytest
from rich.console import Console

from lpasim import simulate
from lpasim.reports.numbers import plain
from lpasim.reports.terminal import render
from lpasim.reports.uncertainty import FIGURES, RANKED
from lpasim.reports.uncertainty_table import uncertainty_table

PRODUCT = "gemm:20x30x10@w4a8"


def test_values_are_those_of_the_summary(small_report):
    known = small_report.uncertainty
    assert set(known["figures"]) == set(FIGURES)
    for name, figure in known["figures"].items():
        assert figure["value"] == pytest.approx(small_report.summary[name], rel=1e-12)
        assert figure["low"] <= figure["central_low"] <= figure["central_high"] <= figure["high"]
        assert figure["low"] <= figure["value"] <= figure["high"]
        assert figure["unit"] == small_report.to_dict()["units"]["summary"][name]


def test_densities_fall_as_areas_rise(small_report):
    figures = small_report.uncertainty["figures"]
    for area, density in (("area_mm2", "tops_per_mm2"), ("compute_area_mm2", "compute_tops_per_mm2")):
        product = figures[area]["value"] * figures[density]["value"]
        for end, other in (("low", "high"), ("central_low", "central_high")):
            assert figures[area][end] * figures[density][other] == pytest.approx(product)
            assert figures[area][other] * figures[density][end] == pytest.approx(product)
    power, efficiency = figures["power_mw"], figures["tops_per_w"]
    assert power["low"] * efficiency["high"] == pytest.approx(power["value"] * efficiency["value"])


def test_sensitivity_is_ranked_and_can_be_computed_again():
    known = simulate(PRODUCT).uncertainty
    for name in RANKED:
        rows = known["sensitivity"][name]
        swings = [abs(row["at_high"] - row["at_low"]) for row in rows]
        assert swings == sorted(swings, reverse=True)
        assert min(swings) > 0
    for name in RANKED:
        first = known["sensitivity"][name][0]
        span = next(row for row in known["ranges"] if row["key"] == first["key"])
        for end in ("low", "high"):
            again = simulate(PRODUCT, overrides={first["key"]: repr(span[end])})
            assert again.summary[name] == pytest.approx(first[f"at_{end}"], rel=1e-12)


def test_a_value_that_the_user_sets_is_known():
    known = simulate(PRODUCT, overrides={"dram.energy_pj_per_bit": 5}).uncertainty
    assert "dram.energy_pj_per_bit" not in {row["key"] for row in known["ranges"]}
    assert "dram.energy_pj_per_bit" not in known["held_fixed"]
    assert "array.rows" in known["held_fixed"]


def test_figures_that_would_divide_by_zero_are_left_out(small_report):
    free = {
        "pe.area_um2": 0,
        "decoder.area_um2": 0,
        "pe.mac_8bit_pj": 0.5,
    }
    known = simulate(PRODUCT, overrides=free).uncertainty
    assert "compute_tops_per_mm2" not in known["figures"]
    assert "tops_per_mm2" in known["figures"]


def test_the_table_shows_intervals_on_demand(small_report):
    def drawn(**options: bool) -> str:
        page = io.StringIO()
        console = Console(file=page, width=100)
        for part in render(small_report, **options):
            console.print(part)
        return page.getvalue()

    shown, plain = drawn(uncertainty=True), drawn()
    assert "central 90 %" in shown
    assert "central 90 %" not in plain
    for name in RANKED:
        assert small_report.uncertainty["sensitivity"][name][0]["key"] in shown
    assert "[TOPS/mm2]" in shown
    assert max(len(line) for line in shown.splitlines()) <= 100


@pytest.mark.parametrize("width", [40, 60, 89, 100, 160])
def test_numbers_are_never_cut(small_report, width):
    page = io.StringIO()
    console = Console(file=page, width=width)
    for part in uncertainty_table(small_report.uncertainty):
        console.print(part)
    shown = page.getvalue()
    assert "…" not in shown
    assert max(len(line) for line in shown.splitlines()) <= width
    for figure in small_report.uncertainty["figures"].values():
        assert plain(figure["low"]) in shown
    assert ("central 90 % from" in shown) == (width >= 90)


def test_the_manual_prints_todays_intervals():
    manual = (Path(__file__).parents[2] / "docs" / "cost-model.md").read_text(encoding="utf-8")
    known = simulate("resnet18").uncertainty
    for name in ("tops_per_mm2", "compute_tops_per_mm2", "tops_per_w"):
        line = next(line for line in manual.splitlines() if line.startswith(f"| `{name}` |"))
        figure = known["figures"][name]
        ends = ("low", "central_low", "central_high", "value", "high")
        assert re.findall(r"[\d.]+\d", line) == [plain(figure[end]) for end in ends]
    first = [known["sensitivity"][name][0]["key"] for name in RANKED]
    assert first == ["technology.sram_area_scale", "technology.sram_energy_scale"]
