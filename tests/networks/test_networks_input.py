"""Input shapes, and files that are missing, damaged, or do not fit together."""

import numpy as np
import onnx
import pytest
from onnx_graphs import ints, model, network, node

from lpasim.errors import NetworkError
from lpasim.networks.onnx_file import fixes_batch_of_one, import_model, load_model

RELU = [node("Relu", ["x"], "y")]


def shape_of(shape, **kwargs):
    return network(RELU, {"x": shape}, ["y"], **kwargs).shape("y")


def test_the_batch_sets_the_open_leading_dimension():
    assert shape_of(["N", 3]) == (1, 3)
    assert shape_of(["N", 3], batch=7) == (7, 3)
    assert shape_of([None, 3], batch=7) == (7, 3)
    assert shape_of(["N", "N"], batch=2) == (2, 2)
    assert network(RELU, {"x": ["N", 3]}, ["y"], batch=7).batch == 7


def test_the_user_gives_other_open_dimensions():
    assert shape_of(["N", 3, "h", "w"], input_shape="2x3x20x30") == (2, 3, 20, 30)
    assert shape_of(["N", 3, "h", "w"], input_shape="x:2x3x20x30", batch=2) == (2, 3, 20, 30)
    two = network([node("Add", ["a", "b"], "y")], {"a": ["N", "t"], "b": ["N", "t"]}, ["y"], input_shape="a:1x4, b:1x4")
    assert two.inputs == {"a": (1, 4), "b": (1, 4)}


@pytest.mark.parametrize(
    ("shape", "kwargs", "message"),
    [
        (["N", "h"], {}, r"must be given with --input-shape, got the open dimensions 'h' of input 'x' \(test\)"),
        (["N", "h", None], {}, r"got the open dimensions 'h' of input 'x', '\?' of input 'x' \(test\)"),
        (["N", 3], {"batch": 0}, "batch must be at least 1, got 0"),
        (["N", 3], {"batch": -4}, "batch must be at least 1, got -4"),
        ([2, 3], {"batch": 4}, r"batch must be 2, as the file fixes it, got 4 \(dimension 0 of input 'x'"),
        (["N", 3], {"input_shape": "1x4"}, r"size must be 3, as the file fixes it, got 4 \(dimension 1"),
        (["N", 3], {"input_shape": "2x3", "batch": 3}, "batch must agree with the input shape's 2, got 3"),
        (["N", 3], {"input_shape": "1x3x1"}, "shape of input 'x' must have 2 dimensions, got 3"),
        (["N", "h"], {"input_shape": "1x0"}, "size must be at least 1, got 0"),
        (["N", "h"], {"input_shape": "1x-5"}, "size must be at least 1, got -5"),
        ([1, 0], {}, "size must be at least 1, got 0"),
        (["N", 3], {"input_shape": "1 by 3"}, "input shape must read like 1x3x224x224 or .*, got '1 by 3'"),
        (["N", 3], {"input_shape": "z:1x3"}, "input shape must name an input, one of x, got 'z'"),
        (["N", "h"], {"input_shape": "1x99999999999"}, r"must have at most 2\^31 elements"),
    ],
)
def test_shapes_that_do_not_work(shape, kwargs, message):
    with pytest.raises(NetworkError, match=message):
        shape_of(shape, **kwargs)


def test_other_shapes_fill_in_what_nobody_else_says():
    def inputs(shape, otherwise, **kwargs):
        return import_model(model(RELU, {"x": shape}, ["y"]), "test", otherwise=otherwise, **kwargs).inputs["x"]

    assert inputs(["N", 3, "h", None], {"x": (9, 4, 20, 30)}) == (1, 3, 20, 30)
    assert inputs(["N", 3, "h", None], {"x": (9, 4, 20, 30)}, input_shape="2x3x5x6") == (2, 3, 5, 6)
    for otherwise in ({}, {"z": (1, 2)}, {"x": (1,)}, {"x": (1, 2, 3)}):
        with pytest.raises(NetworkError, match="got the open dimensions 'h'"):
            inputs(["N", "h"], otherwise)


def test_several_inputs_must_be_named():
    nodes = [node("Add", ["a", "b"], "y")]
    with pytest.raises(NetworkError, match="input shape must name its input, one of a, b"):
        network(nodes, {"a": ["N"], "b": ["N"]}, ["y"], input_shape="3")


def test_an_input_without_a_rank_is_refused():
    with pytest.raises(NetworkError, match="input must be a tensor of known rank, got 'x'"):
        shape_of(None)


def test_files(tmp_path):
    with pytest.raises(NetworkError, match=r"network must be an existing file, got '.*none\.onnx'"):
        load_model(tmp_path / "none.onnx")
    with pytest.raises(NetworkError, match="network must be a readable file"):
        load_model(tmp_path)
    whole = model(RELU, {"x": [1, 4]}, ["y"], {"unused": (64,)}).SerializeToString()
    path = tmp_path / "net.onnx"
    path.write_bytes(whole)
    assert len(load_model(path).graph.node) == 1
    for size in range(len(whole)):
        path.write_bytes(whole[:size])
        with pytest.raises(NetworkError, match=r"net\.onnx"):
            load_model(path)
    for text in (b"hello, this is no network", b"{}", b"\x00" * 100, b"PK\x03\x04"):
        path.write_bytes(text)
        with pytest.raises(NetworkError, match=r"net\.onnx"):
            load_model(path)


def test_missing_data_of_weights_does_not_matter(tmp_path):
    proto = model([node("MatMul", ["x", "w"], "y")], {"x": [2, 40]}, ["y"], {"w": np.ones((40, 50), np.float32)})
    onnx.save_model(proto, tmp_path / "net.onnx", save_as_external_data=True, location="net.data", size_threshold=0)
    (tmp_path / "net.data").unlink()
    assert import_model(load_model(tmp_path / "net.onnx"), "net", folder=str(tmp_path)).shape("y") == (2, 50)


@pytest.mark.parametrize(
    ("nodes", "message"),
    [
        ([node("Add", ["x", "missing"], "y")], "operand must be made by an earlier node, got 'missing'"),
        ([node("Add", ["x", "z"], "y"), node("Relu", ["x"], "z")], "operand must be made by an earlier node, got 'z'"),
        ([node("Add", ["x", "w"], "y")], "operands must fit the operator, got .*y"),
        ([node("NonZero", ["x"], "y")], r"one that lpasim knows, got NonZero of domain ai.onnx \(node 'y', .*; to add"),
        ([node("Reshape", ["x", "s"], "y")], "shape must follow from the operands, got none for 'y'"),
        ([node("Concat", ["x"], "y", axis=7)], "operands must fit the operator, got .*axis"),
        (
            [node("Slice", ["x", "two", "two"], "y")],
            r"result must have elements, got shape \(0, 3\) for 'y' \(node 'y'",
        ),
        ([node("Relu", ["x"], "other")], "output must be made by a node, got 'y'"),
    ],
)
def test_graphs_that_do_not_fit_together(nodes, message):
    proto = model(nodes, {"x": [2, 3]}, ["y"], {"w": (7,), "two": ints(2)})
    proto.graph.input.append(onnx.helper.make_tensor_value_info("s", onnx.TensorProto.INT64, [2]))
    with pytest.raises(NetworkError, match=message):
        import_model(proto, "test")


def test_local_functions_are_inlined():
    body = [node("Relu", ["a"], "t"), node("Neg", ["t"], "b")]
    function = onnx.helper.make_function("local", "Block", ["a"], ["b"], body, [onnx.helper.make_opsetid("", 18)])
    proto = model([node("Block", ["x"], "y", domain="local")], {"x": [1, 4]}, ["y"], domains=("local",))
    proto.functions.append(function)
    assert [entry.operator for entry in import_model(proto, "test").nodes] == ["Relu", "Neg"]


def test_every_shape_agrees_with_onnx():
    nodes = [
        node("Conv", ["x", "w"], "c", strides=[2, 2], pads=[1, 0, 1, 2]),
        node("Shape", ["c"], "s", start=0, end=2),
        node("Concat", ["s", "minus"], "t", axis=0),
        node("Reshape", ["c", "t"], "r"),
        node("Split", ["r"], ["a", "b"], axis=1, num_outputs=2),
        node("MatMul", ["a", "m"], "y"),
    ]
    # the convolution gives 6 maps of 5 x 4, of which half go on
    weights = {"w": (6, 3, 3, 3), "minus": ints(-1), "m": (5 * 4, 5)}
    nodes.insert(4, node("Reshape", ["r", "flat"], "f"))
    weights["flat"] = ints(2, 6, -1)
    nodes[5] = node("Split", ["f"], ["a", "b"], axis=1, num_outputs=2)
    proto = model(nodes, {"x": [2, 3, 9, 8]}, ["y"], weights)
    found = import_model(proto, "test")
    inferred = onnx.shape_inference.infer_shapes(proto, strict_mode=True, data_prop=True)
    compared = 0
    for value in (*inferred.graph.value_info, *inferred.graph.output):
        dims = [dim.dim_value for dim in value.type.tensor_type.shape.dim]
        if all(dims):
            assert found.shape(value.name) == tuple(dims)
            compared += 1
    assert compared >= 6


def test_a_fixed_batch_of_one_is_recognized():
    assert fixes_batch_of_one(model(RELU, {"x": [1, 3]}, ["y"]))
    assert not fixes_batch_of_one(model(RELU, {"x": ["N", 3]}, ["y"]))
    assert not fixes_batch_of_one(model(RELU, {"x": [2, 3]}, ["y"]))
