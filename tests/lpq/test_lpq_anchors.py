"""Where layers are corrected: on small graphs, by moving the constant and watching the tensor; and on real networks."""

import os
from pathlib import Path

import numpy as np
import pytest
from lpq_graphs import drawn, executed, layers, model, node, norm, stored_arrays
from onnx import numpy_helper

from lpasim.lpq.anchors import Anchor, find_anchors
from lpasim.lpq.rewrite import rewritten
from lpasim.networks.fusion import fuse
from lpasim.networks.onnx_file import import_model, load_model
from lpasim.networks.zoo.catalogue import built_in

IMAGE, ROWS, TOKENS = {"x": [2, 3, 6, 6]}, {"x": [5, 6]}, {"x": [2, 5, 6]}
CONV = {"w": drawn(4, 3, 3, 3), "b": drawn(4)}
NORM, NORM_VALUES = norm("n", 4)
LINEAR = {"w": drawn(6, 4), "b": drawn(4)}


def conv_norm(bias=""):
    return [node("Conv", f"x w {bias}", "c"), node("BatchNormalization", f"c {NORM}", "y")]


CASES = {
    "normalization": (conv_norm(), IMAGE, CONV | NORM_VALUES, Anchor("c", "y", "n.beta", 1)),
    "normalization behind a bias": (conv_norm("b"), IMAGE, CONV | NORM_VALUES, Anchor("c", "y", "n.beta", 1)),
    "own bias": ([node("Conv", "x w b", "y")], IMAGE, CONV, Anchor("y", "y", "b", 1)),
    "own bias, one dimension": (
        [node("Conv", "x w b", "y")],
        {"x": [2, 3, 9]},
        {"w": drawn(4, 3, 3), "b": drawn(4)},
        Anchor("y", "y", "b", 1),
    ),
    "depthwise": (
        [node("Conv", "x w b", "y", group=3)],
        IMAGE,
        {"w": drawn(6, 1, 3, 3), "b": drawn(6)},
        Anchor("y", "y", "b", 1),
    ),
    "transposed convolution": (
        [node("ConvTranspose", "x w b", "y")],
        IMAGE,
        {"w": drawn(3, 4, 2, 2), "b": drawn(4)},
        Anchor("y", "y", "b", 1),
    ),
    "bias added to a convolution": (
        [node("Conv", "x w", "c"), node("Add", "c b", "y")],
        IMAGE,
        {"w": CONV["w"], "b": drawn(4, 1, 1)},
        Anchor("c", "y", "b", 1),
    ),
    "Gemm": ([node("Gemm", "x w b", "y")], ROWS, LINEAR, Anchor("y", "y", "b", 1)),
    "Gemm, transposed": (
        [node("Gemm", "x w b", "y", transB=1)],
        ROWS,
        {"w": drawn(4, 6), "b": drawn(1, 4)},
        Anchor("y", "y", "b", 1),
    ),
    "Gemm with alpha and beta": (
        [node("Gemm", "x w b", "y", alpha=3.0, beta=0.25)],
        ROWS,
        LINEAR,
        Anchor("y", "y", "b", 1, 0.25),
    ),
    "Gemm with constant rows": (
        [node("Gemm", "w x b", "y")],
        {"x": [6, 5]},
        {"w": drawn(4, 6), "b": drawn(4, 1)},
        Anchor("y", "y", "b", 0),
    ),
    "Gemm and normalization": (
        [node("Gemm", "x w b", "c"), node("BatchNormalization", f"c {NORM}", "y")],
        ROWS,
        LINEAR | NORM_VALUES,
        Anchor("c", "y", "n.beta", 1),
    ),
    "MatMul and Add": (
        [node("MatMul", "x w", "c"), node("Add", "c b", "y")],
        TOKENS,
        LINEAR,
        Anchor("c", "y", "b", 2),
    ),
    "Add and MatMul": (
        [node("MatMul", "x w", "c"), node("Add", "b c", "y")],
        TOKENS,
        {"w": LINEAR["w"], "b": drawn(1, 1, 4)},
        Anchor("c", "y", "b", 2),
    ),
    "scale between": (
        [node("MatMul", "x w", "c"), node("Mul", "s c", "m"), node("Add", "m b", "y")],
        TOKENS,
        LINEAR | {"s": drawn(4, seed=3)},
        Anchor("c", "y", "b", 2),
    ),
    "tokens in place of channels": (
        [node("MatMul", "x w", "c"), node("Add", "c b", "a"), node("BatchNormalization", f"a {NORM}", "y")],
        {"x": [2, 4, 6]},
        LINEAR | NORM_VALUES,
        Anchor("c", "a", "b", 2),
    ),
}

WITHOUT = {
    "no bias": ([node("Conv", "x w", "y")], IMAGE, CONV),
    "shared bias": (
        [node("Conv", "x w b", "c"), node("Conv", "x v b", "d"), node("Add", "c d", "y")],
        IMAGE,
        CONV | {"v": drawn(4, 3, 3, 3, seed=1)},
    ),
    "bias that is computed": (
        [node("Identity", "b", "same"), node("Conv", "x w same", "y")],
        IMAGE,
        CONV,
    ),
    "beta of zero": ([node("Gemm", "x w b", "y", beta=0.0)], ROWS, LINEAR),
    "one value for all channels": (
        [node("MatMul", "x w", "c"), node("Add", "c b", "y")],
        TOKENS,
        LINEAR | {"b": drawn(1)},
    ),
    "a value for each row": ([node("Gemm", "x w b", "y")], {"x": [4, 6]}, LINEAR | {"b": drawn(4, 1)}),
    "a value for each token": (
        [node("MatMul", "x w", "c"), node("Add", "c b", "y")],
        {"x": [2, 4, 6]},
        LINEAR | {"b": drawn(4, 1)},
    ),
    "a normalization of tokens": (
        [node("MatMul", "x w", "c"), node("BatchNormalization", f"c {NORM}", "y")],
        {"x": [2, 4, 6]},
        {"w": LINEAR["w"]} | NORM_VALUES,
    ),
    "a value for each row, with an axis before": (
        [node("MatMul", "x w", "c"), node("Add", "c b", "y")],
        {"x": [4, 6]},
        LINEAR | {"b": drawn(1, 4, 1)},
    ),
    "a scale with an axis before": (
        [node("MatMul", "x w", "c"), node("Mul", "c s", "m"), node("Add", "m b", "y")],
        {"x": [4, 6]},
        LINEAR | {"s": drawn(1, 4, 1, seed=2), "b": drawn(1, 4, 1)},
    ),
    "a sum with more axes": (
        [node("MatMul", "x w", "c"), node("Add", "c b", "y")],
        ROWS,
        LINEAR | {"b": drawn(2, 1, 4)},
    ),
    "a product that others read": (
        [node("MatMul", "x w", "c"), node("Add", "c b", "a"), node("Mul", "a c", "y")],
        TOKENS,
        LINEAR,
    ),
    "an Einstein sum with two axes of channels": (
        [node("Einsum", "x w", "c", equation="btk,khd->bthd"), node("Add", "c b", "y")],
        TOKENS,
        {"w": drawn(6, 2, 2), "b": drawn(2, 2)},
    ),
    "half precision": (
        [
            node("Cast", "x", "h", to=10),
            node("MatMul", "h w", "c"),
            node("Add", "c b", "z"),
            node("Cast", "z", "y", to=1),
        ],
        TOKENS,
        {name: value.astype(np.float16) for name, value in LINEAR.items()},
    ),
}


@pytest.mark.parametrize("case", CASES)
def test_the_anchor_is_found(case):
    nodes, inputs, weights, expected = CASES[case]
    assert list(find_anchors(layers(model(nodes, inputs, "y", weights))).values()) == [expected]


@pytest.mark.parametrize("case", CASES)
def test_the_constant_moves_the_tensor_by_channel(case):
    nodes, shapes, weights, anchor = CASES[case]
    proto = model(nodes, shapes, "y", weights)
    inputs = {name: drawn(*shape, seed=9) for name, shape in shapes.items()}
    channels = weights[anchor.initializer].size
    moves = np.arange(1, channels + 1, dtype=np.float32)
    moved = weights[anchor.initializer] + moves.reshape(weights[anchor.initializer].shape)
    network = import_model(proto, "test")
    along = [channels if axis == anchor.axis else 1 for axis in range(len(network.shape(anchor.tensor)))]
    (before,) = executed(proto, inputs, anchor.tensor)
    (after,) = executed(rewritten(proto, {anchor.initializer: moved}), inputs, anchor.tensor)
    assert np.allclose(after - before, anchor.gain * moves.reshape(along), atol=1e-4)


@pytest.mark.parametrize("case", WITHOUT)
def test_there_is_no_anchor(case):
    nodes, inputs, weights = WITHOUT[case]
    anchors = find_anchors(layers(model(nodes, inputs, "y", weights)))
    assert anchors
    assert set(anchors.values()) == {None}


def test_a_shift_that_two_normalizations_share_gives_way_to_the_bias():
    nodes = [
        node("Conv", "x w b", "c"),
        node("BatchNormalization", f"c {NORM}", "m"),
        node("BatchNormalization", f"m {NORM}", "y"),
    ]
    anchors = find_anchors(layers(model(nodes, IMAGE, "y", CONV | NORM_VALUES)))
    assert anchors == {"c": Anchor("c", "c", "b", 1)}


def test_a_product_that_the_network_returns_is_not_corrected_behind_it():
    proto = model([node("MatMul", "x w", "c"), node("Add", "c b", "y")], TOKENS, "y", LINEAR)
    proto.graph.output.add(name="c")
    assert find_anchors(layers(proto)) == {"c": None}


def test_constant_nodes_are_stored_constants():
    bias = node("Constant", "", "b", value=numpy_helper.from_array(drawn(4)))
    nodes = [bias, node("MatMul", "x w", "c"), node("Add", "c b", "y")]
    anchors = find_anchors(layers(model(nodes, TOKENS, "y", {"w": LINEAR["w"]})))
    assert anchors == {"c": Anchor("c", "y", "b", 2)}


def test_products_of_activations_have_none():
    nodes = [node("MatMul", "x z", "c"), node("Add", "c b", "y")]
    assert find_anchors(layers(model(nodes, {"x": [5, 6], "z": [6, 4]}, "y", {"b": drawn(4)}))) == {}


@pytest.mark.parametrize(
    "name", ["resnet18", "squeezenet1_1", "efficientnet_lite0", "vit_tiny", "mobilenet_v2", "swin_t"]
)
def test_every_layer_of_built_in_networks_has_an_anchor_of_its_own(name):
    anchors = find_anchors(fuse(import_model(built_in(name), name)))
    without = {layer for layer, anchor in anchors.items() if anchor is None}
    reductions = {f"stages.{stage}.merge.reduction.matmul" for stage in (1, 2, 3)}  # linear layers without a bias
    assert without == (reductions if name == "swin_t" else set())
    constants = [anchor.initializer for anchor in anchors.values() if anchor]
    assert len(set(constants)) == len(constants)


@pytest.mark.skipif("LPASIM_DATA" not in os.environ, reason="LPASIM_DATA is not set: no real networks at hand")
@pytest.mark.parametrize("name", ["squeezenet1_1", "efficientnet_lite0", "vit_tiny_patch16_224"])
def test_every_layer_of_trained_networks_has_one(name):
    path = Path(os.environ["LPASIM_DATA"]) / "models" / f"{name}.onnx"
    proto = load_model(path)
    graph = fuse(import_model(proto, name))
    stored = stored_arrays(proto)
    anchors = find_anchors(graph)
    assert None not in anchors.values()
    for anchor in anchors.values():
        assert stored[anchor.initializer].size == graph.network.shape(anchor.tensor)[anchor.axis]
        kind = graph.network.makers[anchor.tensor].operator
        assert kind in {"BatchNormalization", "Conv", "Add", "Gemm"}
        assert (anchor.axis == 2) == (kind == "Add")
