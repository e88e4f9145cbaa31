"""Intervals of area and energy: all corners, an independent Monte Carlo, and no surprise without ranges."""

from __future__ import annotations

from dataclasses import fields
from itertools import product

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from lpasim.cost import Actions, DramCommands, area, dram_energy_pj, energy, load_dram_device
from lpasim.cost.uncertainty import SAMPLES, PricedLayer, is_price, propagate
from lpasim.hardware import Range, ResolvedHardware, Source, load_hardware
from lpasim.hardware.keys import keys
from lpasim.quantization.activity import LayerActivity, Operand, Wire

LPA = load_hardware("lpa")
COUNTS = st.builds(Actions, **{field.name: st.integers(0, 10**9) for field in fields(Actions)})
RUN = [PricedLayer(Actions(mac_8bit=10**9, encodes=10**6, weight_buffer_read_bits=10**9, dram_read_bytes=10**7), 10**7)]
FIGURES = ("area_um2", "compute_um2", "energy_pj")


def with_ranges(ranges: dict[str, tuple[float, float]]) -> ResolvedHardware:
    """LPA with these ranges and no others."""
    sources = {
        path: Source(source.text, source.assumption, Range(*ranges[path], "test") if path in ranges else None)
        for path, source in LPA.sources.items()
    }
    return ResolvedHardware(LPA.hardware, sources)


def priced(values: dict[str, float], run: list[PricedLayer] = RUN) -> dict[str, float]:
    chip = load_hardware("lpa", {key: repr(value) for key, value in values.items()}).hardware
    report = area(chip)
    total = sum(energy(layer.actions, layer.cycles, chip, layer.activity).total_pj for layer in run)
    return {"area_um2": report.total_um2, "compute_um2": report.compute_um2, "energy_pj": total}


def test_without_ranges_nothing_moves() -> None:
    known = propagate(RUN, with_ranges({}))
    for name, expected in priced({}).items():
        interval = getattr(known, name)
        assert interval.low == interval.central_low == interval.central_high == interval.high == interval.value
        assert interval.value == pytest.approx(expected, rel=1e-12)
    assert known.swings == ()
    assert set(known.fixed) == set(LPA.assumptions)


def test_one_price_by_hand() -> None:
    """10^9 MACs at 0.54 pJ, between 0.5 and 0.6: the energy moves by -0.04 and +0.06 mJ, the area not at all."""
    known = propagate(RUN, with_ranges({"pe.mac_8bit_pj": (0.5, 0.6)}))
    assert known.energy_pj.low == pytest.approx(known.energy_pj.value - 0.04e9)
    assert known.energy_pj.high == pytest.approx(known.energy_pj.value + 0.06e9)
    assert known.area_um2.low == known.area_um2.high
    (swing,) = known.swings
    assert (swing.at_low.energy_pj, swing.at_high.energy_pj) == (known.energy_pj.low, known.energy_pj.high)


def test_bounds_are_the_extremes_of_all_corners() -> None:
    ranges = {
        "pe.area_um2": (100, 200),
        "pe.mac_8bit_pj": (0.4, 0.6),
        "technology.logic_leakage_nw_per_um2": (1, 100),
        "technology.sram_leakage_scale": (0.1, 10),
        "dram.energy_pj_per_bit": (4, 15),
    }
    known = propagate(RUN, with_ranges(ranges))
    corners = [priced(dict(zip(ranges, ends, strict=True))) for ends in product(*ranges.values())]
    for name in FIGURES:
        interval = getattr(known, name)
        assert interval.low == pytest.approx(min(corner[name] for corner in corners), rel=1e-12)
        assert interval.high == pytest.approx(max(corner[name] for corner in corners), rel=1e-12)


def test_central_interval_against_plain_monte_carlo() -> None:
    """20 000 independent draws with NumPy of the same distributions, priced by hand."""
    ranges = {
        "pe.mac_8bit_pj": (0.215, 0.648),
        "encoder.energy_pj": (0.037, 0.372),
        "dram.energy_pj_per_bit": (4.2, 15),
    }
    counts = {"pe.mac_8bit_pj": 10**9, "encoder.energy_pj": 10**9, "dram.energy_pj_per_bit": 8 * 10**7}
    modes = {"pe.mac_8bit_pj": 0.54, "encoder.energy_pj": 0.093, "dram.energy_pj_per_bit": 8}
    run = [PricedLayer(Actions(mac_8bit=10**9, encodes=10**9, dram_read_bytes=10**7), 0)]
    random = np.random.default_rng(0)
    total = np.zeros(20_000)
    for key, (low, high) in ranges.items():
        logs = random.triangular(np.log(low), np.log(modes[key]), np.log(high), total.size)
        total += counts[key] * np.exp(logs)
    interval = propagate(run, with_ranges(ranges)).energy_pj
    expected = np.quantile(total, [0.05, 0.95])
    assert (interval.central_low, interval.central_high) == pytest.approx(tuple(expected), rel=0.015)


@settings(max_examples=8)
@given(st.lists(st.tuples(COUNTS, st.integers(0, 10**9)), min_size=1, max_size=3))
def test_order_and_repeatability(layers: list[tuple[Actions, int]]) -> None:
    run = [PricedLayer(actions, cycles) for actions, cycles in layers]
    known = propagate(run, LPA)
    assert known == propagate(run, LPA)
    for name in FIGURES:
        interval = getattr(known, name)
        assert interval.low <= interval.central_low <= interval.central_high <= interval.high
        assert interval.low <= interval.value <= interval.high
    for swing in known.swings:
        assert known.energy_pj.low <= min(swing.at_low.energy_pj, swing.at_high.energy_pj) * (1 + 1e-12)
        assert max(swing.at_low.energy_pj, swing.at_high.energy_pj) <= known.energy_pj.high * (1 + 1e-12)


def test_wider_ranges_give_wider_intervals() -> None:
    narrow, wide = (
        propagate(RUN, with_ranges({"dram.energy_pj_per_bit": ends})).energy_pj for ends in ((7, 9), (4, 15))
    )
    assert wide.low < narrow.low < narrow.high < wide.high
    assert wide.central_low < narrow.central_low < narrow.central_high < wide.central_high


def test_an_end_of_nothing_and_a_range_of_one_point() -> None:
    known = propagate(RUN, with_ranges({"pe.mac_8bit_pj": (0, 0.54), "encoder.energy_pj": (0.093, 0.093)}))
    assert known.energy_pj.low == pytest.approx(known.energy_pj.value - 0.54e9)
    assert known.energy_pj.high == known.energy_pj.value


def test_choices_are_not_prices() -> None:
    """What changes cycles is held fixed, even where somebody gives it a range."""
    prices = {path for path in keys() if is_price(path)}
    assert {"pe.area_um2", "dram.energy_pj_per_bit", "switching.decoder_share", "technology.sram_area_scale"} <= prices
    assert not {"array.rows", "clock_mhz", "dram.bandwidth_gbps", "decoder.latency_cycles", "buffers.input"} & prices
    known = propagate(RUN, with_ranges({"array.rows": (4, 16)}))
    assert known.swings == ()
    assert "array.rows" in known.fixed


def test_layers_with_commands_are_priced_by_them() -> None:
    """The price of a bit does not matter where commands are counted and currents known."""
    resolved = load_hardware("lpa", {"dram.preset": "ddr4-2400"})
    run = [PricedLayer(Actions(dram_read_bytes=64), 1, None, DramCommands(reads=1)) for _ in range(3)]
    known = propagate(run, resolved)
    swing = next(swing for swing in known.swings if swing.key == "dram.energy_pj_per_bit")
    assert swing.at_low == swing.at_high
    assert known.energy_pj.value >= 3 * dram_energy_pj(DramCommands(reads=1), load_dram_device("ddr4-2400")).read
    mixed = propagate([*run, PricedLayer(Actions(dram_read_bytes=64), 1)], resolved)
    assert mixed.energy_pj.value - known.energy_pj.value == pytest.approx(64 * 8 * 15, rel=1e-2)


def test_measured_activity_makes_shares_matter() -> None:
    """Half of the MACs without a zero compute, random words do 0.9: the share of computing acts downwards."""
    wire = Wire(bits=8, transitions=20, flipped_bits=80, random_bits=4.0)
    activity = LayerActivity(
        name="layer",
        k=4,
        n=5,
        weight_format="lp4,1,3,0",
        activation_format="lp8,1,4,0",
        macs=1000,
        zero_macs=500,
        random_zero_share=0.1,
        weights=Operand(histogram=(1,) * 16, wire=wire),
        activations=Operand(histogram=(1,) * 256, wire=wire),
        partial_sums=wire,
    )
    run = [PricedLayer(Actions(mac_8bit=1000), 0, activity), PricedLayer(Actions(mac_8bit=500), 0)]
    known = propagate(run, with_ranges({"switching.mac_compute_share": (0.3, 0.55)}))
    macs = {share: 540 * (1 + share * (0.5 / 0.9 - 1)) + 270 for share in (0.3, 0.45, 0.55)}
    assert known.energy_pj.value == pytest.approx(macs[0.45])
    assert (known.energy_pj.low, known.energy_pj.high) == pytest.approx((macs[0.55], macs[0.3]))


def test_every_sample_is_used_once() -> None:
    """A price alone: the central interval holds the middle nine tenths of its equally likely parts."""
    interval = propagate(RUN, with_ranges({"technology.sram_area_scale": (0.5, 2)})).area_um2
    logic = area(LPA.hardware).logic_um2
    scales = [(end - logic) / (interval.value - logic) for end in (interval.central_low, interval.central_high)]
    part = round(0.05 * (SAMPLES - 1)) + 0.5
    expected = 0.5 * 2 ** np.sqrt(2 * part / SAMPLES)  # the left half of a triangle over log 0.5 .. log 2, mode 0
    assert scales == pytest.approx([expected, 1 / expected], rel=1e-9)
