"""Moments: against the formulas of weighted covariances, and what rounding makes of them."""

import numpy as np
import pytest
from lpq_graphs import drawn, model, node
from lpq_subjects import around, layer_of, seen_tensors, subject_of, whole_run

from lpasim.lpq import moments, rounding
from lpasim.lpq import subject as subject_module
from lpasim.lpq.crowd import team
from lpasim.lpq.moments import chosen, damped, gathered, positions_of
from lpasim.lpq.quantized_run import Quantized
from lpasim.lpq.reconstruction import reconstruct
from lpasim.lpq.rounding import Rounder, float_moments
from lpasim.lpq.tokens import TokenWeights

NO_TOKENS = TokenWeights(())
TOKENS = model(
    [node("MatMul", "x w", "p"), node("Add", "p b", "y")], {"x": ["N", 5, 6]}, "y", {"w": drawn(6, 4), "b": drawn(4)}
)
IMAGE = model(
    [node("Conv", "x u b", "c", group=2, pads=[1, 1, 1, 1]), node("Relu", "c", "r"), node("Conv", "r v d", "y")],
    {"x": ["N", 4, 6, 6]},
    "y",
    {"u": drawn(6, 2, 3, 3), "b": drawn(6), "v": drawn(3, 6, 1, 1), "d": drawn(3, seed=1)},
)


def everywhere(count, images):
    return [np.arange(count)] * images


def gathered_rows(rounded=True):
    """Gather three images' rows, each row with a weight of its own; return the rows and weights as well."""
    layer = layer_of(subject_of(TOKENS), "p")
    exact, other = drawn(3, 5, 6, seed=1) + 2, drawn(3, 5, 6, seed=2) + 1
    weights = np.abs(drawn(3, 5, seed=3)).astype(np.float64)
    found = gathered(layer, exact, other if rounded else None, everywhere(5, 3), list(weights))
    return found, exact.reshape(-1, 6).astype(np.float64), other.reshape(-1, 6).astype(np.float64), weights.reshape(-1)


@pytest.mark.parametrize("centred", [True, False])
def test_they_are_weighted_covariances(centred):
    found, exact, other, weights = gathered_rows()
    mean, shift = (np.average(rows, axis=0, weights=weights) for rows in (other, exact - other))
    assert np.allclose(found.mean(), mean, rtol=1e-5)
    assert np.allclose(found.mean_shift(), shift, rtol=1e-5)
    raw = (other * weights[:, None]).T @ other / weights.sum()
    expected = np.cov(other.T, aweights=weights, ddof=0) if centred else raw
    assert np.allclose(found.covariance(centred)[0], expected + moments.DOUBT * np.diag(np.diagonal(raw)), atol=1e-5)
    about = (shift, mean) if centred else (0, 0)
    cross = ((exact - other - about[0]) * weights[:, None]).T @ (other - about[1]) / weights.sum()
    assert np.allclose(found.cross_covariance(centred)[0], cross, atol=1e-5)
    assert found.scarcity == pytest.approx(6 * np.square(weights).sum() / weights.sum() ** 2)


def test_columns_that_hardly_vary_about_a_large_mean_keep_their_moments():
    """As behind a clipped activation; such moments must not lose their sign to rounding, or no matrix factors them."""
    layer, count = layer_of(subject_of(TOKENS), "p"), 4000
    rows = drawn(count, 5, 6) * np.float32([1, 1e-3, 1e-3, 1e-2, 1e-2, 0]) + np.float32([0, 6, 6, 6, -6, 6])
    found = gathered(layer, rows, None, everywhere(5, count), [np.ones(5)] * count)
    doubt = np.diag(moments.DOUBT * np.square(rows.reshape(-1, 6).astype(np.float64)).mean(axis=0))
    expected = np.cov(rows.reshape(-1, 6).astype(np.float64).T, ddof=0)
    spread = np.sqrt(np.diagonal(expected) + 1e-12)
    assert np.abs((found.covariance(True)[0] - doubt - expected) / np.outer(spread, spread)).max() < 1e-3
    assert np.linalg.eigvalsh(found.covariance(True)[0])[0] > 0


def test_without_a_rounded_network_nothing_differs():
    found, exact, _, weights = gathered_rows(rounded=False)
    assert np.allclose(found.mean(), np.average(exact, axis=0, weights=weights), rtol=1e-5)
    assert not found.cross_covariance(True).any()
    assert not found.mean_shift().any()


def test_parts_add_up_to_the_whole():
    layer = layer_of(subject_of(IMAGE), "c")
    exact, other = drawn(3, 4, 6, 6, seed=1), drawn(3, 4, 6, 6, seed=2)
    weights = list(np.abs(drawn(3, 36, seed=3)).astype(np.float64))
    whole = gathered(layer, exact, other, everywhere(36, 3), weights)
    parts = [
        gathered(layer, exact[p], other[p], everywhere(36, len(weights[p])), weights[p])
        for p in (slice(2), slice(2, 3))
    ]
    total = parts[0] + parts[1]
    assert whole.second.shape == (2, 18, 18)
    assert np.allclose(total.covariance(True), whole.covariance(True), atol=1e-5)
    assert np.allclose(total.cross_covariance(True), whole.cross_covariance(True), atol=1e-5)
    assert total.scarcity == pytest.approx(whole.scarcity)


def test_damping_makes_singular_moments_definite():
    rows = drawn(2, 3, 8).astype(np.float64)
    rows[:, :, 5] = 0
    singular = rows.swapaxes(1, 2) @ rows
    better = damped(singular, 0.01)
    assert np.linalg.eigvalsh(better).min() > 0
    diagonal = np.diagonal(singular, axis1=1, axis2=2)
    added = np.diagonal(better - singular, axis1=1, axis2=2)
    seen = np.arange(8) != 5
    assert np.allclose(added[:, seen], 0.01 * diagonal[:, seen])
    assert np.allclose(added[:, 5], 0.01 * moments.FLOOR * diagonal.mean(axis=1))
    assert np.array_equal(damped(np.zeros((1, 3, 3)), 0.1), 0.1 * np.eye(3)[None])


def test_positions_are_drawn_evenly(monkeypatch):
    monkeypatch.setattr(moments, "POSITIONS", 60)
    rng = np.random.default_rng(0)
    drawn_places = [chosen(50, 10, rng) for _ in range(2000)]
    assert all(len(set(places)) == 6 and list(places) == sorted(places) for places in drawn_places)
    counts = np.bincount(np.concatenate(drawn_places), minlength=50)
    assert abs(counts / 240 - 1).max() < 0.3
    assert len(chosen(50, 1000, rng)) == 1
    assert list(chosen(4, 10, rng)) == [0, 1, 2, 3]


def test_positions_are_those_of_the_result():
    image, tokens = subject_of(IMAGE), subject_of(TOKENS)
    assert positions_of(layer_of(image, "c"), (7, 6, 5, 4)) == 20
    assert positions_of(layer_of(tokens, "p"), (7, 5, 4)) == 5
    assert positions_of(layer_of(tokens, "p"), (7, 4)) == 1


def test_the_network_s_own_moments():
    subject, images = subject_of(IMAGE), drawn(20, 4, 6, 6, seed=4)
    with team(2) as members:
        found = float_moments(subject, images, NO_TOKENS, members, 0)
    relu = seen_tensors(subject, images)["r"].transpose(0, 2, 3, 1).reshape(-1, 6).astype(np.float64)
    assert set(found) == {"c", "y"}
    assert found["y"].weight == len(relu) == 720
    assert np.allclose(found["y"].mean()[0], relu.mean(axis=0), rtol=1e-5)
    assert np.allclose(found["y"].covariance(True)[0], np.cov(relu.T, ddof=0), atol=1e-4)


def test_moments_that_do_not_fit_into_memory_are_not_gathered(monkeypatch):
    monkeypatch.setattr(subject_module, "MOMENT_BYTES", 8 * 6**2)  # those of 6 columns; the first layer has 2 x 18
    subject, images = subject_of(IMAGE), drawn(20, 4, 6, 6, seed=4)
    with team(2) as members:
        rounder = Rounder(float_moments(subject, images, NO_TOKENS, members, 0))
        formats = {layer.name: around(layer.matrices, 3) for layer in subject.layers}
        found = reconstruct(subject, images, formats, {}, NO_TOKENS, members)
    first, second = subject.layers
    nearest = formats["c"].quantize(first.operand, "linear")
    assert np.array_equal(rounder.rounded(first, formats["c"]).operand, nearest)
    assert np.array_equal(found.layers["c"].operand, nearest)
    assert not np.array_equal(found.layers["y"].operand, formats["y"].quantize(second.operand, "linear"))
    assert set(found.offsets) == {"c", "y"}


def test_a_class_token_counts_as_its_weight_says():
    subject, images = subject_of(TOKENS), drawn(3, 5, 6)
    with team(1) as members:
        found = float_moments(subject, images, TokenWeights(((0, 5, 4.0),)), members, 0)["p"]
    expected = np.average(images.reshape(-1, 6), axis=0, weights=[4, 1, 1, 1, 1] * 3)
    assert np.allclose(found.mean()[0], expected, atol=1e-6)


def test_rows_of_several_tokens_may_lie_along_the_first_axis():
    nodes = [node("Reshape", "x shape", "r"), node("MatMul", "r w", "p"), node("Add", "p b", "y")]
    weights = {"w": drawn(6, 4), "b": drawn(4), "shape": np.array([-1, 6], np.int64)}
    subject = subject_of(model(nodes, {"x": ["N", 5, 6]}, "y", weights))
    images = drawn(18, 5, 6)
    with team(2) as members:
        found = float_moments(subject, images, NO_TOKENS, members, 0)["p"]
    assert found.weight == 90
    assert np.allclose(found.mean()[0], images.reshape(-1, 6).mean(axis=0), atol=1e-6)


@pytest.mark.parametrize("proto", [TOKENS, IMAGE], ids=["tokens", "image"])
def test_rounding_with_moments_keeps_the_means_of_channels(proto):
    subject = subject_of(proto)
    images = drawn(18, *subject.image_shape, seed=4) + np.float32(0.7)
    with team(2) as members:
        rounder = Rounder(float_moments(subject, images, NO_TOKENS, members, 0))
    layer = subject.layers[0]
    fmt = around(layer.matrices, 4)
    rounded = rounder.rounded(layer, fmt)
    assert np.array_equal(fmt.quantize(rounded.operand, "linear"), rounded.operand)
    before, after = (seen_tensors(subject, images, run)[layer.name] for run in (None, Quantized({layer.name: rounded})))
    others = tuple(axis for axis in range(before.ndim) if axis != layer.anchor.axis)
    assert np.allclose(before.mean(axis=others), after.mean(axis=others), atol=1e-4)
    assert np.abs(before - after).max() > 0.01


def test_rounding_with_moments_harms_less_than_without():
    subject = subject_of(IMAGE)
    images = np.abs(drawn(20, 4, 6, 6, seed=4)) + drawn(20, 1, 1, 1, seed=5)
    with team(2) as members:
        rounder = Rounder(float_moments(subject, images, NO_TOKENS, members, 0))
    expected, lost = whole_run(subject, images), []
    for found in (rounder, Rounder({})):
        layers = {layer.name: found.rounded(layer, around(layer.matrices, 4)) for layer in subject.layers}
        lost.append(float(np.square(whole_run(subject, images, Quantized(layers)) - expected).mean()))
    assert lost[0] < 0.8 * lost[1]


def test_without_moments_weights_are_rounded_to_the_nearest():
    subject = subject_of(IMAGE)
    layer = subject.layers[0]
    fmt = around(layer.matrices, 5)
    rounded = Rounder({}).rounded(layer, fmt)
    assert np.array_equal(rounded.operand, fmt.quantize(layer.operand, "linear"))
    assert rounded.shift is None


def test_a_layer_is_rounded_once_and_limited_memory_is_kept(monkeypatch):
    layer = subject_of(IMAGE).layers[0]
    monkeypatch.setattr(rounding, "KEPT_BYTES", 2 * layer.operand.nbytes)
    rounder, formats = Rounder({}), [around(layer.matrices, n) for n in (4, 5, 6)]
    first = [rounder.rounded(layer, fmt) for fmt in formats[:2]]
    assert [rounder.rounded(layer, fmt) for fmt in formats[:2]] == first
    rounder.rounded(layer, formats[2])
    assert rounder.rounded(layer, formats[1]) is first[1]
    again = rounder.rounded(layer, formats[0])
    assert again is not first[0]
    assert np.array_equal(again.operand, first[0].operand)
