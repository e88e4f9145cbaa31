"""Scales of output channels: the network gives the same, its weights are scaled, and its layers keep their names."""

import os
from pathlib import Path

import numpy as np
import pytest
from lpq_graphs import (
    assert_same_results,
    drawn,
    executed,
    layer,
    layers,
    model,
    node,
    norm,
    stored_arrays,
)
from onnx import numpy_helper

from lpasim.errors import NetworkError
from lpasim.lpq.anchors import Anchor, find_anchors
from lpasim.lpq.channel_scales import scaled_channels
from lpasim.networks.fusion import fuse
from lpasim.networks.onnx_file import import_model, load_model
from lpasim.quantization.channels import by_channel
from lpasim.quantization.trained import find_network
from lpasim.quantization.weights import layer_weights, stored_values

IMAGE, ROWS, TOKENS = {"x": [2, 3, 6, 6]}, {"x": [5, 6]}, {"x": [2, 5, 6]}
CONV = {"w": drawn(4, 3, 3, 3), "b": drawn(4)}
LINEAR = {"w": drawn(6, 4), "b": drawn(4)}
NORM, NORM_VALUES = norm("n", 4)
FACTORS = np.array([0.3, 1.7, 5.0, 0.01])


def conv_norm(operands="x w"):
    return [node("Conv", operands, "c"), node("BatchNormalization", f"c {NORM}", "y")]


ABSORBED = {
    "Conv": (conv_norm(), IMAGE, {"w": CONV["w"]} | NORM_VALUES),
    "Conv with bias": (conv_norm("x w b"), IMAGE, CONV | NORM_VALUES),
    "depthwise": (
        [node("Conv", "x w", "c", group=4), node("BatchNormalization", f"c {NORM}", "y")],
        {"x": [2, 4, 6, 6]},
        {"w": drawn(4, 1, 3, 3)} | NORM_VALUES,
    ),
    "transposed convolution in groups": (
        [node("ConvTranspose", "x w b", "c", group=2), node("BatchNormalization", f"c {NORM}", "y")],
        {"x": [2, 6, 4, 4]},
        {"w": drawn(6, 2, 3, 3), "b": drawn(4)} | NORM_VALUES,
    ),
    "Gemm": (
        [node("Gemm", "x w b", "c", transB=1, beta=0.5), node("BatchNormalization", f"c {NORM}", "y")],
        ROWS,
        {"w": drawn(4, 6), "b": drawn(4)} | NORM_VALUES,
    ),
    "weights of a Constant node": (
        [node("Constant", "", "w", value=numpy_helper.from_array(CONV["w"])), *conv_norm()],
        IMAGE,
        NORM_VALUES,
    ),
    "transposed weights": (
        [node("Transpose", "stored", "w", perm=[3, 0, 1, 2]), *conv_norm()],
        IMAGE,
        {"stored": drawn(3, 3, 3, 4)} | NORM_VALUES,
    ),
}

DIVIDED = {
    "Conv": ([node("Conv", "x w", "c"), node("Relu", "c", "y")], IMAGE, {"w": CONV["w"]}, (4, 1, 1)),
    "Conv with bias": ([node("Conv", "x w b", "c"), node("Relu", "c", "y")], IMAGE, CONV, (4, 1, 1)),
    "Conv of one dimension": (
        [node("Conv", "x w", "c"), node("Relu", "c", "y")],
        {"x": [2, 3, 9]},
        {"w": drawn(4, 3, 3)},
        (4, 1),
    ),
    "depthwise": (
        [node("Conv", "x w b", "c", group=4), node("Relu", "c", "y")],
        {"x": [2, 4, 6, 6]},
        {"w": drawn(4, 1, 3, 3), "b": drawn(4)},
        (4, 1, 1),
    ),
    "transposed convolution": (
        [node("ConvTranspose", "x w b", "c"), node("Relu", "c", "y")],
        IMAGE,
        {"w": drawn(3, 4, 2, 2), "b": drawn(4)},
        (4, 1, 1),
    ),
    "Gemm": ([node("Gemm", "x w b", "c", alpha=0.5, beta=3.0), node("Relu", "c", "y")], ROWS, LINEAR, (4,)),
    "Gemm, transposed": (
        [node("Gemm", "x w b", "c", transB=1), node("Relu", "c", "y")],
        ROWS,
        {"w": drawn(4, 6), "b": drawn(1, 4)},
        (4,),
    ),
    "Gemm with one bias for all": (
        [node("Gemm", "x w b", "c"), node("Relu", "c", "y")],
        ROWS,
        LINEAR | {"b": drawn(1)},
        (4,),
    ),
    "Gemm that adds a matrix": (
        [node("Gemm", "x w b", "c"), node("Relu", "c", "y")],
        ROWS,
        LINEAR | {"b": drawn(5, 4)},
        (4,),
    ),
    "Gemm with constant rows": (
        [node("Gemm", "w x b", "c"), node("Relu", "c", "y")],
        {"x": [6, 5]},
        {"w": drawn(4, 6), "b": drawn(4, 1)},
        (4, 1),
    ),
    "MatMul": ([node("MatMul", "x w", "c"), node("Add", "c b", "y")], TOKENS, LINEAR, (4,)),
    "MatMul with constant rows": (
        [node("MatMul", "w x", "c"), node("Relu", "c", "y")],
        {"x": [2, 6, 5]},
        {"w": drawn(4, 6)},
        (4, 1),
    ),
    "normalization of tokens": (
        [node("MatMul", "x w", "c"), node("BatchNormalization", f"c {NORM}", "y")],
        {"x": [2, 4, 6]},
        {"w": LINEAR["w"]} | NORM_VALUES,
        (4,),
    ),
    "normalization that is not the only reader": (
        [node("Conv", "x w", "c"), node("BatchNormalization", f"c {NORM}", "n"), node("Add", "c n", "y")],
        IMAGE,
        {"w": CONV["w"]} | NORM_VALUES,
        (4, 1, 1),
    ),
    "file of the third version": ([node("Conv", "x w b", "c"), node("Relu", "c", "y")], IMAGE, CONV, (4, 1, 1)),
}


def built(case, cases):
    nodes, inputs, weights = cases[case][:3]
    return model(nodes, inputs, "y", weights, ir=3 if "third" in case else 8)


def drawn_inputs(proto):
    return {name: drawn(*shape, seed=4) for name, shape in import_model(proto, "test").inputs.items()}


def check_weights(before, after, name, factors):
    """Check that each channel's weights are multiplied, and no other layer's weights are touched."""
    first, second = layers(before), layers(after)
    for found in first.layers:
        if found.constant_weights:
            old, new = (
                by_channel(graph.network, one, stored_values(graph.network, one.constant_weights))
                for graph, one in ((first, found), (second, layer(second, found.name)))
            )
            expected = old * factors[:, None] if found.name == name else old
            assert np.allclose(new, expected, rtol=1e-6, atol=0)


@pytest.mark.parametrize("case", ABSORBED)
def test_a_normalization_takes_the_scales_over(case):
    proto = built(case, ABSORBED)
    after = scaled_channels(proto, {"c": FACTORS})
    assert [entry.op_type for entry in after.graph.node] == [entry.op_type for entry in proto.graph.node]
    check_weights(proto, after, "c", FACTORS)
    assert_same_results(proto, after, drawn_inputs(proto))
    old, new = stored_arrays(proto), stored_arrays(after)
    assert np.allclose(new["n.mean"], old["n.mean"] * FACTORS)
    assert np.allclose(new["n.gamma"], old["n.gamma"] / FACTORS)
    for kept in ("n.beta", "n.variance"):
        assert np.array_equal(new[kept], old[kept])


@pytest.mark.parametrize("case", DIVIDED)
def test_a_multiplication_takes_the_scales_back(case):
    proto, shape = built(case, DIVIDED), DIVIDED[case][3]
    after = scaled_channels(proto, {"c": FACTORS})
    check_weights(proto, after, "c", FACTORS)
    assert_same_results(proto, after, drawn_inputs(proto))
    product, back = (next(entry for entry in after.graph.node if name in entry.output) for name in ("c_scaled", "c"))
    assert (product.name, back.op_type, back.input[0]) == ("c", "Mul", "c_scaled")
    inverse = stored_arrays(after)[back.input[1]]
    assert inverse.shape == shape
    assert np.allclose(inverse.ravel(), 1 / FACTORS)


@pytest.mark.parametrize("case", DIVIDED)
def test_the_products_own_result_is_scaled(case):
    proto, shape = built(case, DIVIDED), DIVIDED[case][3]
    inputs = drawn_inputs(proto)
    (before,) = executed(proto, inputs, "c")
    (after,) = executed(scaled_channels(proto, {"c": FACTORS}), inputs, "c_scaled")
    assert np.allclose(after, before * FACTORS.reshape(shape), rtol=1e-4, atol=1e-5)


def test_the_multiplication_is_work_of_the_post_processing_unit():
    nodes, inputs, weights = DIVIDED["Conv with bias"][:3]
    graph = layers(scaled_channels(model(nodes, inputs, "y", weights), {"c": FACTORS}))
    (found,) = graph.layers
    assert [(post.operator, post.elements, post.constant_elements) for post in found.post] == [
        ("Mul", 2 * 4 * 4 * 4, 4),
        ("Relu", 2 * 4 * 4 * 4, 0),
    ]


def test_powers_of_two_change_no_bit():
    nodes, inputs, weights = DIVIDED["MatMul"][:3]
    proto = model(nodes, inputs, "y", weights)
    after = scaled_channels(proto, {"c": np.array([0.25, 1, 2, 64])})
    assert_same_results(proto, after, drawn_inputs(proto), 0)


def test_a_bias_behind_the_multiplication_still_is_the_anchor():
    nodes, inputs, weights = DIVIDED["MatMul"][:3]
    proto = model(nodes, inputs, "y", weights)
    after = scaled_channels(proto, {"c": FACTORS})
    assert find_anchors(layers(after)) == find_anchors(layers(proto)) == {"c": Anchor("c", "y", "b", 2)}


def test_a_product_that_the_network_returns_keeps_its_name():
    proto = model([node("Gemm", "x w b", "y")], ROWS, "y", LINEAR)
    after = scaled_channels(proto, {"y": FACTORS})
    assert [value.name for value in after.graph.output] == ["y"]
    assert_same_results(proto, after, drawn_inputs(proto))


def test_constants_that_others_read_are_not_changed_for_them():
    """Two layers share a bias and all parameters of their normalizations; one of them is scaled."""
    nodes = [
        node("Conv", "x w b", "c"),
        node("BatchNormalization", f"c {NORM}", "m"),
        node("Conv", "x v b", "d"),
        node("BatchNormalization", f"d {NORM}", "n"),
        node("Sub", "m n", "y"),
    ]
    proto = model(nodes, IMAGE, "y", CONV | {"v": drawn(4, 3, 3, 3, seed=1)} | NORM_VALUES)
    after = scaled_channels(proto, {"c": FACTORS})
    assert_same_results(proto, after, drawn_inputs(proto))
    old, new = stored_arrays(proto), stored_arrays(after)
    assert {name for name in old if not np.array_equal(old[name], new[name])} == {"w"}
    assert_same_results(proto, scaled_channels(proto, {"c": FACTORS, "d": FACTORS[::-1]}), drawn_inputs(proto))


def test_constants_behind_identities_are_found():
    nodes = [node("Identity", "shared", "n.mean"), *conv_norm()]
    weights = {"w": CONV["w"], "shared": drawn(4, seed=11)} | NORM_VALUES
    del weights["n.mean"]
    proto = model(nodes, IMAGE, "y", weights)
    assert_same_results(proto, scaled_channels(proto, {"c": FACTORS}), drawn_inputs(proto))


def test_layers_without_a_name_keep_the_one_that_their_place_gives():
    nodes = [
        node("Conv", "x w", "c", name=""),
        node("Relu", "c", "r", name=""),
        node("Conv", "r v", "y", name=""),
    ]
    proto = model(nodes, IMAGE, "y", {"w": CONV["w"], "v": drawn(2, 4, 3, 3)})
    names = [found.name for found in layers(proto).layers]
    assert names == ["Conv_0", "Conv_2"]
    after = scaled_channels(proto, {"Conv_0": FACTORS, "Conv_2": FACTORS[:2]})
    assert [found.name for found in layers(after).layers] == names
    assert_same_results(proto, after, drawn_inputs(proto))


def test_new_names_avoid_those_in_use():
    nodes = [
        node("Gemm", "x w c_inverse_scale", "c", name="c"),
        node("Relu", "c", "c_scaled"),
        node("Neg", "c_scaled", "y"),
    ]
    proto = model(nodes, ROWS, "y", {"w": LINEAR["w"], "c_inverse_scale": LINEAR["b"]})
    after = scaled_channels(proto, {"c": FACTORS})
    assert_same_results(proto, after, drawn_inputs(proto))
    outputs = [output for entry in after.graph.node for output in entry.output]
    assert len(set(outputs)) == len(outputs)


@pytest.mark.parametrize(
    ("nodes", "factors", "message"),
    [
        (DIVIDED["MatMul"][0], {"y": FACTORS}, r"one with constant weights, got 'y' \(test\)"),
        (DIVIDED["MatMul"][0], {"c": FACTORS[:3]}, r"must have shape \(4,\), got \(3,\) \(layer c, test\)"),
        (DIVIDED["MatMul"][0], {"c": [1, 2, 0, 4]}, r"must be positive and finite, got 0 \(layer c, test\)"),
        (DIVIDED["MatMul"][0], {"c": [1, 2, np.inf, 4]}, r"must be positive and finite, got inf \(layer c, test\)"),
        (DIVIDED["MatMul"][0], {"c": [1, 2, 1e39, 4]}, r"new values must be finite, got -?inf \(constant 'w', test\)"),
        (
            [node("MatMul", "x w", "c"), node("MatMul", "x w", "d"), node("Add", "c d", "y")],
            {"c": FACTORS},
            r"read by this layer alone, got other readers of 'w' \(layer c, test\)",
        ),
        (
            [node("Einsum", "x w", "y", equation="btk,kc->btc")],
            {"y": FACTORS},
            r"weights must have an axis of channels, got an Einsum \(layer y\)",
        ),
    ],
)
def test_what_cannot_be_scaled_is_refused(nodes, factors, message):
    with pytest.raises(NetworkError, match=message):
        scaled_channels(model(nodes, TOKENS, "y", LINEAR), factors)


def test_a_bias_of_activations_is_refused():
    proto = model([node("Gemm", "x w z", "y")], ROWS | {"z": [5, 4]}, "y", {"w": LINEAR["w"]})
    with pytest.raises(NetworkError, match="operand must be constant where channels are scaled, got activations"):
        scaled_channels(proto, {"y": FACTORS})


def test_a_network_of_another_model_is_refused():
    other = import_model(model([node("Gemm", "x w b", "y")], ROWS, "y", LINEAR), "other")
    with pytest.raises(NetworkError, match=r"must be made from the model, got other nodes \(other\)"):
        scaled_channels(built("MatMul", DIVIDED), {}, other)


def factors_of(graph):
    """Draw a factor for every output channel of every layer, between 1/8 and 8."""
    random = np.random.default_rng(2)
    return {
        found.name: 2.0 ** random.uniform(-3, 3, len(by_channel(graph.network, found, layer_weights(graph, found))))
        for found in graph.layers
        if found.constant_weights
    }


def check_scaled_network(path, kept):
    """Scale all layers of a network, at most `kept` of which need no multiplication, and compare its results."""
    proto = load_model(path)
    network = import_model(proto, path.name, batch=1, folder=str(path.parent))
    graph = fuse(network)
    after = scaled_channels(proto, factors_of(graph), network)
    added = len(after.graph.node) - len(proto.graph.node)
    assert added == sum(bool(found.constant_weights) for found in graph.layers) - kept
    inputs = {name: drawn(*shape, seed=5) for name, shape in network.inputs.items()}
    assert_same_results(proto, after, inputs, 1e-4)
    scaled = fuse(import_model(after, path.name, batch=1))
    assert [found.name for found in scaled.layers] == [found.name for found in graph.layers]
    assert [found.product for found in scaled.layers] == [found.product for found in graph.layers]
    assert None not in find_anchors(scaled).values()


def test_the_trained_network_stays_the_same():
    check_scaled_network(find_network("fashion"), kept=8)


@pytest.mark.skipif("LPASIM_DATA" not in os.environ, reason="LPASIM_DATA is not set: no real networks at hand")
@pytest.mark.parametrize(
    ("name", "kept"), [("squeezenet1_1", 0), ("efficientnet_lite0", 49), ("vit_tiny_patch16_224", 0)]
)
def test_real_networks_stay_the_same(name, kept):
    check_scaled_network(Path(os.environ["LPASIM_DATA"]) / "models" / f"{name}.onnx", kept)
