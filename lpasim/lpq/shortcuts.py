"""Tensors that are added behind a layer: its weights can make up for a part of their error."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from lpasim.lpq.readers import sole_readers
from lpasim.lpq.subject import Subject, Weighted
from lpasim.networks.graph import Node


@dataclass(frozen=True, eq=False)
class Shortcut:
    """What is added behind a layer.

    Attributes
    ----------
    tensor : str
        The tensor that is added, of the shape of the layer's result.
    gains : mapping of str to ndarray [channels]
        For the layer's result, and for each tensor between it and the sum, what its channels are multiplied with on the
        way to the sum; nowhere 0.
    """

    tensor: str
    gains: Mapping[str, NDArray[np.float64]]


def find_shortcuts(subject: Subject) -> dict[str, Shortcut]:
    """Find the shortcuts around layers, by the layer's name.

    Between a layer and the sum there may be batch normalizations and additions of constants, as behind convolutions of
    ResNets and the projections of transformers; nothing else may read the tensors between.
    """
    readers = sole_readers(subject.network)
    found = {layer.name: _shortcut(layer, subject, readers) for layer in subject.layers}
    return {name: shortcut for name, shortcut in found.items() if shortcut is not None}


def _shortcut(layer: Weighted, subject: Subject, readers: Mapping[str, Node]) -> Shortcut | None:
    network, tensor = subject.network, layer.node.outputs[0]
    gain = np.ones(layer.matrices.shape[0] * layer.matrices.shape[1])
    so_far = {tensor: gain}
    while (node := readers.get(tensor)) is not None:
        if node.operator == "BatchNormalization" and layer.node.operator == "Conv":
            gain = gain * _scale(node, subject)
        elif node.operator != "Add" or not network.keeps_shape(node, tensor):
            return None
        else:
            other = node.other_input(tensor)
            if other not in network.constants:
                if network.shape(other) != network.shape(tensor) or not np.all(gain):
                    return None
                return Shortcut(other, {name: gain / before for name, before in so_far.items()})
        tensor = node.outputs[0]
        so_far[tensor] = gain
    return None


def _scale(node: Node, subject: Subject) -> NDArray[np.float64]:
    """Return what a batch normalization multiplies each channel with; zeros if the file does not store it."""
    names = node.inputs[1], node.inputs[4]
    if any(name not in subject.network.weights for name in names):
        return np.zeros(1)
    scale, variance = (subject.stored(name).astype(np.float64) for name in names)
    return np.asarray(scale / np.sqrt(variance + float(node.attribute("epsilon", 1e-5))))
