"""Makes records of a run, for an observer: the engine has one only if somebody observes."""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Sequence
from functools import partial

import simpy

from lpasim.hardware.model import Hardware
from lpasim.mapping.schedule import LayerSchedule, Tile
from lpasim.simulation.channel import Transfer
from lpasim.simulation.records import EndRecord, HeldRecord, Observer, OutputRecord, Record, TileRecord, TransferRecord
from lpasim.simulation.runs import Operand, OutputTile, TileRun
from lpasim.simulation.signal import Signal
from lpasim.simulation.stalls import Wait, joined
from lpasim.simulation.timing import Span


class _InOrder:
    """Hands on records in the order in which they were announced, each once it and those before it are complete."""

    def __init__(self, observe: Observer) -> None:
        self._observe = observe
        self._announced: deque[tuple[Signal, Callable[[], Record]]] = deque()

    def announce(self, complete: Signal, record: Callable[[], Record]) -> None:
        """Make a record when a signal has come, which has not yet."""
        self._announced.append((complete, record))
        complete.callbacks.append(self._hand_on)

    def _hand_on(self, _: simpy.Event) -> None:
        while self._announced and self._announced[0][0].processed:
            self._observe(self._announced.popleft()[1]())


class Recorder:
    """Follows the tiles and transfers of a run, and tells the observer.

    It looks at the engine's own objects when their signals come, and changes nothing.
    """

    def __init__(self, observe: Observer, schedule: Sequence[LayerSchedule], hardware: Hardware) -> None:
        self._observe = observe
        self._schedule = schedule
        self._latency = 0 if hardware.dram.ideal else hardware.dram_latency_cycles
        self._moving, self._empty, self._outputs, self._results = (_InOrder(observe) for _ in range(4))
        self._blocks = {"weight": _InOrder(observe), "input": _InOrder(observe)}

    def transfer(self, transfer: Transfer) -> None:
        """Note that the memory has taken a transfer."""
        queue = self._moving if transfer.bus_bytes else self._empty
        queue.announce(transfer.done, partial(self._transfer_record, transfer))

    def tile(self, run: TileRun, span: Span, waits: Sequence[Wait]) -> None:
        """Note that a tile's time in the array is known, and with it which blocks are held for it."""
        self._observe(TileRecord(run.index, run.layer, run.tile, span, run.first_of_layer, joined(waits)))
        if run.weights is not None:
            self._block("weight", run, run.weights, run.tile.weight_bytes)
        self._block("input", run, run.inputs, run.tile.input_bytes)
        if run.tile.opens:
            size = self._schedule[run.layer].problem.output_bytes(_elements(run.tile))
            held = partial(_output_half, run, size, span.begin)
            self._outputs.announce(run.output.stored, held)
        if run.tile.closes:
            self._results.announce(run.output.stored, partial(_output_record, run, run.output))

    def end(self, begin: int, end: int, waits: Sequence[Wait]) -> None:
        """Note the end of the run."""
        self._observe(EndRecord(len(self._schedule) - 1, begin, end, joined(waits)))

    def _block(self, buffer: str, run: TileRun, operand: Operand, size_bytes: int | None) -> None:
        transfer = operand.transfer
        if size_bytes is not None and transfer is not None:
            record = partial(_half, buffer, run, size_bytes, transfer.requested, operand.released)
            self._blocks[buffer].announce(operand.released, record)

    def _transfer_record(self, transfer: Transfer) -> TransferRecord:
        t, passed = transfer, transfer.done.at - transfer.delay_cycles
        granted = passed if t.granted is None else t.granted
        landed = passed + (self._latency if t.bus_bytes and t.engine != "store" else 0)
        return TransferRecord(t.engine, t.layer, t.tile, t.bus_bytes, t.requested, granted, passed, landed)


def _half(buffer: str, run: TileRun, size_bytes: int, taken: int, released: Signal) -> HeldRecord:
    return HeldRecord(buffer, run.layer, run.index, size_bytes, taken, released.at)


def _output_half(run: TileRun, size_bytes: int, taken: int) -> HeldRecord:
    return _half("output", run, size_bytes, taken, run.output.stored)


def _output_record(run: TileRun, output: OutputTile) -> OutputRecord:
    landed = output.operand.done.at if output.operand is not None else None
    end = output.ppu_start if output.ppu_end is None else output.ppu_end
    return OutputRecord(run.layer, run.index, output.ppu_start, output.ppu_cycles, end, landed)


def _elements(tile: Tile) -> int:
    """Results of a tile's block."""
    block = tile.block
    ranges = (block.groups, block.batch, block.rows, block.cols, block.n)
    product = 1
    for low, high in ranges:
        product *= high - low
    return product
