"""Energies worked out by hand, and the two laws: linear in actions and cycles, and the parts add up."""

from __future__ import annotations

from dataclasses import fields

import pytest
from hypothesis import given
from hypothesis import strategies as st

from lpasim.cost import Actions, DramCommands, EnergyReport, dram_energy_pj, energy, leakage_mw, load_dram_device
from lpasim.cost.buffers import price_buffers
from lpasim.hardware import Hardware, load_hardware

LPA = load_hardware("lpa", ["technology.sram=cacti7-hp-28nm"]).hardware
ACTIONS = st.builds(Actions, **{field.name: st.integers(0, 10**12) for field in fields(Actions)})


def test_one_of_each_action_by_hand() -> None:
    actions = Actions(
        mac_8bit=1,
        mac_4bit=10,
        mac_2bit=100,
        weight_decodes=3,
        activation_decodes=4,
        encodes=5,
        ppu_passes=6,
        weight_buffer_read_bits=640,
        weight_buffer_write_bits=64,
        input_buffer_read_bits=64,
        input_buffer_write_bits=128,
        dram_read_bytes=64,
        dram_write_bytes=128,
    )
    report = energy(actions, 0, LPA)
    assert report.pe_array == pytest.approx(0.54 + 10 * 0.23 + 100 * 0.086)
    assert report.decoders == pytest.approx(7 * 0.021)
    assert report.encoders == pytest.approx(5 * 0.093)
    assert report.ppu == pytest.approx(6 * 0.45)
    assert report.weight_buffer == pytest.approx(10 * 8.31005 + 1 * 7.36136)
    assert report.input_buffer == pytest.approx(11.976 + 2 * 10.0864, rel=1e-4)
    assert report.output_buffer == 0
    assert report.dram == 192 * 8 * 8.0
    assert report.leakage == 0


def test_output_port_is_three_macros_side_by_side() -> None:
    """8 columns x 4 lanes x 24 bit = 768 bit: three banks of 256 bit with 64 KiB / 3 each."""
    report = energy(Actions(output_buffer_read_bits=768), 0, LPA)
    between_16_and_32_kib = (6.14729 ** (1 - 0.41503749928)) * (11.671**0.41503749928)
    assert report.output_buffer == pytest.approx(3 * between_16_and_32_kib, rel=1e-4)


def test_leakage_by_hand() -> None:
    hardware = load_hardware("lpa", ["technology.sram=cacti7-hp-28nm", "array.psum_bits=2", "clock_mhz=1000"]).hardware
    sram_mw = 2 * 33.3892 + 2 * 61.8692 + 2 * 33.3892
    logic_mw = 35e-6 * (12078.72 + 8 * 129 + 32 * 330)
    assert leakage_mw(hardware) == pytest.approx(sram_mw + logic_mw, rel=1e-5)
    assert energy(Actions(), 2000, hardware).leakage == pytest.approx((sram_mw + logic_mw) * 2000, rel=1e-5)
    half_clock = load_hardware("lpa", ["technology.sram=cacti7-hp-28nm", "array.psum_bits=2", "clock_mhz=500"]).hardware
    assert energy(Actions(), 1000, half_clock).leakage == pytest.approx((sram_mw + logic_mw) * 2000, rel=1e-5)


def test_device_classes_differ_as_their_names_say() -> None:
    hp, lop, lstp = (
        load_hardware("lpa", [f"technology.sram=cacti7-{cell}-28nm"]).hardware for cell in ("hp", "lop", "lstp")
    )
    assert leakage_mw(hp) > leakage_mw(lop) > 100 * leakage_mw(lstp)
    read = {name: price_buffers(chip)["weight_buffer"].read_pj_per_bit for name, chip in (("hp", hp), ("lop", lop))}
    assert read["lop"] < read["hp"]


def test_port_widths() -> None:
    chip = load_hardware(
        "lpa", ["array.rows=16", "array.cols=4", "array.psum_bits=20", "technology.sram=cacti7-hp-28nm"]
    ).hardware
    prices = price_buffers(chip)
    assert {name: price.port_bits for name, price in prices.items()} == {
        "weight_buffer": 4 * 8,
        "input_buffer": 16 * 8,
        "output_buffer": 4 * 4 * 20,
    }
    narrow, wide = prices["weight_buffer"], price_buffers(LPA)["weight_buffer"]
    assert narrow.read_pj_per_bit == pytest.approx(2 * wide.read_pj_per_bit)


@pytest.mark.parametrize("field", [field.name for field in fields(Actions)])
def test_each_action_is_paid_once_by_one_component(field: str) -> None:
    component = {"mac": "pe_array", "encodes": "encoders", "ppu": "ppu", "dram": "dram"}
    owner = next((part for prefix, part in component.items() if field.startswith(prefix)), None)
    owner = owner or ("decoders" if field.endswith("decodes") else "_".join(field.split("_")[:2]))
    paid = energy(Actions(**{field: 7}), 0, LPA).by_component()
    assert {name for name, pj in paid.items() if pj} == {owner}
    assert paid[owner] == pytest.approx(7 * energy(Actions(**{field: 1}), 0, LPA).by_component()[owner])


@given(st.lists(st.tuples(ACTIONS, st.integers(0, 10**10)), min_size=1, max_size=6))
def test_layers_add_up_to_the_run(layers: list[tuple[Actions, int]]) -> None:
    total_actions, total_cycles = Actions(), 0
    for actions, cycles in layers:
        total_actions, total_cycles = total_actions + actions, total_cycles + cycles
    run = energy(total_actions, total_cycles, LPA)
    by_layer = [energy(actions, cycles, LPA) for actions, cycles in layers]
    for name, pj in run.by_component().items():
        assert sum(report.by_component()[name] for report in by_layer) == pytest.approx(pj, rel=1e-12)
    assert run.total_pj == pytest.approx(sum(run.by_component().values()), rel=1e-12)
    assert sum(report.total_pj for report in by_layer) == pytest.approx(run.total_pj, rel=1e-12)


def test_counted_commands_take_the_place_of_bytes() -> None:
    actions, commands = (
        Actions(dram_read_bytes=6400, mac_8bit=5),
        DramCommands(activates=2, reads=100, active_cycles=500),
    )
    ddr4, lpddr4 = (load_hardware("lpa", {"dram.preset": name}).hardware for name in ("ddr4-2400", "lpddr4-3200"))
    plain, counted = energy(actions, 10, ddr4), energy(actions, 10, ddr4, commands=commands)
    assert plain.dram == 6400 * 8 * 15
    assert counted.dram == dram_energy_pj(commands, load_dram_device("ddr4-2400")).total_pj
    assert {**counted.by_component(), "dram": 0} == {**plain.by_component(), "dram": 0}
    assert energy(actions, 10, lpddr4, commands=commands) == energy(actions, 10, lpddr4)


def test_prices_are_read_from_the_hardware() -> None:
    def pay(*overrides: str) -> EnergyReport:
        chip: Hardware = load_hardware("lpa", overrides).hardware
        return energy(Actions(mac_8bit=1, encodes=1, dram_write_bytes=1), 0, chip)

    assert pay("pe.mac_8bit_pj=2 pJ").pe_array == 2
    assert pay("encoder.energy_pj=3000 fJ").encoders == 3
    assert pay("dram.energy_pj_per_bit=1").dram == 8
    assert pay("dram.preset=hbm2").dram == pytest.approx(8 * 3.9)
