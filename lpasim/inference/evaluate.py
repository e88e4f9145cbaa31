"""Running a network in floating point and in number formats side by side, over labelled images."""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import Executor, ThreadPoolExecutor
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray
from threadpoolctl import threadpool_limits

from lpasim.datapath.parameters import Datapath
from lpasim.inference.accuracy import Accuracy, Powers
from lpasim.inference.activity import ActivityMeter
from lpasim.inference.images import LabelledImages
from lpasim.inference.products import Arithmetic
from lpasim.inference.runners import Part, Runners
from lpasim.quantization.trace import Trace

UNQUANTIZED = "unquantized"
"""Name of the network in floating point."""
Progress = Callable[[int, int], None]
"""Called with the images that are done, and with all of them."""


@dataclass
class Side:
    """What one way to compute gave, over all images so far.

    Attributes
    ----------
    name : str
        "unquantized", or the accumulator.
    accuracy : Accuracy
        Right answers, and agreement with floating point.
    logits : list of ndarray
        The results, one array [n, classes] a batch.
    logit_powers : Powers
        Of the results.
    tensors : dict
        Tensor -> its powers, in the order in which layers store them.
    seconds : float
        Time in the network alone: without the share of the threads' time that went into measuring.
    """

    name: str
    accuracy: Accuracy = field(default_factory=Accuracy)
    logits: list[NDArray[np.float32]] = field(default_factory=list)
    logit_powers: Powers = field(default_factory=Powers)
    tensors: dict[str, Powers] = field(default_factory=dict)
    seconds: float = 0.0

    @property
    def images_per_s(self) -> float:
        """Images per second of the network alone."""
        return self.accuracy.images / self.seconds if self.seconds else 0.0


@dataclass(frozen=True)
class Evaluation:
    """A network's answers in floating point and in number formats.

    Attributes
    ----------
    unquantized : Side
        The network, or the reference, in float32.
    sides : tuple of Side
        One an accumulator.
    layer_of : Mapping
        Tensor -> the layer that stores it.
    reference : Path, optional
        The network that all is compared with, if it is another one.
    """

    model: Path
    trace: Trace
    images: LabelledImages
    datapath: Datapath
    threads: int
    unquantized: Side
    sides: tuple[Side, ...]
    layer_of: Mapping[str, str]
    reference: Path | None = None

    def layers(self, side: Side) -> dict[str, Powers]:
        """Return the powers of each layer: of all tensors that it stores."""
        found: dict[str, Powers] = {}
        for tensor, powers in side.tensors.items():
            found.setdefault(self.layer_of[tensor], Powers()).merge(powers)
        return found


def evaluate(
    model: Path,
    trace: Trace,
    images: LabelledImages,
    accumulators: Sequence[Arithmetic],
    *,
    batch: int = 8,
    datapath: Datapath | None = None,
    threads: int = 2,
    progress: Progress | None = None,
    meter: ActivityMeter | None = None,
    reference: Path | None = None,
) -> Evaluation:
    """Run a network over images, each batch in floating point and then with every accumulator.

    Parameters
    ----------
    model : Path
        ONNX file with weights, one input of images, and class scores [N, classes] as its first output.
    trace : Trace
        Its number formats.
    images : LabelledImages
        What to run it on.
    accumulators : sequence of str
        "float", "wide", "paper": what `LpNetwork` takes.
    batch : int
        Images at a time. It does not change any result but for rounding in floating point.
    datapath : Datapath, optional
        Widths, and the rows of the array.
    threads : int
        Parts of a batch that run side by side.
    progress : callable, optional
        Called after every batch.
    meter : ActivityMeter, optional
        Counts what the words do to wires, with one accumulator. Images then run one at a time.
    reference : Path, optional
        ONNX file of the network that all is compared with; by default `model` in floating point.

    Raises
    ------
    NetworkError
        If the network cannot run on the images, a label is none of its classes, or the reference has other tensors.
    TraceError
        If the trace was made from another network.
    """
    wanted = datapath or Datapath()
    workers = 1 if meter is not None else threads
    together = min(batch, len(images))
    runners = Runners(model, trace, accumulators, wanted, reference)
    size = 1 if meter is not None or runners.one_by_one else -(-together // workers)
    first = runners.of(size)
    images.check_labels(first.network.shape(first.output)[1])
    unquantized, sides = Side(UNQUANTIZED), tuple(Side(name) for name in accumulators)
    with threadpool_limits(1, "blas"), ThreadPoolExecutor(workers) as pool:  # threads within threads are slow
        for pixels, labels in images.batches(together, first.network.inputs[first.input][1:], model):
            _run_batch(pool, runners.parts(pixels, size), labels, unquantized, sides, meter)
            if progress is not None:
                progress(unquantized.accuracy.images, len(images))
    return Evaluation(model, trace, images, wanted, threads, unquantized, sides, first.layer_of, reference)


def _run_batch(
    pool: Executor,
    parts: Sequence[Part],
    labels: NDArray[np.int64] | None,
    unquantized: Side,
    sides: Sequence[Side],
    meter: ActivityMeter | None,
) -> None:
    """Run the parts of a batch on one side after the other, and count."""
    started = time.perf_counter()
    reference = np.concatenate(list(pool.map(Part.run_unquantized, parts)))
    unquantized.seconds += time.perf_counter() - started
    _count(unquantized, reference, labels, reference)
    watch = None if meter is None else meter.watch
    for index, side in enumerate(sides):
        metered = 0.0 if meter is None else meter.seconds
        started = time.perf_counter()
        found = list(pool.map(partial(Part.run, index=index, watch=watch), parts))
        wall = time.perf_counter() - started
        busy = sum(ran.seconds for ran in found)
        measuring = sum(ran.measuring for ran in found) + (0.0 if meter is None else meter.seconds - metered)
        side.seconds += wall * (1 - measuring / busy)
        for ran in found:
            for tensor, powers in ran.powers.items():
                side.tensors.setdefault(tensor, Powers()).merge(powers)
        _count(side, np.concatenate([ran.scores for ran in found]), labels, reference)


def _count(side: Side, logits: NDArray[Any], labels: NDArray[np.int64] | None, reference: NDArray[Any]) -> None:
    side.accuracy.add(logits, labels, reference)
    side.logit_powers.add(reference, logits)
    side.logits.append(np.asarray(logits, dtype=np.float32))
