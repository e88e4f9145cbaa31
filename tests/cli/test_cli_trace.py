"""The command ``lpasim trace``: which files it reads, where it writes, and what it says of missing data."""

from __future__ import annotations

import warnings

import numpy as np
import onnx
import pytest
from onnx import TensorProto, helper, numpy_helper


@pytest.fixture
def proto():
    """Two products, of which the second is large enough to lie in a file of its own."""
    random = np.random.default_rng(4)
    weights = {"w": random.normal(size=(5, 8)), "v": random.normal(size=(8, 40))}
    graph = helper.make_graph(
        [helper.make_node("MatMul", ["x", "w"], ["h"], "first"), helper.make_node("MatMul", ["h", "v"], ["y"], "last")],
        "net",
        [helper.make_tensor_value_info("x", TensorProto.FLOAT, [1, 5])],
        [helper.make_tensor_value_info("y", TensorProto.FLOAT, None)],
        [numpy_helper.from_array(value.astype(np.float32), name) for name, value in weights.items()],
    )
    return helper.make_model(graph, opset_imports=[helper.make_opsetid("", 17)], ir_version=8)


@pytest.mark.parametrize("suffix", ["onnx", "json", "textproto", "pbtxt", "onnxtxt", "onnxjson", "prototxt"])
def test_a_network_is_binary_whatever_its_suffix(lpasim, proto, tmp_path, suffix):
    """And what is none is refused in one line, without another library's warnings."""
    (tmp_path / f"net.{suffix}").write_bytes(proto.SerializeToString())
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        done = lpasim("trace", f"net.{suffix}", "-o", "formats.json")
        assert (done.code, done.out, done.err) == (0, "formats.json: 2 layers, 0 free operators\n", "")
        (tmp_path / f"net.{suffix}").write_text('{"graph": {}}')
        done = lpasim("trace", f"net.{suffix}", "-o", "formats.json")
    rule = "network must be a whole ONNX model, got a damaged or other file"
    assert (done.code, done.err) == (2, f"lpasim: {rule} (net.{suffix})\n")


def test_a_trace_takes_the_place_of_an_earlier_one_alone(lpasim, proto, tmp_path):
    (tmp_path / "net.json").write_bytes(proto.SerializeToString())
    (tmp_path / "rule.json").write_text('{"mean": 0, "std": 1}')
    (tmp_path / "other.json").write_text('{"schema": "lpasim-activity"}')
    (tmp_path / "list.json").write_text("[]")
    (tmp_path / "folder.json").mkdir()
    (tmp_path / "empty.json").touch()
    before = {path: path.read_bytes() for path in tmp_path.iterdir() if path.is_file()}
    own, other = (
        "trace must go to a file of its own, got that of the",
        "trace must go to a new file or an earlier trace",
    )
    place = "trace must be written to a file in an existing folder, got"
    for out, rule in {
        "net.json": f"{own} network (net.json)",
        "rule.json": f"{own} preprocessing (rule.json)",
        "other.json": f"{other}, got another file (other.json)",
        "list.json": f"{other}, got another file (list.json)",
        "folder.json": f"{place} 'folder.json'",
        "none/net.json": f"{place} 'none/net.json'",
        "net.txt": "Invalid value: --out must name a .json file, got 'net.txt'",
    }.items():
        done = lpasim("trace", "net.json", "--preprocess", "rule.json", "-o", out)
        assert (done.code, done.out, done.err) == (2, "", f"lpasim: {rule}\n")
    assert {path: path.read_bytes() for path in tmp_path.iterdir() if path.is_file()} == before
    for out in ("empty.json", "empty.json", "new.json"):
        assert lpasim("trace", "net.json", "-o", out).code == 0


@pytest.mark.parametrize(("kept", "fault"), [(None, "no such file"), (99, "a file of 99 B, which ends before byte 1")])
def test_missing_data_are_named_with_their_file(lpasim, proto, tmp_path, kept, fault):
    """Without images, formats are assumed and that is said; with images the network cannot run."""
    onnx.save_model(proto, tmp_path / "net.onnx", save_as_external_data=True, location="net.data", size_threshold=1000)
    data = tmp_path / "net.data"
    whole = data.read_bytes()
    data.unlink() if kept is None else data.write_bytes(whole[:kept])
    done = lpasim("trace", "net.onnx", "-o", "net.json")
    assert done.code == 0
    assert done.err == "weights of 1 layer: formats are assumed, as values are missing; the trace says which\n"
    rule = f"data of tensor 'v' must be whole in the file net.data beside the network, got {fault}"
    assert f"; not fitted: last: {rule}" in (tmp_path / "net.json").read_text()
    np.savez(tmp_path / "set.npz", features=np.ones((2, 5)))
    assert lpasim("infer", "net.onnx", "--trace", "net.json", "--images", "set.npz").err.startswith(f"lpasim: {rule}")
    pytest.importorskip("onnxruntime")
    done = lpasim("trace", "net.onnx", "-o", "net.json", "--images", "set.npz", "--preprocess", "kws")
    assert (done.code, done.err.count("\n")) == (2, 1)
    assert done.err.startswith(f"lpasim: {rule}")


def test_the_help_of_inspect_names_the_other_command(lpasim):
    assert "lpasim inspect mac --help" in " ".join(lpasim("inspect", "--help").out.split())


def test_a_path_with_a_line_break_stays_on_one_line(lpasim, proto, tmp_path):
    for name in ("net\n.onnx", "net\n.json"):
        (tmp_path / name).write_bytes(b"{}")
        done = lpasim("run", name)
        assert (done.code, done.err.count("\n")) == (2, 1)
    proto.graph.node[0].op_type = "NoSuchOperator"
    (tmp_path / "net\n.onnx").write_bytes(proto.SerializeToString())
    done = lpasim("run", "net\n.onnx")
    assert (done.code, done.err.count("\n")) == (2, 1)
    assert r"net\n.onnx" in done.err
