"""Memories with banks: what a description must obey, and what it becomes in clocks."""

from __future__ import annotations

from fractions import Fraction
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from lpasim.errors import HardwareError
from lpasim.hardware import Hardware, list_dram, load_hardware
from lpasim.hardware.dram import LONGEST_QUEUE, MOST_BANKS, MOST_CHANNELS, MOST_RANKS
from lpasim.hardware.dram_parameters import dram_parameters
from lpasim.hardware.dram_timing import in_clocks
from lpasim.hardware.keys import keys
from lpasim_ext import dram as kernel


def problems(*overrides: str) -> list[str]:
    with pytest.raises(HardwareError) as caught:
        load_hardware("lpa", ["dram.preset=ddr4-2400", *overrides])
    return [line.rpartition(" (--set")[0] or line for line in str(caught.value).splitlines()]


READ_FIRST = "(rcd + rtp: a row is read before it is closed)"
CLOSE_FIRST = "(ras + rp: a row is closed before the next one is opened)"
UNIT = "must be clocks or a time with its unit, such as 16 clk or 13.75 ns"
EACH_ONCE = "must name fields of Ch Ra Bg Ba Ro Co, each once"
COVER = "must cover the capacity: name"


@pytest.mark.parametrize(
    ("key", "value", "problem"),
    [
        ("timing.ras", "24 clk", f"must be at least 25 clk {READ_FIRST}, got 24 clk"),
        ("timing.ras", "1 ns", f"must be at least 25 clk {READ_FIRST}, got 1 ns (2 clk)"),
        ("timing.rc", "54 clk", f"must be at least 55 clk {CLOSE_FIRST}, got 54 clk"),
        ("timing.ccd_s", "3 clk", "must be at least 4 clk (the clocks of a burst), got 3 clk"),
        ("timing.ccd_l", "3 clk", "must be at least 4 clk (ccd_s), got 3 clk"),
        ("timing.rrd_l", "3 clk", "must be at least 4 clk (rrd_s), got 3 clk"),
        ("timing.faw", "15 clk", "must be at least 16 clk (4 x rrd_s), got 15 clk"),
        ("timing.wtr_l", "2 clk", "must be at least 3 clk (wtr_s), got 2 clk"),
        ("timing.cwl", "0 clk", "must be at least 1 clk (one clock), got 0 clk"),
        (
            "timing.refi",
            "475 clk",
            "must be at least 476 clk (rfc + rc and one clock, or nothing is left between refreshes), got 475 clk",
        ),
        ("timing.rp", "16", f"{UNIT}, got '16'"),
        ("timing.rp", "16 clocks", f"{UNIT}, got '16 clocks'"),
        ("timing.rp", "1.5 clk", "must be a whole number of clocks, got '1.5 clk'"),
        ("timing.rp", "2 ms", "must be between 0 and 1000000 ns, got '2 ms'"),
        ("device.rows", "60000", "must be a power of two, got 60000"),
        ("device.columns", "4", "must hold a burst of 8, got 4"),
        ("device.channels", "2048", "must be at most 1024, got '2048'"),
        ("device.ranks", "32", "must be at most 16, got '32'"),
        ("device.width_bits", "4", "must be whole bytes, got 4"),
        ("device.banks_per_group", "32", "must give a channel at most 64 banks, got 128 in all"),
        ("controller.mapping", "RoBaCo", f"{COVER} Bg (4 bank_groups), got 'RoBaCo'"),
        ("controller.mapping", "RoBaBgRa", f"{COVER} Co (128 bursts in a row), got 'RoBaBgRa'"),
        (
            "controller.mapping",
            "Co",
            f"{COVER} Bg (4 bank_groups), Ba (4 banks_per_group), Ro (65536 rows), got 'Co'",
        ),
        ("controller.mapping", "RoRoBaBgCo", f"{EACH_ONCE}, got 'RoRoBaBgCo'"),
        ("controller.mapping", "RoBaBgCol", f"{EACH_ONCE}, got 'RoBaBgCol'"),
        ("controller.page", "ajar", "must be one of open, closed, got 'ajar'"),
        ("controller.write_low", "24", "must be below write_high (24), got 24"),
        ("controller.write_high", "33", "must be at most write_queue (32), got 33"),
        ("controller.read_queue", "65", "must be at most 64, got '65'"),
        ("burst_bytes", "32", "must be 64 B, the device's, got 32 B"),
        ("bandwidth_gbps", "20", "must be 19.2 GB/s, the device's, got 20 GB/s; dram.model=bandwidth takes any"),
        ("model", "bank", "must be one of banked, bandwidth, got 'bank'"),
    ],
)
def test_what_is_impossible_is_refused_in_one_line(key: str, value: str, problem: str) -> None:
    assert problems(f"dram.{key}={value}") == [f"dram.{key} {problem}"]


DDR4 = "dram/ddr4-2400.yaml"
BANDWIDTH = "dram.bandwidth_gbps must be {} GB/s, the device's, got 19.2 GB/s; dram.model=bandwidth takes any"


@pytest.mark.parametrize(
    ("setting", "broken"),
    [
        (
            "dram.device.ranks=2",
            "dram.device.capacity must be 17179869184 B, what channels, banks, rows and columns hold, "
            f"got 8589934592 B ({DDR4})",
        ),
        ("dram.timing.rcd=31 clk", f"dram.timing.ras must be at least 40 clk {READ_FIRST}, got 39 clk ({DDR4})"),
        (
            "dram.timing.rrd_s=9 clk",
            f"dram.timing.rrd_l must be at least 9 clk (rrd_s), got 6 clk ({DDR4}); "
            f"dram.timing.faw must be at least 36 clk (4 x rrd_s), got 26 clk ({DDR4})",
        ),
        (
            "dram.device.data_rate_mts=2400.5",
            f"{BANDWIDTH.format(19.204)} ({DDR4}); "
            f"dram.device.clock_mhz must give a burst a whole number of clocks, got 3.99917 ({DDR4})",
        ),
        (
            "dram.controller.write_queue=4",
            "dram.controller.write_high must be at most write_queue (4), got 24 (preset lpa)",
        ),
    ],
)
def test_who_breaks_the_rules_of_others_is_named(setting: str, broken: str) -> None:
    """One mistake is one line, which names what was set and every value that it does not go with."""
    key, _, value = setting.partition("=")
    with pytest.raises(HardwareError) as caught:
        load_hardware("lpa", ["dram.preset=ddr4-2400", setting])
    assert str(caught.value) == f"{key} must go with the other values, got {value!r} (--set {setting}): {broken}"


def test_the_preset_answers_for_what_it_brings(tmp_path: Path) -> None:
    path = tmp_path / "chip.yaml"
    path.write_text(f"{ON_LPA}dram: {{preset: lpddr4-3200, controller: {{mapping: RoBaCo}}}}\n")
    load_hardware(str(path))
    fields = "Ch (16 channels), Bg (4 bank_groups)"
    with pytest.raises(HardwareError) as caught:
        load_hardware(str(path), "dram.preset=hbm2")
    assert str(caught.value) == (
        "dram.preset must go with the other values, got 'hbm2' (--set dram.preset=hbm2): "
        f"dram.controller.mapping must cover the capacity: name {fields}, got 'RoBaCo' ({path})"
    )


def test_nothing_is_said_of_what_follows_from_a_value_beyond_its_bounds() -> None:
    assert problems("dram.timing.cl=0 clk") == ["dram.timing.cl must be at least 1 clk (one clock), got 0 clk"]
    assert problems("dram.preset=") == [
        "dram.preset must be one of ddr4-2400, ddr4-3200, hbm2, lpddr4-3200, lpddr5-6400, custom, got ''"
    ]


def test_two_mistakes_are_two_lines() -> None:
    lines = problems("dram.timing.rrd_s=9 clk", "dram.timing.rp=0 clk", "dram.timing.faw=20 clk")
    assert [line.split(",")[0] for line in lines] == [
        "dram.timing.faw must be at least 36 clk (4 x rrd_s)",
        "dram.timing.rp must be at least 1 clk (one clock)",
        "dram.timing.rrd_s must go with the other values",
    ]


ON_LPA = "schema: lpasim-hardware\nversion: 1\nextends: lpa\n"


def test_a_banked_memory_of_one_s_own_must_be_complete(tmp_path: Path) -> None:
    """One line names every key that is missing, at once."""
    path = tmp_path / "chip.yaml"
    path.write_text(f"{ON_LPA}dram: {{preset: custom, model: banked, burst_bytes: 8, device: {{channels: 1}}}}\n")
    with pytest.raises(HardwareError) as caught:
        load_hardware(str(path))
    of_preset = (*keys_of("dram.device"), *keys_of("dram.timing"))
    missing = ["bandwidth_gbps", "latency_ns", "energy_pj_per_bit", *of_preset]
    missing.remove("device.channels")
    rule = f"dram must give {', '.join(missing)} where dram.preset is custom and dram.model is banked"
    assert str(caught.value) == f"{rule}, got none of them ({path})"


def keys_of(section: str) -> list[str]:
    return [path.removeprefix("dram.") for path in keys() if path.startswith(f"{section}.")]


def test_an_incomplete_description_names_what_is_missing() -> None:
    tree = load_hardware("lpa").hardware.model_dump(by_alias=True)
    tree["dram"]["timing"]["cl"] = tree["dram"]["device"]["rows"] = None
    with pytest.raises(ValueError, match=r"dram\.model must come with device\.rows, timing\.cl, got banked without"):
        Hardware.model_validate(tree)


def test_custom_values_without_banks_are_a_bandwidth() -> None:
    values = {"bandwidth_gbps": 50, "burst_bytes": 32, "energy_pj_per_bit": 4.5, "latency_ns": 80}
    dram = load_hardware("lpa", {"dram.preset": "custom", **{f"dram.{k}": v for k, v in values.items()}}).hardware.dram
    assert not dram.is_banked
    assert dram.device.rows is None


def test_ideal_memory_has_no_banks() -> None:
    assert not load_hardware("lpa", "dram.ideal=true").hardware.dram.is_banked


@pytest.mark.parametrize("name", list_dram())
def test_presets_are_banked_and_fit_their_names(name: str) -> None:
    hardware = load_hardware("lpa", f"dram.preset={name}").hardware
    p = dram_parameters(hardware.dram)
    peak = p.channels * p.burst_bytes * p.clock_mhz / (1000 * p.burst_clocks)
    assert hardware.dram.is_banked
    assert peak == Fraction(str(hardware.dram.bandwidth_gbps))
    assert p.capacity_bytes == hardware.dram.device.capacity


@given(clocks=st.integers(0, 10**5), mhz=st.sampled_from([800.0, 1200.0, 1333.3, 1600.0]))
def test_a_time_of_whole_clocks_becomes_these(clocks: int, mhz: float) -> None:
    assert in_clocks(f"{clocks} clk", mhz) == clocks
    exact = clocks * 1000 / Fraction(str(mhz))
    if exact <= 10**6:
        above, below = (exact + Fraction(s, 10**6) for s in (1, -1))
        assert in_clocks(f"{float(above):.9f} ns", mhz) == clocks + 1
        assert below < 0 or in_clocks(f"{float(below):.9f} ns", mhz) == clocks


@pytest.mark.parametrize(
    ("text", "mhz", "clocks"), [("13.75 ns", 1200, 17), ("7.8 us", 1200, 9360), ("350 ns", 1200, 420), ("0 ns", 1, 0)]
)
def test_times_are_rounded_up(text: str, mhz: float, clocks: int) -> None:
    assert in_clocks(text, mhz) == clocks


def test_descriptions_keep_to_the_limits_of_the_kernel() -> None:
    most = {"channels": MOST_CHANNELS, "ranks": MOST_RANKS, "banks": MOST_BANKS, "queue": LONGEST_QUEUE}
    assert {name: kernel.LIMITS[name] for name in most} == most
