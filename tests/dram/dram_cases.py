"""Memories and streams of requests for the tests of DRAM, by hand and by hypothesis."""

from __future__ import annotations

from dataclasses import dataclass, replace
from fractions import Fraction
from typing import Any

from hypothesis import strategies as st

from lpasim.hardware import load_hardware
from lpasim.hardware.dram_parameters import FIELDS, DramParameters, dram_parameters
from lpasim.mapping.addresses import AddressBlock
from lpasim.simulation.dram import BankedMemory, ReferenceMemory, Served

Push = tuple[int, tuple[AddressBlock, ...], bool]
"""Clock, blocks, and whether they are written."""


def preset(name: str, **changes: Any) -> DramParameters:
    """The parameters of a DRAM preset; keywords replace some."""
    hardware = load_hardware("lpa", [f"dram.preset={name}", "dram.model=banked"]).hardware
    return replace(dram_parameters(hardware.dram), **changes)


def mapping(text: str) -> tuple[str, ...]:
    """Fields from low to high."""
    return tuple(text[i : i + 2] for i in range(len(text) - 2, -2, -2))


@st.composite
def memories(draw: st.DrawFn) -> DramParameters:
    """Small memories with short times, in every policy."""
    ccd_s = draw(st.integers(1, 4))
    burst_clocks = draw(st.integers(1, ccd_s))
    rcd, rtp, rp = draw(st.integers(1, 6)), draw(st.integers(1, 5)), draw(st.integers(1, 6))
    ras = rcd + rtp + draw(st.integers(0, 5))
    rrd_s, rfc = draw(st.integers(1, 4)), draw(st.integers(1, 20))
    rc = ras + rp + draw(st.integers(0, 3))
    cl, cwl = draw(st.integers(1, 8)), draw(st.integers(1, 8))
    high = draw(st.integers(1, 6))
    return DramParameters(
        clock_mhz=Fraction(1000),
        channels=draw(st.sampled_from([1, 1, 2, 4])),
        ranks=draw(st.sampled_from([1, 1, 2, 4])),
        groups=draw(st.sampled_from([1, 2, 4])),
        banks=draw(st.sampled_from([1, 2, 4])),
        rows=8,
        bursts=draw(st.sampled_from([1, 4, 8])),
        burst_bytes=draw(st.sampled_from([16, 64])),
        burst_clocks=burst_clocks,
        cl=cl,
        cwl=cwl,
        rcd=rcd,
        rp=rp,
        ras=ras,
        rc=rc,
        ccd_s=ccd_s,
        ccd_l=ccd_s + draw(st.integers(0, 3)),
        rrd_s=rrd_s,
        rrd_l=rrd_s + draw(st.integers(0, 3)),
        faw=4 * rrd_s + draw(st.integers(0, 12)),
        rtp=rtp,
        wr=draw(st.integers(0, 6)),
        wtr_s=(wtr := draw(st.integers(0, 4))),
        wtr_l=wtr + draw(st.integers(0, 3)),
        turnaround=max(0, 1 + cwl - cl - burst_clocks) + draw(st.integers(0, 3)),
        rank_switch=draw(st.integers(0, 3)),
        refi=rfc + rc + 1 + draw(st.integers(10, 200)),
        rfc=rfc,
        fields=tuple(draw(st.permutations(FIELDS))),
        in_order=draw(st.sampled_from([False, False, True])),
        closed_page=draw(st.booleans()),
        refresh=draw(st.booleans()),
        read_queue=draw(st.integers(1, 8)),
        write_queue=high + draw(st.integers(0, 4)),
        write_high=high,
        write_low=draw(st.integers(0, high - 1)),
    )


@st.composite
def streams(draw: st.DrawFn, parameters: DramParameters) -> list[Push]:
    """Up to a dozen transfers at rising clocks: long runs, strides and single bursts, near each other and far apart."""
    size, burst = parameters.capacity_bytes, parameters.burst_bytes
    pushes, clock = [], 0
    for _ in range(draw(st.integers(1, 12))):
        clock += draw(st.sampled_from([0, 0, 1, 2, 5, 30, 400]))
        blocks = []
        for _ in range(draw(st.sampled_from([1, 1, 2]))):
            run = draw(st.integers(1, min(6 * burst, size // 8)))
            inner, outer = draw(st.integers(1, 3)), draw(st.integers(1, 2))
            inner_stride = run + draw(st.integers(0, 2 * burst))
            outer_stride = inner * inner_stride + draw(st.integers(0, 4 * burst))
            reach = outer * outer_stride + inner * inner_stride
            if reach >= size:
                inner = outer = 1
                reach = run
            start = draw(st.integers(0, size - reach))
            blocks.append(AddressBlock(start, run, inner, inner_stride, outer, outer_stride))
        pushes.append((clock, tuple(blocks), draw(st.sampled_from([False, False, True]))))
    return pushes


@st.composite
def crowds(draw: st.DrawFn, parameters: DramParameters) -> list[Push]:
    """Dozens of short transfers around some long ones: places of those that are done are used again and again."""
    size, burst = parameters.capacity_bytes, parameters.burst_bytes
    random, pushes, clock = draw(st.randoms(use_true_random=False)), [], 0
    mean_clocks = draw(st.sampled_from([1, 4, 16]))
    for _ in range(draw(st.integers(20, 80))):
        clock += random.choice([0, 0, 1, mean_clocks, 2 * mean_clocks])
        run = min(size // 2, burst * random.choice([1, 1, 1, 2, 40]))
        pushes.append((clock, (AddressBlock(random.randrange(size - run), run),), random.random() < 0.3))
    return pushes


@dataclass(frozen=True)
class Outcome:
    """What a memory made of a stream."""

    served: dict[int, Served]
    logs: list[list[tuple[Any, ...]]]


def run_reference(parameters: DramParameters, pushes: list[Push]) -> Outcome:
    """Step through the clocks."""
    memory, served, left = ReferenceMemory(parameters), {}, list(pushes)
    while left or len(served) < len(pushes):
        while left and left[0][0] == memory.clock:
            _, blocks, is_write = left.pop(0)
            memory.push(blocks, is_write)
        memory.step()
        served |= {found.ticket: found for found in memory.take()}
    return Outcome(served, [[tuple(c) for c in memory.log(i)] for i in range(parameters.channels)])


def run_kernel(parameters: DramParameters, pushes: list[Push]) -> Outcome:
    """Run as the engine does: always to the next transfer that is done, or to the next request if that comes first."""
    memory, served, before = BankedMemory(parameters, is_logged=True), {}, 0
    for clock, blocks, is_write in [*pushes, (10**9, (), False)]:
        while (done := memory.next_done()) is not None and done < clock:
            assert done > before  # time does not go back
            finished, before = memory.take(done), done
            assert {found.done for found in finished} == {done}  # none was overlooked before
            served |= {found.ticket: found for found in finished}
        if blocks:
            memory.push(blocks, is_write, clock)
    return Outcome(served, [[tuple(c) for c in memory.log(i)] for i in range(parameters.channels)])
