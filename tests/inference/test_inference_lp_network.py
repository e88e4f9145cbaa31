"""Networks in number formats, against the plain reference of the datapath, one output element at a time."""

from itertools import product as every

import numpy as np
import onnx
import pytest
from onnx import TensorProto, helper, numpy_helper

from lpasim.datapath import reference_sums
from lpasim.datapath.parameters import Datapath
from lpasim.errors import NetworkError, TraceError
from lpasim.formats import LogPosit
from lpasim.inference.lp_network import LpNetwork
from lpasim.networks.execution import Executor
from lpasim.networks.onnx_file import import_model
from lpasim.quantization.batch import with_batch
from lpasim.quantization.bits import BitAssignment
from lpasim.quantization.build import build_trace

RANDOM = np.random.default_rng(5)


def weights(name, *shape, scale=0.5):
    return numpy_helper.from_array((RANDOM.standard_normal(shape) * scale).astype(np.float32), name)


def model_of(nodes, constants, inputs, output):
    graph = helper.make_graph(
        nodes,
        "case",
        [helper.make_tensor_value_info(name, TensorProto.FLOAT, shape) for name, shape in inputs.items()],
        [helper.make_tensor_value_info(output, TensorProto.FLOAT, None)],
        constants,
    )
    return helper.make_model(graph, opset_imports=[helper.make_opsetid("", 17)], ir_version=8)


def made(tmp_path, model, **bits):
    """Write a model and make its trace with assumed activation formats."""
    path = tmp_path / "case.onnx"
    onnx.save(model, path)
    return import_model(model, str(path)), build_trace(str(path), bits=BitAssignment(**bits) if bits else None)


def posit(fmt):
    return LogPosit(fmt.n, fmt.es, fmt.rs, fmt.sf)


def rounded(values, fmt, bits=8):
    """Round as the encoder does, one element at a time, with integers."""
    result = np.empty(values.shape, np.float32)
    for index in np.ndindex(values.shape):
        mantissa, exponent = np.frexp(float(values[index]))
        kept = np.ldexp(np.trunc(np.ldexp(mantissa, bits + 1)), exponent - bits - 1)
        result[index] = fmt.decode(fmt.encode(np.array([kept]), rounding="log"))[0]
    return result


def dot(w, a, layer, accumulator, datapath):
    fw, fa = posit(layer.weight_format), posit(layer.activation_format)
    codes = fw.encode(w, rounding="linear"), fa.encode(a, rounding="log")
    total = reference_sums.dot(*codes, fw, fa, accumulator, datapath)
    return total * 2.0 ** -(fw.sf + fa.sf)


@pytest.mark.parametrize("accumulator", ["wide", "paper"])
@pytest.mark.parametrize("rows", [8, 3])
def test_a_convolution_with_everything_folded_in(tmp_path, accumulator, rows):
    """Grouped, strided, asymmetric padding, with a bias, a batch normalization, and a ReLU behind."""
    constants = [
        weights("w", 4, 3, 3, 2),
        weights("b", 4),
        weights("gamma", 4, scale=1),
        weights("beta", 4),
        weights("mean", 4),
        numpy_helper.from_array(np.array([0.5, 1.5, 2, 0.25], np.float32), "variance"),
    ]
    nodes = [
        helper.make_node("Conv", ["x", "w", "b"], ["c"], "conv", group=2, strides=[2, 1], pads=[1, 0, 0, 1]),
        helper.make_node("BatchNormalization", ["c", "gamma", "beta", "mean", "variance"], ["n"], "norm"),
        helper.make_node("Relu", ["n"], ["y"], "relu"),
    ]
    network, trace = made(tmp_path, model_of(nodes, constants, {"x": [2, 6, 6, 5]}, "y"), weights=4)
    datapath = Datapath(rows=rows)
    x = RANDOM.standard_normal((2, 6, 6, 5)).astype(np.float32)
    got = LpNetwork(network, trace, accumulator, datapath).run({"x": x})["y"]

    w, b, gamma, beta, mean, variance = (numpy_helper.to_array(c) for c in constants)
    gain = gamma / np.sqrt(variance + np.float32(1e-5))
    constant = b * gain + (beta - mean * gain)
    assert constant.dtype == np.float32
    padded = np.pad(x, ((0, 0), (0, 0), (1, 0), (0, 1)))
    layer = trace.layers[0]
    expected = np.empty(got.shape, np.float32)
    for n, f, i, j in np.ndindex(got.shape):
        first = f // 2 * 3
        window = padded[n, first : first + 3, 2 * i : 2 * i + 3, j : j + 2].reshape(-1)
        total = dot((w[f] * gain[f]).reshape(-1), window, layer, accumulator, datapath)
        expected[n, f, i, j] = max(0, np.float32(total + np.float64(constant[f])))
    assert np.array_equal(got, rounded(expected, posit(layer.outputs[0].format)))
    assert np.count_nonzero(got) > got.size // 4


def attention():
    nodes = [
        helper.make_node("MatMul", ["x", "wq"], ["q"], "query"),
        helper.make_node("MatMul", ["x", "wk"], ["k"], "key"),
        helper.make_node("Transpose", ["k"], ["kt"], "turn", perm=[0, 2, 1]),
        helper.make_node("MatMul", ["q", "kt"], ["s"], "scores"),
        helper.make_node("Softmax", ["s"], ["p"], "soft", axis=-1),
        helper.make_node("MatMul", ["p", "x"], ["o"], "mix"),
        helper.make_node("Add", ["o", "x"], ["y"], "residual"),
    ]
    return model_of(nodes, [weights("wq", 6, 6), weights("wk", 6, 6)], {"x": [2, 5, 6]}, "y")


@pytest.mark.parametrize("accumulator", ["wide", "paper"])
def test_attention_word_for_word(tmp_path, accumulator):
    """Products with constant and with two computed operands, each stored tensor compared exactly."""
    network, trace = made(tmp_path, attention())
    datapath = Datapath(rows=4)
    x = RANDOM.standard_normal((2, 5, 6)).astype(np.float32)
    seen = {}
    lp = LpNetwork(network, trace, accumulator, datapath)
    lp.run({"x": x}, observe=lambda name, values: seen.update({name: values.copy()}))
    layers = {layer.name: layer for layer in trace.layers}
    executor = Executor(network)

    def product(first, second, layer):
        fa, fw = posit(layer.activation_format), posit(layer.weight_format)
        rounding = "linear" if layer.weights == "constant" else "log"
        a, w = fa.encode(first, rounding="log"), fw.encode(second, rounding=rounding)
        w = np.broadcast_to(w, (2, *w.shape[-2:]))
        sums = np.stack([reference_sums.matmul(a[i], w[i], fa, fw, accumulator, datapath) for i in range(2)])
        return (sums * 2.0 ** -(fa.sf + fw.sf)).astype(np.float32)

    stored = {output.tensor: posit(output.format) for layer in trace.layers for output in layer.outputs}
    q = product(x, executor.constant("wq"), layers["query"])
    k = product(x, executor.constant("wk"), layers["key"])
    assert np.array_equal(seen["q"], rounded(q, stored["q"]))
    assert np.array_equal(seen["k"], rounded(k, stored["k"]))
    scores = product(seen["q"], seen["k"].transpose(0, 2, 1), layers["scores"])
    exponentials = np.exp(scores - scores.max(axis=-1, keepdims=True))
    soft = exponentials / exponentials.sum(axis=-1, keepdims=True)
    assert np.allclose(seen["p"], rounded(soft, stored["p"]), rtol=0.1)
    mixed = product(seen["p"], x, layers["mix"])
    assert np.array_equal(seen["y"], rounded(mixed + x, stored["y"]))
    assert set(seen) == set(lp.layer_of) == set(stored)


def test_more_rows_of_the_array_change_bits(tmp_path):
    network, trace = made(tmp_path, attention())
    x = RANDOM.standard_normal((2, 5, 6)).astype(np.float32)
    results = [LpNetwork(network, trace, "paper", Datapath(rows=rows)).run({"x": x})["y"] for rows in (1, 2, 6)]
    assert any(not np.array_equal(a, b) for a, b in every(results, results))
    wide = [LpNetwork(network, trace, "wide", Datapath(rows=rows)).run({"x": x})["y"] for rows in (1, 6)]
    assert np.array_equal(*wide)


def test_floating_point_products_of_quantized_values(tmp_path):
    """With formats as wide as 8 bits the quantized network stays close to the float one."""
    network, trace = made(tmp_path, attention(), weights=8, edges=8)
    x = RANDOM.standard_normal((2, 5, 6)).astype(np.float32)
    exact = Executor(network).run({"x": x})["y"]
    got = LpNetwork(network, trace, "float").run({"x": x})["y"]
    assert 0 < np.abs(got - exact).max() < 0.15 * np.abs(exact).max()


def test_a_trace_of_another_network_is_refused(tmp_path):
    network, trace = made(tmp_path, attention())
    layers = list(trace.layers)
    with pytest.raises(TraceError, match=r"layer 4 of trace case must be mix, got the end"):
        LpNetwork(network, trace.model_copy(update={"layers": tuple(layers[:-1])}), "wide")
    renamed = layers[1].model_copy(update={"name": "other"})
    with pytest.raises(TraceError, match=r"layer 2 of trace case must be key, got other"):
        LpNetwork(network, trace.model_copy(update={"layers": (layers[0], renamed, *layers[2:])}), "wide")
    larger = layers[0].model_copy(update={"gemm": layers[0].gemm.model_copy(update={"k": 7})})
    message = r"groups x M x K x N of layer query must be 1x10x6x6, got 1x10x7x6 \(trace case at batch 2, .*case.onnx\)"
    with pytest.raises(TraceError, match=message):
        LpNetwork(network, trace.model_copy(update={"layers": (larger, *layers[1:])}), "wide")


@pytest.mark.parametrize(("layer", "size", "must"), [(0, "m", "1x10x6x6"), (0, "count", "1x10"), (2, "m", "2x5x6x5")])
def test_a_trace_of_another_shape_is_refused(tmp_path, layer, size, must):
    """The number of rows and of products, which no weights tell, and the shape of the input."""
    network, trace = made(tmp_path, attention())
    layers = list(trace.layers)
    gemm = layers[layer].gemm
    layers[layer] = layers[layer].model_copy(update={"gemm": gemm.model_copy(update={size: getattr(gemm, size) + 1})})
    with pytest.raises(TraceError, match=f"of layer {layers[layer].name} must be {must}"):
        LpNetwork(network, trace.model_copy(update={"layers": tuple(layers)}), "wide")
    other = trace.model_copy(update={"input_shapes": {"x": (2, 7, 6)}})
    with pytest.raises(TraceError, match=r"inputs of trace case must be x 5x6, got x 7x6 \(batch aside, .*case.onnx\)"):
        LpNetwork(network, other, "wide")


def test_the_batch_of_a_trace_may_be_another(tmp_path):
    """Weights serve every image, so M grows; products of two activations grow in number."""
    network, trace = made(tmp_path, attention())
    x = RANDOM.standard_normal((2, 5, 6)).astype(np.float32)
    expected = LpNetwork(network, trace, "wide").run({"x": x})["y"]
    assert np.array_equal(LpNetwork(network, with_batch(trace, 6), "wide").run({"x": x})["y"], expected)


def test_a_product_without_number_formats_is_refused(tmp_path):
    nodes = [helper.make_node("ConvTranspose", ["x", "w"], ["y"], "up")]
    network, trace = made(tmp_path, model_of(nodes, [weights("w", 3, 2, 2, 2)], {"x": [1, 3, 4, 4]}, "y"))
    with pytest.raises(NetworkError) as caught:
        LpNetwork(network, trace, "wide")
    message = str(caught.value)
    assert message.startswith(
        "product in number formats must be one of Conv, Gemm, MatMul, got ConvTranspose (node 'up'"
    )
    assert message.endswith("; to add one: a function in lpasim/inference/products.py, see docs/operators.md")


def test_weights_without_a_format_are_an_error_of_the_trace(tmp_path):
    network, trace = made(tmp_path, attention())
    layers = (trace.layers[0].model_copy(update={"weight_format": None}), *trace.layers[1:])
    with pytest.raises(TraceError, match=r"weight_format of layer query must be given, got null"):
        LpNetwork(network, trace.model_copy(update={"layers": layers}), "wide")
