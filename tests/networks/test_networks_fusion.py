"""Fusing nodes into layers, on graphs small enough to work out by hand."""

import numpy as np
import pytest
from onnx_graphs import ints, layers, mnkc, node, posts, stored

from lpasim.errors import NetworkError

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
    assert graph.folded == {"c": ("n",)}


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
    first, second, third, alone = graph.layers
    assert (stored(first), stored(second)) == ({"a": 256}, {"b": 128})
    assert (third.inputs, third.input_elements) == (("a", "b"), 384)
    # the sum is larger than b, whose place it cannot take: both parts are streamed again
    assert (alone.name, alone.product, alone.inputs, alone.input_elements) == ("y", None, ("a", "b"), 384)
    assert (posts(alone), stored(alone)) == ([("Add", 384, 0, 0)], {"y": 384})
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
    # the bias enters with the results, the one-element scale is part of the instruction
    assert posts(qkv) == [("Mul", 40, 0, 0)]
    # of the stored projection, only keys and values are read again; the queries were scaled
    assert stored(qkv) == {"qkv": 80, "qs": 40}
    assert mnkc(scores) == (2, 5, 4, 5)
    assert (scores.inputs, scores.weight_inputs) == (("qkv_raw",), ("qkv_raw",))
    assert (scores.input_tensors, scores.weight_tensors) == (("qs",), ("qkv",))
    assert (scores.constant_weights, posts(scores), stored(scores)) == ("", [("Softmax", 50, 0, 0)], {"p": 50})
    assert (mnkc(context), context.inputs, context.weight_inputs) == ((2, 5, 5, 4), ("scores",), ("qkv_raw",))
    assert [free.operator for free in graph.free] == ["Add", "Split", "Transpose"]


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


def test_a_gate_is_a_layer_of_its_own_that_streams_the_gated_tensor():
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
    first, excite, gate = graph.layers
    assert stored(first) == {"a": 256, "p": 4}
    assert (posts(excite), stored(excite)) == ([("Sigmoid", 4, 0, 0)], {"g": 4})
    assert (gate.operator, gate.product, gate.inputs, gate.input_elements) == ("Mul", None, ("a",), 256)
    assert posts(gate) == [("Mul", 256, 4, 0)]
    assert (gate.post[0].makers, stored(gate)) == (("e",), {"y": 256})


@pytest.mark.parametrize("spread", ["Resize", "Expand", "broadcast"])
def test_a_result_that_is_larger_than_its_operand_opens_a_layer(spread):
    nodes = [conv("x", "a", "w"), node("GlobalAveragePool", ["a"], "p"), node("Conv", ["p", "s"], "e")]
    if spread == "Resize":
        nodes.append(node("Resize", ["a", "", "twice"], "y"))
    elif spread == "Expand":
        nodes += [node("Expand", ["e", "shape"], "wide"), node("Relu", ["wide"], "y")]
    else:
        nodes.append(node("Add", ["e", "position"], "y"))
    weights = {
        "w": (4, 3, 3, 3),
        "s": (4, 4, 1, 1),
        "twice": np.array([1, 1, 2, 2], np.float32),
        "shape": ints(1, 4, 16, 16),
        "position": (1, 4, 16, 16),
    }
    *_, last = layers(nodes, IMAGE, ["y"], weights).layers
    assert (last.name, last.product, stored(last)) == ("y", None, {"y": 1024})
    assert last.input_elements == (256 if spread == "Resize" else 4)


def test_zeros_and_constants_beside_an_operand_do_not_count_as_larger():
    # a class token before the patches, and their positions
    for token in (node("Pad", ["a", "pads"], "t"), node("Concat", ["class", "a"], "t", axis=1)):
        weights = {"w": (6, 6), "pads": ints(0, 1, 0, 0, 0, 0), "class": (1, 1, 6), "position": (6, 6)}
        nodes = [node("MatMul", ["x", "w"], "a"), token, node("Add", ["t", "position"], "y")]
        (layer,) = layers(nodes, {"x": [1, 5, 6]}, ["y"], weights).layers
        assert posts(layer)[-1][:2] == ("Add", 36)
        assert stored(layer) == {"y": 36}


def bias_of(product, operands=("p", "bias"), **weights):
    nodes = [product, node("Add", list(operands), "y")]
    inputs = {"x": [1, 3, 8, 8] if product.op_type.startswith("Conv") else [5, 6]}
    return layers(nodes, inputs, ["y"], {"w": (6, 4), **weights})


@pytest.mark.parametrize("operands", [("p", "bias"), ("bias", "p")])
@pytest.mark.parametrize(
    ("product", "weights"),
    [
        (node("MatMul", ["x", "w"], "p"), {"bias": (4,)}),
        (node("MatMul", ["x", "w"], "p"), {"bias": (1,)}),
        (node("MatMul", ["wt", "x"], "p"), {"wt": (4, 5), "bias": (4, 1)}),
        (node("Gemm", ["x", "w"], "p"), {"bias": (1, 4)}),
        (node("Conv", ["x", "w"], "p"), {"w": (4, 3, 1, 1), "bias": (4, 1, 1)}),
        (node("ConvTranspose", ["x", "w"], "p"), {"w": (3, 4, 1, 1), "bias": (1, 4, 1, 1)}),
    ],
)
def test_one_constant_a_column_is_a_bias(product, weights, operands):
    graph = bias_of(product, operands, **weights)
    (layer,) = graph.layers
    assert (posts(layer), list(stored(layer)), graph.folded) == ([], ["y"], {"p": ("y",)})
    assert [free.reason for free in graph.free] == ["bias: added when a result leaves the array"]


@pytest.mark.parametrize(
    ("product", "weights"),
    [
        (node("MatMul", ["x", "w"], "p"), {"bias": (5, 1)}),
        (node("MatMul", ["x", "w"], "p"), {"bias": (5, 4)}),
        (node("MatMul", ["wt", "x"], "p"), {"wt": (4, 5), "bias": (6,)}),
        (node("Conv", ["x", "w"], "p"), {"w": (4, 3, 1, 1), "bias": (8,)}),
    ],
)
def test_other_constants_are_added_by_the_post_processing_unit(product, weights):
    graph = bias_of(product, **weights)
    (layer,) = graph.layers
    assert [post.operator for post in layer.post] == ["Add"]
    assert layer.post[0].constant_elements == np.prod(weights["bias"])
    assert graph.folded == {}


def test_a_bias_of_a_result_that_others_read_is_work():
    nodes = [node("MatMul", ["x", "w"], "p"), node("Add", ["p", "bias"], "y")]
    (layer,) = layers(nodes, {"x": [5, 6]}, ["y", "p"], {"w": (6, 4), "bias": (4,)}).layers
    assert posts(layer) == [("Add", 20, 0, 4)]


@pytest.mark.parametrize(
    ("product", "image", "weights", "channels"),
    [
        (node("ConvTranspose", ["x", "w"], "p", group=2, strides=[2, 2]), [1, 4, 5, 5], (4, 3, 2, 2), 6),
        (node("Gemm", ["x", "w"], "p", transB=1), [5, 6], (4, 6), 4),
        (node("MatMul", ["x", "w"], "p"), [5, 6], (6, 4), 4),
    ],
)
def test_a_batch_normalization_is_folded_into_any_product_with_constant_weights(product, image, weights, channels):
    nodes = [product, node("Add", ["p", "bias"], "b"), node("BatchNormalization", ["b", *"ghmv"], "y")]
    bias = (channels, 1, 1) if len(image) == 4 else (channels,)
    stored_values = {"w": weights, "bias": bias, **dict.fromkeys("ghmv", (channels,))}
    graph = layers(nodes, {"x": image}, ["y"], stored_values)
    (layer,) = graph.layers
    assert (posts(layer), graph.folded) == ([], {"p": ("b", "y")})


def test_a_batch_normalization_along_the_rows_of_a_product_is_work():
    # the product's columns run along axis 2, the normalization along axis 1
    nodes = [node("MatMul", ["x", "w"], "p"), node("BatchNormalization", ["p", *"gggg"], "y")]
    (layer,) = layers(nodes, {"x": [2, 5, 6]}, ["y"], {"w": (6, 4), "g": (5,)}).layers
    assert posts(layer) == [("BatchNormalization", 40, 0, 10)]


def test_a_network_that_takes_no_time_is_refused():
    with pytest.raises(NetworkError, match=r"must have an operator that takes time, got 1 that take none \(test\)"):
        layers([node("Transpose", ["x"], "y")], IMAGE, ["y"])


def test_all_unknown_operators_are_named():
    nodes = [node("NonMaxSuppression", ["b", "s"], "a"), node("Det", ["x"], "y"), node("Det", ["x"], "z")]
    with pytest.raises(NetworkError) as caught:
        layers(nodes, {"x": [3, 3], "b": [1, 2, 4], "s": [1, 1, 2]}, ["y", "z"])
    message = str(caught.value)
    assert message.startswith(
        "operator must be one that lpasim knows, got NonMaxSuppression of domain ai.onnx (node 'a'"
    )
    assert "; unknown as well: Det; to add one: its role in lpasim.networks.operators, its impl" in message
    foreign = [node("Magic", ["x"], "y", domain="far"), node("Spell", ["y"], "z", domain="far")]
    with pytest.raises(NetworkError, match=r"got Magic of domain far \(.*\); unknown as well: Spell; .* a function of"):
        layers(foreign, {"x": [3, 3]}, ["z"], domains=("far",))


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
