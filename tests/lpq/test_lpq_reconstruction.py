"""Reconstruction: less error than the nearest values have, on the formats' grids, with means that agree."""

from functools import cache

import numpy as np
import pytest
from lpq_graphs import drawn, model, node, norm
from lpq_subjects import all_nearest, around, fashion, layer_of, pictures, seen_tensors, subject_of, whole_run

from lpasim.formats import LogPosit
from lpasim.lpq.crowd import team
from lpasim.lpq.moments import gathered
from lpasim.lpq.quantized_run import Quantized
from lpasim.lpq.reconstruction import reconstruct
from lpasim.lpq.shortcuts import find_shortcuts
from lpasim.lpq.tokens import TokenWeights
from lpasim.quantization.fit_formats import fit_format
from lpasim.quantization.sample import draw

NO_TOKENS = TokenWeights(())
ACTIVATIONS = {
    "images": LogPosit(6, 1, 3, 0.0),
    "stem.relu6": LogPosit(5, 1, 3, 0.5),
    "first.relu": LogPosit(5, 1, 3, 0.5),
}
IMAGES = 24


@cache
def formats_of(subject, n):
    return {layer.name: fit_format("lp", draw(layer.matrices, 4096), n, "linear") for layer in subject.layers}


@cache
def reconstructed(n, batchnorm="ppu", threads=2):
    subject = fashion(batchnorm)
    with team(threads) as members:
        return reconstruct(subject, pictures(IMAGES), formats_of(subject, n), ACTIVATIONS, NO_TOKENS, members)


def quantized(subject, found, activations=ACTIVATIONS):
    return Quantized(found.layers, activations, found.shifts(subject).get)


@pytest.mark.parametrize(("n", "batchnorm"), [(3, "ppu"), (4, "ppu"), (4, "fold")])
def test_answers_are_nearer_than_with_the_nearest_values(n, batchnorm):
    subject = fashion(batchnorm)
    plain = Quantized(all_nearest(subject, formats_of(subject, n)), ACTIVATIONS)
    for images in (pictures(IMAGES), pictures(12, 100)):
        expected = whole_run(subject, images)
        errors = [
            float(np.square(whole_run(subject, images, run) - expected).mean())
            for run in (quantized(subject, reconstructed(n, batchnorm)), plain)
        ]
        assert errors[0] < 0.5 * errors[1]


@pytest.mark.parametrize("batchnorm", ["ppu", "fold"])
def test_weights_lie_on_the_grids_of_their_formats(batchnorm):
    subject = fashion(batchnorm)
    formats = formats_of(subject, 4)
    for name, rounded in reconstructed(4, batchnorm).layers.items():
        layer = layer_of(subject, name)
        kept = layer.arrangement.matrices(rounded.operand) * layer.gain
        on_grid = formats[name].quantize(kept, "linear")
        if batchnorm == "ppu":
            assert np.array_equal(on_grid.astype(np.float32), rounded.operand.reshape(on_grid.shape))
        assert np.allclose(kept, on_grid, rtol=1e-6, atol=0)
        assert rounded.shift is None


def test_means_of_channels_agree_with_the_float_network():
    """Where a shortcut is added, it is the sum's means that agree."""
    subject, found = fashion(), reconstructed(3)
    added = {name: shortcut.tensor for name, shortcut in find_shortcuts(subject).items()}
    assert added
    exact = seen_tensors(subject, pictures(IMAGES))
    got = seen_tensors(subject, pictures(IMAGES), quantized(subject, found))
    assert set(found.offsets) == {layer.name for layer in subject.layers}
    for layer in subject.layers:
        axes = tuple(axis for axis in range(exact[layer.anchor.tensor].ndim) if axis != 1)
        tensors = [layer.anchor.tensor, *([added[layer.name]] if layer.name in added else [])]
        means = [sum(seen[name].mean(axis=axes, dtype=np.float64) for name in tensors) for seen in (exact, got)]
        assert found.offsets[layer.name].shape == means[0].shape
        assert np.abs(means[0] - means[1]).max() < 1e-4
    assert max(np.abs(offset).max() for offset in found.offsets.values()) > 0.01


def test_the_number_of_threads_changes_nothing():
    first, second = reconstructed(4), reconstructed(4, threads=1)
    for name, rounded in first.layers.items():
        assert np.array_equal(rounded.operand, second.layers[name].operand)
        assert np.array_equal(first.offsets[name], second.offsets[name])


def test_progress_is_told():
    subject = subject_of(
        model(
            [node("MatMul", "x u", "h"), node("MatMul", "h v", "y")],
            {"x": ["N", 6]},
            "y",
            {"u": drawn(6, 5), "v": drawn(5, 3)},
        )
    )
    told = []
    with team(1) as members:
        found = reconstruct(
            subject, drawn(9, 6), formats_of(subject, 4), {}, NO_TOKENS, members, progress=lambda *now: told.append(now)
        )
    assert told == [(1, 2), (2, 2)]
    assert not found.offsets
    assert not found.shifts(subject)


def test_weights_make_up_for_an_activation_that_is_rounded_too_low():
    """A coarse format takes a quarter off all activations; the next layer, in a fine one, puts it back."""
    proto = model([node("MatMul", "x u", "y")], {"x": ["N", 6]}, "y", {"u": drawn(6, 3)})
    subject = subject_of(proto)
    images = np.where(drawn(400, 6) > 0, np.float32(1.3), np.float32(-1.3))
    coarse, fine = LogPosit(2, 0, 1, 0.0), {"y": LogPosit(8, 1, 5, 0.0)}
    assert set(np.abs(coarse.quantize(images)).ravel()) == {1.0}
    with team(1) as members:
        found = reconstruct(subject, images, fine, {"x": coarse}, NO_TOKENS, members)
    ratio = found.layers["y"].operand.astype(np.float64).ravel() @ drawn(6, 3).ravel() / np.square(drawn(6, 3)).sum()
    assert ratio == pytest.approx(1 + 0.3 / 1.1, rel=0.05), "but for the ridge, 1.3"


def test_layers_without_rows_are_rounded_to_the_nearest_and_their_means_corrected():
    names, values = norm("n", 6)
    nodes = [node("ConvTranspose", "x w", "c"), node("BatchNormalization", f"c {names}", "y")]
    proto = model(nodes, {"x": ["N", 4, 5, 5]}, "y", {"w": drawn(4, 6, 2, 2), **values})
    for batchnorm in ("ppu", "fold"):
        subject, images = subject_of(proto, batchnorm=batchnorm), drawn(18, 4, 5, 5, seed=3) + np.float32(1)
        layer, formats = subject.layers[0], formats_of(subject, 3)
        with team(2) as members:
            found = reconstruct(subject, images, formats, {}, NO_TOKENS, members)
        expected = layer.as_operand(formats["c"].quantize(layer.matrices, "linear"))
        assert np.array_equal(found.layers["c"].operand, expected)
        exact, got = (whole_run(subject, images, run) for run in (None, quantized(subject, found, {})))
        assert np.allclose(exact.mean(axis=(0, 2, 3)), got.mean(axis=(0, 2, 3)), atol=1e-4)


def test_the_chosen_weights_beat_the_nearest_on_what_they_are_chosen_for():
    """The regression's own quadratic form, from the definition: outputs in floating point against rounded ones."""
    proto = model(
        [node("MatMul", "x u", "p"), node("Add", "p b", "y")],
        {"x": ["N", 4, 9]},
        "y",
        {"u": drawn(9, 5), "b": drawn(5)},
    )
    subject = subject_of(proto)
    mixed = drawn(60, 4, 9) @ drawn(9, 9, seed=5)
    fmt, activations = {"p": around(drawn(9, 5), 4)}, {"x": LogPosit(6, 1, 3, -1.0)}
    with team(2) as members:
        found = reconstruct(subject, mixed, fmt, activations, NO_TOKENS, members)
    exact = whole_run(subject, mixed)
    together = whole_run(subject, mixed, quantized(subject, found, activations))
    alone = whole_run(subject, mixed, Quantized(all_nearest(subject, fmt), activations))
    assert np.square(together - exact).mean() < 0.7 * np.square(alone - exact).mean()


def test_a_token_that_counts_more_is_met_better():
    proto = model([node("MatMul", "x u", "p")], {"x": ["N", 5, 8]}, "p", {"u": drawn(8, 64)})
    subject = subject_of(proto)
    fmt = formats_of(subject, 4)
    images = drawn(60, 5, 8)
    images[:, 0] = images[:, 0] @ drawn(8, 8, seed=6) + 2
    errors = []
    for tokens in (NO_TOKENS, TokenWeights(((0, 5, 500.0),))):
        with team(1) as members:
            found = reconstruct(subject, images, fmt, {}, tokens, members)
        lost = np.square(whole_run(subject, images, quantized(subject, found, {})) - whole_run(subject, images))
        errors.append((float(lost[:, 0].mean()), float(lost[:, 1:].mean())))
    assert errors[1][0] < errors[0][0]
    assert errors[1][1] > errors[0][1]


def test_means_are_corrected_where_tokens_count():
    nodes = [node("MatMul", "x u", "p"), node("Add", "p b", "y")]
    proto = model(nodes, {"x": ["N", 5, 8]}, "y", {"u": drawn(8, 5), "b": drawn(5)})
    subject, images = subject_of(proto), drawn(20, 5, 8) + drawn(5, 8, seed=1)
    with team(2) as members:
        found = reconstruct(subject, images, formats_of(subject, 3), {}, TokenWeights(((0, 5, 3.0),)), members)
    exact, got = (whole_run(subject, images, run) for run in (None, quantized(subject, found, {})))
    weights = [3, 1, 1, 1, 1]
    assert np.allclose(*(np.average(y.mean(axis=0), axis=0, weights=weights) for y in (exact, got)), atol=1e-5)
    assert not np.allclose(exact.mean(axis=(0, 1)), got.mean(axis=(0, 1)), atol=1e-3)


def test_rows_come_from_both_networks():
    layer = layer_of(fashion(), "classifier")
    exact, rounded = drawn(4, 56), drawn(4, 56, seed=1)
    places, weights = [np.zeros(1, np.int64)] * 4, [np.ones(1)] * 4
    found = gathered(layer, exact, rounded, places, weights)
    assert np.allclose(found.cross[0], (exact - rounded).T @ rounded, atol=1e-5)
