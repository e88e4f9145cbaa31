"""The executor itself: constants, hooks, the life of tensors, and what it refuses."""

import gc
import weakref

import numpy as np
import onnx
import pytest
from onnx import TensorProto, helper

from lpasim.errors import NetworkError
from lpasim.networks.execution import Executor, executes
from lpasim.networks.onnx_file import import_model

RNG = np.random.default_rng(3)
FILTERS = RNG.normal(size=(4, 3, 3, 3)).astype(np.float32)
MATRIX = RNG.normal(size=(4, 5)).astype(np.float32)


def network(nodes, outputs=("y",), weights=None, shape=("N", 3, 6, 6), batch=2, opset=18):
    stored = [onnx.numpy_helper.from_array(value, name) for name, value in (weights or {}).items()]
    graph = helper.make_graph(
        nodes,
        "test",
        [helper.make_tensor_value_info("x", TensorProto.FLOAT, shape)],
        [helper.make_value_info(name, onnx.TypeProto()) for name in outputs],
        stored,
    )
    model = helper.make_model(graph, opset_imports=[helper.make_opsetid("", opset)], ir_version=10)
    return import_model(model, "test.onnx", batch=batch)


def node(operator, inputs, outputs, **attributes):
    outputs = [outputs] if isinstance(outputs, str) else outputs
    return helper.make_node(operator, inputs, outputs, outputs[0], **attributes)


def small(**kwargs):
    nodes = [
        node("Conv", ["x", "filters"], "c"),
        node("Relu", ["c"], "r"),
        node("GlobalAveragePool", ["r"], "p"),
        node("Flatten", ["p"], "f"),
        node("MatMul", ["f", "matrix"], "y"),
    ]
    return network(nodes, weights={"filters": FILTERS, "matrix": MATRIX}, **kwargs)


def image(batch=2):
    return RNG.normal(size=(batch, 3, 6, 6)).astype(np.float32)


def test_images_of_a_batch_do_not_mix():
    x = image(3)
    together = Executor(small(batch=3)).run({"x": x})["y"]
    alone = Executor(small(batch=1))
    np.testing.assert_allclose(together, np.concatenate([alone.run({"x": one[None]})["y"] for one in x]), rtol=1e-5)


def test_product_hook_is_asked_for_products_only_and_its_result_is_used():
    asked = []

    def hook(node, operands):
        asked.append((node.name, [operand.shape for operand in operands]))
        return np.full((2, 4, 4, 4), 2, dtype=np.float32) if node.operator == "Conv" else None

    y = Executor(small()).run({"x": image()}, product=hook)["y"]
    assert asked == [("c", [(2, 3, 6, 6), FILTERS.shape]), ("y", [(2, 4), MATRIX.shape])]
    np.testing.assert_allclose(y, np.full((2, 4), 2, dtype=np.float32) @ MATRIX, rtol=1e-5)


def test_product_hook_gets_none_for_an_operand_left_out():
    nodes = [node("Gemm", ["x", "matrix", ""], "y")]
    graph = network(nodes, weights={"matrix": MATRIX}, shape=("N", 4))
    seen = []
    Executor(graph).run({"x": np.ones((2, 4), dtype=np.float32)}, product=lambda _, operands: seen.append(operands))
    assert [operand is None for operand in seen[0]] == [False, False, True]


def test_stored_hook_sees_every_tensor_once_in_order_and_replaces_it():
    seen = []

    def hook(name, values):
        seen.append((name, values.shape))
        return values * 2

    x = image()
    executor = Executor(small())
    y = executor.run({"x": x}, stored=hook)["y"]
    assert seen == [
        *(("x", (2, 3, 6, 6)), ("c", (2, 4, 4, 4)), ("r", (2, 4, 4, 4))),
        *(("p", (2, 4, 1, 1)), ("f", (2, 4)), ("y", (2, 5))),
    ]
    np.testing.assert_allclose(y, executor.run({"x": x})["y"] * 2 ** len(seen), rtol=1e-5)


def test_tensors_are_dropped_after_their_last_reader():
    alive, at_once = {}, []

    def hook(name, values):
        kept = values.copy()
        alive[name] = weakref.ref(kept)
        gc.collect()
        at_once.append({key for key, reference in alive.items() if reference() is not None})
        return kept

    Executor(small()).run({"x": image()}, stored=hook)
    assert at_once == [{"x"}, {"x", "c"}, {"c", "r"}, {"r", "p"}, {"p", "f"}, {"f", "y"}]


def test_a_result_that_nobody_reads_is_dropped_and_an_output_that_is_read_is_kept():
    nodes = [
        node("Split", ["x"], ["a", "unread"], axis=2, num_outputs=2),
        node("Relu", ["a"], "r"),
        node("Neg", ["r"], "n"),
    ]
    x = image()
    results = Executor(network(nodes, outputs=("n", "r"))).run({"x": x})
    assert list(results) == ["n", "r"]
    np.testing.assert_array_equal(results["r"], np.maximum(x[:, :, :3], 0))
    np.testing.assert_array_equal(results["n"], -results["r"])


def test_what_depends_on_weights_alone_is_computed_once_and_not_shown():
    large = RNG.normal(size=(300, 300)).astype(np.float32)  # too large to be computed when the file is read
    nodes = [
        node("Constant", [], "two", value_float=2.0),
        node("Mul", ["w", "two"], "scaled"),
        node("Transpose", ["scaled"], "turned"),
        node("Shape", ["x"], "shape"),
        node("ConstantOfShape", ["big"], "ones", value=onnx.numpy_helper.from_array(np.ones(1, dtype=np.float32))),
        node("Add", ["turned", "ones"], "matrix"),
        node("MatMul", ["x", "matrix"], "m"),
        node("Reshape", ["m", "shape"], "y"),
    ]
    weights = {"w": large, "big": np.array([300, 300])}
    executor = Executor(network(nodes, weights=weights, shape=("N", 300), outputs=("y", "two")))
    seen, x = [], RNG.normal(size=(2, 300)).astype(np.float32)

    def hook(name, values):
        seen.append(name)
        return values

    results = executor.run({"x": x}, stored=hook)
    assert seen == ["x", "m", "y"]
    np.testing.assert_allclose(results["y"], x @ (2 * large.T + 1), rtol=1e-4, atol=1e-3)
    assert results["two"] == 2
    np.testing.assert_array_equal(executor.constant("matrix"), 2 * large.T + 1)
    assert executor.constant("matrix") is executor.constant("matrix")


def test_shape_of_a_weight_too_large_to_be_computed_with():
    nodes = [node("Shape", ["w"], "shape", start=1), node("Expand", ["x", "shape"], "y")]
    graph = network(nodes, weights={"w": np.zeros((2, 70000), dtype=np.float32)}, shape=("N", 1))
    assert Executor(graph).run({"x": np.ones((2, 1), dtype=np.float32)})["y"].shape == (2, 70000)


def test_doubles_become_floats_on_the_way_in():
    assert Executor(small()).run({"x": image().astype(np.float64)})["y"].dtype == np.float32


def test_infinities_and_divisions_by_zero_are_silent():
    graph = network([node("Log", ["x"], "l"), node("Div", ["l", "x"], "y")], shape=("N", 3))
    y = Executor(graph).run({"x": np.array([[0, -1, 1]] * 2, dtype=np.float32)})["y"]
    np.testing.assert_array_equal(y[0], [-np.inf, np.nan, 0])


def test_an_operator_without_implementation_is_named():
    got = r"got LRN of domain ai.onnx \(node 'y', operator LRN, test.onnx\)"
    how = "to add its implementation: lpasim.networks.execution, see docs/operators.md"
    with pytest.raises(NetworkError, match=f"infer can compute, {got}; {how}$"):
        Executor(network([node("LRN", ["x"], "y", size=3)]))


def test_an_operator_has_one_implementation():
    with pytest.raises(ValueError, match=r"one implementation, got two \(Conv\)"):
        executes("Conv")(lambda node, operands: operands)


def test_missing_data_of_a_weight_are_named():
    graph = small()
    graph.weights["filters"].data_location = TensorProto.EXTERNAL
    with pytest.raises(NetworkError, match=r"data, got none for 'filters' \(node 'c', operator Conv, test.onnx\)"):
        Executor(graph)


@pytest.mark.parametrize(
    ("inputs", "message"),
    [
        ({}, r"inputs must be \['x'\], got \[\] \(test.onnx\)"),
        ({"x": np.zeros((2, 3, 6, 6)), "z": np.zeros(1)}, r"got \['x', 'z'\]"),
        ({"x": np.zeros((1, 3, 6, 6))}, r"'x' must have shape \(2, 3, 6, 6\), got \(1, 3, 6, 6\) \(input, test.onnx\)"),
    ],
)
def test_wrong_inputs_are_refused(inputs, message):
    with pytest.raises(NetworkError, match=message):
        Executor(small()).run(inputs)


def test_hooks_that_change_a_shape_are_named():
    executor = Executor(small())
    with pytest.raises(NetworkError, match=r"'c' must have shape .*, got \(1,\) \(node 'c', operator Conv"):
        executor.run({"x": image()}, product=lambda node, operands: np.zeros(1))
    with pytest.raises(NetworkError, match=r"'x' must have shape .*, got \(3, 6, 6\) \(hook after input"):
        executor.run({"x": image()}, stored=lambda name, values: values[0])


VOLUME = {"shape": ("N", 3, 4, 4, 4)}
REFUSED = {
    "training_mode must be false": ([node("Dropout", ["x", "ratio", "yes"], "y")], {}),
    "training_mode must be 0": ([node("BatchNormalization", ["x", *"abcd"], ["y", "m", "v"], training_mode=1)], {}),
    "window must be 1-D or 2-D": ([node("MaxPool", ["x"], "y", kernel_shape=[2, 2, 2])], VOLUME),
    "transposed convolution must be 1-D or 2-D": ([node("ConvTranspose", ["x", "volume"], "y")], VOLUME),
    "max pooling must have one result": ([node("MaxPool", ["x"], ["y", "places"], kernel_shape=[2, 2])], {}),
    "resizing must pick nearest": ([node("Resize", ["x", "", "scales"], "y", mode="linear")], {}),
    "operand of InstanceNormalization must have channels, got shape": (
        [node("InstanceNormalization", ["x", "a", "b"], "y")],
        {"shape": ("N",)},
    ),
    "weights must fit the channels": ([node("Conv", ["x", "filters"], "y", group=2)], {}),
}


@pytest.mark.parametrize("message", REFUSED)
def test_what_a_function_cannot_compute_is_refused(message):
    nodes, kwargs = REFUSED[message]
    weights = {
        **{name: np.ones(3, dtype=np.float32) for name in "abcd"},
        "ratio": np.float32(0.5),
        "yes": np.array(True),
        "filters": FILTERS,
        "volume": np.ones((3, 2, 2, 2, 2), dtype=np.float32),
        "scales": np.array([1, 1, 2, 2], dtype=np.float32),
    }
    graph = network(nodes, weights={k: v for k, v in weights.items() if k in nodes[0].input}, **kwargs)
    with pytest.raises(NetworkError, match=f"^{message}.*node 'y'"):
        Executor(graph).run({"x": np.ones(graph.inputs["x"], dtype=np.float32)})
