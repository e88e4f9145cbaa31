"""Batch normalizations behind products that are kept in the post-processing unit, on graphs worked out by hand."""

from dataclasses import replace

import pytest
from onnx_graphs import mnkc, network, node, posts, stored

from lpasim.networks.fusion import fuse

IMAGE = {"x": [2, 3, 8, 8]}
NORM = {"g": (4,), "b": (4,), "m": (4,), "v": (4,)}
BLOCK = [
    node("Conv", ["x", "w"], "c", pads=[1, 1, 1, 1]),
    node("BatchNormalization", ["c", *"gbmv"], "n"),
    node("Relu", ["n"], "r"),
    node("MaxPool", ["r"], "y", kernel_shape=[2, 2], strides=[2, 2]),
]
WEIGHTS = {"w": (4, 3, 3, 3), **NORM}


def fused(nodes, weights, inputs=IMAGE, outputs=("y",)):
    """Fuse a graph both ways: folded, and kept."""
    made = network(nodes, inputs, list(outputs), weights)
    return fuse(made), fuse(replace(made, batchnorm="ppu"))


def test_a_kept_normalization_is_work_behind_its_product():
    folded, kept = fused(BLOCK, WEIGHTS)
    (layer,) = kept.layers
    assert posts(layer) == [
        ("BatchNormalization", 2 * 4 * 64, 0, 2 * 4),
        ("Relu", 2 * 4 * 64, 0, 0),
        ("MaxPool", 2 * 4 * 16 * 4, 0, 0),
    ]
    assert (kept.folded, kept.free) == ({}, ())
    (other,) = folded.layers
    assert posts(other) == posts(layer)[1:]
    assert [free.node for free in folded.free] == ["n"]
    assert (mnkc(layer), stored(layer)) == (mnkc(other), stored(other)), "the product and what is stored stay the same"


def test_a_bias_before_a_kept_normalization_is_folded_and_one_behind_it_is_not():
    bias = [node("Add", ["c", "one"], "before"), node("Add", ["n", "one"], "y")]
    nodes = [BLOCK[0], bias[0], node("BatchNormalization", ["before", *"gbmv"], "n"), bias[1]]
    folded, kept = fused(nodes, {**WEIGHTS, "one": (4, 1, 1)})
    assert folded.folded == {"c": ("before", "n", "y")}
    assert kept.folded == {"c": ("before",)}
    assert posts(kept.layers[0]) == [("BatchNormalization", 512, 0, 8), ("Add", 512, 0, 4)]


@pytest.mark.parametrize("operator", ["Gemm", "MatMul", "ConvTranspose"])
def test_every_product_that_could_hold_it(operator):
    shape = (3, 4, 1, 1) if operator == "ConvTranspose" else (3, 4)
    inputs = {"x": [2, 3, 5, 5] if operator == "ConvTranspose" else [2, 3]}
    nodes = [node(operator, ["x", "w"], "c"), node("BatchNormalization", ["c", *"gbmv"], "y")]
    folded, kept = fused(nodes, {"w": shape, **NORM}, inputs)
    size = 2 * 4 * (25 if operator == "ConvTranspose" else 1)
    assert posts(folded.layers[0]) == []
    assert posts(kept.layers[0]) == [("BatchNormalization", size, 0, 8)]


def test_one_that_no_weights_can_hold_is_the_same_either_way():
    nodes = [node("BatchNormalization", ["x", *"gbmv"], "n"), node("Relu", ["n"], "y")]
    folded, kept = fused(nodes, dict.fromkeys("gbmv", (3,)))
    assert folded.layers == kept.layers
    assert posts(kept.layers[0])[0] == ("BatchNormalization", 2 * 3 * 64, 0, 6)
