"""Charges every waiting cycle of the array to one cause: `docs/cycle-contract.md`, "Stalls of the array"."""

from __future__ import annotations

from collections import Counter

from lpasim.errors import SimulationError
from lpasim.simulation.activity import Activity, cover
from lpasim.simulation.runs import Operand, OutputTile, TileRun
from lpasim.simulation.timing import Span


def charge(run: TileRun, span: Span, activity: Activity) -> Counter[str]:
    """Divide a tile's waiting time [span.ready, span.begin) by cause.

    Returns
    -------
    Counter
        Cycles by the names of `lpasim.simulation.result.Stalls`.

    Raises
    ------
    SimulationError
        If a waiting cycle has no cause.
    """
    causes: Counter[str] = Counter()
    at = span.ready
    if run.weights is not None:
        at = _operand(causes, at, min(span.weights_done, span.begin), run.weights, "weights_late", activity)
    at = _operand(causes, at, min(run.inputs.usable.at, span.begin), run.inputs, "inputs_late", activity)
    if run.follows is not None:
        at = _half(causes, at, min(run.follows.stored.at, span.begin), run.follows, activity)
    if at != span.begin:
        raise SimulationError(
            f"a waiting array must have a cause, got none in cycles {at}..{span.begin} (tile {run.index})"
        )
    return causes


def charge_tail(begin: int, end: int, activity: Activity) -> Counter[str]:
    """Divide the time from the last result to the last store."""
    working, waiting, rest = activity.split(begin, end)
    return Counter(ppu_busy=working, dram_busy=waiting, output_full=rest)


def _operand(causes: Counter[str], begin: int, end: int, operand: Operand, late: str, activity: Activity) -> int:
    transfer = operand.transfer
    if end <= begin or transfer is None or transfer.granted is None:
        return begin
    unmade = max(begin, min(end, transfer.requested, operand.makers_stored_at))
    unasked = max(unmade, min(end, transfer.requested))
    queued = max(unasked, min(end, transfer.granted))
    working, waiting, rest = activity.split(begin, unmade)
    causes["ppu_busy"] += working
    causes["dram_busy"] += waiting + queued - unasked
    causes[late] += rest + (unasked - unmade) + (end - queued)
    return end


def _half(causes: Counter[str], begin: int, end: int, holder: OutputTile, activity: Activity) -> int:
    if end <= begin:
        return begin
    processed = max(begin, min(end, holder.ppu_end or 0))
    granted = max(processed, min(end, holder.store.granted or 0)) if holder.store is not None else processed
    starved, rest = cover([(begin, processed)], activity.operand_waits(processed))
    causes["ppu_busy"] += sum(b - a for a, b in rest)
    causes["dram_busy"] += starved + granted - processed
    causes["output_full"] += end - granted
    return end
