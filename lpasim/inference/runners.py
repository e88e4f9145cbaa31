"""A network in floating point and in number formats, on parts of a batch side by side in threads.

Parts, and not the work inside a network, go to the threads: so everything runs side by side, the post-processing too.
"""

from __future__ import annotations

import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from lpasim.datapath.parameters import Datapath
from lpasim.errors import NetworkError
from lpasim.inference.accuracy import Powers
from lpasim.inference.lp_network import LpNetwork, Watch
from lpasim.inference.products import Arithmetic
from lpasim.networks.execution import Executor
from lpasim.networks.graph import Network
from lpasim.networks.onnx_file import import_model
from lpasim.quantization.finite import refuse_not_finite
from lpasim.quantization.trace import Trace

if TYPE_CHECKING:
    import onnx


class Runners:
    """Makes the runners of a network for parts of a batch, of which there are few sizes."""

    def __init__(
        self, proto: onnx.ModelProto, path: Path, trace: Trace, accumulators: Sequence[Arithmetic], datapath: Datapath
    ) -> None:
        self._proto, self._path, self._trace = proto, path, trace
        self._accumulators, self._datapath = accumulators, datapath
        self._by_size: dict[int, Runner] = {}

    def of(self, images: int) -> Runner:
        """Return what runs a part with so many images."""
        if images not in self._by_size:
            sizes = self._trace.input_shapes
            folder = str(self._path.parent)
            network = import_model(self._proto, str(self._path), batch=images, otherwise=sizes, folder=folder)
            refuse_not_finite(network)
            names = input_and_output(network)
            unquantized = Executor(network)
            quantized = [
                LpNetwork(network, self._trace, name, self._datapath, original=unquantized)
                for name in self._accumulators
            ]
            self._by_size[images] = Runner(network, names, unquantized, quantized)
        return self._by_size[images]

    def parts(self, pixels: NDArray[np.float32], size: int) -> list[Part]:
        """Split a batch [N, ...] into parts of `size` images; the last one may be smaller."""
        pieces = [pixels[start : start + size] for start in range(0, len(pixels), size)]
        return [Part(self.of(len(piece)), piece) for piece in pieces]


class Runner:
    """A network in floating point, and in number formats with each of several accumulators, for one size of a part."""

    def __init__(
        self, network: Network, names: tuple[str, str], unquantized: Executor, quantized: Sequence[LpNetwork]
    ) -> None:
        self.network, self.unquantized, self.quantized = network, unquantized, quantized
        self.input, self.output = names
        self.layer_of = quantized[0].layer_of if quantized else {}


@dataclass(frozen=True, slots=True)
class Ran:
    """What a part gave: class scores [n, classes], the powers of its tensors, and how long measuring these took."""

    scores: NDArray[Any]
    powers: Mapping[str, Powers]
    seconds: float
    measuring: float


class Part:
    """Images that run together in one thread, and the tensors that layers store for them in floating point.

    Attributes
    ----------
    network : str
        Name of the network.
    """

    def __init__(self, runner: Runner, pixels: NDArray[np.float32]) -> None:
        self._runner, self._inputs = runner, {runner.input: pixels}
        self.network = runner.network.name
        self._exact: dict[str, NDArray[Any]] = {}

    def run_unquantized(self) -> NDArray[Any]:
        """Return the class scores [n, classes] in floating point."""

        def keep(name: str, values: NDArray[Any]) -> NDArray[Any]:
            if name in self._runner.layer_of:
                self._exact[name] = values
            return values

        return self._runner.unquantized.run(self._inputs, stored=keep)[self._runner.output]

    def run(self, index: int, watch: Watch | None = None) -> Ran:
        """Run with one of the accumulators, and compare each tensor with the one in floating point."""
        powers: dict[str, Powers] = {}
        measuring = 0.0

        def compare(name: str, values: NDArray[Any]) -> None:
            nonlocal measuring
            started = time.perf_counter()
            powers[name] = Powers()
            powers[name].add(self._exact[name], values)
            measuring += time.perf_counter() - started

        started = time.perf_counter()
        results = self._runner.quantized[index].run(self._inputs, compare, watch=watch)
        return Ran(results[self._runner.output], powers, time.perf_counter() - started, measuring)


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
