"""The whole chip, one clock cycle at a time."""

from __future__ import annotations

from collections.abc import Callable, Sequence

import numpy as np

from lpasim.errors import SimulationError
from lpasim.hardware.model import Hardware
from lpasim.mapping.schedule import LayerSchedule
from lpasim.simulation.stepped.array import PeArray
from lpasim.simulation.stepped.banked import BankedChannel
from lpasim.simulation.stepped.buffers import Buffer
from lpasim.simulation.stepped.channel import Channel
from lpasim.simulation.stepped.dma import LoadEngine
from lpasim.simulation.stepped.feeders import activations, edges, weight_row
from lpasim.simulation.stepped.jobs import Job, OutputTile, Transfer, make_jobs
from lpasim.simulation.stepped.ledger import Ledger
from lpasim.simulation.stepped.memory import MODULUS, Memory, operand_makers, place
from lpasim.simulation.stepped.output import OutputBuffer
from lpasim.simulation.stepped.ppu import Ppu
from lpasim.simulation.stepped.reference import expected_results
from lpasim.simulation.stepped.result import EdgeCycle, SteppedResult
from lpasim.simulation.stepped.sequencer import Sequencer
from lpasim.simulation.stepped.stalls import Judge


def run_stepped(
    schedule: Sequence[LayerSchedule],
    hardware: Hardware,
    seed: int = 0,
    watch: Callable[[EdgeCycle], None] | None = None,
) -> SteppedResult:
    """Run a schedule cycle by cycle with real words, and check every result word.

    Parameters
    ----------
    schedule : sequence of LayerSchedule
    hardware : Hardware
    seed : int
        Of the random operands.
    watch : callable, optional
        Called with the edges of the array in each cycle in which something moves in it.

    Returns
    -------
    SteppedResult

    Raises
    ------
    SimulationError
        If a word is missing, late, doubled or wrong, a block does not fit, or nothing can move any more.
    """
    return _Machine(schedule, hardware, seed, watch).run()


class _Machine:
    """Components and clock. A cycle is: settle the state at its beginning, judge, then let every component work."""

    def __init__(
        self,
        schedule: Sequence[LayerSchedule],
        hardware: Hardware,
        seed: int,
        watch: Callable[[EdgeCycle], None] | None,
    ) -> None:
        array, halves = hardware.array, None if hardware.dram.ideal else 2
        self._schedule, self._memory, self._watch = schedule, Memory(seed), watch
        self._tensors = place(schedule, self._memory)
        self._expected = expected_results(schedule, self._tensors, self._memory.snapshot())
        self._jobs = make_jobs(schedule, hardware)
        self._outputs_in_order = list(dict.fromkeys(job.output for job in self._jobs))
        decode, encode = hardware.decoder.latency_cycles, hardware.encoder.latency_cycles
        self._weights = Buffer("weight", hardware.buffers.weight, halves, decode)
        self._inputs = Buffer("input", hardware.buffers.input, halves, decode)
        self._outputs = OutputBuffer(hardware.buffers.output, array.psum_bits, halves, encode)
        channel_of = BankedChannel if hardware.dram.is_banked else Channel
        self._channel = channel_of(hardware, self._memory, self._tensors)
        self._ppu = Ppu(self._outputs_in_order, [operand_makers(schedule, layer) for layer in schedule])
        self._array = PeArray(array.rows, array.cols, array.weight_double_buffer)
        self._sequencer = Sequencer(self._jobs, array, self._weights, self._inputs, self._outputs)
        self._judge = Judge(self._inputs, self._outputs, self._ppu, self._channel)
        weights = dict.fromkeys(job.weights for job in self._jobs if job.weights is not None)
        inputs = dict.fromkeys(job.inputs for job in self._jobs if job.inputs is not None)
        self._engines = (
            LoadEngine(list(inputs), [layer.inputs for layer in schedule], self._inputs),
            LoadEngine(list(weights), [layer.weight_inputs for layer in schedule], self._weights),
        )
        self._ledger = Ledger(self._jobs)
        self._decode_cycles, self._quiet_cycles = decode, 0
        self._now = 0

    def run(self) -> SteppedResult:
        """Step until everything is stored."""
        while True:
            self._settle()
            if self._ledger.all_ended and all(self._ledger.stored):
                return self._result()
            self._ledger.charge(self._cause(), self._channel.current, self._ppu.at_work)
            self._step()
            self._now += 1

    def _settle(self) -> None:
        """Let releases, requests and starts follow from each other until nothing changes, then grant the channel."""
        while self._settle_once():
            pass
        self._channel.grant(self._now)

    def _settle_once(self) -> bool:
        now, stored = self._now, self._ledger.stored
        changed = self._outputs.settle(now)
        for transfer in self._channel.settle(now):
            self._arrive(transfer)
            changed = True
        finished = self._ppu.settle(now)
        if finished is not None:
            self._finish(finished)
            changed = True
        changed |= self._ppu.start()
        changed |= self._ppu.request(self._channel, stored, now)
        started = self._sequencer.settle(now)
        if started is not None:
            self._begin(started)
            changed = True
        while not self._ledger.all_ended and self._sequencer.is_done(self._ledger.ended):
            self._ledger.end_layer(now)
        for engine in self._engines:
            changed |= engine.request(self._channel, stored, now) is not None
        return changed

    def _arrive(self, transfer: Transfer) -> None:
        self._ledger.arrive(transfer, self._channel.bus_bytes(transfer))
        tensors = self._tensors[transfer.layer]
        if transfer.engine == "weight":
            self._weights.fill(transfer, tensors.weights.size)
        elif transfer.engine == "input":
            self._inputs.fill(transfer, tensors.inputs.size)
        elif transfer.engine == "store":
            self._close(self._jobs[transfer.tile].output)

    def _begin(self, job: Job) -> None:
        self._ledger.begin(job, self._now)
        if job.first_of_layer and job.folds:
            schedule = self._schedule[job.layer]
            self._array.configure(schedule.terms, schedule.lanes)
        if not job.folds:
            job.output.first_word_encoded = self._now

    def _finish(self, output: OutputTile) -> None:
        """Take an output tile from the PPU: its words go to the store engine."""
        job = self._jobs[output.closing_tile]
        gemm = self._schedule[output.layer].layer.gemm
        if gemm is not None:
            results = self._outputs.results(output, gemm.k)
            self._ledger.words[job.layer].sums_taken += results.size
        elif job.inputs is not None:
            results = self._inputs.read(job.inputs, output.index)
            self._ledger.words[job.layer].inputs_taken += results.size
            if job.inputs.last_tile == job.index:
                self._inputs.release(job.inputs)
        else:
            raise SimulationError(f"a tile of the PPU alone must have an input block, got none (tile {job.index})")
        if output.operand is not None:
            results = results + output.operand.words
        if output.store is None:
            self._memory.write(self._tensors[output.layer].outputs[output.index], results % MODULUS)
            self._close(output)
        else:
            output.store.words = results % MODULUS
            self._channel.request(output.store, self._now)

    def _close(self, output: OutputTile) -> None:
        self._outputs.release(output)
        self._ledger.close(output, self._now)

    def _cause(self) -> str | None:
        """Return what the array waits for in the cycle that begins now, or None if it is busy."""
        if self._ledger.all_ended:
            return self._judge.after_the_last_layer(self._now)
        job = self._sequencer.next_job
        if job is None or not self._sequencer.ready(self._now):
            return None
        stored, schedule = self._ledger.stored, self._schedule[job.layer]
        makers = (all(stored[n] for n in schedule.inputs), all(stored[n] for n in schedule.weight_inputs))
        cause = self._judge.cause(job, self._sequencer.weights_are_in(job, self._now), makers, self._now)
        if cause is None:
            raise SimulationError(f"a tile that nothing blocks must start, got none (tile {job.index}, {self._now})")
        return cause

    def _step(self) -> None:
        """Run the cycle from now."""
        sequencer, array, now = self._sequencer, self._array, self._now
        self._channel.step()
        self._ppu.step()
        if not sequencer.is_moving:
            self._watch_for_deadlock()
            return
        self._quiet_cycles = 0
        row, fold = None, sequencer.loading
        if fold is not None:
            layer = fold.job.layer
            shape = (array.rows, array.cols, self._schedule[layer].terms, self._schedule[layer].lanes)
            row = weight_row(fold, sequencer.load_step, shape, self._weights, self._ledger.words[layer])
            sequencer.load_step += 1
        words, tags = activations(sequencer.streams, now, array.shape, self._inputs, self._ledger.words)
        leaving = array.step(row, words, tags)
        self._ledger.current.words.macs += array.macs
        if self._watch is not None:
            self._watch(edges(now, array.rows, array.cols, row, tags, leaving))
        self._outputs.accept(sequencer.folds, leaving, array.cols, self._ledger.words, now + 1)

    def _watch_for_deadlock(self) -> None:
        channel = self._channel
        waits = channel.is_busy or self._ppu.current or self._outputs.is_encoding
        self._quiet_cycles = 0 if waits else self._quiet_cycles + 1
        if self._quiet_cycles > self._decode_cycles + 1:
            raise SimulationError(f"a cycle must change something, got none until cycle {self._now}")

    def _result(self) -> SteppedResult:
        """Check what is in memory, and return the measurements."""
        layers = self._ledger.layers
        layers[-1].end_cycle = self._now
        if isinstance(self._channel, BankedChannel):
            for layer, use, busy in zip(layers, self._channel.use, self._channel.busy_cycles(), strict=True):
                layer.dram, layer.channel_busy_cycles = use, busy
        for layer, tensors, expected in zip(layers, self._tensors, self._expected, strict=True):
            layer.results = self._memory.read(tensors.outputs)
            if not np.array_equal(layer.results, expected):
                wrong = int((layer.results != expected).sum())
                raise SimulationError(f"memory must hold the layer's products, got {wrong} other words")
        return SteppedResult(tuple(layers), self._now)
