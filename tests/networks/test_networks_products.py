"""Matrix products: the sizes of hand-made graphs, and windows that really give the convolution's result."""

from dataclasses import asdict

import numpy as np
import onnx
import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st
from onnx.reference import ReferenceEvaluator
from onnx_graphs import ints, layers, mnkc, model, network, node, posts

from lpasim.errors import NetworkError
from lpasim.networks.fusion import fuse
from lpasim.networks.onnx_file import import_model


def conv_layer(image, weights, **attributes):
    graph = layers([node("Conv", ["x", "w"], "y", **attributes)], {"x": image}, ["y"], {"w": weights})
    (layer,) = graph.layers
    return layer


def test_a_stem_convolution():
    layer = conv_layer([2, 3, 224, 224], (64, 3, 7, 7), strides=[2, 2], pads=[3, 3, 3, 3])
    assert mnkc(layer) == (1, 2 * 112 * 112, 3 * 49, 64)
    assert asdict(layer.window) == {
        "batch": 2,
        "in_channels": 3,
        "in_height": 224,
        "in_width": 224,
        "out_channels": 64,
        "out_height": 112,
        "out_width": 112,
        "kernel": (7, 7),
        "stride": (2, 2),
        "dilation": (1, 1),
        "pads": (3, 3, 3, 3),
        "groups": 1,
    }
    assert layer.input_elements == 2 * 3 * 224 * 224


def test_a_grouped_convolution_is_one_product_a_group():
    assert mnkc(conv_layer([1, 8, 5, 6], (12, 2, 3, 3), group=4)) == (4, 3 * 4, 2 * 9, 3)


def test_a_depthwise_convolution_with_two_filters_a_channel():
    assert mnkc(conv_layer([1, 6, 8, 8], (12, 1, 3, 3), group=6, pads=[1, 1, 1, 1])) == (6, 64, 9, 2)


def test_a_one_dimensional_convolution_has_one_row():
    layer = conv_layer([1, 4, 20], (8, 4, 5), strides=[3], pads=[2, 1], dilations=[2])
    # positions: (20 + 2 + 1 - (2 * 4 + 1)) // 3 + 1 = 5
    assert mnkc(layer) == (1, 5, 4 * 5, 8)
    window = layer.window
    assert (window.in_height, window.in_width, window.kernel, window.stride) == (1, 20, (1, 5), (1, 3))
    assert (window.dilation, window.pads) == ((1, 2), (0, 2, 0, 1))


@pytest.mark.parametrize(
    ("mode", "pads"),
    [("SAME_UPPER", (0, 1, 1, 2)), ("SAME_LOWER", (1, 2, 0, 1)), ("VALID", (0, 0, 0, 0)), ("NOTSET", (0, 0, 0, 0))],
)
def test_automatic_padding(mode, pads):
    # height 8, kernel 3, stride 2: 4 windows need (4 - 1) * 2 + 3 = 9 rows; width 8, kernel 5: 11 columns
    layer = conv_layer([1, 1, 8, 8], (1, 1, 3, 5), strides=[2, 2], auto_pad=mode)
    assert layer.window.pads == pads


def unfold(window, image):
    """Gather each output position's inputs, straight from the definition of `Window`: [group, m, k]."""
    channels = window.in_channels // window.groups
    rows = np.zeros((window.groups, window.batch, window.out_height, window.out_width, channels, *window.kernel))
    for index in np.ndindex(*rows.shape):
        group, batch, out_y, out_x, channel, kernel_y, kernel_x = index
        y = out_y * window.stride[0] + kernel_y * window.dilation[0] - window.pads[0]
        x = out_x * window.stride[1] + kernel_x * window.dilation[1] - window.pads[1]
        if 0 <= y < window.in_height and 0 <= x < window.in_width:
            rows[index] = image[batch, group * channels + channel, y, x]
    return rows.reshape(window.groups, -1, channels * window.kernel[0] * window.kernel[1])


@settings(max_examples=40, deadline=None)
@given(
    st.tuples(st.integers(1, 2), st.integers(1, 3), st.integers(1, 2), st.integers(1, 2)),
    st.tuples(st.integers(3, 6), st.integers(3, 6)),
    st.tuples(st.integers(1, 3), st.integers(1, 3)),
    st.tuples(st.integers(1, 3), st.integers(1, 3)),
    st.tuples(st.integers(1, 2), st.integers(1, 2)),
    st.one_of(st.sampled_from(["SAME_UPPER", "SAME_LOWER", "VALID"]), st.tuples(*[st.integers(0, 2)] * 4)),
)
def test_the_product_of_a_window_is_the_convolution(sizes, image, kernel, stride, dilation, padding):
    batch, groups, channels, filters = sizes
    attributes = {"strides": list(stride), "dilations": list(dilation), "group": groups}
    if isinstance(padding, str):
        # the reference implementation of ONNX pads dilated kernels as if they were not dilated
        assume(dilation == (1, 1) or padding == "VALID")
        attributes["auto_pad"] = padding
    else:
        attributes["pads"] = list(padding)
    reach = [span * (size - 1) + 1 for span, size in zip(dilation, kernel, strict=True)]
    assume(all(size >= need for size, need in zip(image, reach, strict=True)))
    shape, weight_shape = (batch, groups * channels, *image), (groups * filters, channels, *kernel)
    proto = model([node("Conv", ["x", "w"], "y", **attributes)], {"x": shape}, ["y"], {"w": weight_shape})
    rng = np.random.default_rng(7)
    x, w = (rng.integers(-4, 5, size).astype(np.float32) for size in (shape, weight_shape))
    proto.graph.initializer[0].CopyFrom(onnx.numpy_helper.from_array(w, "w"))
    expected = ReferenceEvaluator(proto).run(None, {"x": x})[0]

    (layer,) = fuse(import_model(proto, "test")).layers
    rows, product = unfold(layer.window, x), layer.product
    assert rows.shape == (product.count, product.m, product.k)
    columns = w.reshape(product.count, product.n, product.k).transpose(0, 2, 1)
    result = (rows @ columns).reshape(groups, batch, *expected.shape[2:], filters)
    np.testing.assert_array_equal(result.transpose(1, 0, 4, 2, 3).reshape(expected.shape), expected)


@pytest.mark.parametrize(
    ("equation", "second", "expected", "stationary"),
    [
        ("bhid,bhjd->bhij", [2, 3, 7, 5], (6, 4, 5, 7), ""),
        ("bhid, hde -> bhie", (3, 5, 8), (3, 2 * 4, 5, 8), "b"),
        ("bhid,ed->bhie", (8, 5), (1, 2 * 3 * 4, 5, 8), "b"),
        ("bhid,bhie->bhide", [2, 3, 4, 6], (24, 5, 1, 6), ""),
    ],
)
def test_einsum(equation, second, expected, stationary):
    weights = {"b": second} if isinstance(second, tuple) else {}
    inputs = {"a": [2, 3, 4, 5]} | ({} if weights else {"b": second})
    nodes = [node("Einsum", ["a", "b"], "y", equation=equation)]
    (layer,) = layers(nodes, inputs, ["y"], weights).layers
    assert (mnkc(layer), layer.constant_weights) == (expected, stationary)
    assert expected[0] * expected[1] * expected[3] == network(nodes, inputs, ["y"], weights).size("y")


def test_einsum_with_the_constant_first():
    nodes = [node("Einsum", ["w", "x"], "y", equation="oi,bi->bo")]
    (layer,) = layers(nodes, {"x": [2, 5]}, ["y"], {"w": (8, 5)}).layers
    assert (mnkc(layer), layer.input_tensors) == ((1, 2, 5, 8), ("x",))


@pytest.mark.parametrize(
    ("equation", "operands"),
    [("ij->i", "a"), ("ij,jk", "ab"), ("ij,kl->ik", "ab"), ("...j,jk->...k", "ab"), ("ii,ij->ij", "ab")],
)
def test_refused_einstein_sums(equation, operands):
    with pytest.raises(NetworkError, match=r"equation must have two operands without .* \(node 'y', operator Einsum"):
        layers([node("Einsum", list(operands), "y", equation=equation)], {"a": [4, 4], "b": [4, 4]}, ["y"])


PADDED = {"p": ints(0, 0, 1, 2, 0, 0, 3, 0), "q": ints(0, 1, 1, 2, 0, 0, 3, 0), "w": (4, 3, 3, 3)}


@pytest.mark.parametrize("opset", [10, 18])
def test_zeros_around_the_image_are_part_of_the_window(opset):
    around = node("Pad", ["x", "p"], "y") if opset == 18 else node("Pad", ["x"], "y", pads=PADDED["p"].tolist())
    nodes = [around, node("Conv", ["y", "w"], "z", pads=[1, 1, 0, 0], strides=[2, 1])]
    (layer,) = layers(nodes, {"x": [1, 3, 8, 9]}, ["z"], PADDED, opset=opset).layers
    expected = conv_layer([1, 3, 8, 9], PADDED["w"], pads=[2, 3, 3, 0], strides=[2, 1])
    assert (layer.window, layer.product, layer.input_elements) == (expected.window, expected.product, 216)


@pytest.mark.parametrize(
    ("operands", "mode"),
    [(["x", "p", "one"], "constant"), (["x", "p"], "reflect"), (["x", "q"], "constant")],
)
def test_other_padding_is_part_of_the_image(operands, mode):
    weights = PADDED | {"one": np.array(1, np.float32), "w": (4, 4 if "q" in operands else 3, 3, 3)}
    nodes = [node("Pad", operands, "y", mode=mode), node("Conv", ["y", "w"], "z")]
    (layer,) = layers(nodes, {"x": [1, 3, 8, 9]}, ["z"], weights).layers
    assert (layer.window.in_height, layer.window.in_width, layer.window.pads) == (12, 11, (0, 0, 0, 0))
    assert layer.input_elements == 216


def test_a_transposed_convolution_scatters_where_taps_overlap():
    nodes = [node("ConvTranspose", ["x", "w"], "y", group=2, strides=[2, 2])]
    (layer,) = layers(nodes, {"x": [1, 4, 5, 5]}, ["y"], {"w": (4, 3, 3, 3)}).layers
    assert mnkc(layer) == (2, 25, 2, 3 * 9)
    assert posts(layer) == [("Add", 2 * 25 * 27, 0, 0)]


def test_every_product_of_a_transposed_convolution_is_added_up():
    nodes = [node("ConvTranspose", ["x", "w"], "y", strides=[2, 2])]
    proto = model(nodes, {"x": [1, 1, 5, 5]}, ["y"], {"w": np.ones((1, 3, 3, 3), np.float32)})
    (layer,) = fuse(import_model(proto, "test")).layers
    # ones everywhere: each product adds 1 to the sum over the result
    result = ReferenceEvaluator(proto).run(None, {"x": np.ones((1, 1, 5, 5), np.float32)})[0]
    assert posts(layer) == [("Add", int(result.sum()), 0, 0)]


@settings(max_examples=40, deadline=None)
@given(*(st.tuples(*[st.integers(1, 4)] * 2) for _ in range(4)))
def test_taps_of_a_transposed_convolution_meet(size, kernel, stride, dilation):
    # ones everywhere: a result of 2 or more is a sum of several products
    attributes = {"strides": list(stride), "dilations": list(dilation)}
    nodes = [node("ConvTranspose", ["x", "w"], "y", **attributes)]
    proto = model(nodes, {"x": [1, 1, *size]}, ["y"], {"w": np.ones((1, 1, *kernel), np.float32)})
    (layer,) = fuse(import_model(proto, "test")).layers
    result = np.zeros(
        [(n - 1) * s + (k - 1) * d + 1 for n, s, k, d in zip(size, stride, kernel, dilation, strict=True)]
    )
    for position in np.ndindex(*size):
        for tap in np.ndindex(*kernel):
            result[tuple(p * s + t * d for p, s, t, d in zip(position, stride, tap, dilation, strict=True))] += 1
    assert bool(posts(layer)) == (result.max() > 1)


def test_a_transposed_convolution_without_overlap_only_addresses():
    (layer,) = layers(
        [node("ConvTranspose", ["x", "w"], "y", strides=[2, 2])], {"x": [1, 4, 5, 5]}, ["y"], {"w": (4, 3, 2, 2)}
    ).layers
    assert mnkc(layer) == (1, 25, 4, 12)
    assert posts(layer) == []


@pytest.mark.parametrize(
    ("shape", "weights", "message"),
    [
        ([1, 2, 4, 4, 4], (3, 2, 1, 1, 1), "convolution must be 1-D or 2-D, got input shape (1, 2, 4, 4, 4)"),
        ([1, 2, 4, 4], (3, 5, 1, 1), "weights must fit 2 channels in 1 groups, got shape (3, 5, 1, 1)"),
        ([1, 4, 4, 4], (3, 2, 1, 1), "weights must fit 4 channels in 1 groups, got shape (3, 2, 1, 1)"),
    ],
)
def test_refused_convolutions(shape, weights, message):
    with pytest.raises(NetworkError) as caught:
        conv_layer(shape, weights)
    assert message in str(caught.value)
    assert "node 'y', operator Conv" in str(caught.value)


def test_weights_of_a_convolution_must_be_constant():
    with pytest.raises(NetworkError, match="convolution must have constant weights"):
        layers([node("Conv", ["x", "w"], "y")], {"x": [1, 2, 4, 4], "w": [3, 2, 1, 1]}, ["y"])


@pytest.mark.parametrize(
    ("first", "second", "flags", "expected"),
    [
        ([5, 7], (7, 3), {}, (1, 5, 7, 3)),
        ([7, 5], (7, 3), {"transA": 1}, (1, 5, 7, 3)),
        ([5, 7], (3, 7), {"transB": 1}, (1, 5, 7, 3)),
        ([7, 5], (3, 7), {"transA": 1, "transB": 1, "alpha": 2.0}, (1, 5, 7, 3)),
    ],
)
def test_gemm(first, second, flags, expected):
    graph = layers([node("Gemm", ["x", "w", "b"], "y", **flags)], {"x": first}, ["y"], {"w": second, "b": (3,)})
    (layer,) = graph.layers
    assert mnkc(layer) == expected
    assert posts(layer) == []
    assert (layer.constant_weights, layer.input_elements) == ("w", 35)


def test_gemm_with_the_constant_first_is_computed_transposed():
    graph = layers([node("Gemm", ["w", "x"], "y", transB=1)], {"x": [3, 7]}, ["y"], {"w": (5, 7)})
    assert mnkc(graph.layers[0]) == (1, 3, 7, 5)
    assert graph.layers[0].input_tensors == ("x",)


def test_gemm_adds_activations_in_the_post_processing_unit():
    graph = layers([node("Gemm", ["x", "w", "c"], "y")], {"x": [5, 7], "c": [5, 3]}, ["y"], {"w": (7, 3)})
    assert posts(graph.layers[0]) == [("Add", 15, 15, 0)]


@pytest.mark.parametrize(
    ("first", "second", "constant", "expected", "streamed"),
    [
        ([2, 9, 5], (5, 3), "second", (1, 18, 5, 3), 90),
        ([2, 4, 9, 5], (4, 5, 3), "second", (4, 18, 5, 3), 360),
        ([5], (5, 3), "second", (1, 1, 5, 3), 5),
        ([9, 5], (5,), "second", (1, 9, 5, 1), 45),
        ((9, 5), [2, 5, 3], "first", (1, 6, 5, 9), 30),
        ((4, 9, 5), [2, 4, 5, 3], "first", (4, 6, 5, 9), 120),
        ([2, 3, 9, 5], [2, 3, 5, 7], "none", (6, 9, 5, 7), 270),
        ([2, 3, 9, 5], [2, 1, 5, 7], "none", (2, 27, 5, 7), 270),
        ([3, 9, 5], [2, 3, 5, 7], "none", (6, 9, 5, 7), 135),
    ],
)
def test_matmul(first, second, constant, expected, streamed):
    shapes = {"a": first, "b": second}
    weights = {name: shape for name, shape in shapes.items() if isinstance(shape, tuple)}
    inputs = {name: shape for name, shape in shapes.items() if name not in weights}
    (layer,) = layers([node("MatMul", ["a", "b"], "y")], inputs, ["y"], weights).layers
    assert mnkc(layer) == expected
    assert layer.input_elements == streamed
    assert layer.constant_weights == {"first": "a", "second": "b", "none": ""}[constant]
    result = network([node("MatMul", ["a", "b"], "y")], inputs, ["y"], weights).size("y")
    assert expected[0] * expected[1] * expected[3] == result
