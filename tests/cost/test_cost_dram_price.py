"""Which price a memory has, and that reports and their uncertainty use one and the same."""

from __future__ import annotations

from pathlib import Path

import pytest

from lpasim import simulate
from lpasim.cost import dram_energy_pj, load_dram_device
from lpasim.cost.dram_price import is_priced_by_commands
from lpasim.hardware import load_hardware, to_yaml

WORKLOAD = "gemm:64x96x32@w4a8"


DDR4 = "dram.preset=ddr4-2400"
TWO_CHANNELS = ["dram.device.channels=2", "dram.device.capacity=16GiB", "dram.bandwidth_gbps=38.4"]
HALF_AS_WIDE = ["dram.device.width_bits=32", "dram.device.capacity=4GiB", "dram.bandwidth_gbps=9.6"]


@pytest.mark.parametrize(
    ("settings", "by_commands"),
    [
        ([DDR4], True),
        (["dram.preset=ddr4-3200", "dram.controller.page=closed"], True),
        (["dram.preset=lpddr4-3200"], False),
        ([DDR4, "dram.model=bandwidth"], False),
        ([DDR4, "dram.ideal=true"], False),
        ([DDR4, "dram.energy_pj_per_bit=15"], False),
        ([DDR4, *TWO_CHANNELS], True),
        ([DDR4, *HALF_AS_WIDE, "dram.burst_bytes=32"], False),
    ],
)
def test_commands_price_what_has_banks_currents_and_no_price_of_its_own(settings: list[str], by_commands: bool) -> None:
    assert is_priced_by_commands(load_hardware("lpa", settings)) is by_commands


def test_a_resolved_configuration_keeps_its_price(tmp_path: Path) -> None:
    for name, settings in {"currents": [], "bits": ["dram.energy_pj_per_bit=9"]}.items():
        resolved = load_hardware("lpa", ["dram.preset=ddr4-2400", *settings])
        path = tmp_path / f"{name}.yaml"
        path.write_text(to_yaml(resolved), encoding="utf-8")
        assert is_priced_by_commands(load_hardware(str(path))) is (not settings)


def test_reports_price_the_commands_of_every_layer() -> None:
    report = simulate(WORKLOAD, overrides="dram.preset=ddr4-2400")
    device = load_dram_device("ddr4-2400")
    for layer, energy in zip(report.result.layers, report.energies, strict=True):
        assert layer.dram is not None
        assert layer.dram.commands.reads > 0
        assert energy.dram == dram_energy_pj(layer.dram.commands, device).total_pj
    known = report.uncertainty["figures"]["energy_mj"]
    assert known["value"] == pytest.approx(report.summary["energy_mj"], rel=1e-12)


def test_a_price_of_a_bit_of_ones_own_wins() -> None:
    report = simulate(WORKLOAD, overrides=["dram.preset=ddr4-2400", "dram.energy_pj_per_bit=9"])
    moved_bits = 8 * (report.summary["dram_read_bytes"] + report.summary["dram_write_bytes"])
    assert report.energies[0].dram == 9 * moved_bits
    assert report.uncertainty["figures"]["energy_mj"]["value"] == pytest.approx(report.summary["energy_mj"], rel=1e-12)
