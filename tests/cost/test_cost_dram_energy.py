"""DRAM energy from currents: worked by hand, against whole measurement loops of a data sheet, and linear."""

from __future__ import annotations

from dataclasses import fields
from math import isclose
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from lpasim.cost import DramCommands, devices_with_currents, dram_energy_pj, load_dram_device
from lpasim.cost.dram_energy import describe_dram_device
from lpasim.errors import HardwareError
from lpasim.hardware import list_dram, load_hardware

COUNTS = st.builds(DramCommands, **{field.name: st.integers(0, 10**12) for field in fields(DramCommands)})
DEVICES = devices_with_currents()


def test_ddr4_2400_by_hand() -> None:
    """8 devices: an activate adds 48 x 45.32 - 43 x 32 - 34 x 13.32 mA ns, a read 92 mA for 4 x 0.833 ns, and so on."""
    energy = dram_energy_pj(DramCommands(1, 1, 1, 1, 1, 100, 10), load_dram_device("ddr4-2400"))
    assert energy.activate == pytest.approx(8 * 1.2 * (2175.36 - 1376 - 452.88))
    assert energy.read == pytest.approx(8 * 1.2 * 92 * 3.332)
    assert energy.write == pytest.approx(8 * 1.2 * 80 * 3.332)
    assert energy.refresh == pytest.approx(8 * 350 * (1.2 * 216 + 2.5 * 25))
    assert energy.background == pytest.approx(8 * 0.833 * (100 * (1.2 * 43 + 7.5) + 10 * (1.2 * 34 + 7.5)))
    assert energy.total_pj == pytest.approx(sum(energy.by_cause().values()))


@pytest.mark.parametrize("name", DEVICES)
def test_each_measurement_loop_draws_its_own_current(name: str) -> None:
    """The loops of the data sheet, fed back: tRC of activate and precharge draw IDD0, bursts IDD4, refreshes IDD5B."""
    device = load_dram_device(name)
    whole = 10**6  # repetitions, so that whole clock cycles hold fractional times

    def drawn_pj(*counts: float) -> float:
        return dram_energy_pj(DramCommands(*(round(count) for count in counts)), device).total_pj

    ras, rp, rfc = (whole * ns / device.tck for ns in (device.tras, device.trp, device.trfc))
    loops = {
        "idd0": (drawn_pj(whole, whole, 0, 0, 0, ras, rp), device.tras + device.trp, device.ipp0),
        "idd4r": (drawn_pj(0, 0, whole, 0, 0, whole * device.burst, 0), device.burst * device.tck, device.ipp3n),
        "idd4w": (drawn_pj(0, 0, 0, whole, 0, whole * device.burst, 0), device.burst * device.tck, device.ipp3n),
        "idd5b": (drawn_pj(0, 0, 0, 0, whole, 0, rfc), device.trfc, device.ipp5b),
    }
    for symbol, (energy_pj, duration_ns, ipp) in loops.items():
        expected_mw = device.devices * (device.vdd * getattr(device, symbol) + device.vpp * ipp)
        assert isclose(energy_pj / (whole * duration_ns), expected_mw, rel_tol=1e-6), symbol


@pytest.mark.parametrize("name", DEVICES)
def test_a_read_of_an_open_row_costs_what_the_range_of_the_preset_says(name: str) -> None:
    read_pj = dram_energy_pj(DramCommands(reads=1), load_dram_device(name)).read
    span = load_hardware("lpa", {"dram.preset": name}).ranges["dram.energy_pj_per_bit"]
    assert span.low == round(read_pj / 512, 1)


@given(st.sampled_from(DEVICES), COUNTS, COUNTS)
def test_layers_add_up(name: str, first: DramCommands, second: DramCommands) -> None:
    device = load_dram_device(name)
    both = dram_energy_pj(first + second, device).by_cause()
    parts = [dram_energy_pj(part, device).by_cause() for part in (first, second)]
    for cause, energy_pj in both.items():
        assert energy_pj >= 0
        assert sum(part[cause] for part in parts) == pytest.approx(energy_pj, rel=1e-12)


def test_currents_are_of_presets_and_each_has_a_source() -> None:
    assert set(DEVICES) < set(list_dram())
    for name in DEVICES:
        for row in describe_dram_device(name):
            assert row["source"]
            assert row["confidence"] in ("published", "secondary", "derived", "assumed")
    assert describe_dram_device("hbm2") == ()


def test_the_figures_of_the_manual() -> None:
    manual = " ".join((Path(__file__).parents[2] / "docs" / "cost-model.md").read_text(encoding="utf-8").split())
    device = load_dram_device("ddr4-2400")
    kinds = ("activates", "reads", "refreshes", "active_cycles", "idle_cycles")
    activate, read, refresh, active, idle = (
        dram_energy_pj(DramCommands(**{kind: 1}), device).total_pj for kind in kinds
    )
    assert f"= {read:.0f} pJ, or {read / 512:.2f} pJ a bit, an activate {activate:.0f} pJ" in manual
    standby = f"standby {idle / device.tck:.0f} or {active / device.tck:.0f} mW"
    assert f"a refresh {refresh / 1e6:.2f} uJ, and {standby}" in manual


def test_a_device_without_currents() -> None:
    with pytest.raises(HardwareError, match=r"must be one of ddr4-2400, ddr4-3200, got 'hbm2'"):
        load_dram_device("hbm2")
