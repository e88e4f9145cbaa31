"""Fusing nodes into layers, on graphs small enough to work out by hand."""

import numpy as np
import pytest
from onnx_graphs import ints, layers, mnkc, node, posts, stored

IMAGE = {"x": [1, 3, 8, 8]}


def conv(x, y, w):
    return node("Conv", [x, w], y, pads=[1, 1, 1, 1])


def test_a_block_stores_the_pooled_tensor_only():
    graph = layers(
        [
            conv("x", "c", "w"),
            node("BatchNormalization", ["c", "g", "b", "m", "v"], "n"),
            node("Relu", ["n"], "r"),
            node("MaxPool", ["r"], "y", kernel_shape=[2, 2], strides=[2, 2]),
        ],
        IMAGE,
        ["y"],
        {"w": (4, 3, 3, 3), "g": (4,), "b": (4,), "m": (4,), "v": (4,)},
    )
    (layer,) = graph.layers
    assert (layer.name, layer.inputs, layer.constant_weights) == ("c", (), "w")
    assert posts(layer) == [("Relu", 256, 0, 0), ("MaxPool", 4 * 16 * 4, 0, 0)]
    assert stored(layer) == {"y": 64}
    assert [(free.node, free.reason) for free in graph.free] == [
        ("n", "folded into the weights of c when the network is compiled")
    ]
    assert graph.folded == {"c": "n"}


@pytest.mark.parametrize("reason", ["shared", "returned", "after relu", "of the input"])
def test_a_batch_normalization_that_cannot_be_folded_is_work(reason):
    source = {"after relu": "r", "of the input": "x"}.get(reason, "c")
    nodes = [conv("x", "c", "w"), node("Relu", ["c"], "r")] if reason != "of the input" else []
    nodes.append(node("BatchNormalization", [source, "g", "g", "g", "g"], "n"))
    outputs = ["n", "c"] if reason == "returned" else ["n", "r"] if reason == "shared" else ["n"]
    graph = layers(nodes, IMAGE, outputs, {"w": (3, 3, 3, 3), "g": (3,)})
    (layer,) = graph.layers
    assert ("BatchNormalization", 192, 0, 6) in posts(layer)
    assert graph.folded == {}


def test_a_residual_reads_only_what_another_layer_made():
    graph = layers(
        [
            conv("x", "a", "w1"),
            node("Relu", ["a"], "ar"),
            conv("ar", "b", "w2"),
            node("Add", ["b", "ar"], "sum"),
            node("Relu", ["sum"], "y"),
        ],
        IMAGE,
        ["y"],
        {"w1": (4, 3, 3, 3), "w2": (4, 4, 3, 3)},
    )
    first, second = graph.layers
    assert stored(first) == {"ar": 256}
    assert second.inputs == ("a",)
    assert posts(second) == [("Add", 256, 256, 0), ("Relu", 256, 0, 0)]
    assert second.post[0].makers == ("a",)
    assert second.post[0].tensors == ("ar",)
    assert stored(second) == {"y": 256}


def test_an_addition_joins_the_later_of_two_branches_in_either_order():
    for operands in (["b", "a"], ["a", "b"]):
        graph = layers(
            [
                conv("x", "a", "w1"),
                conv("x", "b", "w2"),
                node("Relu", ["a"], "unrelated"),
                node("Add", operands, "y"),
            ],
            IMAGE,
            ["y", "unrelated"],
            {"w1": (4, 3, 3, 3), "w2": (4, 3, 3, 3)},
        )
        first, second = graph.layers
        assert stored(first) == {"a": 256, "unrelated": 256}
        assert posts(second) == [("Add", 256, 256, 0)]


def test_the_same_tensor_twice_is_read_once():
    nodes = [conv("x", "a", "w1"), conv("a", "b", "w2"), node("Mul", ["a", "a"], "aa"), node("Add", ["aa", "b"], "y")]
    graph = layers(nodes, IMAGE, ["y"], {"w1": (4, 3, 3, 3), "w2": (4, 4, 3, 3)})
    assert posts(graph.layers[0]) == [("Mul", 256, 0, 0)]
    assert posts(graph.layers[1]) == [("Add", 256, 256, 0)]


def test_a_concatenation_is_read_from_its_parts_which_share_a_format():
    graph = layers(
        [
            conv("x", "a", "w1"),
            conv("x", "b", "w2"),
            node("Concat", ["a", "b"], "ab", axis=1),
            conv("ab", "c", "w3"),
            node("Add", ["ab", "ab"], "y"),
        ],
        IMAGE,
        ["c", "y"],
        {"w1": (4, 3, 3, 3), "w2": (2, 3, 3, 3), "w3": (1, 6, 3, 3)},
    )
    first, second, third = graph.layers
    assert (stored(first), stored(second)) == ({"a": 256}, {"b": 128, "y": 384})
    assert (third.inputs, third.input_elements) == (("a", "b"), 384)
    # the Add after the concatenation joins b's layer: only the part that a made is read
    assert posts(second) == [("Add", 384, 256, 0)]
    assert graph.groups["a"] == graph.groups["b"] != graph.groups["x"]


def test_free_operators_are_listed_and_looked_through():
    graph = layers(
        [
            conv("x", "a", "w"),
            node("Reshape", ["a", "shape"], "flat"),
            node("Transpose", ["flat"], "turned", perm=[0, 2, 1]),
            node("MatMul", ["turned", "m"], "y"),
        ],
        IMAGE,
        ["y"],
        {"w": (4, 3, 3, 3), "shape": ints(0, 4, -1), "m": (4, 5)},
    )
    assert [(free.node, free.operator) for free in graph.free] == [("flat", "Reshape"), ("turned", "Transpose")]
    assert stored(graph.layers[0]) == {"a": 256}
    assert (graph.layers[1].inputs, mnkc(graph.layers[1])) == (("a",), (1, 64, 4, 5))


def attention_nodes():
    return [
        node("MatMul", ["x", "w"], "qkv_raw"),
        node("Add", ["qkv_raw", "bias"], "qkv"),
        node("Split", ["qkv", "thirds"], ["q", "k", "v"], axis=2),
        node("Transpose", ["k"], "kt", perm=[0, 2, 1]),
        node("Mul", ["q", "scale"], "qs"),
        node("MatMul", ["qs", "kt"], "scores"),
        node("Softmax", ["scores"], "p"),
        node("MatMul", ["p", "v"], "y"),
    ]


def test_attention():
    graph = layers(
        attention_nodes(),
        {"x": [2, 5, 6]},
        ["y"],
        {"w": (6, 12), "bias": (12,), "thirds": ints(4, 4, 4), "scale": np.array(0.5, np.float32)},
    )
    qkv, scores, context = graph.layers
    assert mnkc(qkv) == (1, 10, 6, 12)
    # the bias is read, the one-element scale is part of the instruction
    assert posts(qkv) == [("Add", 120, 0, 12), ("Mul", 40, 0, 0)]
    # of the stored projection, only keys and values are read again; the queries were scaled
    assert stored(qkv) == {"qkv": 80, "qs": 40}
    assert mnkc(scores) == (2, 5, 4, 5)
    assert (scores.inputs, scores.weight_inputs) == (("qkv_raw",), ("qkv_raw",))
    assert (scores.input_tensors, scores.weight_tensors) == (("qs",), ("qkv",))
    assert (scores.constant_weights, posts(scores), stored(scores)) == ("", [("Softmax", 50, 0, 0)], {"p": 50})
    assert (mnkc(context), context.inputs, context.weight_inputs) == ((2, 5, 5, 4), ("scores",), ("qkv_raw",))
    assert [free.operator for free in graph.free] == ["Split", "Transpose"]


def test_a_normalized_residual_stores_both_tensors():
    graph = layers(
        [
            node("MatMul", ["x", "w"], "a"),
            node("LayerNormalization", ["a", "g", "b"], "n"),
            node("MatMul", ["n", "w2"], "m"),
            node("Add", ["a", "m"], "y"),
        ],
        {"x": [1, 5, 6]},
        ["y"],
        {"w": (6, 6), "w2": (6, 6), "g": (6,), "b": (6,)},
    )
    first, second = graph.layers
    assert posts(first) == [("LayerNormalization", 30, 0, 12)]
    assert stored(first) == {"a": 30, "n": 30}
    assert posts(second) == [("Add", 30, 30, 0)]


def test_operators_on_the_input_make_a_layer_of_their_own():
    graph = layers(
        [
            node("Sub", ["x", "mean"], "s"),
            node("Sigmoid", ["s"], "g"),
            node("Mul", ["s", "g"], "y"),
            conv("y", "c", "w"),
            node("Add", ["c", "x"], "z"),
        ],
        IMAGE,
        ["z"],
        {"mean": (1, 3, 1, 1), "w": (3, 3, 3, 3)},
    )
    alone, after = graph.layers
    assert (alone.name, alone.operator, alone.product) == ("s", "Sub", None)
    assert (alone.input_elements, alone.inputs) == (192, ())
    assert posts(alone) == [("Sub", 192, 0, 3), ("Sigmoid", 192, 0, 0), ("Mul", 192, 0, 0)]
    assert stored(alone) == {"y": 192}
    # the input of the network is read again as an operand, made by no layer
    assert posts(after) == [("Add", 192, 192, 0)]
    assert after.post[0].makers == ()


def test_an_input_that_is_the_streamed_operand_is_not_read_twice():
    graph = layers([node("Sigmoid", ["x"], "g"), node("Mul", ["x", "g"], "y")], {"x": [1, 10]}, ["y"])
    assert posts(graph.layers[0]) == [("Sigmoid", 10, 0, 0), ("Mul", 10, 0, 0)]


def test_a_gate_reads_the_gated_tensor_back():
    graph = layers(
        [
            conv("x", "a", "w"),
            node("GlobalAveragePool", ["a"], "p"),
            node("Conv", ["p", "s"], "e"),
            node("Sigmoid", ["e"], "g"),
            node("Mul", ["a", "g"], "y"),
        ],
        IMAGE,
        ["y"],
        {"w": (4, 3, 3, 3), "s": (4, 4, 1, 1)},
    )
    first, gate = graph.layers
    assert stored(first) == {"a": 256, "p": 4}
    assert posts(gate) == [("Sigmoid", 4, 0, 0), ("Mul", 256, 256, 0)]
    assert stored(gate) == {"y": 256}


def test_parts_are_counted_once_however_often_they_are_read():
    graph = layers(
        [
            conv("x", "a", "w"),
            node("Slice", ["a", "zero", "one", "axis"], "part"),
            node("Transpose", ["part"], "turned"),
            node("Conv", ["part", "w1"], "b"),
            node("Relu", ["turned"], "r"),
        ],
        IMAGE,
        ["b", "r"],
        {"w": (4, 3, 3, 3), "w1": (2, 1, 1, 1), "zero": ints(0), "one": ints(1), "axis": ints(1)},
    )
    # of a's 4 channels one is needed; the Relu joins a's own layer
    assert stored(graph.layers[0]) == {"a": 64, "r": 64}
    assert graph.layers[1].input_elements == 64


def test_zeros_around_and_repetitions_are_not_read():
    graph = layers(
        [
            conv("x", "a", "w"),
            node("Pad", ["a", "pads"], "p"),
            node("Conv", ["p", "w1"], "b"),
            node("GlobalMaxPool", ["b"], "m"),
            node("Expand", ["m", "shape"], "e"),
            node("Conv", ["e", "w2"], "y"),
        ],
        IMAGE,
        ["y"],
        {
            "w": (4, 3, 3, 3),
            "w1": (2, 4, 1, 1),
            "w2": (1, 2, 1, 1),
            "pads": ints(*[0, 0, 1, 1] * 2),
            "shape": ints(1, 2, 9, 9),
        },
    )
    assert [layer.input_elements for layer in graph.layers] == [192, 256, 2]
    assert graph.layers[1].product.m == 100


def test_a_table_is_looked_up_by_index():
    graph = layers(
        [
            node("Cast", ["ids"], "i", to=7),
            node("Gather", ["table", "i"], "e"),
            node("Add", ["e", "position"], "s"),
            node("MatMul", ["s", "w"], "y"),
        ],
        {"ids": [1, 5]},
        ["y"],
        {"table": (100, 8), "position": (5, 8), "w": (8, 3)},
    )
    lookup, product = graph.layers
    # 5 rows of 8 and the 5 indices stream in; the positions are a constant operand
    assert lookup.input_elements == 45
    assert posts(lookup) == [("Add", 40, 0, 40)]
    assert product.inputs == ("s",)
    assert [free.operator for free in graph.free] == ["Cast", "Gather"]


def test_a_branch_that_nobody_reads_is_not_dropped():
    graph = layers(
        [conv("x", "a", "w"), conv("x", "unused", "w"), node("Relu", ["unused"], "r")],
        IMAGE,
        ["a"],
        {"w": (4, 3, 3, 3)},
    )
    assert [layer.name for layer in graph.layers] == ["a", "unused"]
    assert (posts(graph.layers[1]), stored(graph.layers[1])) == ([("Relu", 256, 0, 0)], {})


def test_every_node_is_a_layer_a_post_operator_or_free():
    nodes = attention_nodes()
    graph = layers(
        nodes,
        {"x": [2, 5, 6]},
        ["y"],
        {"w": (6, 12), "bias": (12,), "thirds": ints(4, 4, 4), "scale": np.array(0.5, np.float32)},
    )
    found = [layer.name for layer in graph.layers] + [post.node for layer in graph.layers for post in layer.post]
    assert sorted(found + [free.node for free in graph.free]) == sorted(proto.name for proto in nodes)
