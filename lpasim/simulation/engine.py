"""The discrete-event engine: DMA engines, DRAM channel, PE array and post-processing unit as SimPy processes.

Events are for tiles and transfers, never for words; `docs/cycle-contract.md` says what happens when.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from itertools import tee

from lpasim.cost.actions import Actions
from lpasim.errors import SimulationError
from lpasim.hardware.model import HALVES, Hardware
from lpasim.mapping.schedule import LayerSchedule
from lpasim.simulation.activity import Activity
from lpasim.simulation.array import ArrayProcess
from lpasim.simulation.banked import BankedChannel
from lpasim.simulation.channel import Channel, Transfer, Watch
from lpasim.simulation.counting import count_actions
from lpasim.simulation.loads import LoadEngine, input_block, weight_block
from lpasim.simulation.memory_commands import CommandObserver
from lpasim.simulation.ppu import PpuProcess
from lpasim.simulation.recorder import Recorder
from lpasim.simulation.records import Observer
from lpasim.simulation.result import LayerResult, SimResult, Stalls
from lpasim.simulation.runs import TileRun, tile_runs
from lpasim.simulation.signal import Clock, Signal
from lpasim.simulation.stalls import charge, charge_tail
from lpasim.simulation.tally import Tally
from lpasim.simulation.timing import Pipeline, Span

Progress = Callable[[int, int], None]
"""Told how many tiles are done, and of how many."""


class _Engine:
    def __init__(
        self,
        schedule: Sequence[LayerSchedule],
        hardware: Hardware,
        progress: Progress | None,
        watch: Watch | None = None,
        observe: Observer | None = None,
        commands: CommandObserver | None = None,
    ) -> None:
        self.schedule = schedule
        self.hardware = hardware
        self.progress = progress
        self.env = Clock()
        self.recorder = None if observe is None else Recorder(observe, schedule, hardware)
        self.channel = self._channel(self._watches(watch), commands)
        self.activity = Activity()
        self.tallies = [Tally() for _ in schedule]
        self.layer_stored = [Signal(self.env) for _ in schedule]
        self.tiles_total = sum(layer.tile_count for layer in schedule)
        self.output_tiles = [layer.tile_count // layer.tiling.k.parts for layer in schedule]
        self.array_end = 0

    def _channel(self, watch: Watch | None, commands: CommandObserver | None) -> Channel:
        if self.hardware.dram.is_banked:
            return BankedChannel(self.env, self.hardware, len(self.schedule), watch, commands)
        return Channel(self.env, self.hardware, len(self.schedule), watch)

    def _watches(self, watch: Watch | None) -> Watch | None:
        """Tell the recorder of transfers, too, if there is one."""
        if self.recorder is None:
            return watch
        if watch is None:
            return self.recorder.transfer
        watchers = (watch, self.recorder.transfer)

        def tell(transfer: Transfer) -> None:
            for watcher in watchers:
                watcher(transfer)

        return tell

    def run(self) -> None:
        """Run to the last store, and make sure that it was reached."""
        halves = None if self.hardware.dram.ideal else HALVES
        runs = tee(tile_runs(self.schedule, self.env, halves), 4)
        array = ArrayProcess(
            self.env, Pipeline(self.hardware.array), self.hardware.encoder.latency_cycles, self._computed
        )
        encode_cycles, makers = self.hardware.encoder.latency_cycles, self._operand_makers()
        ppu = PpuProcess(self.env, self.channel, self.activity, encode_cycles, makers, self._stored)
        engines = [self._load_engine(name, halves) for name in ("input", "weight")]
        processes = [
            self.env.process(engines[0].process(runs[0])),
            self.env.process(engines[1].process(runs[1])),
            self.env.process(array.process(runs[2])),
            self.env.process(ppu.process(runs[3])),
        ]
        self.env.run()
        stuck = [
            name for name, p in zip(("input DMA", "weight DMA", "array", "PPU"), processes, strict=True) if p.is_alive
        ]
        if stuck:
            raise SimulationError(f"every process must end, got {', '.join(stuck)} waiting at cycle {self.env.now}")
        if not all(half.processed for engine in engines for half in engine.kept()):
            raise SimulationError(f"every half of a buffer must be given back, got one kept at cycle {self.env.now}")

    def _load_engine(self, name: str, halves: int | None) -> LoadEngine:
        weights = name == "weight"
        makers = [layer.weight_inputs if weights else layer.inputs for layer in self.schedule]
        return LoadEngine(
            env=self.env,
            name=name,
            channel=self.channel,
            halves=halves,
            decode_cycles=self.hardware.decoder.latency_cycles,
            block_of=weight_block if weights else input_block,
            makers_of=makers.__getitem__,
            layer_stored=self.layer_stored,
        )

    def _operand_makers(self) -> list[list[Signal]]:
        stored = {layer.layer.name: signal for layer, signal in zip(self.schedule, self.layer_stored, strict=True)}
        return [
            [
                stored[name]
                for operator in layer.layer.ppu
                if operator.operand_elements
                for name in operator.operand_from
            ]
            for layer in self.schedule
        ]

    def _computed(self, run: TileRun, span: Span) -> None:
        tally = self.tallies[run.layer]
        if run.first_of_layer:
            tally.start, tally.array_start = self.array_end, span.begin
        self.activity.forget_before(span.ready)
        self.channel.settle()
        waits = charge(run, span, self.activity)
        tally.wait(waits)
        tally.add(run.tile, span, self.hardware.array)
        self.array_end = span.end
        if self.recorder is not None:
            self.recorder.tile(run, span, waits)

    def _stored(self, run: TileRun) -> None:
        tally = self.tallies[run.layer]
        tally.ppu_busy += run.tile.ppu_cycles
        tally.stored_tiles += 1
        if tally.stored_tiles == self.output_tiles[run.layer]:
            self.layer_stored[run.layer].fire()
        if self.progress is not None:
            self.progress(run.index + 1, self.tiles_total)

    def result(self) -> SimResult:
        """Collect the layers' numbers."""
        last = self.tallies[-1]
        finished = max(last.array_end, *(signal.at for signal in self.layer_stored))
        self.channel.finish()
        waits = charge_tail(last.array_end, finished, self.activity)
        last.wait(waits)
        last.end = finished
        if self.recorder is not None:
            self.recorder.end(last.array_end, finished, waits)
        layers = tuple(self._layer_result(number) for number in range(len(self.schedule)))
        for unit, busy in (
            ("DRAM channel", sum(layer.channel_busy_cycles for layer in layers)),
            ("post-processing unit", sum(layer.ppu_busy_cycles for layer in layers)),
        ):
            if busy > finished:
                raise SimulationError(f"the {unit} must be busy for at most {finished} cycles, got {busy}")
        return SimResult(layers, finished, sum((layer.actions for layer in layers), Actions()))

    def _layer_result(self, number: int) -> LayerResult:
        schedule, tally = self.schedule[number], self.tallies[number]
        tally.check(schedule.layer.name, self.hardware.array)
        traffic = self.channel.moved_bytes[number]
        return LayerResult(
            schedule=schedule,
            start_cycle=tally.start,
            array_start_cycle=tally.array_start,
            end_cycle=tally.end,
            stored_cycle=self.layer_stored[number].at,
            cycles=tally.end - tally.start,
            array_cycles=tally.array_end - tally.array_start,
            busy_cycles=tally.busy_cycles(self.hardware.array),
            stalls=Stalls(**tally.causes),
            traffic_bytes=traffic,
            channel_busy_cycles=self.channel.busy_cycles[number],
            ppu_busy_cycles=tally.ppu_busy,
            dram=self.channel.use[number],
            actions=count_actions(schedule, tally.payload, traffic),
        )


def simulate(
    schedule: Sequence[LayerSchedule],
    hardware: Hardware,
    progress: Progress | None = None,
    watch: Watch | None = None,
    observe: Observer | None = None,
    commands: CommandObserver | None = None,
) -> SimResult:
    """Simulate a schedule on an accelerator.

    Parameters
    ----------
    schedule : sequence of LayerSchedule
        From `lpasim.mapping.map_network`, for the same hardware.
    hardware : Hardware
    progress : callable, optional
        Called with the number of tiles stored and of all tiles.
    watch : callable, optional
        Called with every transfer when the memory takes it, in order.
    observe : callable, optional
        Called with a record of everything that happens (`lpasim.simulation.records`).
    commands : callable, optional
        Called with every command of a memory with banks, when it is certain.

    Returns
    -------
    SimResult
        Times in cycles, stalls by cause, traffic and action counts, by layer and in total.

    Raises
    ------
    SimulationError
        If the schedule is empty or was made for other hardware, a process is left waiting at the end, or the numbers do
        not add up.
    """
    if not schedule:
        raise SimulationError("a schedule must hold at least one layer, got none")
    if any(layer.hardware != hardware for layer in schedule):
        raise SimulationError(
            f"a schedule must be mapped for the hardware that runs it, got another than {hardware.name}"
        )
    engine = _Engine(schedule, hardware, progress, watch, observe, commands)
    engine.run()
    return engine.result()
