"""The command ``lpasim trace dram``: the forms of the trace, and where it goes."""

from __future__ import annotations

import csv
import io
from fractions import Fraction

import pytest

from lpasim.hardware import load_hardware
from lpasim.mapping import map_network
from lpasim.quantization.workload import load_workload
from lpasim.simulation import simulate

WORKLOAD = "gemm:70x200x90@w4a8"
TIGHT = ("--set", "buffers.weight=4 KiB", "--set", "buffers.input=8 KiB", "--set", "buffers.output=8 KiB")


@pytest.fixture
def result():
    hardware = load_hardware("lpa", TIGHT[1::2]).hardware
    return simulate(map_network(load_workload(WORKLOAD), hardware), hardware)


def test_the_trace_is_the_traffic_of_the_run(lpasim, result):
    """Every burst once, in order of time; reads and writes add up to the report's bytes."""
    done = lpasim("trace", "dram", WORKLOAD, *TIGHT, "-q")
    rows = list(csv.DictReader(io.StringIO(done.out)))
    assert (done.code, done.err) == (0, "")
    assert list(rows[0]) == ["cycle", "layer", "engine", "tile", "address", "bytes", "kind"]
    cycles = [int(row["cycle"]) for row in rows]
    assert cycles == sorted(cycles)
    assert cycles[0] == 0
    assert cycles[-1] < result.cycles
    for engine, moved in result.layers[0].traffic_bytes.items():
        assert sum(int(row["bytes"]) for row in rows if row["engine"] == engine) == moved
    assert {(row["engine"] == "store", row["kind"]) for row in rows} == {(True, "write"), (False, "read")}
    assert all(int(row["address"], 16) % 64 == 0 for row in rows)
    tiles = [int(row["tile"]) for row in rows if row["engine"] == "store"]
    assert tiles == sorted(tiles)


def test_bursts_are_as_far_apart_as_the_bandwidth_lets_them(lpasim):
    """64 bytes at 6.4 GB/s and 500 MHz, 12.8 bytes a cycle, are 5 cycles a burst."""
    done = lpasim("trace", "dram", WORKLOAD, *custom(), "-q")
    rows = list(csv.DictReader(io.StringIO(done.out)))
    transfers: dict[tuple[str, str], list[int]] = {}
    for row in rows:
        transfers.setdefault((row["engine"], row["tile"]), []).append(int(row["cycle"]))
    assert max(len(cycles) for cycles in transfers.values()) > 10
    for cycles in transfers.values():
        assert cycles == [cycles[0] + 5 * burst for burst in range(len(cycles))]


def test_forms_of_other_simulators_say_the_same(lpasim):
    rows = list(csv.DictReader(io.StringIO(lpasim("trace", "dram", WORKLOAD, "-q").out)))
    ramulator = lpasim("trace", "dram", WORKLOAD, "-q", "--format", "ramulator").out.splitlines()
    words = {"read": "LD", "write": "ST"}
    assert ramulator == [f"{words[row['kind']]} {row['address']}" for row in rows]
    dramsim3 = lpasim("trace", "dram", WORKLOAD, "-q", "--format", "dramsim3").out.splitlines()
    assert [line.split()[:2] for line in dramsim3] == [[row["address"], row["kind"].upper()] for row in rows]
    ratio = Fraction(1600, 500)
    for line, row in zip(dramsim3, rows, strict=True):
        cycle, tick = int(row["cycle"]), int(line.split()[2])
        assert ratio * cycle - 1 < tick < ratio * (cycle + 1)
    slow = lpasim("trace", "dram", WORKLOAD, "-q", "--format", "dramsim3", "--memory-clock", "500 MHz").out.splitlines()
    assert [line.split()[2] for line in slow] == [row["cycle"] for row in rows]


def test_a_file_takes_its_place_whole(lpasim, tmp_path):
    printed = lpasim("trace", "dram", WORKLOAD, "-q").out
    done = lpasim("trace", "dram", WORKLOAD, "-q", "-o", "requests.csv")
    assert (done.code, done.out) == (0, "")
    assert (tmp_path / "requests.csv").read_text() == printed
    before = sorted(tmp_path.iterdir())
    done = lpasim("trace", "dram", WORKLOAD, "-q", "-o", "no/requests.csv")
    rule = "the trace of requests must be written to a writable place, got No such file or directory (no/requests.csv)"
    assert (done.code, done.err) == (2, f"lpasim: {rule}\n")
    done = lpasim("trace", "dram", WORKLOAD, "-q", "-o", "requests.csv", "--format", "dramsim3", *custom())
    assert (done.code, done.out) == (2, "")
    assert done.err == "lpasim: dram.device.clock_mhz must be given, or --memory-clock, got neither (lpa)\n"
    assert sorted(tmp_path.iterdir()) == before
    assert (tmp_path / "requests.csv").read_text() == printed


def test_words_have_the_bits_that_the_accelerator_gives_them(lpasim):
    """Weights of 8 bits in place of 4 are twice the bytes, where both are fetched once."""
    moved = []
    for settings in ((), ("--set", "words.weight_bits=8")):
        rows = csv.DictReader(io.StringIO(lpasim("trace", "dram", "gemm:100x64x64@w4a8", "-q", *settings).out))
        moved.append(sum(int(row["bytes"]) for row in rows if row["engine"] == "weight"))
    assert moved[1] == 2 * moved[0]


def custom() -> tuple[str, ...]:
    values = ("preset=custom", "bandwidth_gbps=6.4", "burst_bytes=64", "latency_ns=60", "energy_pj_per_bit=8")
    return tuple(word for value in values for word in ("--set", f"dram.{value}"))


@pytest.mark.parametrize(
    ("options", "rule"),
    [
        (("--format", "table"), "Invalid value for '--format': must be one of ramulator, dramsim3, csv, got 'table'"),
        (
            ("--memory-clock", "2 GHz"),
            "Invalid value: --memory-clock must come with --format dramsim3, the form that counts times in it, "
            "got --format csv",
        ),
        (("--memory-clock", "0"), "Invalid value: --memory-clock must be more than 0 MHz, got '0'"),
        (("--memory-clock", "fast"), "Invalid value: --memory-clock must be a number"),
    ],
)
def test_wrong_values_are_named(lpasim, options, rule):
    done = lpasim("trace", "dram", WORKLOAD, *options)
    assert (done.code, done.out, done.err.count("\n")) == (2, "", 1)
    assert done.err.startswith(f"lpasim: {rule}")


def test_ideal_memory_is_asked_for_everything_at_once(lpasim):
    done = lpasim("trace", "dram", WORKLOAD, "-q", "--set", "dram.ideal=true")
    rows = list(csv.DictReader(io.StringIO(done.out)))
    assert {row["cycle"] for row in rows if row["kind"] == "read"} == {"0"}
    assert len({row["cycle"] for row in rows if row["kind"] == "write"}) > 1


def test_a_network_named_dram_is_still_traced(lpasim, tmp_path):
    done = lpasim("trace", "./dram", "-o", "formats.json")
    assert done.err.startswith("lpasim: network must be")
    (tmp_path / "dram").write_bytes(b"no network")
    done = lpasim("trace", "./dram", "-o", "formats.json")
    assert done.err == "lpasim: network must be a whole ONNX model, got a damaged or other file (dram)\n"
