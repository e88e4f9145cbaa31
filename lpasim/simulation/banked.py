"""The channel of a memory with banks: a compiled model that serves the bursts of all transfers under way.

It is told of requests at the end of the cycle in which they are made, and asked which transfer is done next if nothing
else comes: that is the one event that is waited for. A later request makes the answer void, and the question is asked
again.
"""

from __future__ import annotations

import heapq
from functools import partial

import simpy

from lpasim.errors import SimulationError
from lpasim.hardware.dram_parameters import dram_parameters
from lpasim.hardware.model import Hardware
from lpasim.simulation.channel import Channel, Transfer, Watch
from lpasim.simulation.dram.clocks import ClockRatio
from lpasim.simulation.dram.kernel import BankedMemory, Logged
from lpasim.simulation.dram.use import DramUse, bus_cycles
from lpasim.simulation.memory_commands import CommandObserver, CommandRecord
from lpasim.simulation.signal import Clock, Signal


class BankedChannel(Channel):
    """Serves transfers by their bursts.

    Attributes
    ----------
    use : list of DramUse
        By layer.
    """

    def __init__(
        self,
        env: Clock,
        hardware: Hardware,
        layers: int,
        watch: Watch | None = None,
        commands: CommandObserver | None = None,
    ) -> None:
        super().__init__(env, hardware, layers, watch)
        self._parameters = dram_parameters(hardware.dram)
        self._memory = BankedMemory(self._parameters, is_logged=commands is not None)
        self._commands = commands
        self._logged: dict[int, Transfer] = {}
        self._ratio = ClockRatio.of(hardware)
        self._under_way: dict[int, Transfer] = {}
        self._question = 0
        self.use: list[DramUse] = [DramUse() for _ in range(layers)]

    def settle(self) -> None:
        """Date the grants of the transfers that the memory has begun by now."""
        for ticket, transfer in self._under_way.items():
            entered = self._memory.entered(ticket) if transfer.granted is None else None
            if entered is not None and self._ratio.cycle_of(entered) < self._env.now:
                transfer.granted = self._ratio.cycle_of(entered)

    def finish(self) -> None:
        """Add up how long the buses were busy, and make sure that every burst was served.

        Raises
        ------
        SimulationError
            If the memory served other bursts than those that the transfers touch.
        """
        self.settle()
        if self._commands is not None:
            self._memory.advance(self._ratio.last_clock(self._env.now))
            self._hand_on(self._commands)
        for moved, use in zip(self.moved_bytes, self.use, strict=True):
            served = use.bursts * self._burst_bytes
            if served != sum(moved.values()):
                raise SimulationError(f"the memory must move {sum(moved.values())} B, got {served} B")
        self.busy_cycles = bus_cycles([use.bursts for use in self.use], self._parameters, self._ratio)

    def _grant(self, _: simpy.Event) -> None:
        """Tell the memory of the requests of this cycle."""
        self._arbitration_due = False
        clock = self._ratio.first_clock(self._env.now)
        while self._waiting:
            transfer = heapq.heappop(self._waiting)[-1]
            ticket = self._memory.push(transfer.blocks, transfer.engine == "store", clock)
            self._under_way[ticket] = transfer
            self._watch(transfer)
            if self._commands is not None:
                self._logged[ticket] = transfer
                self._hand_on(self._commands)
        self._ask()

    def _hand_on(self, observe: CommandObserver) -> None:
        """Tell the observer of the commands that are certain now, and forget the transfers that are done."""
        for logged in self._memory.take_log():
            observe(_record(logged, None if logged.ticket is None else self._logged[logged.ticket]))
        self._logged = {ticket: t for ticket, t in self._logged.items() if ticket in self._under_way}

    def _ask(self) -> None:
        """Wait for the next transfer that is done.

        Raises
        ------
        SimulationError
            If that was in the past: events would run backwards.
        """
        self._question += 1
        done = self._memory.next_done()
        if done is not None:
            if self._ratio.cycle_after(done) < self._env.now:
                raise SimulationError(f"the memory must be done at cycle {self._env.now} or later, got clock {done}")
            answer = Signal(self._env)
            answer.callbacks.append(partial(self._answer, self._question))
            answer.fire(self._ratio.cycle_after(done) - self._env.now)

    def _answer(self, question: int, _: simpy.Event) -> None:
        if question != self._question:
            return
        for served in self._memory.take(self._ratio.last_clock(self._env.now)):
            transfer = self._under_way.pop(served.ticket)
            transfer.granted = self._ratio.cycle_of(served.entered)
            self.use[transfer.layer] = self.use[transfer.layer].plus(served, transfer.engine == "store")
            transfer.done.fire(transfer.delay_cycles)
        self._ask()


def _record(logged: Logged, transfer: Transfer | None) -> CommandRecord:
    if transfer is None:
        return CommandRecord(logged.channel, logged.command, None, None, None)
    return CommandRecord(logged.channel, logged.command, transfer.engine, transfer.layer, transfer.tile)
