"""Resolving workloads: names, files, and products given as text; and the traces that come with lpasim."""

import json
import subprocess
import sys
from pathlib import Path

import jsonschema
import numpy as np
import onnx
import pytest
from trace_samples import block, trace_of

from lpasim.errors import NetworkError, TraceError
from lpasim.networks.fusion import fuse
from lpasim.networks.onnx_file import import_model
from lpasim.networks.zoo import CATALOGUE, built_in
from lpasim.quantization.batch import with_batch
from lpasim.quantization.build import build_trace
from lpasim.quantization.schema import schema_text
from lpasim.quantization.trace_file import format_trace, write_trace
from lpasim.quantization.trained import TRAINED
from lpasim.quantization.workload import list_workloads, load_workload, workload_folder

SEARCHED = (
    "resnet18_cifar10",
    "resnet20_cifar10",
    "resnet56_cifar10",
    "resnet8_cifar10",
    "mobilenet_v1_025",
    "ds_cnn_kws",
)
"""Networks whose topology is not built in, with what a search found for them."""
DOCS = Path(__file__).parents[2] / "docs"


def test_the_committed_schema_is_current():
    assert (DOCS / "trace.schema.json").read_text() == schema_text()


@pytest.mark.parametrize("name", CATALOGUE)
def test_the_traces_that_come_with_lpasim(name):
    path = workload_folder() / f"{name}.json"
    text = path.read_text()
    jsonschema.validate(json.loads(text), json.loads(schema_text()), jsonschema.Draft202012Validator)
    trace = load_workload(name)
    assert format_trace(trace) == text
    assert len(text) < 300_000
    assert trace.provenance.command.endswith(f"-o {name}.json")
    assert "/" not in trace.provenance.command
    assert (trace.name, trace.title, trace.batch) == (name, CATALOGUE[name].title, 1)


@pytest.mark.parametrize("name", CATALOGUE)
def test_committed_geometry_is_the_built_in_networks(name):
    def geometry(trace):
        return [
            (
                *(layer.operator, layer.gemm, layer.window, layer.input_elements, layer.weights),
                [(post.operator, post.elements, post.operand_elements, post.operand_constants) for post in layer.ppu],
                [out.elements for out in layer.outputs],
            )
            for layer in trace.layers
        ]

    shipped = load_workload(name)
    assert geometry(shipped) == geometry(build_trace(name, batchnorm=shipped.batchnorm))


def test_where_committed_formats_come_from():
    bases = {
        name: {
            fmt.basis for layer in load_workload(name).layers for fmt in (layer.weight_format, layer.activation_format)
        }
        for name in CATALOGUE
    }
    fitted = {"squeezenet1_1", "efficientnet_lite0", "vit_tiny"}
    assert bases == {name: {"fitted"} if name in fitted else {"assumed"} for name in CATALOGUE}


def test_the_list_of_workloads():
    summaries = {summary.name: summary for summary in list_workloads()}
    assert set(summaries) == {*CATALOGUE, *TRAINED, *SEARCHED}
    assert (summaries["resnet18"].layers, summaries["resnet18"].macs) == (21, 1_814_073_344)
    assert summaries["resnet18"].title == "ResNet-18, ImageNet 224x224"


def test_a_name_with_a_batch():
    assert load_workload("resnet18", batch=4) == with_batch(load_workload("resnet18"), 4)
    assert load_workload("resnet18", batch=4).macs == 4 * 1_814_073_344


def test_loading_a_trace_needs_no_onnx():
    load = "from lpasim.quantization.workload import load_workload; load_workload('resnet18')"
    code = f"import sys; {load}; print('onnx' in sys.modules)"
    found = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True, cwd=DOCS.parent)
    assert found.stdout.strip() == "False"


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("resnet81", r"workload must be one of deit_s, .*, got 'resnet81'; did you mean resnet18\?"),
        ("Resnet50", r"did you mean resnet50\?"),
        ("RESNET18", r"got 'RESNET18'; did you mean resnet18\?"),
        ("", "workload must be one of .*, got ''$"),
        ("something else", "got 'something else'$"),
        ("none.json", "trace must be an existing file, got 'none.json'"),
    ],
)
def test_unknown_workloads(text, message):
    with pytest.raises(TraceError, match=message):
        load_workload(text)


def test_a_shape_is_for_networks_only():
    with pytest.raises(TraceError, match="input shape must be given for an ONNX file only"):
        load_workload("resnet18", input_shape="1x3x224x224")


def test_a_product():
    trace = load_workload("gemm:256x576x128@w4a8")
    (layer,) = trace.layers
    assert (layer.gemm.count, layer.gemm.m, layer.gemm.k, layer.gemm.n) == (1, 256, 576, 128)
    assert (layer.weight_format.n, layer.activation_format.n, layer.outputs[0].format.n) == (4, 8, 8)
    assert (layer.input_elements, layer.outputs[0].elements) == (256 * 576, 256 * 128)
    assert (trace.name, trace.macs) == ("gemm:256x576x128@w4a8", 256 * 576 * 128)
    assert load_workload("gemm:1x2x3").layers[0].weight_format.n == 8
    assert load_workload("gemm:1x2x3@w2a5", batch=7).layers[0].gemm.m == 7


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("gemm:", "product must read gemm:MxKxN or gemm:MxKxN@w4a8, got 'gemm:'"),
        ("gemm:1x2", "product must read"),
        ("gemm:1x2x3x4", "product must read"),
        ("gemm:1x2x3@w4", "product must read"),
        ("gemm:1.5x2x3", "product must read"),
        ("gemm:0x2x3", r"M must be 1\.\.2\^31, got 0 \(gemm:0x2x3\)"),
        ("gemm:1x-2x3", r"K must be 1\.\.2\^31, got -2"),
        ("gemm:1x2x2147483649", r"N must be 1\.\.2\^31, got 2147483649"),
        ("gemm:1x2x3@w9a8", r"weight bits must be 2\.\.8, got 9"),
        ("gemm:1x2x3@w4a1", r"activation bits must be 2\.\.8, got 1"),
        ("gemm:2147483648x2147483648x1", r"multiply-accumulates must be at most 2\^56 in all, got \d+ and 1 more"),
        ("gemm:1x2x3@w-4a8", r"weight bits must be 2\.\.8, got -4"),
    ],
)
def test_products_that_do_not_work(text, message):
    with pytest.raises(TraceError, match=message):
        load_workload(text)


def test_a_trace_file(tmp_path):
    trace = trace_of(block())
    write_trace(trace, tmp_path / "mine.json")
    assert load_workload(str(tmp_path / "mine.json")) == trace
    assert load_workload(str(tmp_path / "mine.json"), batch=2) == with_batch(trace, 2)
    (tmp_path / "mine.json").rename(tmp_path / "MINE.JSON")
    assert load_workload(str(tmp_path / "MINE.JSON")) == trace


def test_a_network_file(tmp_path):
    path = tmp_path / "mine.onnx"
    onnx.save_model(block(), path)
    trace = load_workload(str(path))
    expected = trace_of(block(), "mine")
    assert trace.layers == expected.layers
    assert trace.name == "mine"
    assert trace.provenance.topology.startswith("mine.onnx (sha256 ")
    assert trace.provenance.command == "python -m lpasim run mine.onnx"
    assert {layer.weight_format.basis for layer in trace.layers if layer.weights == "constant"} == {"fitted"}
    assert load_workload(str(path), batch=3).layers == with_batch(expected, 3).layers
    assert load_workload(str(path), input_shape="2x3x8x8").batch == 2
    path.rename(tmp_path / "MINE.ONNX")
    assert load_workload(str(tmp_path / "MINE.ONNX")).layers == expected.layers


def test_folders_are_no_workloads(tmp_path):
    for name, kind in (("net.onnx", NetworkError), ("net.json", TraceError)):
        (tmp_path / name).mkdir()
        with pytest.raises(kind, match=rf"got '.*{name}' \(Is a directory\)"):
            load_workload(str(tmp_path / name))


def test_a_file_is_named_with_its_path(tmp_path):
    proto = block()
    proto.graph.node[0].op_type = "Magic"
    onnx.save_model(proto, tmp_path / "odd.onnx")
    with pytest.raises(NetworkError, match=rf"{tmp_path / 'odd.onnx'}"):
        load_workload(str(tmp_path / "odd.onnx"))


@pytest.mark.parametrize("batch", [0, -1, 2**31 + 1])
def test_batches_that_do_not_work(tmp_path, batch):
    onnx.save_model(block(), tmp_path / "net.onnx")
    for text in ("resnet18", str(tmp_path / "net.onnx"), "gemm:1x2x3"):
        with pytest.raises((NetworkError, TraceError), match=r"batch must be at (least 1|most 2\^31), got"):
            load_workload(text, batch=batch)


def test_a_network_file_that_fixes_the_batch_at_one(tmp_path):
    path = tmp_path / "fixed.onnx"
    onnx.save_model(block(batch=1), path)
    assert load_workload(str(path), batch=3).layers == with_batch(trace_of(block()), 3).layers


def test_a_network_whose_weights_are_elsewhere(tmp_path):
    path = tmp_path / "split.onnx"
    onnx.save_model(block(), path, save_as_external_data=True, location="split.data", size_threshold=0)
    whole = load_workload(str(path))
    assert whole.layers == trace_of(block()).layers
    (tmp_path / "split.data").unlink()
    # without values even the shape that a Reshape takes is unknown: small constants must be in the file
    with pytest.raises(NetworkError, match="node 'tokens', operator Reshape"):
        load_workload(str(path))


def test_damaged_networks(tmp_path):
    path = tmp_path / "bad.onnx"
    with pytest.raises(NetworkError, match="network must be an existing file"):
        load_workload(str(path))
    path.write_bytes(np.arange(99, dtype=np.uint8).tobytes())
    with pytest.raises(NetworkError, match="network must be a"):
        load_workload(str(path))


def test_the_geometry_of_a_trace_is_the_networks():
    graph = fuse(import_model(built_in("vit_tiny"), "vit_tiny"))
    trace = load_workload("vit_tiny")
    assert len(graph.free) == len(trace.free)
    assert [post.operator for layer in graph.layers for post in layer.post] == [
        post.operator for layer in trace.layers for post in layer.ppu
    ]
