"""The compiled memory equals the reference that steps through the clocks, command for command."""

from __future__ import annotations

from dram_cases import Push, crowds, mapping, memories, preset, run_kernel, run_reference, streams
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from lpasim.hardware.dram_parameters import DramParameters
from lpasim.mapping.addresses import AddressBlock

SLOW = [HealthCheck.too_slow, HealthCheck.data_too_large]


def check(parameters: DramParameters, pushes: list[Push]) -> None:
    slow, fast = run_reference(parameters, pushes), run_kernel(parameters, pushes)
    for mine, theirs in zip(fast.logs, slow.logs, strict=True):
        shared = min(len(mine), len(theirs))  # either may run on for a while after the last request
        assert mine[:shared] == theirs[:shared]
        assert {command[1] for command in (*mine[shared:], *theirs[shared:])} <= {"REF", "PREA"}
    assert fast.served == slow.served


@settings(max_examples=400, suppress_health_check=SLOW, deadline=None)
@given(st.data())
def test_any_memory_and_stream(data: st.DataObject) -> None:
    parameters = data.draw(memories())
    check(parameters, data.draw(streams(parameters)))


@settings(max_examples=60, suppress_health_check=SLOW, deadline=None)
@given(st.data())
def test_any_memory_and_many_transfers(data: st.DataObject) -> None:
    parameters = data.draw(memories())
    check(parameters, data.draw(crowds(parameters)))


SMALL = preset(
    "ddr4-2400", channels=2, groups=2, banks=2, rows=64, bursts=8, fields=mapping("ChRoBaBgCoRa"), refi=1200, rfc=60
)
HALF = SMALL.capacity_bytes // 2
"""Where the second channel begins."""


def test_a_long_transfer_that_hundreds_outrun() -> None:
    """Reads of one channel come and go, while the other still serves the oldest and the writes behind it."""
    long = (0, (AddressBlock(0, HALF),), False)
    write = (1, (AddressBlock(HALF // 2, 64 * 40),), True)
    short = [(2 + 16 * i, (AddressBlock(HALF + 64 * (i % 7), 64),), i % 5 == 4) for i in range(500)]
    outcome = run_kernel(SMALL, [long, write, *short])
    last = sorted(outcome.served.values(), key=lambda served: served.done)[-2:]
    assert [served.ticket for served in last] == [0, 1]
    check(SMALL, [long, write, *short])


def test_many_transfers_at_a_time() -> None:
    """More than there is room for at first: what is known of them moves to a larger place."""
    pushes = [(i // 3, (AddressBlock(i * 193 % (2 * HALF - 640), 1 + 61 * (i % 9)),), i % 4 == 0) for i in range(150)]
    check(SMALL, pushes)
