"""The DRAM channel: a bandwidth and a latency, first come first served, one transfer at a time.

The contract is `docs/cycle-contract.md`, "DMA engines and the DRAM channel".
"""

from __future__ import annotations

import heapq
from collections.abc import Callable, Sequence
from dataclasses import dataclass

import simpy

from lpasim.hardware.model import Hardware
from lpasim.mapping.addresses import Blocks, burst_count
from lpasim.simulation.dram.use import DramUse
from lpasim.simulation.result import ENGINES
from lpasim.simulation.signal import SETTLED, Clock, Signal

RANK = {"store": 0, "input": 1, "weight": 2, "operand": 3}
"""Order of the engines among requests of one tile and one cycle."""


@dataclass(slots=True, eq=False)
class Transfer:
    """A block on its way: when it was asked for, and when the channel took it (None: not yet).

    `tile` is the first tile that it is for; `blocks` are its place in memory, and `bus_bytes` all bursts of these.
    """

    engine: str
    tile: int
    layer: int
    blocks: Blocks
    bus_bytes: int
    done: Signal
    delay_cycles: int
    requested: int
    granted: int | None = None


Watch = Callable[[Transfer], None]


def _ignore(_: Transfer) -> None:
    """Watch nothing."""


class Channel:
    """Serves transfers in the order of their requests.

    Parameters
    ----------
    env : Clock
    hardware : Hardware
    layers : int
        Number of layers that traffic is counted for.
    watch : callable, optional
        Told of every transfer when it is granted, in order.

    Attributes
    ----------
    moved_bytes : list of dict
        Bus bytes by layer and engine.
    busy_cycles : list of int
        Occupied cycles by layer.
    use : list of DramUse or None
        By layer, what it did to the banks of the memory, if there are any.
    """

    def __init__(self, env: Clock, hardware: Hardware, layers: int, watch: Watch | None = None) -> None:
        self._env = env
        self._watch = watch or _ignore
        self._ideal = hardware.dram.ideal
        self._burst_bytes = hardware.dram.burst_bytes
        self._per_cycle = hardware.bytes_per_cycle
        self._latency = hardware.dram_latency_cycles
        self._waiting: list[tuple[int, int, int, int, Transfer]] = []
        self._arbitration_due = False
        self._free_at = 0
        self._sequence = 0
        self.moved_bytes = [dict.fromkeys(ENGINES, 0) for _ in range(layers)]
        self.busy_cycles = [0] * layers
        self.use: Sequence[DramUse | None] = [None] * layers

    def request(self, engine: str, tile: int, layer: int, blocks: Blocks, done: Signal, extra_cycles: int) -> Transfer:
        """Ask now for a transfer of some blocks of memory for a tile.

        `done` fires `extra_cycles` after the block has landed (a load) or left the chip (a store).
        """
        now = self._env.now
        moved = burst_count(blocks, self._burst_bytes) * self._burst_bytes
        self.moved_bytes[layer][engine] += moved
        if self._ideal or moved == 0:
            done.fire(extra_cycles)
            transfer = Transfer(engine, tile, layer, blocks, moved, done, extra_cycles, requested=now, granted=now)
            self._watch(transfer)
            return transfer
        delay = extra_cycles if engine == "store" else extra_cycles + self._latency
        transfer = Transfer(engine, tile, layer, blocks, moved, done, delay, requested=now)
        self._sequence += 1
        heapq.heappush(self._waiting, (now, tile, RANK[engine], self._sequence, transfer))
        self._arbitrate_when_free()
        return transfer

    def settle(self) -> None:
        """Date the grants up to now: here they are dated when they happen."""

    def finish(self) -> None:
        """Close the books at the end of the run."""

    def _arbitrate_when_free(self) -> None:
        if not self._arbitration_due:
            self._arbitration_due = True
            settled = Signal(self._env)
            settled.callbacks.append(self._grant)
            settled.fire(max(0, self._free_at - self._env.now), SETTLED)

    def _grant(self, _: simpy.Event) -> None:
        self._arbitration_due = False
        transfer = heapq.heappop(self._waiting)[-1]
        per_cycle = self._per_cycle
        occupancy = -(-transfer.bus_bytes * per_cycle.denominator // per_cycle.numerator)
        transfer.granted = self._env.now
        self._free_at = self._env.now + occupancy
        self.busy_cycles[transfer.layer] += occupancy
        self._watch(transfer)
        transfer.done.fire(occupancy + transfer.delay_cycles)
        if self._waiting:
            self._arbitrate_when_free()
