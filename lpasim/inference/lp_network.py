"""A network that runs in the number formats of its trace, in floating point or on the datapath bit for bit.

Tensors that the accelerator stores in external memory are rounded to their format when they are stored, the operands
of products are code words, and what the post-processing unit does between a product and a store is computed in float32
(an assumption: its arithmetic is not published), batch normalizations that the trace keeps there included. Biases and
folded normalizations are added as a result leaves the array.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import replace
from difflib import get_close_matches
from functools import partial
from typing import Any

import numpy as np
from numpy.typing import NDArray

from lpasim.datapath.encoder import encoded_values
from lpasim.datapath.parameters import Datapath
from lpasim.errors import NetworkError, TraceError
from lpasim.inference.dump import Dump, LayerDump, LayerSetting
from lpasim.inference.matching import matched
from lpasim.inference.prepared import lightened, prepared_product
from lpasim.inference.products import Arithmetic, LpProduct, Multiplier, Recorder, Stack
from lpasim.networks.execution.executor import Executor
from lpasim.networks.fusion import fuse
from lpasim.networks.graph import Network, Node
from lpasim.networks.printable import printable
from lpasim.quantization.formats import as_posit
from lpasim.quantization.trace import Trace

Observer = Callable[[str, NDArray[Any]], None]
"""Sees a tensor (name, values) as it lies in external memory."""
Watch = Callable[[LpProduct, Stack, Stack], None]
"""Sees a product and both its operands as they are multiplied: of a convolution, those of each image."""


class LpNetwork:
    """A network with the number formats of a trace.

    Parameters
    ----------
    network : Network
        The network, with the values of its weights, for any batch.
    trace : Trace
        Formats, made from the same network.
    accumulator : str
        "float": products in float32 of quantized values, what is usually called fake quantization. "wide" or "paper":
        the datapath bit for bit, with that accumulator.
    datapath : Datapath
        Widths, and the rows of the array.
    original : Executor, optional
        The network in floating point where it is at hand, so that its constants are read once.

    Attributes
    ----------
    layer_of : dict
        Tensor that a layer stores -> the layer's name.

    Raises
    ------
    TraceError
        If the trace was made from another network.
    NetworkError
        If weights have no values, or a product is of a kind that has no implementation in number formats.
    """

    def __init__(
        self,
        network: Network,
        trace: Trace,
        accumulator: Arithmetic,
        datapath: Datapath | None = None,
        *,
        original: Executor | None = None,
    ) -> None:
        graph = fuse(replace(network, batchnorm=trace.batchnorm))
        self._name = trace.name
        self._datapath = datapath or Datapath()
        self._on_datapath = accumulator != "float"
        self._multiply = Multiplier(accumulator, self._datapath)
        constants = original or Executor(network)
        pairs = matched(graph, trace)
        _check_ranges(trace)
        nodes = {node.name: node for node in network.nodes}
        self._products = {
            layer.name: prepared_product(graph, layer, entry, nodes[layer.name], constants)
            for layer, entry in pairs
            if layer.product is not None
        }
        self._executor = Executor(replace(network, nodes=lightened(graph, self._products)))
        self.layer_of = {output.tensor: layer.name for layer, entry in pairs for output in layer.outputs}
        self._formats = {
            made.tensor: as_posit(written.format)
            for layer, entry in pairs
            for made, written in zip(layer.outputs, entry.outputs, strict=True)
        }
        self._first_output = {layer.name: self._formats[layer.outputs[0].tensor] for layer, _ in pairs}

    def run(
        self,
        inputs: Mapping[str, NDArray[Any]],
        observe: Observer | None = None,
        dump: Dump | None = None,
        watch: Watch | None = None,
    ) -> dict[str, NDArray[Any]]:
        """Compute the network's results.

        Parameters
        ----------
        inputs : mapping
            Values of every input, by name, in its shape.
        observe : callable, optional
            Called for every tensor that a layer stores, once it is in its format.
        dump : (str, callable), optional
            A layer with a product, and what takes its code words and sums.
        watch : callable, optional
            Called for every product with its operands, before it is computed.

        Returns
        -------
        dict
            Values of every output, by name.

        Raises
        ------
        NetworkError
            If a dump is asked for of no such layer, or of products in floating point, which have no words.
        """
        recorder = None if dump is None else self._recorder(*dump)

        def stored(name: str, values: NDArray[Any]) -> NDArray[Any]:
            fmt = self._formats.get(name)
            if fmt is None:
                return values
            exact = values.astype(np.float32, copy=False)
            rounded = encoded_values(exact, fmt, self._datapath) if self._on_datapath else fmt.quantize(exact)
            if observe is not None:
                observe(name, rounded)
            return rounded

        def product(node: Node, operands: tuple[NDArray[Any] | None, ...]) -> NDArray[Any] | None:
            found = self._products.get(node.name)
            if found is None:
                return None
            multiply = self._multiply
            if recorder is not None and node.name == recorder[0]:
                multiply = replace(multiply, record=recorder[1])
            if watch is not None:
                multiply = replace(multiply, watch=partial(watch, found))
            return found.compute(operands, multiply)

        return self._executor.run(inputs, product=product, stored=stored)

    def _recorder(self, name: str, take: Callable[[LayerDump], None]) -> tuple[str, Recorder]:
        """Return the node of a layer, and what makes a dump of its product."""
        layer = _layer_called(name, self._products, self.layer_of.values(), self._name)
        arithmetic = self._multiply.arithmetic
        if arithmetic == "float":
            raise NetworkError(f"accumulator must be wide or paper for code words, got float (layer {name})")
        product, output = self._products[layer], self._first_output[layer]

        def record(first: Stack, second: Stack, sums: NDArray[np.float64]) -> None:
            setting = LayerSetting(
                network=self._name,
                layer=name,
                accumulator=arithmetic,
                datapath=self._datapath,
                first_format=first.fmt,
                second_format=second.fmt,
                output_format=output,
                stationary="first" if product.stationary_first else "second",
            )
            take(LayerDump.of(setting, first.words, second.words, sums))

        return layer, record


def _check_ranges(trace: Trace) -> None:
    """Refuse formats with values that float32 does not hold, in which tensors lie between layers."""
    limits = np.finfo(np.float32)
    for layer in trace.layers:
        written = (layer.weight_format, layer.activation_format, *(output.format for output in layer.outputs))
        for fmt in {as_posit(entry) for entry in written if entry is not None}:
            if not limits.tiny <= fmt.minpos <= fmt.maxpos <= limits.max:
                rule = f"must stay within {limits.tiny:.3g}..{limits.max:.3g}, the normal numbers of float32"
                got = f"{fmt.minpos:.3g}..{fmt.maxpos:.3g}"
                raise TraceError(f"values of {fmt} {rule}, got {got} (layer {layer.name}, trace {trace.name})")


def _layer_called(name: str, products: Mapping[str, LpProduct], layers: Iterable[str], network: str) -> str:
    """Find the layer with a product that has a printable name."""
    known = {printable(layer): layer for layer in products}
    if name in known:
        return known[name]
    there = name in map(printable, layers)
    got = f"{name!r}, which {'has none' if there else 'is no layer'}"
    (nearest,) = get_close_matches(name, known, n=1, cutoff=0) or [""]
    hint = f"; the nearest name is {nearest}" if nearest else ""
    raise NetworkError(f"layer must be one with a product, got {got} (--dump-layer, {network}){hint}")
