"""Preprocessing as data: its arithmetic, its words, its files."""

from __future__ import annotations

import json
import os
from pathlib import Path

import numpy as np
import pytest

from lpasim.errors import NetworkError
from lpasim.quantization.features import Features
from lpasim.quantization.pictures import Picture
from lpasim.quantization.preprocess import PREPROCESSES, Preprocess
from lpasim.quantization.preprocess_file import find_preprocess

PIXELS = np.arange(256, dtype=np.uint8)
HALVES = "(0.5, 0.5, 0.5)"
WORDS = {
    "imagenet": "central 224 x 224, scaled to 0..1, minus (0.485, 0.456, 0.406), divided by (0.229, 0.224, 0.225)",
    "imagenet_256": "shorter side 256, central 224 x 224, scaled to 0..1, minus (0.485, 0.456, 0.406), "
    "divided by (0.229, 0.224, 0.225)",
    "inception": f"central 224 x 224, scaled to 0..1, minus {HALVES}, divided by {HALVES}",
    "tflite": "central 224 x 224, scaled to 0..1, minus (0.498, 0.498, 0.498), divided by (0.502, 0.502, 0.502)",
    "cifar10": "scaled to 0..1, minus (0.485, 0.456, 0.406), divided by (0.229, 0.224, 0.225)",
    "cifar10_64": "resized to 64 x 64, scaled to 0..1, minus (0.4914, 0.4822, 0.4465), "
    "divided by (0.247, 0.2435, 0.2616)",
    "raw": "as they are",
    "none": "as they are",
    "kws": "minus (83), divided by (1.71)",
    "fashion": "scaled to 0..1, minus (0.286), divided by (0.353)",
}


def test_every_preprocessing_is_said_in_words():
    assert {name: rule.describe() for name, rule in PREPROCESSES.items()} == WORDS
    assert Preprocess(name="odd", scale=0.5, mean=(0,), std=(1,)).describe() == "times 0.5"


@pytest.mark.parametrize("name", [name for name, rule in PREPROCESSES.items() if rule.scale != 1])
def test_pixels_are_divided_by_255_in_float32(name):
    """Every pixel value in every channel, bit for bit."""
    rule = PREPROCESSES[name]
    mean, std = np.float32(rule.mean)[:, None], np.float32(rule.std)[:, None]
    got = rule.normalize(np.stack([PIXELS] * rule.channels))
    assert got.dtype == np.float32
    np.testing.assert_array_equal(got, (PIXELS.astype(np.float32) / np.float32(255) - mean) / std)


def test_raw_pixels_stay():
    np.testing.assert_array_equal(PREPROCESSES["raw"].normalize(np.stack([PIXELS] * 3)), np.float32([PIXELS] * 3))


def test_keyword_features_are_scaled_around_their_zero():
    features = np.arange(-128, 128).astype(np.int8)
    got = PREPROCESSES["kws"].normalize(features[None])
    np.testing.assert_allclose(got[0], (np.arange(-128, 128) - 83.0) * 0.5847029, rtol=2e-7)
    assert got[0, 83 + 128] == 0


def test_one_channel_makes_grey_pictures(tmp_path):
    pytest.importorskip("PIL")
    rule = Preprocess(name="grey", scale=1, mean=(1,), std=(2,))
    pixels = np.zeros((4, 6, 3), np.uint8)
    pixels[0, 5] = (255, 255, 255)
    prepared = Picture(tmp_path, pixels).prepare(rule)
    assert prepared.shape == (1, 1, 4, 6)
    assert prepared[0, 0, 0, 5] == 127
    assert (np.delete(prepared.ravel(), 5) == -0.5).all()


PLAIN = {"scale": 1, "mean": (0, 0, 0), "std": (1, 1, 1)}
STORED = {"imagenet": 224, "inception": 224, "tflite": 224, "cifar10": 0, "raw": 0}


def noise(width, height):
    return np.random.default_rng(width).integers(0, 256, (height, width, 3), dtype=np.uint8)


@pytest.mark.parametrize(("width", "height"), [(224, 224), (225, 226), (227, 228), (229, 231)])
@pytest.mark.parametrize("name", STORED)
def test_a_picture_that_is_not_resized_is_cut_as_it_is_stored(tmp_path, name, width, height):
    """Of an odd margin the larger half is cut away at the top and on the left."""
    pytest.importorskip("PIL")
    pixels = noise(width, height)
    crop = STORED[name]
    left, top = (-((crop - size) // 2) if crop else 0 for size in (width, height))
    cut = pixels[top : top + crop, left : left + crop] if crop else pixels
    expected = PREPROCESSES[name].normalize(np.moveaxis(cut, 2, 0))[None]
    np.testing.assert_array_equal(Picture(tmp_path, pixels).prepare(PREPROCESSES[name]), expected)


def halved(pixels, size):
    """The bilinear filter by its definition, unrounded: a triangle as wide as two new pixels."""
    (height, width), (columns, rows) = pixels.shape[:2], size

    def weights(old, new):
        scale = old / new
        reach = max(scale, 1.0)
        centres = (np.arange(new)[:, None] + 0.5) * scale
        triangle = np.maximum(0, 1 - np.abs(np.arange(old) + 0.5 - centres) / reach)
        return triangle / triangle.sum(axis=1, keepdims=True)

    return np.einsum("yh,xw,hwc->cyx", weights(height, rows), weights(width, columns), pixels.astype(float))


@pytest.mark.parametrize(
    ("width", "height", "size"),
    [
        (40, 30, (13, 10)),
        (30, 40, (10, 13)),
        (30, 59, (10, 19)),
        (30, 30, (10, 10)),
        (5, 8, (10, 16)),
        (10, 9, (11, 10)),
    ],
)
def test_the_shorter_side_gets_a_length_and_the_longer_one_follows(tmp_path, width, height, size):
    """Pillow rounds twice to whole pixels, once a direction: each by at most a half, with weights of 22 bits."""
    pytest.importorskip("PIL")
    pixels = noise(width, height)
    got = Picture(tmp_path, pixels).prepare(Preprocess(name="plain", shorter=10, **PLAIN))[0]
    assert got.shape == (3, size[1], size[0])
    assert np.abs(got - halved(pixels, size)).max() < 1.01


@pytest.mark.parametrize(
    ("width", "height", "left", "top"),
    [(256, 256, 16, 16), (341, 256, 58, 16), (343, 256, 60, 16), (256, 375, 16, 76), (512, 772, 16, 81)],
)
def test_imagenet_256_is_torchvisions_evaluation(tmp_path, width, height, left, top):
    """Places worked out by hand: of 341 columns 117 are cut away, 58 (the even one of 58, 59) on the left."""
    image = pytest.importorskip("PIL.Image")
    pixels = noise(width, height)
    whole = image.fromarray(pixels)
    if width == 512:
        whole = whole.resize((256, 386), image.Resampling.BILINEAR)
    cut = np.asarray(whole)[top : top + 224, left : left + 224] / np.float32(255)
    expected = (cut - np.float32([0.485, 0.456, 0.406])) / np.float32([0.229, 0.224, 0.225])
    got = Picture(tmp_path, pixels).prepare(PREPROCESSES["imagenet_256"])
    np.testing.assert_array_equal(got[0], np.moveaxis(expected, 2, 0))


@pytest.mark.parametrize("suffix", ["yaml", "yml", "json", "JSON"])
def test_a_file_holds_the_same_keys(tmp_path, suffix):
    path = tmp_path / f"my prep.{suffix}"
    numbers = {"resize": 9, "crop": 8, "mean": [0, 0.5, 1e-3], "std": [1, 2, 3]}
    yaml = "# ours\nresize: 9\ncrop: 8\nmean: [0, 0.5, 1e-3]\nstd: [1, 2, 3]\n"
    path.write_text(yaml if suffix.startswith("y") else json.dumps(numbers, indent="\t"))
    expected = Preprocess(name="my_prep", resize=9, crop=8, mean=(0, 0.5, 0.001), std=(1, 2, 3))
    assert find_preprocess(str(path)) == expected
    path.write_text(json.dumps({**numbers, "name": "ours", "scale": 2}))
    assert find_preprocess(str(path)) == expected.model_copy(update={"name": "ours", "scale": 2.0})


REFUSED = {
    "mean: [0, 0]\nstd: [1, 1]": r"mean must be 1 or 3 numbers, one a channel, got \[0, 0\]",
    "mean: [0]\nstd: [1, 1, 1]": r"std must be as many numbers as mean, 1, got \[1, 1, 1\]",
    "mean: [0]\nstd: [0]": r"std\[0\] must be greater than or equal to 0.000000001, got 0",
    "mean: [.nan]\nstd: [1]": r"mean\[0\] must be a finite number, got nan",
    "mean: [x]\nstd: [1]": r"mean\[0\] must be a valid number, got 'x'",
    "mean: [1e10]\nstd: [1]": r"mean\[0\] must be less than or equal to 1000000000(.0)?, got 10000000000.0",
    "mean: [0]": "std must be given, got nothing",
    "mean: [0]\nstd: [1]\nscal: 1": "scal must be a key of the schema, got an unknown one",
    "mean: [0]\nstd: [1]\nscale: 0": "scale must be greater than or equal to 0.000000001, got 0",
    "mean: [0]\nstd: [1]\ncrop: -1": "crop must be greater than or equal to 0, got -1",
    "mean: [0]\nstd: [1]\nshorter: 20000": "shorter must be less than or equal to 16384, got 20000",
    "mean: [0]\nstd: [1]\nresize: 9\nshorter: 9": "shorter must be 0 where resize is given, got 9",
    "mean: [0]\nstd: [1]\nresize: 2.5": "resize must be a valid integer, got 2.5",
    "mean: [0]\nstd: [1]\nname: a b": "name must be a word of letters, digits, .*, got 'a b'",
    "mean: [0]\nmean: [1]": "preprocess file must be valid YAML, got: key 'mean' is given twice",
    "mean: [0": "preprocess file must be valid YAML, got: while parsing a flow sequence",
    "- 1": "preprocess file must hold a mapping, got a list",
}


@pytest.mark.parametrize("text", REFUSED)
def test_a_file_that_holds_none_is_refused(tmp_path, text):
    path = tmp_path / "wrong.yaml"
    path.write_text(text)
    with pytest.raises(NetworkError, match=f"^{REFUSED[text]}") as caught:
        find_preprocess(str(path))
    assert str(path) in str(caught.value)
    assert "\n" not in str(caught.value)


def test_one_number_for_all_channels_need_be_no_list(tmp_path):
    path = tmp_path / "grey.yaml"
    path.write_text("mean: 0.5\nstd: 2\n")
    assert find_preprocess(str(path)) == Preprocess(name="grey", mean=(0.5,), std=(2,))


def test_all_problems_of_a_file_are_told(tmp_path):
    path = tmp_path / "wrong.yaml"
    path.write_text("mean: x\ncrop: -1\nscal: 2\nresize: 2.5\n")
    with pytest.raises(NetworkError) as caught:
        find_preprocess(str(path))
    lines = str(caught.value).splitlines()
    assert sorted(line.split(" must ")[0] for line in lines) == ["crop", "mean", "resize", "scal", "std"]
    assert all(line.endswith(f" ({path})") for line in lines)


def test_names_and_files_that_are_not_there(tmp_path):
    assert find_preprocess("kws") is PREPROCESSES["kws"]
    with pytest.raises(
        NetworkError, match=r"one of imagenet, .*, fashion, or a file \(.yaml, .yml, .json\), got 'other'"
    ):
        find_preprocess("other")
    with pytest.raises(NetworkError, match=r"preprocess file must exist, got none \(.*none.yaml\)"):
        find_preprocess(os.fspath(tmp_path / "none.yaml"))


@pytest.mark.parametrize(
    ("name", "values", "message"),
    [
        ("imagenet", np.zeros((3, 4)), r"crop must be 0 for features, got 224 \(preprocess imagenet, set.npz\)"),
        ("imagenet_256", np.zeros((3, 4)), "shorter must be 0 for features, got 256"),
        ("cifar10_64", np.zeros((3, 4)), "resize must be 0 for features, got 64"),
        ("raw", np.zeros((1, 4)), r"features must have 3 channels, got shape \(1, 4\)"),
        ("kws", np.array([1, np.nan]), "prepared features must be finite, got nan"),
        ("kws", np.array([1, -1e300]), "prepared features must be finite, got -inf"),
    ],
)
def test_features_that_cannot_be_prepared(name, values, message, tmp_path):
    with pytest.raises(NetworkError, match=message):
        Features(type(tmp_path)("set.npz"), values).prepare(PREPROCESSES[name])


def test_the_file_in_the_manual_is_imagenet_with_a_resize(tmp_path):
    manual = (Path(__file__).parents[2] / "docs" / "infer.md").read_text(encoding="utf-8")
    path = tmp_path / "imagenet_256.yaml"
    path.write_text(manual.split("```yaml\n")[1].split("```")[0])
    assert find_preprocess(str(path)) == PREPROCESSES["imagenet_256"]
