"""Charges every waiting cycle of the array to one cause: `docs/cycle-contract.md`, "Stalls of the array"."""

from __future__ import annotations

from collections.abc import Iterable
from typing import NamedTuple

from lpasim.errors import SimulationError
from lpasim.simulation.activity import Activity, Interval, cover
from lpasim.simulation.runs import Operand, OutputTile, TileRun
from lpasim.simulation.timing import Span


class Wait(NamedTuple):
    """Cycles [begin, end) in which the array waits, and the cause: a name of `lpasim.simulation.result.Stalls`."""

    begin: int
    end: int
    cause: str

    @property
    def cycles(self) -> int:
        """How long it waits."""
        return self.end - self.begin


def charge(run: TileRun, span: Span, activity: Activity) -> list[Wait]:
    """Divide a tile's waiting time [span.ready, span.begin) by cause.

    Returns
    -------
    list of Wait
        In the order of time.

    Raises
    ------
    SimulationError
        If a waiting cycle has no cause, or two.
    """
    waits: list[Wait] = []
    at = span.ready
    if run.weights is not None:
        at = _operand(waits, at, min(span.weights_done, span.begin), run.weights, "weights_late", activity)
    at = _operand(waits, at, min(run.inputs.usable.at, span.begin), run.inputs, "inputs_late", activity)
    if run.follows is not None:
        _half(waits, at, min(run.follows.stored.at, span.begin), run.follows, activity)
    waits.sort()
    times = [span.ready, *(time for wait in waits for time in wait[:2]), span.begin]
    if any(end != begin for end, begin in zip(times[::2], times[1::2], strict=True)):
        raise SimulationError(
            f"a waiting array must have one cause, got {waits} in cycles {span.ready}..{span.begin} (tile {run.index})"
        )
    return waits


def charge_tail(begin: int, end: int, activity: Activity) -> list[Wait]:
    """Divide the time from the last result to the last store."""
    working, waiting, rest = activity.split(begin, end)
    return sorted([*_waits("ppu_busy", working), *_waits("dram_busy", waiting), *_waits("output_full", rest)])


def joined(waits: Iterable[Wait]) -> tuple[Wait, ...]:
    """Join waits, in the order of time, of which one follows the other for the same cause."""
    found: list[Wait] = []
    for wait in waits:
        if found and (found[-1].end, found[-1].cause) == (wait.begin, wait.cause):
            found[-1] = found[-1]._replace(end=wait.end)
        else:
            found.append(wait)
    return tuple(found)


def _waits(cause: str, times: Iterable[Interval]) -> list[Wait]:
    return [Wait(begin, end, cause) for begin, end in times if begin < end]


def _operand(waits: list[Wait], begin: int, end: int, operand: Operand, late: str, activity: Activity) -> int:
    transfer = operand.transfer
    if end <= begin or transfer is None or transfer.granted is None:
        return begin
    unmade = max(begin, min(end, transfer.requested, operand.makers_stored_at))
    unasked = max(unmade, min(end, transfer.requested))
    queued = max(unasked, min(end, transfer.granted))
    working, waiting, rest = activity.split(begin, unmade)
    waits += _waits("ppu_busy", working)
    waits += _waits("dram_busy", [*waiting, (unasked, queued)])
    waits += _waits(late, [*rest, (unmade, unasked), (queued, end)])
    return end


def _half(waits: list[Wait], begin: int, end: int, holder: OutputTile, activity: Activity) -> None:
    if end <= begin:
        return
    processed = max(begin, min(end, holder.ppu_end or 0))
    granted = max(processed, min(end, holder.store.granted or 0)) if holder.store is not None else processed
    starved, rest = cover([(begin, processed)], activity.operand_waits(processed))
    waits += _waits("ppu_busy", rest)
    waits += _waits("dram_busy", [*starved, (processed, granted)])
    waits += _waits("output_full", [(granted, end)])
