"""Shortcuts: which tensor is added behind a layer, with what gain, and that weights make up for its error."""

import numpy as np
import pytest
from lpq_graphs import drawn, model, node, norm
from lpq_subjects import subject_of, whole_run

from lpasim.formats import LogPosit
from lpasim.lpq.crowd import team
from lpasim.lpq.quantized_run import Quantized
from lpasim.lpq.reconstruction import RIDGE, reconstruct
from lpasim.lpq.shortcuts import find_shortcuts
from lpasim.lpq.tokens import TokenWeights

COARSE, FINE = LogPosit(2, 0, 1, 0.0), LogPosit(8, 1, 5, 0.0)


def around(nodes, weights, shape=("N", 6)):
    """Make a network whose result is y, from x of a shape."""
    return subject_of(model(nodes, {"x": list(shape)}, "y", weights))


def residual():
    nodes = [node("MatMul", "x u", "h"), node("Add", "h bias", "b"), node("Add", "x b", "y")]
    return around(nodes, {"u": drawn(6, 6), "bias": drawn(6)})


def test_a_constant_may_lie_between_a_layer_and_the_sum():
    found = find_shortcuts(residual())
    assert list(found) == ["h"]
    assert found["h"].tensor == "x"
    assert {name: list(gain) for name, gain in found["h"].gains.items()} == {"h": [1.0] * 6, "b": [1.0] * 6}


def test_a_batch_normalization_multiplies_what_goes_to_the_sum():
    names, parts = norm("n", 4)
    nodes = [node("Conv", "x w", "c"), node("BatchNormalization", f"c {names}", "n"), node("Add", "n x", "y")]
    shortcut = find_shortcuts(around(nodes, {"w": drawn(4, 4, 1, 1), **parts}, ("N", 4, 5, 5)))["c"]
    gamma, _, _, variance = (value.astype(np.float64) for value in parts.values())
    assert shortcut.tensor == "x"
    assert shortcut.gains["c"] == pytest.approx(gamma / np.sqrt(variance + 1e-5), rel=1e-9)
    assert list(shortcut.gains["n"]) == [1.0] * 4


@pytest.mark.parametrize(
    ("nodes", "weights"),
    [
        ([node("MatMul", "x u", "h"), node("Relu", "h", "r"), node("Add", "r x", "y")], {}),
        ([node("MatMul", "x u", "h"), node("Add", "h x", "s"), node("Mul", "s h", "y")], {}),
        ([node("MatMul", "x u", "h"), node("Add", "h c", "y")], {"c": drawn(6)}),
        ([node("MatMul", "x v", "h"), node("Add", "h x", "y")], {"v": drawn(6, 1)}),
    ],
    ids=["behind a ReLU", "read twice", "a constant alone", "broadcast"],
)
def test_what_is_no_shortcut(nodes, weights):
    assert find_shortcuts(around(nodes, {"u": drawn(6, 6), **weights} if "v" not in weights else weights)) == {}


def test_weights_and_bias_make_up_for_the_error_of_a_shortcut():
    """Against a ridge regression of the sum, written out on all rows."""
    signs = np.sign(drawn(3000, 6, seed=3) + 0.3)
    subject, images = residual(), (1.5 * signs + 0.2 * drawn(3000, 6, seed=4)).astype(np.float32)
    with team(1) as members:
        found = reconstruct(subject, images, {"h": FINE}, {"x": COARSE}, TokenWeights(()), members)
    exact, rounded = images.astype(np.float64), COARSE.quantize(images, COARSE.own_rounding).astype(np.float64)
    rows, lacks = (values - values.mean(axis=0) for values in (rounded, exact - rounded))
    covariance = rows.T @ rows
    steady = covariance + (RIDGE + rows.shape[1] / len(rows)) * np.diag(np.diag(covariance))
    u = drawn(6, 6).astype(np.float64)
    expected = u + np.linalg.solve(steady, rows.T @ (lacks @ u + lacks))
    assert found.layers["h"].operand == pytest.approx(expected, abs=0.02 * np.abs(expected).max())
    wrong = np.abs(expected - u - np.linalg.solve(steady, rows.T @ (lacks @ u))).max()
    assert wrong > 0.1 * np.abs(expected).max(), "without the shortcut, weights would be others"
    run = Quantized(found.layers, {"x": COARSE}, found.shifts(subject).get)
    off = whole_run(subject, images).mean(axis=0) - whole_run(subject, images, run).mean(axis=0)
    assert np.abs(off).max() < 1e-4
