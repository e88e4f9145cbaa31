"""What the taps of a window see, and convolutions, against loops that follow the definition."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from lpasim.networks.execution.convolution import convolve
from lpasim.networks.execution.geometry import Window, out_size, padded, taps_of


@st.composite
def windows(draw):
    return Window(
        draw(st.tuples(*[st.integers(1, 3)] * 2)),
        draw(st.tuples(*[st.integers(1, 4)] * 2)),
        draw(st.tuples(*[st.integers(1, 2)] * 2)),
        draw(st.tuples(*[st.integers(0, 2)] * 4)),
        draw(st.integers(1, 3)),
    )


def seen(image, window, fill, tap, place):
    """The element that a tap of the window at a place lies on, or the fill where that is outside of the image."""
    row, column = (
        place[axis] * window.stride[axis] + tap[axis] * window.dilation[axis] - window.pads[axis] for axis in (0, 1)
    )
    inside = 0 <= row < image.shape[0] and 0 <= column < image.shape[1]
    return image[row, column] if inside else fill


@pytest.mark.parametrize("kind", [np.uint8, np.float32])
@pytest.mark.parametrize("lead", [(), (2,), (2, 1, 3)])
@settings(max_examples=30, deadline=None)
@given(window=windows(), size=st.tuples(*[st.integers(5, 7)] * 2), turned=st.booleans())
def test_taps_see_what_the_definition_says(kind, lead, window, size, turned):
    """Of contiguous images, and of views whose columns lie far apart."""
    images = np.arange(1, 1 + np.prod((*lead, *size))).astype(kind).reshape(*lead, *size)
    if turned:
        images = np.ascontiguousarray(images.swapaxes(-1, -2)).swapaxes(-1, -2)
    out = out_size(size, window)
    taps = taps_of(padded(images, window.pads, 7), window, out)
    assert taps.dtype == images.dtype
    assert taps.shape == (*lead, *window.kernel, *out)
    assert not taps.flags.writeable
    for index in np.ndindex(taps.shape):
        image = images[index[:-4]]
        assert taps[index] == seen(image, window, 7, index[-4:-2], index[-2:])


@settings(max_examples=60, deadline=None)
@given(window=windows(), size=st.tuples(*[st.integers(1, 9)] * 2))
def test_as_many_windows_fit_as_end_inside_the_padded_image(window, size):
    for axis in (0, 1):
        whole = size[axis] + window.pads[axis] + window.pads[axis + 2]
        span = (window.kernel[axis] - 1) * window.dilation[axis]
        fitting = sum(start + span < whole for start in range(0, whole, window.stride[axis]))
        assert max(0, out_size(size, window)[axis]) == fitting


def test_images_without_padding_are_not_copied():
    image = np.ones((2, 3), np.uint8)
    assert padded(image, (0, 0, 0, 0), 9) is image
    np.testing.assert_array_equal(padded(image, (1, 0, 0, 2), 9), [[9] * 5, [1, 1, 1, 9, 9], [1, 1, 1, 9, 9]])


@settings(max_examples=40, deadline=None)
@given(window=windows(), multiplier=st.integers(1, 2), per_group=st.integers(1, 2), seed=st.integers(0, 99))
def test_convolutions_follow_the_definition(window, multiplier, per_group, seed):
    """Small integers: exact in any order. One filter a channel takes another way than the rest."""
    rng = np.random.default_rng(seed)
    x = rng.integers(-8, 8, (2, per_group * window.groups, 6, 7)).astype(np.float32)
    weights = rng.integers(-8, 8, (multiplier * window.groups, per_group, *window.kernel)).astype(np.float32)
    y = convolve(x, weights, window)
    expected = np.zeros((2, len(weights), *out_size((6, 7), window)), np.float32)
    for image, filter_, row, column in np.ndindex(expected.shape):
        first = filter_ // multiplier * per_group
        for channel, *tap in np.ndindex(weights.shape[1:]):
            value = seen(x[image, first + channel], window, 0, tap, (row, column))
            expected[image, filter_, row, column] += value * weights[filter_, channel, tap[0], tap[1]]
    np.testing.assert_array_equal(y, expected)
