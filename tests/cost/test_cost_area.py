"""Areas added up by hand."""

from __future__ import annotations

import pytest

from lpasim.cost import area
from lpasim.hardware import load_hardware


def test_compute_area_of_lpa_is_the_published_sum() -> None:
    report = area(load_hardware("lpa").hardware)
    assert report.pe_array == 11995.52
    assert report.decoders == 83.2
    assert report.compute_um2 == 12078.72


def test_other_components_of_lpa() -> None:
    report = area(load_hardware("lpa", ["technology.sram=cacti7-hp-28nm"]).hardware)
    assert report.encoders == 8 * 129
    assert report.ppu == 8 * 4 * 330
    assert report.logic_um2 == 12078.72 + 1032 + 10560
    assert report.weight_buffer == pytest.approx(2 * 102186.474, rel=1e-5)
    assert report.input_buffer == pytest.approx(2 * 0.218921e6, rel=1e-5)
    parts = report.by_component()
    assert list(parts) == ["pe_array", "decoders", "encoders", "ppu", "weight_buffer", "input_buffer", "output_buffer"]
    assert report.total_um2 == pytest.approx(sum(parts.values()), rel=1e-15)
    assert report.total_mm2 == report.total_um2 / 1e6
    assert report.compute_mm2 == pytest.approx(0.01207872, rel=1e-12)


def test_components_of_a_rectangular_array() -> None:
    overrides = ["array.rows=3", "array.cols=5", "ppu.lanes_per_column=2", "pe.area_um2=1.1", "decoder.area_um2=0.1"]
    report = area(load_hardware("lpa", overrides).hardware)
    assert report.pe_array == 16.5
    assert report.decoders == 0.8
    assert report.encoders == 5 * 129
    assert report.ppu == 5 * 2 * 330
    assert report.compute_um2 == 17.3


def test_only_the_buffers_depend_on_their_size() -> None:
    small, large = (area(load_hardware("lpa", [f"buffers.weight={size}"]).hardware) for size in ("16 KiB", "1 MiB"))
    assert large.weight_buffer > 10 * small.weight_buffer
    assert large.logic_um2 == small.logic_um2
    assert (large.input_buffer, large.output_buffer) == (small.input_buffer, small.output_buffer)
