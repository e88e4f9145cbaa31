"""Weights as matrices: with the rows of the other operand they give what the product gives."""

import numpy as np
import pytest
from lpq_graphs import drawn, executed, model, node, norm
from lpq_subjects import layer_of, subject_of

from lpasim.errors import NetworkError

CONVOLUTIONS = {
    "plain": ((6, 5, 3, 3), (9, 8), {}),
    "one row of pixels": ((6, 5, 3), (9,), {}),
    "strides": ((4, 3, 3, 2), (9, 8), {"strides": [2, 3]}),
    "uneven pads": ((4, 3, 3, 3), (7, 6), {"pads": [1, 0, 2, 1]}),
    "same": ((4, 3, 3, 3), (7, 6), {"auto_pad": "SAME_UPPER", "strides": [2, 2]}),
    "dilations": ((4, 3, 3, 3), (9, 8), {"dilations": [2, 1], "pads": [2, 1, 2, 1]}),
    "sequence with all": ((6, 2, 3), (11,), {"strides": [2], "pads": [2, 1], "dilations": [2], "group": 3}),
    "groups": ((6, 2, 3, 3), (6, 5), {"group": 3}),
    "depthwise": ((5, 1, 3, 3), (6, 5), {"group": 5, "pads": [1, 1, 1, 1], "strides": [2, 2]}),
    "two filters a channel": ((6, 1, 3, 3), (6, 5), {"group": 3}),
    "pointwise": ((6, 5, 1, 1), (4, 4), {}),
}
PRODUCTS = {
    "matrix": ("MatMul", ["N", 6], (6, 4), {}),
    "tokens": ("MatMul", ["N", 5, 6], (6, 4), {}),
    "heads": ("MatMul", ["N", 2, 5, 6], (6, 4), {}),
    "gemm": ("Gemm", ["N", 6], (6, 4), {}),
    "gemm, second transposed": ("Gemm", ["N", 6], (4, 6), {"transB": 1}),
}
OTHERS = {
    "first transposed": (
        [node("Transpose", "x", "t", perm=[1, 0]), node("Gemm", "t w", "y", transA=1)],
        {"x": ["N", 6]},
        drawn(6, 4),
    ),
    "scaled": ([node("Gemm", "x w", "y", alpha=0.5)], {"x": ["N", 6]}, drawn(6, 4)),
    "on the left": ([node("MatMul", "w x", "y")], {"x": ["N", 6, 5]}, drawn(4, 6)),
    "stack": ([node("MatMul", "x w", "y")], {"x": ["N", 2, 5, 6]}, drawn(2, 6, 4)),
    "transposed convolution": ([node("ConvTranspose", "x w", "y", group=2)], {"x": ["N", 4, 5, 5]}, drawn(4, 3, 2, 2)),
}


def products(layer, x, positions):
    rows = layer.arrangement.rows(x, [positions] * len(x))
    assert rows.flags.writeable
    assert not np.shares_memory(rows, x)
    return np.einsum("gpk,grk->grp", rows.astype(np.float64), layer.matrices).reshape(-1, rows.shape[1])


@pytest.mark.parametrize("case", CONVOLUTIONS)
def test_matrices_times_windows_are_the_convolution(case):
    shape, image, attributes = CONVOLUTIONS[case]
    channels = shape[1] * attributes.get("group", 1)
    proto = model([node("Conv", "x w", "y", **attributes)], {"x": ["N", channels, *image]}, "y", {"w": drawn(*shape)})
    layer = layer_of(subject_of(proto), "y")
    x = drawn(2, channels, *image, seed=3)
    (y,) = executed(proto, {"x": x})
    expected = np.concatenate(y.reshape(2, shape[0], -1), axis=1)
    everywhere = np.arange(expected.shape[1] // 2)
    assert np.allclose(products(layer, x, everywhere), expected, atol=1e-5)
    few = everywhere[1::3]
    assert np.allclose(products(layer, x, few), np.concatenate(y.reshape(2, shape[0], -1)[..., few], axis=1), atol=1e-5)


@pytest.mark.parametrize("case", PRODUCTS)
def test_matrices_times_rows_are_the_product(case):
    operator, given, shape, attributes = PRODUCTS[case]
    proto = model([node(operator, "x w", "y", **attributes)], {"x": given}, "y", {"w": drawn(*shape)})
    layer = layer_of(subject_of(proto), "y")
    x = drawn(3, *given[1:], seed=3)
    (y,) = executed(proto, {"x": x})
    everywhere = np.arange(int(np.prod(given[1:-1])))
    assert np.allclose(products(layer, x, everywhere), y.reshape(-1, 4).T, atol=1e-5)


@pytest.mark.parametrize("case", CONVOLUTIONS)
def test_convolutions_come_back_from_their_matrices(case):
    shape, image, attributes = CONVOLUTIONS[case]
    groups = attributes.get("group", 1)
    nodes, inputs = [node("Conv", "x w", "y", **attributes)], {"x": ["N", shape[1] * groups, *image]}
    layer = layer_of(subject_of(model(nodes, inputs, "y", {"w": drawn(*shape)})), "y")
    assert layer.matrices.shape == (groups, shape[0] // groups, np.prod(shape[1:]))
    assert np.array_equal(layer.as_operand(layer.matrices), drawn(*shape))


@pytest.mark.parametrize("case", OTHERS)
def test_other_products_are_one_row_without_rows_to_take(case):
    nodes, inputs, weights = OTHERS[case]
    layer = layer_of(subject_of(model(nodes, inputs, "y", {"w": weights})), "y")
    assert layer.matrices.shape == (1, 1, weights.size)
    assert np.array_equal(layer.as_operand(layer.matrices), weights)
    with pytest.raises(NetworkError, match=r"^rows must be those of a product with a constant matrix on the right"):
        layer.arrangement.rows(drawn(1, 6, 6), [np.arange(1)])


@pytest.mark.parametrize("operator", ["Conv", "ConvTranspose"])
@pytest.mark.parametrize("groups", [1, 2])
def test_what_is_folded_in_is_taken_off_again(operator, groups):
    shape = (4, 4 // groups, 3, 3) if operator == "Conv" else (4, 6 // groups, 3, 3)
    channels = 4 if operator == "Conv" else 6
    names, values = norm("n", channels)
    nodes = [node(operator, "x w", "c", group=groups), node("BatchNormalization", f"c {names}", "y")]
    proto = model(nodes, {"x": ["N", 4, 8, 8]}, "y", {"w": drawn(*shape), **values})
    layer = layer_of(subject_of(proto, batchnorm="fold"), "c")
    gain = values["n.gamma"] / np.sqrt(values["n.variance"] + 1e-5)
    if operator == "Conv":
        folded = drawn(*shape) * gain.reshape(-1, 1, 1, 1)
    else:
        folded = drawn(*shape) * gain.reshape(groups, -1)[np.repeat(np.arange(groups), 4 // groups)][..., None, None]
    assert np.allclose(layer.matrices.reshape(-1), folded.reshape(-1), rtol=1e-5)
    assert np.allclose(layer.as_operand(layer.matrices * 1.5), drawn(*shape) * 1.5, rtol=1e-5)


def test_channels_that_folding_makes_zero_keep_their_weights():
    names, values = norm("n", 4)
    values["n.gamma"][2] = 0
    nodes = [node("Conv", "x w", "c"), node("BatchNormalization", f"c {names}", "y")]
    layer = layer_of(
        subject_of(model(nodes, {"x": ["N", 3, 5, 5]}, "y", {"w": drawn(4, 3, 3, 3), **values}), batchnorm="fold"), "c"
    )
    assert not layer.matrices[0, 2].any()
    assert np.array_equal(layer.as_operand(np.zeros_like(layer.matrices))[2], drawn(4, 3, 3, 3)[2])
