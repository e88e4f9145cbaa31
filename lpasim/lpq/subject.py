"""A network as the search sees it: its layers with constant weights, its stored activations, and how it is run."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from functools import cached_property
from pathlib import Path
from threading import Lock
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from lpasim.errors import NetworkError, SearchError
from lpasim.lpq.anchors import Anchor, find_anchors
from lpasim.lpq.blocks import Blocks, split_blocks
from lpasim.lpq.class_scores import final_softmax
from lpasim.lpq.matrices import Arrangement, arrangement_of
from lpasim.networks.execution import Executor
from lpasim.networks.fusion import fuse
from lpasim.networks.graph import Node, Shape
from lpasim.networks.layers import LayerGraph, NetworkLayer
from lpasim.networks.onnx_file import fixes_batch_of_one, import_model, load_model
from lpasim.networks.roles import BatchNorm
from lpasim.networks.stored import read_values
from lpasim.quantization.finite import refuse_not_finite, refuse_values
from lpasim.quantization.formats import stored_activations
from lpasim.quantization.weights import layer_weights

if TYPE_CHECKING:
    import onnx

PART = 16
"""Images that run together in one thread: few enough for the cache, and always as many, so that results do not depend
on the number of threads."""

MOMENT_BYTES = 1 << 30
"""Most bytes of a layer's moments [groups, K, K]: those of 11,585 weights a channel (assumption: a handful of them must
fit into memory)."""


@dataclass(frozen=True, eq=False)
class Weighted:
    """A layer with constant weights.

    Attributes
    ----------
    layer : NetworkLayer
        The layer.
    node : Node
        Its product.
    arrangement : Arrangement
        How the operand that the file holds becomes a stack of matrices.
    matrices : ndarray [groups, rows, K]
        What is quantized: the weights, with batch normalization folded in where the compiler does so. A row belongs to
        an output channel.
    gain : ndarray [groups, rows, 1 or K]
        What folding multiplies each row with, or each weight where rows are no channels; ones where nothing is folded.
    operand : ndarray
        The weights as the product takes them.
    anchor : Anchor or None
        Where the means of its channels are corrected.
    """

    layer: NetworkLayer
    node: Node
    arrangement: Arrangement
    matrices: NDArray[np.float64]
    gain: NDArray[np.float64]
    operand: NDArray[np.float32]
    anchor: Anchor | None

    @property
    def name(self) -> str:
        """The layer's name."""
        return self.layer.name

    @property
    def count(self) -> int:
        """Number of weights."""
        return self.operand.size

    @property
    def has_moments(self) -> bool:
        """Whether its weights can be rounded together: products have rows, and their moments fit into memory."""
        groups, _, columns = self.matrices.shape
        return self.arrangement.take is not None and groups * columns**2 * self.matrices.itemsize <= MOMENT_BYTES

    def as_operand(self, matrices: NDArray[np.float64]) -> NDArray[np.float32]:
        """Return weights that the product takes from matrices of what is quantized; see `matrices`.

        Rows that folding makes zero keep the weights of the file.
        """
        kept = self.arrangement.matrices(self.operand)
        with np.errstate(divide="ignore", invalid="ignore"):
            plain = np.where(self.gain == 0, kept, matrices / self.gain)
        return self.arrangement.operand(plain).astype(np.float32)


class Subject:
    """A network for which formats are searched.

    Parameters
    ----------
    path : Path
        The ONNX file, as messages name it.
    model : onnx.ModelProto, optional
        What the file holds, or a rewritten network in its place.
    batchnorm : "fold" or "ppu"
        What the compiler does with batch normalizations.
    input_shape : str, optional
        Sizes that the file leaves open.
    sizes : mapping, optional
        The inputs' shapes, which take the place of `input_shape`.

    Attributes
    ----------
    input, result : str
        The input, and the first result, which the answers are read off.
    output : str
        The scores of the classes that objectives compare: the result, or the operand of a softmax at the end.
    probabilities : bool
        Whether the result is that of a softmax.

    Raises
    ------
    NetworkError
        If the network cannot be read or run, has several inputs, or a weight is not finite.
    SearchError
        If no layer has constant weights.
    """

    def __init__(
        self,
        path: Path,
        model: onnx.ModelProto | None = None,
        *,
        batchnorm: BatchNorm = "ppu",
        input_shape: str | None = None,
        sizes: Mapping[str, Shape] | None = None,
    ) -> None:
        self.path, self.model = path, load_model(path) if model is None else model
        self._lock = Lock()
        self._executors: dict[int, Executor] = {}
        self.part = 1 if fixes_batch_of_one(self.model) else PART
        folder = str(path.parent)
        network = import_model(
            self.model, str(path), batch=1, input_shape=input_shape, otherwise=sizes or {}, folder=folder
        )
        refuse_not_finite(network)
        if len(network.inputs) != 1:
            raise NetworkError(f"network must have one input, of images, got {len(network.inputs)} ({path})")
        self.network = replace(network, batchnorm=batchnorm)
        self.input, self.result = next(iter(network.inputs)), network.outputs[0]
        softmax = final_softmax(network)
        self.output = self.result if softmax is None else softmax.inputs[0]
        self.probabilities = softmax is not None and softmax.operator == "Softmax"
        self.graph: LayerGraph = fuse(self.network)
        self.layers = self._weighted()
        if not self.layers:
            raise SearchError(f"network must have a layer with constant weights to quantize, got none ({path})")

    @cached_property
    def blocks(self) -> Blocks:
        """Blocks of layers."""
        return split_blocks(self.graph)

    @cached_property
    def groups(self) -> Mapping[str, tuple[str, ...]]:
        """Stored activations by the representative of those that share a format, in the order of execution."""
        found: dict[str, tuple[str, ...]] = {}
        for tensor in stored_activations(self.graph):
            representative = self.graph.groups[tensor]
            found[representative] = (*found.get(representative, ()), tensor)
        return found

    @cached_property
    def representations(self) -> tuple[str, ...]:
        """The tensors that layers store and that have channels: what objectives compare."""
        made = (output.tensor for layer in self.graph.layers for output in layer.outputs)
        return tuple(tensor for tensor in made if len(self.network.shape(tensor)) >= 2)

    @property
    def image_shape(self) -> tuple[int, ...]:
        """Shape of one image."""
        return self.network.shape(self.input)[1:]

    def stored(self, name: str) -> NDArray[np.float32]:
        """Return the values of a constant that the file stores."""
        return np.asarray(read_values(self.network.weights[name], self.network.folder, str(self.path)), np.float32)

    def executor(self, images: int) -> Executor:
        """Return what runs the network in floating point on so many images; `output` is among its results."""
        with self._lock:
            if images not in self._executors:
                sizes, folder = self.network.inputs, str(self.path.parent)
                network = import_model(self.model, str(self.path), batch=images, otherwise=sizes, folder=folder)
                outputs = tuple(dict.fromkeys((self.output, *network.outputs)))
                self._executors[images] = Executor(replace(network, outputs=outputs))
            return self._executors[images]

    def _weighted(self) -> tuple[Weighted, ...]:
        nodes = {node.name: node for node in self.network.nodes}
        anchors = find_anchors(self.graph)
        constants = Executor(self.network)
        found = []
        for layer in self.graph.layers:
            if not layer.constant_weights:
                continue
            values = layer_weights(self.graph, layer)
            if values is None:
                raise NetworkError(f"weights must have data, got none (layer {layer.name}, {self.path})")
            refuse_values(values, f"tensor {layer.constant_weights}, layer {layer.name}, {self.path}")
            operand = np.asarray(constants.constant(layer.constant_weights), np.float32)
            arrangement = arrangement_of(nodes[layer.name], layer, operand.shape)
            matrices = arrangement.matrices(values.reshape(operand.shape))
            gain = _gain(matrices, arrangement.matrices(operand), by_row=arrangement.take is not None)
            anchor = anchors[layer.name]
            found.append(Weighted(layer, nodes[layer.name], arrangement, matrices, gain, operand, anchor))
        return tuple(found)


def _gain(folded: NDArray[np.float64], plain: NDArray[np.float64], by_row: bool) -> NDArray[np.float64]:
    """Return the factor between weights with and without what is folded into them.

    It is that of each row [groups, rows, 1], or that of each weight [groups, rows, K].
    """
    if by_row:
        largest = np.abs(plain).argmax(axis=2)[..., None]
        folded, plain = (np.take_along_axis(matrices, largest, axis=2) for matrices in (folded, plain))
    return np.asarray(np.divide(folded, plain, out=np.ones_like(folded), where=plain != 0))
