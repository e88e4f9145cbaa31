"""A network in floating point and in number formats, on parts of a batch side by side in threads.

Parts, and not the work inside a network, go to the threads: so everything runs side by side, the post-processing too.
"""

from __future__ import annotations

import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from lpasim.datapath.parameters import Datapath
from lpasim.inference.accuracy import Powers
from lpasim.inference.floating import Floating
from lpasim.inference.lp_network import LpNetwork, Watch
from lpasim.inference.products import Arithmetic
from lpasim.networks.graph import Network
from lpasim.networks.onnx_file import fixes_batch_of_one, import_model, load_model
from lpasim.quantization.finite import refuse_not_finite
from lpasim.quantization.trace import Trace


class Runners:
    """Makes the runners of a network for parts of a batch, of which there are few sizes.

    Parameters
    ----------
    path : Path
        The network's file.
    trace : Trace
        Its number formats.
    accumulators : sequence of str
        How products are added up.
    datapath : Datapath
        Widths, and the rows of the array.
    reference : Path, optional
        A network of the same tensors that runs in floating point in its place.

    Attributes
    ----------
    one_by_one : bool
        Whether a file fixes the batch at 1.
    """

    def __init__(
        self,
        path: Path,
        trace: Trace,
        accumulators: Sequence[Arithmetic],
        datapath: Datapath,
        reference: Path | None = None,
    ) -> None:
        self._path, self._reference, self._trace = path, reference, trace
        self._accumulators, self._datapath = accumulators, datapath
        self._protos = {file: load_model(file) for file in (path, reference) if file is not None}
        self.one_by_one = any(fixes_batch_of_one(proto) for proto in self._protos.values())
        self._by_size: dict[int, Runner] = {}

    def of(self, images: int) -> Runner:
        """Return what runs a part with so many images."""
        if images not in self._by_size:
            network = self._network(self._path, images)
            own = Floating.of(network)
            quantized = [
                LpNetwork(network, self._trace, name, self._datapath, original=own.executor)
                for name in self._accumulators
            ]
            exact = own if self._reference is None else Floating.of(self._network(self._reference, images))
            runner = Runner(network, own, exact, quantized)
            exact.check_against(network, runner.layer_of)
            self._by_size[images] = runner
        return self._by_size[images]

    def _network(self, path: Path, images: int) -> Network:
        sizes, folder = self._trace.input_shapes, str(path.parent)
        network = import_model(self._protos[path], str(path), batch=images, otherwise=sizes, folder=folder)
        refuse_not_finite(network)
        return network

    def parts(self, pixels: NDArray[np.float32], size: int) -> list[Part]:
        """Split a batch [N, ...] into parts of `size` images; the last one may be smaller."""
        pieces = [pixels[start : start + size] for start in range(0, len(pixels), size)]
        return [Part(self.of(len(piece)), piece) for piece in pieces]


class Runner:
    """A network in floating point, and in number formats with each of several accumulators, for one size of a part."""

    def __init__(self, network: Network, own: Floating, exact: Floating, quantized: Sequence[LpNetwork]) -> None:
        self.network, self.exact, self.quantized = network, exact, quantized
        self.input, self.output = own.input, own.output
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
        self._runner, self._pixels = runner, pixels
        self.network = runner.network.name
        self._exact: dict[str, NDArray[Any]] = {}

    def run_unquantized(self) -> NDArray[Any]:
        """Return the class scores [n, classes] in floating point."""

        def keep(name: str, values: NDArray[Any]) -> NDArray[Any]:
            if name in self._runner.layer_of:
                self._exact[name] = values
            return values

        exact = self._runner.exact
        return exact.executor.run({exact.input: self._pixels}, stored=keep)[exact.output]

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
        inputs = {self._runner.input: self._pixels}
        results = self._runner.quantized[index].run(inputs, compare, watch=watch)
        return Ran(results[self._runner.output], powers, time.perf_counter() - started, measuring)
