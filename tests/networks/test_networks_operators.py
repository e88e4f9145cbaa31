"""The work of each family of operators of the post-processing unit, and the operators that are free."""

import numpy as np
import pytest
from onnx_graphs import ints, layers, network, node, posts

from lpasim.errors import NetworkError
from lpasim.networks.operators import known_operators
from lpasim.networks.operators.elementwise import BINARY, UNARY
from lpasim.networks.operators.registry import handles

IMAGE = {"x": [2, 3, 4, 6]}
SIZE = 2 * 3 * 4 * 6
BOOLEAN = {"Not", "And", "Or", "Xor"}


def work(*args, **kwargs):
    (layer,) = layers(*args, **kwargs).layers
    return posts(layer)


@pytest.mark.parametrize("operator", [name for name in UNARY if name not in BOOLEAN])
def test_unary(operator):
    opset = 24 if operator == "Swish" else 22
    assert work([node(operator, ["x"], "y")], IMAGE, ["y"], opset=opset) == [(operator, SIZE, 0, 0)]


@pytest.mark.parametrize("operator", [name for name in BINARY if name not in BOOLEAN])
def test_binary_with_a_constant_vector(operator):
    attributes = {"fmod": 1} if operator == "Mod" else {}
    nodes = [node(operator, ["x", "c"], "y", **attributes)]
    assert work(nodes, IMAGE, ["y"], {"c": (6,)}) == [(operator, SIZE, 0, 6)]


@pytest.mark.parametrize("operator", sorted(BOOLEAN))
def test_boolean(operator):
    operands = ["p"] if operator == "Not" else ["p", "p"]
    nodes = [node("Greater", ["x", "zero"], "p"), node(operator, operands, "y")]
    found = work(nodes, IMAGE, ["y"], {"zero": np.array(0, np.float32)})
    assert found == [("Greater", SIZE, 0, 0), (operator, SIZE, 0, 0)]


def test_broadcasting_grows_the_work_not_the_reading():
    nodes = [node("Relu", ["x"], "r"), node("Add", ["r", "z"], "y")]
    assert work(nodes, {"x": [2, 3, 5], "z": [5]}, ["y"]) == [("Relu", 30, 0, 0), ("Add", 30, 5, 0)]
    assert work(nodes[1:], {"r": [2, 3, 1], "z": [5]}, ["y"]) == [("Add", 30, 5, 0)]


def test_variadic():
    nodes = [node("Sum", ["x", "y", "z"], "s"), node("Max", ["s"], "m")]
    inputs = {name: [2, 5] for name in "xyz"}
    assert work(nodes, inputs, ["m"]) == [("Sum", 20, 20, 0), ("Max", 10, 0, 0)]


def test_where_and_clip():
    nodes = [
        node("Clip", ["x", "", "top"], "c"),
        node("Where", ["mask", "c", "low"], "y"),
    ]
    weights = {"top": np.array(6, np.float32), "low": np.array(-9, np.float32), "mask": np.ones((4, 6), bool)}
    assert work(nodes, IMAGE, ["y"], weights) == [("Clip", SIZE, 0, 0), ("Where", SIZE, 0, 24)]


def test_pooling():
    nodes = [
        node("MaxPool", ["x"], "m", kernel_shape=[2, 3], strides=[1, 3]),
        node("AveragePool", ["m"], "a", kernel_shape=[3, 1], pads=[1, 0, 1, 0]),
        node("GlobalAveragePool", ["a"], "g"),
    ]
    # 2 x 3 maps of 3 x 2
    expected = [("MaxPool", 36 * 6, 0, 0), ("AveragePool", 36 * 3, 0, 0), ("GlobalAveragePool", 36, 0, 0)]
    assert work(nodes, IMAGE, ["g"]) == expected


@pytest.mark.parametrize("operator", ["ReduceMean", "ReduceSum", "ReduceMax", "ReduceL2", "ReduceSumSquare"])
def test_reductions(operator):
    weights = {"axes": ints(2, 3)}
    assert work([node(operator, ["x", "axes"], "y", keepdims=0)], IMAGE, ["y"], weights) == [(operator, SIZE, 0, 0)]


def test_a_reduction_to_one_number():
    graph = layers([node("ReduceMax", ["x"], "m", keepdims=0), node("Mul", ["m", "m"], "y")], IMAGE, ["y"])
    assert graph.network.shape("m") == graph.network.shape("y") == ()
    assert posts(graph.layers[0]) == [("ReduceMax", SIZE, 0, 0), ("Mul", 1, 0, 0)]


def test_top_k_and_arg_max():
    nodes = [node("TopK", ["x", "k"], ["v", "i"], name="top"), node("ArgMax", ["v"], "y", axis=3)]
    assert work(nodes, IMAGE, ["y", "i"], {"k": ints(2)}) == [("TopK", SIZE, 0, 0), ("ArgMax", 48, 0, 0)]


def test_normalizations():
    nodes = [
        node("Softmax", ["x"], "s"),
        node("LayerNormalization", ["s", "g", "b"], "l", axis=-1),
        node("InstanceNormalization", ["l", "c", "c"], "i"),
        node("GroupNormalization", ["i", "c", "c"], "n", num_groups=3),
        node("LRN", ["n"], "y", size=5),
    ]
    weights = {"g": (6,), "b": (6,), "c": (3,)}
    assert work(nodes, IMAGE, ["y"], weights, opset=21) == [
        ("Softmax", SIZE, 0, 0),
        ("LayerNormalization", SIZE, 0, 12),
        # the same vector as scale and bias is one vector
        ("InstanceNormalization", SIZE, 0, 3),
        ("GroupNormalization", SIZE, 0, 3),
        ("LRN", 5 * SIZE, 0, 0),
    ]


@pytest.mark.parametrize(("mode", "taps"), [("nearest", 1), ("linear", 4), ("cubic", 16)])
def test_resize(mode, taps):
    nodes = [node("Resize", ["x", "", "scales"], "y", mode=mode)]
    weights = {"scales": np.array([1, 1, 2, 2], np.float32)}
    assert work(nodes, IMAGE, ["y"], weights) == [("Resize", 4 * SIZE * taps, 0, 0)]


FREE = {
    "Reshape": (["x", "shape"], {}),
    "Flatten": (["x"], {}),
    "Transpose": (["x"], {"perm": [0, 2, 3, 1]}),
    "Squeeze": (["x"], {}),
    "Unsqueeze": (["x", "one"], {}),
    "Identity": (["x"], {}),
    "Dropout": (["x"], {}),
    "Cast": (["x"], {"to": 10}),
    "Expand": (["x", "twice"], {}),
    "Tile": (["x", "repeats"], {}),
    "Concat": (["x", "x"], {"axis": 1}),
    "Slice": (["x", "one", "two", "one"], {}),
    "Split": (["x"], {"axis": 3, "num_outputs": 1}),
    "Gather": (["x", "two"], {"axis": 2}),
    "Pad": (["x", "pads"], {}),
    "DepthToSpace": (["deep"], {"blocksize": 2}),
    "SpaceToDepth": (["x"], {"blocksize": 2}),
}


@pytest.mark.parametrize("operator", FREE)
def test_free_operators_state_a_reason(operator):
    operands, attributes = FREE[operator]
    weights = {
        "shape": ints(2, -1),
        "one": ints(1),
        "two": ints(2),
        "twice": ints(2, 3, 4, 6),
        "repeats": ints(1, 2, 1, 1),
        "pads": ints(*[0, 0, 1, 1] * 2),
    }
    inputs = {"deep": [1, 4, 2, 2]} if operator == "DepthToSpace" else IMAGE
    nodes = [node(operator, operands, "f", **attributes), node("Relu", ["f"], "y")]
    graph = layers(nodes, inputs, ["y"], weights)
    (free,) = graph.free
    assert (free.node, free.operator) == ("f", operator)
    assert len(free.reason) > 10
    assert len(graph.layers) == 1


def test_constants_are_evaluated_when_the_network_is_compiled():
    graph = layers(
        [node("Transpose", ["w"], "wt", perm=[1, 0]), node("MatMul", ["x", "wt"], "y")],
        {"x": [2, 4]},
        ["y"],
        {"w": (300, 4)},
    )
    assert [(free.node, free.reason) for free in graph.free] == [
        ("wt", "constant: evaluated when the network is compiled")
    ]
    assert graph.layers[0].constant_weights == "wt"


def test_shape_arithmetic_is_evaluated():
    nodes = [
        node("Shape", ["x"], "s"),
        node("Gather", ["s", "zero"], "n"),
        node("Unsqueeze", ["n", "axis"], "n1"),
        node("Concat", ["n1", "rest"], "shape", axis=0),
        node("Reshape", ["x", "shape"], "r"),
        node("Relu", ["r"], "y"),
    ]
    weights = {"zero": np.array(0, np.int64), "axis": ints(0), "rest": ints(-1, 6)}
    graph = layers(nodes, {"x": ["N", 3, 4, 6]}, ["y"], weights, batch=5)
    assert graph.network.shape("y") == (5, 12, 6)
    assert [free.operator for free in graph.free] == ["Shape", "Gather", "Unsqueeze", "Concat", "Reshape"]


def test_no_operator_has_two_handlers():
    with pytest.raises(ValueError, match="operator must have one handler"):
        handles("Relu")(lambda node, network: None)
    assert len(known_operators()) > 100


@pytest.mark.parametrize(
    ("nodes", "message"),
    [
        ([node("Det", ["m"], "y", name="d1")], r"got Det of domain ai\.onnx \(node 'd1', operator Det, test\)"),
        (
            [node("Fancy", ["x"], "y", domain="acme")],
            r"got Fancy of domain acme \(node 'y', operator acme\.Fancy, test\)",
        ),
        ([node("NoSuch", ["x"], "y")], r"got NoSuch of domain ai\.onnx, version 18 \(node 'y'"),
        ([node("RandomNormalLike", ["x"], "y")], "got RandomNormalLike of domain"),
    ],
)
def test_an_unknown_operator_is_an_error(nodes, message):
    with pytest.raises(NetworkError, match=message):
        layers(nodes, {**IMAGE, "m": [2, 3, 3]}, ["y"], domains=("acme",))


def test_a_training_graph_is_refused():
    nodes = [node("BatchNormalization", ["x", "g", "g", "g", "g"], ["y", "m", "v"], name="bn", training_mode=1)]
    with pytest.raises(NetworkError, match=r"training_mode must be 0, got 1 \(node 'bn'"):
        layers(nodes, IMAGE, ["y"], {"g": (3,)})
    weights = {"r": np.array(0.5, np.float32), "t": np.array(True)}
    with pytest.raises(NetworkError, match="training_mode must be false, got true"):
        layers([node("Dropout", ["x", "r", "t"], "y")], IMAGE, ["y"], weights)


def test_names_are_made_unique():
    nodes = [node("Relu", ["x"], "a", name="same"), node("Relu", ["a"], "b", name="same"), node("Relu", ["b"], "c")]
    nodes[2].name = ""
    assert [entry.name for entry in network(nodes, IMAGE, ["c"]).nodes] == ["same", "same_1", "Relu_2"]
