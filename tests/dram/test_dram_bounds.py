"""Bandwidth: closed forms, the figures of published simulators, and what no stream can beat."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from dram_cases import mapping, memories, preset, run_kernel, streams
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from lpasim.errors import SimulationError
from lpasim.hardware import list_dram, load_hardware
from lpasim.hardware.dram_parameters import DramParameters
from lpasim.mapping.addresses import AddressBlock
from lpasim.simulation.dram import BankedMemory, Served
from lpasim.simulation.dram.bursts import bursts_of

MANUAL = Path(__file__).parents[2] / "docs" / "dram.md"
INTERLEAVED, BY_ROWS = mapping("RoChRaBaCoBg"), mapping("RoChRaBaBgCo")
"""Bank groups in turn burst by burst, and row by row."""


def read_all(parameters: DramParameters, bursts: np.ndarray) -> Served:
    memory = BankedMemory(parameters)
    memory.push_list(bursts.astype(np.int64) * parameters.burst_bytes, False, 0)
    done = memory.next_done()
    assert done is not None
    return memory.take(done)[0]


def gigabytes_per_second(parameters: DramParameters, served: Served) -> float:
    return served.bursts * parameters.burst_bytes * float(parameters.clock_mhz) / 1e3 / served.done


def test_a_stream_over_bank_groups_has_the_peak() -> None:
    """Without refresh: activation and latency once, then a burst every 4 clocks."""
    parameters = preset("ddr4-2400", refresh=False, fields=INTERLEAVED)
    assert read_all(parameters, np.arange(512)).done == 16 + 3 + 511 * 4 + 16 + 4 - 3


def test_a_stream_in_one_bank_group_has_two_thirds_of_the_peak() -> None:
    parameters = preset("ddr4-2400", refresh=False, fields=BY_ROWS)
    assert read_all(parameters, np.arange(128)).done == 16 + 127 * 6 + 16 + 4


def test_rows_of_one_bank_come_once_in_trc() -> None:
    parameters = preset("ddr4-2400", refresh=False, fields=BY_ROWS)
    rows = np.arange(100) * parameters.bursts * parameters.groups * parameters.banks
    assert read_all(parameters, rows).done == 99 * 55 + 16 + 16 + 4


def test_four_activations_a_window_bound_random_reads() -> None:
    """A new row for every burst, in all banks by turns: the window of 26 clocks takes four."""
    parameters = preset("ddr4-2400", refresh=False, fields=mapping("RoChRaCoBaBg"), closed_page=True)
    bursts = np.arange(1600) + np.arange(1600) // 16 * parameters.bursts * 16
    assert read_all(parameters, bursts).done == 399 * 26 + 12 + 16 + 16 + 4


@pytest.mark.parametrize("name", list_dram())
def test_refresh_takes_its_share_of_a_stream(name: str) -> None:
    """All clocks but tRFC in tREFI are left, less what closing and opening rows takes."""
    parameters = preset(name, fields=INTERLEAVED)
    served = read_all(parameters, np.arange(40_000 * parameters.channels))
    plain = read_all(replace(parameters, refresh=False), np.arange(40_000 * parameters.channels))
    share = parameters.rfc / parameters.refi
    lost = 1 - plain.done / served.done
    closing = (parameters.ras + parameters.rp + parameters.rcd + parameters.cl) / parameters.refi
    assert share * 0.8 <= lost <= share + 2 * closing
    assert served.refreshes > 0


PUBLISHED = [
    ("sequential", 1, 32, 14.4),
    ("random", 1, 32, 11.2),
    ("sequential", 2, 40, 15.0),
    ("random", 2, 40, 17.0),
]
"""Stream, ranks, requests to choose from, GB/s of 10^5 reads of 64 bytes: see docs/dram.md."""


@pytest.mark.parametrize(("stream", "ranks", "queue", "published"), PUBLISHED)
def test_ddr4_2400_has_the_bandwidth_of_published_simulators(
    stream: str, ranks: int, queue: int, published: float
) -> None:
    parameters = preset("ddr4-2400", ranks=ranks, read_queue=queue, fields=BY_ROWS)
    bursts = np.arange(100_000)
    if stream == "random":
        bursts = np.random.default_rng(0).integers(0, parameters.capacity_bytes // 64, 100_000)
    assert gigabytes_per_second(parameters, read_all(parameters, bursts)) == pytest.approx(published, rel=0.02)


@pytest.mark.parametrize("name", list_dram())
def test_the_manual_states_what_each_preset_reaches(name: str) -> None:
    table = [line.split("|")[1:-1] for line in MANUAL.read_text(encoding="utf-8").splitlines() if line.startswith("|")]
    head = next(row for row in table if any(f"`{name}`" in cell for cell in row))
    column = next(place for place, cell in enumerate(head) if f"`{name}`" in cell)
    stated = {row[0].strip().split(",")[0]: row[column] for row in table if "% of peak" in row[0]}
    parameters = preset(name)
    size = parameters.capacity_bytes // parameters.burst_bytes
    streams = {
        "reads in a row": np.arange(100_000),
        "random reads": np.random.default_rng(1).integers(0, size, 100_000),
    }
    peak = load_hardware("lpa", f"dram.preset={name}").hardware.dram.bandwidth_gbps
    for stream, bursts in streams.items():
        reached = 100 * gigabytes_per_second(parameters, read_all(parameters, bursts)) / peak
        assert reached == pytest.approx(float(stated[stream]), abs=0.15)


@settings(max_examples=150, suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large], deadline=None)
@given(st.data())
def test_what_holds_for_every_stream(data: st.DataObject) -> None:
    p = data.draw(memories())
    pushes = data.draw(streams(p))
    outcome = run_kernel(p, pushes)
    assert set(outcome.served) == set(range(len(pushes)))
    for ticket, (clock, blocks, is_write) in enumerate(pushes):
        served = outcome.served[ticket]
        assert (
            served.bursts
            == served.hits + served.misses + served.conflicts
            == len(list(bursts_of(blocks, p.burst_bytes)))
        )
        latency = (p.cwl if is_write else p.cl) + p.burst_clocks
        longest = -(-served.bursts // p.channels) * p.burst_clocks
        assert clock <= served.entered <= served.done - latency
        assert served.done >= served.entered + latency - p.burst_clocks + longest
    total = [sum(numbers) for numbers in zip(*(s[3:] for s in outcome.served.values()), strict=True)]
    activates, precharges, refreshes, _, _, misses, conflicts, active, idle = total
    assert activates <= misses + conflicts + precharges  # a row that a refresh closed is opened again
    assert misses <= activates
    assert conflicts <= precharges <= activates
    assert refreshes == 0 or p.refresh
    last = max(s.done for s in outcome.served.values())
    assert active + idle <= p.ranks * p.channels * last


def test_a_block_beyond_the_memory_is_refused() -> None:
    memory = BankedMemory(preset("ddr4-2400"))
    with pytest.raises(SimulationError, match=r"addresses must lie in the memory \(8589934592 B\), got 8589934592"):
        memory.push([AddressBlock(2**33, 1)], False, 0)


def test_a_fast_memory_only_moves_time() -> None:
    """A request made later by n clocks is served later by n clocks, where no refresh comes between."""
    parameters = preset("lpddr5-6400", refresh=False)

    def done(clock: int) -> int:
        memory = BankedMemory(parameters)
        memory.push([AddressBlock(100, 5000, 3, 6000)], False, clock)
        found = memory.next_done()
        assert found is not None
        return found - clock

    assert {done(clock) for clock in (0, 1, 17, 12345)} == {done(0)}
