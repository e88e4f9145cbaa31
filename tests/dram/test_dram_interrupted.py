"""Signals while the compiled memory runs: they are heeded soon, and what was begun can be gone on with."""

from __future__ import annotations

import signal
import time
from types import FrameType

import pytest
from dram_cases import preset

from lpasim.mapping.addresses import AddressBlock
from lpasim.simulation.dram import BankedMemory


class HeardError(Exception):
    pass


def hear(number: int, frame: FrameType | None) -> None:
    raise HeardError


def long_transfer() -> BankedMemory:
    memory = BankedMemory(preset("ddr4-2400"))
    memory.push([AddressBlock(0, 2**29)], False, 0)
    return memory


def test_a_long_transfer_is_left_soon_and_can_be_gone_on_with() -> None:
    begin = time.process_time()
    done = long_transfer().next_done()
    whole_s = time.process_time() - begin

    memory = long_transfer()
    before = signal.signal(signal.SIGVTALRM, hear)
    try:
        begin = time.process_time()
        signal.setitimer(signal.ITIMER_VIRTUAL, whole_s / 10)
        with pytest.raises(HeardError):
            memory.next_done()
        assert time.process_time() - begin < whole_s * 2 / 3
    finally:
        signal.setitimer(signal.ITIMER_VIRTUAL, 0)
        signal.signal(signal.SIGVTALRM, before)
    assert memory.next_done() == done
