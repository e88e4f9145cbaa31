"""Each timing constraint alone: what the rules say, and that the compiled memory issues a command exactly then.

The clocks are those of DDR4-2400 at 16-16-16, written out.
"""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest
from dram_cases import mapping, preset

from lpasim.hardware.dram_parameters import DramParameters
from lpasim.mapping.addresses import AddressBlock
from lpasim.simulation.dram import BankedMemory
from lpasim.simulation.dram.bursts import field_bits
from lpasim.simulation.dram.rules import Command, is_legal

DDR4 = preset("ddr4-2400", ranks=2, fields=mapping("RaRoBaBgCoCh"))
HERE, GROUP, BANK, ELSEWHERE = (0, 0, 0), (0, 1, 0), (0, 0, 1), (1, 0, 0)
"""Rank, bank group and bank: the first, one of another group, another of its group, and one of another rank."""


@pytest.mark.parametrize(
    ("past", "new", "where", "clocks"),
    [
        ("ACT", "RD", HERE, 16),
        ("ACT", "WR", HERE, 16),
        ("ACT", "PRE", HERE, 39),
        ("ACT", "ACT", HERE, 55),
        ("ACT", "ACT", BANK, 6),
        ("ACT", "ACT", GROUP, 4),
        ("ACT", "ACT", ELSEWHERE, 1),
        ("ACT", "REF", HERE, 55),
        ("ACT", "PREA", GROUP, 39),
        ("PRE", "ACT", HERE, 16),
        ("PRE", "ACT", BANK, 1),
        ("PRE", "REF", HERE, 16),
        ("RD", "PRE", HERE, 9),
        ("RD", "PRE", BANK, 1),
        ("WR", "PRE", HERE, 12 + 4 + 18),
        ("RD", "RD", HERE, 6),
        ("RD", "RD", BANK, 6),
        ("RD", "RD", GROUP, 4),
        ("RD", "RD", ELSEWHERE, 4 + 2),
        ("WR", "WR", BANK, 6),
        ("WR", "WR", GROUP, 4),
        ("WR", "WR", ELSEWHERE, 4 + 2),
        ("RD", "WR", HERE, 16 + 4 + 2 - 12),
        ("RD", "WR", ELSEWHERE, 16 + 4 + 2 - 12),
        ("WR", "RD", HERE, 12 + 4 + 9),
        ("WR", "RD", GROUP, 12 + 4 + 3),
        ("WR", "RD", ELSEWHERE, 12 + 4 + 2 - 16),
        ("REF", "ACT", HERE, 420),
        ("REF", "REF", HERE, 420),
    ],
)
def test_a_command_is_blocked_one_clock_before_it_is_ready(
    past: str, new: str, where: tuple[int, int, int], clocks: int
) -> None:
    def at(clock: int, name: str, place: tuple[int, int, int]) -> Command:
        rank, group, bank = place
        of_rank = name in ("REF", "PREA")
        return Command(clock, name, rank, -1 if of_rank else group, -1 if of_rank else bank, 0)

    before = [at(1000, past, HERE)]
    assert not is_legal(DDR4, before, at(1000 + clocks - 1, new, where))
    assert is_legal(DDR4, before, at(1000 + clocks, new, where))


def test_a_window_holds_four_activations() -> None:
    acts = [Command(1000 + 4 * i, "ACT", 0, i, 0, 0) for i in range(4)]
    fifth = Command(1025, "ACT", 0, 0, 1, 0)
    assert not is_legal(DDR4, acts, fifth)
    assert is_legal(DDR4, acts, fifth._replace(clock=1026))
    assert is_legal(DDR4, acts, fifth._replace(rank=1))


def address(parameters: DramParameters, row: int = 0, column: int = 0, **place: int) -> AddressBlock:
    """One burst."""
    bits = field_bits(parameters)
    fields = {"Ro": row, "Co": column, **{{"rank": "Ra", "group": "Bg", "bank": "Ba"}[k]: v for k, v in place.items()}}
    burst = sum(value << bits[name][0] for name, value in fields.items())
    return AddressBlock(burst * parameters.burst_bytes, 1)


Ask = tuple[int, bool, dict[str, int]]


def commands(parameters: DramParameters, *asked: Ask) -> list[tuple[int, str]]:
    """Clock and name of what the memory does for bursts at (clock, is_write, place)."""
    memory = BankedMemory(parameters, is_logged=True)
    for clock, is_write, place in asked:
        memory.push([address(parameters, **place)], is_write, clock)
    while (done := memory.next_done()) is not None:
        memory.take(done)
    return [(command.clock, command.name) for command in memory.log()]


def read(clock: int = 0, **place: int) -> Ask:
    return clock, False, place


def write(clock: int = 0, **place: int) -> Ask:
    return clock, True, place


@pytest.mark.parametrize(
    ("name", "changes", "asked", "expected"),
    [
        ("rcd", {}, [read()], [(0, "ACT"), (16, "RD")]),
        ("ccd_l", {}, [read(), read(column=1)], [(0, "ACT"), (16, "RD"), (22, "RD")]),
        ("ccd_s", {}, [read(), read(group=1)], [(0, "ACT"), (4, "ACT"), (16, "RD"), (20, "RD")]),
        ("rrd_l", {}, [read(), read(bank=1)], [(0, "ACT"), (6, "ACT"), (16, "RD"), (22, "RD")]),
        ("ras", {}, [read(), read(row=1)], [(0, "ACT"), (16, "RD"), (39, "PRE"), (55, "ACT"), (71, "RD")]),
        ("rtp", {"rtp": 30}, [read(), read(row=1)], [(0, "ACT"), (16, "RD"), (46, "PRE"), (62, "ACT"), (78, "RD")]),
        ("rp", {"rp": 20}, [read(), read(row=1)], [(0, "ACT"), (16, "RD"), (39, "PRE"), (59, "ACT"), (75, "RD")]),
        ("rc", {"rc": 80}, [read(), read(row=1)], [(0, "ACT"), (16, "RD"), (39, "PRE"), (80, "ACT"), (96, "RD")]),
        ("wr", {}, [write(), write(row=1)], [(0, "ACT"), (16, "WR"), (50, "PRE"), (66, "ACT"), (82, "WR")]),
        ("wtr_l", {}, [write(), read(17, column=1)], [(0, "ACT"), (16, "WR"), (41, "RD")]),
        ("wtr_s", {}, [write(), read(17, group=1)], [(0, "ACT"), (16, "WR"), (17, "ACT"), (35, "RD")]),
        ("turnaround", {}, [read(), write(17, column=1)], [(0, "ACT"), (16, "RD"), (26, "WR")]),
        ("rank_switch", {}, [read(), read(rank=1)], [(0, "ACT"), (1, "ACT"), (16, "RD"), (22, "RD")]),
        ("refi", {"ranks": 1}, [read(9361)], [(9360, "REF"), (9780, "ACT"), (9796, "RD")]),
    ],
)  # fmt: skip
def test_the_memory_issues_each_command_as_early_as_it_may(
    name: str, changes: dict[str, Any], asked: list[Ask], expected: list[tuple[int, str]]
) -> None:
    parameters = replace(DDR4, **changes)
    assert commands(parameters, *asked) == expected
    longer = commands(replace(parameters, **{name: getattr(parameters, name) + 1}), *asked)
    assert longer[-1][0] == expected[-1][0] + 1  # nothing else holds the last command back


def test_the_fifth_activation_waits_for_the_window() -> None:
    asked = [read(group=i) for i in range(4)] + [read(bank=1)]
    acts = [clock for clock, name in commands(DDR4, *asked) if name == "ACT"]
    assert acts == [0, 4, 8, 12, 26]


@pytest.mark.parametrize(("is_write", "last"), [(False, 16 + 16 + 4), (True, 16 + 12 + 4)])
def test_a_burst_is_done_when_its_data_has_passed(is_write: bool, last: int) -> None:
    memory = BankedMemory(DDR4)
    memory.push([AddressBlock(0, 64)], is_write, 0)
    assert memory.next_done() == last
    assert memory.take(last - 1) == []
    (served,) = memory.take(last)
    assert (served.entered, served.done, served.bursts, served.misses) == (0, last, 1, 1)


def test_a_refresh_closes_all_rows_first() -> None:
    """The row is open from 9300; the refresh is due at 9360, may precharge at 9339 and does so when it is due."""
    found = commands(replace(DDR4, ranks=1), read(9300), read(9362, column=1))
    assert found == [(9300, "ACT"), (9316, "RD"), (9360, "PREA"), (9376, "REF"), (9796, "ACT"), (9812, "RD")]


def test_ranks_are_refreshed_in_turn() -> None:
    memory = BankedMemory(DDR4, is_logged=True)
    memory.advance(20_000)
    refreshes = [(c.clock, c.rank) for c in memory.log() if c.name == "REF"]
    assert refreshes == [(9360, 0), (9360 + 4680, 1), (18720, 0)]


def test_a_closed_page_needs_no_precharge_command() -> None:
    """The bank closes itself at 39 (tRAS) and may be activated at 55."""
    closed = replace(DDR4, closed_page=True)
    assert commands(closed, read(), read(row=1)) == [(0, "ACT"), (16, "RD"), (55, "ACT"), (71, "RD")]
    assert commands(closed, read(), read(column=1))[:3] == [(0, "ACT"), (16, "RD"), (22, "RD")]


def test_ready_requests_go_first_unless_in_order() -> None:
    asked = [read(), read(row=1), read(column=1)]
    assert [name for _, name in commands(DDR4, *asked)] == ["ACT", "RD", "RD", "PRE", "ACT", "RD"]
    in_order = [name for _, name in commands(replace(DDR4, in_order=True), *asked)]
    assert in_order == ["ACT", "RD", "PRE", "ACT", "RD", "PRE", "ACT", "RD"]


def test_writes_wait_for_the_high_watermark_and_stop_at_the_low_one() -> None:
    """Reads of an open row go on until 4 writes wait; 3 of these go before a read does again."""
    parameters = replace(DDR4, write_queue=6, write_high=4, write_low=1, read_queue=4)
    memory = BankedMemory(parameters, is_logged=True)
    memory.push([AddressBlock(0, 64 * 40)], False, 0)
    memory.push([AddressBlock(2**20, 64 * 3)], True, 0)
    memory.push([AddressBlock(2**21, 64)], True, 60)
    while (done := memory.next_done()) is not None:
        memory.take(done)
    columns = [command.name for command in memory.log() if command.name in ("RD", "WR")]
    before, rest = columns.index("WR"), columns[columns.index("WR") :]
    assert before == len([c for c in memory.log() if c.name == "RD" and c.clock < 60])
    assert rest[:4] == ["WR", "WR", "WR", "RD"]
    assert rest[-1] == "WR"


def test_the_next_that_is_done_may_have_been_asked_for_later() -> None:
    """Data of the read passes at 16 + 200 + 4; a write of the other channel is asked for at 70: 70 + 16 + 12 + 4."""
    memory = BankedMemory(replace(DDR4, ranks=1, channels=2, cl=200))
    memory.push([AddressBlock(0, 64)], False, 0)
    assert memory.next_done() == 220
    memory.push([AddressBlock(64, 64)], True, 70)
    assert memory.next_done() == 102
    assert [served.ticket for served in memory.take(219)] == [1]
    assert memory.next_done() == 220
