"""Assembling traces, and scaling them to another batch."""

import numpy as np
import pytest
from trace_samples import block, posit, trace_of

from lpasim.errors import TraceError
from lpasim.networks.fusion import fuse
from lpasim.networks.onnx_file import import_model
from lpasim.networks.zoo import CATALOGUE, built_in
from lpasim.quantization.batch import with_batch
from lpasim.quantization.bits import BitAssignment
from lpasim.quantization.fit import fit_log_posit
from lpasim.quantization.formats import activation_formats, weight_formats
from lpasim.quantization.sample import draw
from lpasim.quantization.workload import load_workload


def test_layers_of_a_small_network():
    trace = trace_of(block())
    layers = {layer.name: layer for layer in trace.layers}
    assert list(layers) == ["conv1", "conv2", "scores", "context", "fc"]
    assert trace.macs == 16 * 27 * 8 + 8 * 16 * 9 + 16 * 8 * 16 + 16 * 16 * 8 + 8 * 6
    assert [layer.weights for layer in trace.layers] == ["constant", "constant", "dynamic", "dynamic", "constant"]
    residual = layers["conv2"].ppu[0]
    assert (residual.operator, residual.operand_elements, residual.operand_bits) == ("Add", 128, 8)
    assert (residual.operand_from, residual.operand_constants) == (("conv1",), 0)
    assert layers["fc"].ppu == ()
    assert layers["scores"].inputs == layers["scores"].weight_inputs == ("conv2",)
    assert layers["scores"].window is None
    assert (layers["conv2"].window.groups, layers["conv2"].gemm.count) == (8, 8)
    assert {free.node: free.operator for free in trace.free} == {
        "bn1": "BatchNormalization",
        "tokens": "Reshape",
        "keys": "Transpose",
        "fc_bias": "Add",
    }


def test_bits_follow_the_assignment():
    layers = {layer.name: layer for layer in trace_of(block(), bits=BitAssignment(3, 6, 7)).layers}
    # conv1 is first, conv2 depthwise, fc last; dynamic products take the activations' bits on both sides
    assert [layers[name].weight_format.n for name in layers] == [7, 7, 6, 6, 7]
    assert {layer.activation_format.n for layer in layers.values()} == {6}
    assert {out.format.n for layer in layers.values() for out in layer.outputs} == {6}
    resnet = {layer.name: layer.weight_format.n for layer in trace_of(built_in("resnet18"), "resnet18").layers}
    assert {name for name, n in resnet.items() if n == 8} == {"conv1", "fc"}
    assert set(resnet.values()) == {4, 8}


@pytest.mark.parametrize("bits", [(1, 8, 8), (4, 9, 8), (4, 8, 0)])
def test_bits_out_of_range(bits):
    with pytest.raises(TraceError, match=r"bits of \w+ must be 2\.\.8, got"):
        BitAssignment(*bits)


def test_producer_and_consumer_agree_on_the_format():
    trace = trace_of(block(), samples={name: draw(np.array([2.0**i]), 9) for i, name in enumerate(("r1", "s", "p"))})
    written = {out.tensor: out.format for layer in trace.layers for out in layer.outputs}
    layers = {layer.name: layer for layer in trace.layers}
    assert layers["conv2"].activation_format == written["r1"]
    assert layers["scores"].activation_format == layers["scores"].weight_format == written["s"]
    assert layers["context"].activation_format == written["p"]
    assert [written[name].basis for name in ("r1", "s", "p", "y")] == ["fitted", "fitted", "fitted", "assumed"]
    assert written["r1"].sf - written["p"].sf == 2


def test_weights_are_fitted_with_the_normalization_folded_in():
    proto = block(seed=4)
    graph = fuse(import_model(proto, "block"))
    values = {tensor.name: np.frombuffer(tensor.raw_data, np.float32) for tensor in proto.graph.initializer}
    gain = values["g"] / np.sqrt(values["v"] + 1e-5)
    folded = values["w1"].reshape(8, 27) * gain[:, None]
    found = weight_formats(graph, BitAssignment(), 10**6).by_name
    assert posit(found["conv1"]) == fit_log_posit(draw(folded, 10**6), 8, "linear")
    assert posit(found["fc"]) == fit_log_posit(draw(values["w3"], 10**6), 8, "linear")
    assert {entry.basis for entry in found.values()} == {"fitted"}
    assert set(found) == {"conv1", "conv2", "fc"}


def test_weights_without_values_are_assumed():
    formats = weight_formats(fuse(import_model(built_in("squeezenet1_1"), "net")), BitAssignment(), 100)
    assert {entry.basis for entry in formats.by_name.values()} == {"assumed"}
    assert formats.doubts == {}


def test_parts_of_a_concatenation_share_their_format():
    graph = fuse(import_model(built_in("squeezenet1_1"), "net"))
    rng = np.random.default_rng(0)
    parts = [f"fire2.expand{kernel}x{kernel}_relu_out" for kernel in (1, 3)]
    tensors = {layer.outputs[0].tensor for layer in graph.layers}
    samples = {tensor: draw(rng.standard_normal(50) * (9 if tensor == parts[0] else 1), 99) for tensor in tensors}
    formats = activation_formats(graph, BitAssignment(), samples).by_name
    assert formats[parts[0]] == formats[parts[1]]
    assert formats[parts[0]] != formats["fire2.squeeze_relu_out"]


@pytest.mark.parametrize("name", CATALOGUE)
def test_scaling_equals_importing(name):
    proto = built_in(name)
    assert with_batch(trace_of(proto, name), 3) == trace_of(proto, name, batch=3)


def test_scaling_a_small_network():
    proto = block()
    two = trace_of(proto, batch=2)
    assert with_batch(trace_of(proto), 4) == with_batch(two, 4) == trace_of(proto, batch=4)
    assert with_batch(two, 2) is two
    scores = next(layer for layer in with_batch(two, 4).layers if layer.name == "scores")
    assert (scores.gemm.count, scores.gemm.m) == (4, 16)
    for batch, rule in ((3, "a multiple of 2"), (1, "a multiple of 2"), (0, "at least 1"), (-2, "at least 1")):
        with pytest.raises(TraceError, match=rf"batch must be {rule}, got {batch} \(trace block\)"):
            with_batch(two, batch)


def test_a_batch_stays_countable():
    with pytest.raises(
        TraceError, match=r"batch must be at most 2\^31, got 4294967296 \(trace block at batch 4294967296\)"
    ):
        with_batch(trace_of(block()), 2**32)
    # 2^16 images of 2^44 multiply-accumulates
    large = load_workload("gemm:1048576x4096x4096")
    assert with_batch(large, 2**12).macs == 2**56
    with pytest.raises(TraceError, match=r"multiply-accumulates must be at most 2\^56 in all, got 144115188075855872"):
        with_batch(large, 2**13)
