"""Networks with other constants: what changes, what stays, and what is refused."""

from pathlib import Path

import numpy as np
import onnx
import pytest
from hypothesis import given
from hypothesis import strategies as st
from lpq_graphs import (
    assert_same_results,
    drawn,
    executed,
    executed_by_onnxruntime,
    layer,
    layers,
    model,
    node,
    stored_arrays,
)
from onnx import helper, numpy_helper

from lpasim.errors import NetworkError, OutputError
from lpasim.lpq import rewrite
from lpasim.lpq.rewrite import model_file, rewritten
from lpasim.lpq.weight_storage import as_stored
from lpasim.networks.onnx_file import load_model
from lpasim.networks.zoo.catalogue import built_in
from lpasim.quantization.trained import find_network
from lpasim.whole_file import write_together

ROWS = {"x": [5, 6]}
LINEAR = {"w": drawn(6, 4), "b": drawn(4)}
PLAIN = [node("MatMul", "x w", "c"), node("Add", "c b", "y")]


def plain():
    return model(PLAIN, ROWS, "y", LINEAR)


def constant_node(name, values):
    return node("Constant", "", name, value=numpy_helper.from_array(values, f"value of {name}"))


def test_only_the_named_constant_changes():
    proto = plain()
    before = proto.SerializeToString(deterministic=True)
    new = drawn(6, 4, seed=1)
    after = rewritten(proto, {"w": new})
    assert proto.SerializeToString(deterministic=True) == before, "the model that is given stays as it is"
    assert np.array_equal(stored_arrays(after)["w"], new)
    after.graph.initializer[0].CopyFrom(proto.graph.initializer[0])
    assert after.SerializeToString(deterministic=True) == before


def test_nothing_new_is_the_same_file():
    path = find_network("fashion")
    assert rewritten(path, {}).SerializeToString(deterministic=True) == load_model(path).SerializeToString(
        deterministic=True
    )


def test_the_new_values_run():
    new = {"w": drawn(6, 4, seed=1), "b": drawn(4, seed=2)}
    after = rewritten(plain(), new)
    inputs = {"x": drawn(5, 6, seed=3)}
    expected = inputs["x"].astype(np.float64) @ new["w"] + new["b"]
    for run in (executed, executed_by_onnxruntime):
        assert np.allclose(run(after, inputs)[0], expected, atol=1e-5)


def test_values_of_constant_nodes_change():
    nodes = [constant_node("w", LINEAR["w"]), constant_node("b", LINEAR["b"]), *PLAIN]
    new = drawn(6, 4, seed=1)
    after = rewritten(model(nodes, ROWS, "y", {}), {"w": new})
    assert_same_results(after, rewritten(plain(), {"w": new}), {"x": drawn(5, 6)}, 0)


def test_values_stored_as_numbers_change():
    proto = model(PLAIN, ROWS, "y", {"w": LINEAR["w"]})
    proto.graph.initializer.append(helper.make_tensor("b", onnx.TensorProto.FLOAT, [4], LINEAR["b"].tolist()))
    after = rewritten(proto, {"b": drawn(4, seed=5)})
    assert np.array_equal(stored_arrays(after)["b"], drawn(4, seed=5))
    onnx.checker.check_tensor(after.graph.initializer[1])  # it refuses values that are stored in two ways


def test_arrays_in_another_order_of_memory_are_written_as_they_read():
    new = drawn(4, 6, seed=1).T
    assert np.array_equal(stored_arrays(rewritten(plain(), {"w": new}))["w"], new)


def save_beside(folder):
    path = folder / "net.onnx"
    onnx.save_model(plain(), path, save_as_external_data=True, location="net.data", size_threshold=0)
    return path


def test_data_in_other_files_come_into_the_file(tmp_path):
    path = save_beside(tmp_path)
    by_path = rewritten(path, {"b": drawn(4, seed=5)})
    by_model = rewritten(load_model(path), {"b": drawn(4, seed=5)}, folder=str(tmp_path))
    (tmp_path / "net.data").unlink()
    out = tmp_path / "elsewhere.onnx"
    write_together(model_file(by_path, out))
    after = stored_arrays(onnx.load_model(out))
    assert np.array_equal(after["w"], LINEAR["w"])
    assert np.array_equal(after["b"], drawn(4, seed=5))
    assert not any(tensor.external_data for tensor in by_path.graph.initializer)
    assert by_path.SerializeToString(deterministic=True) == by_model.SerializeToString(deterministic=True)


def test_missing_data_are_refused(tmp_path):
    path = save_beside(tmp_path)
    (tmp_path / "net.data").unlink()
    with pytest.raises(
        NetworkError, match=r"whole in the file net.data beside the network, got no such file \(net.onnx"
    ):
        rewritten(path, {})
    with pytest.raises(NetworkError, match=r"must be in the file, got none \(resnet18\)"):
        rewritten(built_in("resnet18"), {})


def test_metadata_are_added_and_replaced():
    proto = plain()
    onnx.helper.set_model_props(proto, {"author": "someone", "seed": "1"})
    after = rewritten(proto, {}, provenance={"seed": "2", "tool": "lpasim"})
    assert {entry.key: entry.value for entry in after.metadata_props} == {
        "author": "someone",
        "seed": "2",
        "tool": "lpasim",
    }
    assert len(after.metadata_props) == 3


def test_the_same_content_gives_the_same_bytes(tmp_path):
    files = [tmp_path / "a.onnx", tmp_path / "b.onnx"]
    for path in files:
        model = rewritten(find_network("fashion"), {}, provenance={"seed": "1", "tool": "lpasim"})
        write_together(model_file(model, path))
    assert files[0].read_bytes() == files[1].read_bytes()
    assert sorted(entry.name for entry in tmp_path.iterdir()) == ["a.onnx", "b.onnx"]


def test_local_functions_are_inlined():
    function = helper.make_function(
        "test", "Linear", ["a", "b"], ["y"], [node("MatMul", "a b", "y")], [helper.make_opsetid("", 17)]
    )
    call = helper.make_node("Linear", ["x", "w"], ["y"], "call", domain="test")
    proto = plain()
    del proto.graph.node[:]
    proto.graph.node.append(call)
    proto.opset_import.append(helper.make_opsetid("test", 1))
    proto.functions.append(function)
    after = rewritten(proto, {"w": drawn(6, 4, seed=1)})
    assert [entry.op_type for entry in after.graph.node] == ["MatMul"]
    assert np.allclose(executed(after, {"x": drawn(5, 6)})[0], drawn(5, 6) @ drawn(6, 4, seed=1), atol=1e-5)


@pytest.mark.parametrize(
    ("name", "values", "message"),
    [
        ("c", drawn(5, 4), r"constant must be stored in the network, got 'c' \(test\)"),
        ("w", drawn(4, 6), r"must have shape \(6, 4\), got \(4, 6\) \(constant 'w', test\)"),
        ("w", drawn(6, 4).astype(np.float64), r"must be float32, got float64 \(constant 'w', test\)"),
        ("b", np.array([1, 2, np.nan, 4], np.float32), r"must be finite, got nan \(constant 'b', test\)"),
        ("h", drawn(2), r"must be stored as FLOAT, got FLOAT16 \(constant 'h', test\)"),
    ],
)
def test_other_values_are_refused(name, values, message):
    proto = model(PLAIN, ROWS, "y", LINEAR | {"h": np.ones(2, np.float16)})
    with pytest.raises(NetworkError, match=message):
        rewritten(proto, {name: values})


def test_a_file_that_cannot_be_written_leaves_nothing(tmp_path):
    with pytest.raises(OutputError, match="network must be written to a writable place"):
        write_together(model_file(plain(), tmp_path / "missing" / "net.onnx"))
    assert list(tmp_path.iterdir()) == []


def test_a_file_that_would_be_too_large_is_refused(tmp_path, monkeypatch):
    monkeypatch.setattr(rewrite, "MAX_BYTES", 100)
    with pytest.raises(OutputError, match="at most 100 B in one file"):
        write_together(model_file(plain(), tmp_path / "net.onnx"))
    assert list(tmp_path.iterdir()) == []


def rearranged(operator, shape, **attributes):
    """Make a product whose weights a constant operator makes of stored ones of a shape."""
    operands = {"Reshape": "stored shape", "Squeeze": "stored axes", "Unsqueeze": "stored axes"}.get(operator, "stored")
    weights = {"stored": drawn(*shape), "shape": np.array([6, -1]), "axes": np.array([0])}
    kept = {name: weights[name] for name in operands.split()}
    return model([node(operator, operands, "w", **attributes), node("MatMul", "x w", "y")], ROWS, "y", kept)


REARRANGED = {
    "Identity": rearranged("Identity", (6, 4)),
    "Transpose": rearranged("Transpose", (4, 6)),
    "Transpose of given axes": rearranged("Transpose", (4, 6), perm=[1, 0]),
    "Reshape": rearranged("Reshape", (2, 3, 4)),
    "Squeeze": rearranged("Squeeze", (1, 6, 4)),
    "Unsqueeze": rearranged("Unsqueeze", (6, 4)),
    "Flatten": rearranged("Flatten", (6, 2, 2)),
    "large": model(  # too large for values that are computed when the network is imported
        [node("Transpose", "stored", "w"), node("MatMul", "x w", "y")],
        {"x": [2, 300]},
        "y",
        {"stored": drawn(300, 300)},
    ),
    "chain": model(
        [
            node("Transpose", "stored", "t", perm=[2, 0, 1, 3]),
            node("Reshape", "t shape", "r"),
            node("Identity", "r", "w"),
            node("Conv", "x w", "y"),
        ],
        {"x": [2, 3, 6, 6]},
        "y",
        {"stored": drawn(9, 3, 4, 1), "shape": np.array([4, 3, 3, 3])},
    ),
}


@pytest.mark.parametrize("case", REARRANGED)
def test_weights_go_back_through_rearrangements(case):
    proto = REARRANGED[case]
    graph = layers(proto)
    (found,) = [one for one in graph.layers if one.constant_weights]
    values = drawn(*graph.network.shape(found.constant_weights), seed=8)
    name, stored = as_stored(graph.network, found, values)
    assert name == "stored"
    inputs = {"x": drawn(*graph.network.inputs["x"])}
    direct = onnx.ModelProto()
    direct.CopyFrom(proto)
    del direct.graph.node[:-1]
    direct.graph.node[0].input[1] = "plain"
    direct.graph.initializer.append(numpy_helper.from_array(values, "plain"))
    assert_same_results(direct, rewritten(proto, {name: stored}), inputs)


@given(st.permutations(range(4)))
def test_every_permutation_is_undone(perm):
    shape = (2, 3, 4, 5)
    turned = tuple(shape[axis] for axis in perm)
    sizes = np.array([-1, 5])
    nodes = [node("Transpose", "stored", "t", perm=perm), node("Reshape", "t sizes", "w"), node("MatMul", "x w", "y")]
    graph = layers(model(nodes, {"x": [2, 24]}, "y", {"stored": drawn(*shape), "sizes": sizes}))
    values = np.arange(120, dtype=np.float32).reshape(shape).transpose(perm)
    assert values.shape == turned
    _, stored = as_stored(graph.network, graph.layers[0], values.reshape(-1, 5))
    assert np.array_equal(stored.ravel(), np.arange(120))


def test_weights_of_a_constant_node_and_of_an_initializer_are_their_own():
    nodes = [constant_node("v", drawn(4, 3)), *PLAIN, node("MatMul", "y v", "z")]
    graph = layers(model(nodes, ROWS, "z", LINEAR))
    for product, constant in (("c", "w"), ("z", "v")):
        found = layer(graph, product)
        values = drawn(*graph.network.shape(constant), seed=1)
        name, stored = as_stored(graph.network, found, values)
        assert name == constant
        assert np.array_equal(stored, values)


@pytest.mark.parametrize(
    ("nodes", "message"),
    [
        (
            [node("MatMul", "x w", "c"), node("MatMul", "x w", "d"), node("Add", "c d", "y")],
            r"read by this layer alone, got other readers of 'w' \(layer c, test\)",
        ),
        (
            [node("Identity", "w", "v"), node("MatMul", "x v", "c"), node("Mul", "x w", "d"), node("Add", "c d", "y")],
            r"read by this layer alone, got other readers of 'w' \(layer c, test\)",
        ),
        (
            [node("Mul", "w w", "v"), node("MatMul", "x v", "y")],
            r"must be stored, got ones that Mul computes \(layer y, test\)",
        ),
        (
            [node("Cast", "w", "v", to=1), node("MatMul", "x v", "y")],
            r"must be stored, got ones that Cast computes \(layer y, test\)",
        ),
        ([node("MatMul", "x x", "y")], r"weights must be constant, got activations \(layer y, test\)"),
    ],
)
def test_weights_that_cannot_be_stored_are_refused(nodes, message):
    graph = layers(model(nodes, {"x": [6, 6]}, "y", {"w": drawn(6, 6)}))
    with pytest.raises(NetworkError, match=message):
        as_stored(graph.network, graph.layers[0], drawn(6, 6))


def test_weights_of_another_shape_are_refused():
    graph = layers(plain())
    with pytest.raises(NetworkError, match=r"must have shape \(6, 4\), got \(4, 6\) \(layer c, test\)"):
        as_stored(graph.network, graph.layers[0], drawn(4, 6))


def test_a_missing_file_is_named():
    with pytest.raises(NetworkError, match=r"must be an existing file, got 'nowhere\.onnx'"):
        rewritten(Path("nowhere.onnx"), {})
