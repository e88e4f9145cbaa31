"""The PE array: takes the tiles in order, each as soon as its operands and an output half are there."""

from __future__ import annotations

from collections.abc import Callable, Generator, Iterable
from dataclasses import dataclass

import simpy

from lpasim.simulation.runs import TileRun
from lpasim.simulation.signal import Clock
from lpasim.simulation.timing import Arrivals, Pipeline, Span


@dataclass(frozen=True)
class ArrayProcess:
    """The array and its controller.

    Parameters
    ----------
    encode_cycles : int
        Latency of the encoders.
    computed : callable
        Told of every tile and its span, as soon as the span is known (which may lie ahead of the clock).
    """

    env: Clock
    pipeline: Pipeline
    encode_cycles: int
    computed: Callable[[TileRun, Span], None]

    def process(self, runs: Iterable[TileRun]) -> Generator[simpy.Event, None, None]:
        """Run every tile, in order."""
        span, words = Span(0, 0, 0, 0, 0), 0
        for run in runs:
            if run.weights is not None:
                yield run.weights.usable
            yield run.inputs.usable
            if run.follows is not None:
                yield run.follows.stored
            there = Arrivals(
                run.weights.usable.at if run.weights is not None else 0,
                run.inputs.usable.at,
                run.follows.stored.at if run.follows is not None else 0,
            )
            if run.first_of_layer or run.tile.folds == 0:
                span = self.pipeline.first(run.tile, span.end, there)
            else:
                span = self.pipeline.next(run.tile, span, words, there)
            words = run.tile.words
            self._let_go(run, span)
            self.computed(run, span)

    def _let_go(self, run: TileRun, span: Span) -> None:
        """Date the release of the operand halves and the first finished result."""
        now, array = self.env.now, self.pipeline.array
        if run.weights is not None and run.last_use_of_weights:
            run.weights.released.fire(span.last - now)
        if run.tile.folds and run.last_use_of_inputs:
            run.inputs.released.fire(span.last + run.tile.words + array.rows - 1 - now)
        if run.tile.closes:
            through = array.rows + array.cols - 1 + self.encode_cycles if run.tile.folds else 0
            run.output.array_end = span.end
            run.output.emerging.fire(span.last + through - now)
