"""The windows of an image as the rows of a matrix, against loops that follow the definition."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from lpasim.networks.execution.convolution import convolve
from lpasim.networks.execution.geometry import Window, fold_output, im2col, out_size
from lpasim.networks.roles import ConvolutionWindow


def rows_by_definition(x, window, fill):
    batch, channels, height, width = x.shape
    (top, left, bottom, right), (down, across), (tall, wide) = window.pads, window.dilation, window.kernel
    surrounded = np.full((batch, channels, height + top + bottom, width + left + right), fill, dtype=x.dtype)
    surrounded[:, :, top : top + height, left : left + width] = x
    out_height, out_width = out_size((height, width), window)
    per_group = channels // window.groups
    rows = [
        [
            surrounded[
                image, group * per_group + channel, i * window.stride[0] + ky * down, j * window.stride[1] + kx * across
            ]
            for channel in range(per_group)
            for ky in range(tall)
            for kx in range(wide)
        ]
        for group in range(window.groups)
        for image in range(batch)
        for i in range(out_height)
        for j in range(out_width)
    ]
    return np.array(rows, dtype=x.dtype).reshape(window.groups, batch * out_height * out_width, -1)


@st.composite
def windows(draw):
    kernel = draw(st.tuples(*[st.integers(1, 3)] * 2))
    dilation = draw(st.tuples(*[st.integers(1, 2)] * 2))
    return Window(
        kernel,
        draw(st.tuples(*[st.integers(1, 4)] * 2)),
        dilation,
        draw(st.tuples(*[st.integers(0, 2)] * 4)),
        draw(st.integers(1, 3)),
    )


@pytest.mark.parametrize("kind", [np.uint8, np.float32])
@settings(max_examples=40, deadline=None)
@given(window=windows(), size=st.tuples(st.integers(5, 7), st.integers(5, 7)), batch=st.integers(1, 2))
def test_rows_follow_the_definition(kind, window, size, batch):
    x = np.arange(1, 1 + batch * 2 * window.groups * size[0] * size[1]).astype(kind)
    x = x.reshape(batch, 2 * window.groups, *size)
    rows = im2col(x, window, fill=7)
    assert rows.dtype == x.dtype
    assert rows.flags.c_contiguous
    np.testing.assert_array_equal(rows, rows_by_definition(x, window, 7))


@settings(max_examples=60, deadline=None)
@given(window=windows(), multiplier=st.integers(1, 2), per_group=st.integers(1, 2), seed=st.integers(0, 99))
def test_products_of_the_rows_are_the_float_convolution(window, multiplier, per_group, seed):
    rng = np.random.default_rng(seed)
    x = rng.integers(-8, 8, (2, per_group * window.groups, 6, 7)).astype(np.float32)
    weights = rng.integers(-8, 8, (multiplier * window.groups, per_group, *window.kernel)).astype(np.float32)
    stationary = weights.reshape(window.groups, multiplier, -1).transpose(0, 2, 1)
    y = fold_output(im2col(x, window) @ stationary, 2, *out_size((6, 7), window))
    np.testing.assert_array_equal(y, convolve(x, weights, window))  # small integers: exact in either order
    assert y.flags.c_contiguous


def test_the_window_of_a_layer_serves_as_well():
    layer = ConvolutionWindow(1, 2, 5, 6, 4, 3, 3, (3, 3), (2, 2), (1, 1), (1, 1, 1, 0), 2)
    window = Window((3, 3), (2, 2), (1, 1), (1, 1, 1, 0), 2)
    x = np.arange(60, dtype=np.uint8).reshape(1, 2, 5, 6)
    np.testing.assert_array_equal(im2col(x, layer, fill=128), im2col(x, window, fill=128))
    assert out_size((5, 6), layer) == (3, 3)
