"""The compiled memory equals the reference that steps through the clocks, command for command."""

from __future__ import annotations

from dram_cases import Push, memories, run_kernel, run_reference, streams
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from lpasim.hardware.dram_parameters import DramParameters

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
