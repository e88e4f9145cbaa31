"""Running a network in floating point and in number formats side by side, over labelled images."""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from lpasim.datapath.parameters import Datapath
from lpasim.errors import NetworkError
from lpasim.inference.accuracy import Accuracy, Powers
from lpasim.inference.images import LabelledImages
from lpasim.inference.lp_network import LpNetwork
from lpasim.inference.products import Arithmetic
from lpasim.networks.execution import Executor
from lpasim.networks.graph import Network
from lpasim.networks.onnx_file import fixes_batch_of_one, import_model, load_model
from lpasim.quantization.trace import Trace

if TYPE_CHECKING:
    import onnx

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
        Time in the network alone, without what is measured on it.
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
        The network in float32.
    sides : tuple of Side
        One an accumulator.
    layer_of : Mapping
        Tensor -> the layer that stores it.
    """

    model: Path
    trace: Trace
    images: LabelledImages
    datapath: Datapath
    threads: int
    unquantized: Side
    sides: tuple[Side, ...]
    layer_of: Mapping[str, str]

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
        Images at a time; 1 where the file fixes the batch at 1. It does not change any result.
    datapath : Datapath, optional
        Widths, and the rows of the array.
    threads : int
        Threads of a product.
    progress : callable, optional
        Called after every batch.

    Raises
    ------
    NetworkError
        If the network cannot run on the images, or a label is none of its classes.
    TraceError
        If the trace was made from another network.
    """
    proto = load_model(model)
    size = 1 if fixes_batch_of_one(proto) else min(batch, len(images))
    wanted = datapath or Datapath()
    runners = _Runners(proto, model, trace, accumulators, size, wanted, threads)
    unquantized, sides = Side(UNQUANTIZED), tuple(Side(name) for name in accumulators)
    shape = runners.network.inputs[runners.input][1:]
    for pixels, labels in images.batches(size, shape, model):
        if len(pixels) != runners.network.batch:
            runners = _Runners(proto, model, trace, accumulators, len(pixels), wanted, threads)
        _run_batch(runners, pixels, labels, unquantized, sides)
        if progress is not None:
            progress(unquantized.accuracy.images, len(images))
    return Evaluation(model, trace, images, wanted, threads, unquantized, sides, runners.layer_of)


class _Runners:
    """A network in floating point and in number formats, for one size of a batch."""

    def __init__(
        self,
        proto: onnx.ModelProto,
        path: Path,
        trace: Trace,
        accumulators: Sequence[Arithmetic],
        batch: int,
        datapath: Datapath,
        threads: int,
    ) -> None:
        self.network = import_model(proto, str(path), batch=batch, folder=str(path.parent))
        self.input, self.output = input_and_output(self.network)
        self.unquantized = Executor(self.network)
        self.quantized = [LpNetwork(self.network, trace, name, datapath, threads=threads) for name in accumulators]
        self.layer_of = self.quantized[0].layer_of if self.quantized else {}


def input_and_output(network: Network) -> tuple[str, str]:
    """Return the names of the only input and of the class scores.

    Raises
    ------
    NetworkError
        If there are more inputs, or the first output is of another shape.
    """
    if len(network.inputs) != 1:
        raise NetworkError(f"network must have one input, of images, got {len(network.inputs)} ({network.name})")
    output = network.outputs[0]
    shape = network.shape(output)
    if len(shape) != 2 or shape[0] != network.batch:
        got = f"{output!r} {list(shape)}"
        raise NetworkError(f"first output must be class scores [{network.batch}, classes], got {got} ({network.name})")
    return next(iter(network.inputs)), output


def _run_batch(
    runners: _Runners,
    pixels: NDArray[np.float32],
    labels: NDArray[np.int64] | None,
    unquantized: Side,
    sides: Sequence[Side],
) -> None:
    """Run a batch on every side, and count."""
    inputs = {runners.input: pixels}
    exact: dict[str, NDArray[Any]] = {}

    def keep(name: str, values: NDArray[Any]) -> NDArray[Any]:
        if name in runners.layer_of:
            exact[name] = values
        return values

    started = time.perf_counter()
    reference = runners.unquantized.run(inputs, stored=keep)[runners.output]
    unquantized.seconds += time.perf_counter() - started
    _check_labels(labels, reference.shape[1], runners.network.name)
    _count(unquantized, reference, labels, reference)
    for side, network in zip(sides, runners.quantized, strict=True):
        watch = _Comparison(exact, side.tensors)
        started = time.perf_counter()
        logits = network.run(inputs, watch.observe)[runners.output]
        side.seconds += time.perf_counter() - started - watch.seconds
        _count(side, logits, labels, reference)


class _Comparison:
    """Compares tensors with those in floating point, and measures how long that takes."""

    def __init__(self, exact: Mapping[str, NDArray[Any]], tensors: dict[str, Powers]) -> None:
        self._exact, self._tensors = exact, tensors
        self.seconds = 0.0

    def observe(self, tensor: str, values: NDArray[Any]) -> None:
        started = time.perf_counter()
        self._tensors.setdefault(tensor, Powers()).add(self._exact[tensor], values)
        self.seconds += time.perf_counter() - started


def _check_labels(labels: NDArray[np.int64] | None, classes: int, network: str) -> None:
    if labels is not None and labels.max() >= classes:
        raise NetworkError(f"labels must be below the {classes} classes, got {labels.max()} ({network})")


def _count(side: Side, logits: NDArray[Any], labels: NDArray[np.int64] | None, reference: NDArray[Any]) -> None:
    side.accuracy.add(logits, labels, reference)
    side.logit_powers.add(reference, logits)
    side.logits.append(np.asarray(logits, dtype=np.float32))
