"""Preprocessing as data: its arithmetic, its words, its files."""

from __future__ import annotations

import json
import os

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
    "inception": f"central 224 x 224, scaled to 0..1, minus {HALVES}, divided by {HALVES}",
    "tflite": "central 224 x 224, scaled to 0..1, minus (0.498, 0.498, 0.498), divided by (0.502, 0.502, 0.502)",
    "cifar10": "scaled to 0..1, minus (0.485, 0.456, 0.406), divided by (0.229, 0.224, 0.225)",
    "cifar10_64": "resized to 64 x 64, scaled to 0..1, minus (0.4914, 0.4822, 0.4465), "
    "divided by (0.247, 0.2435, 0.2616)",
    "raw": "as they are",
    "kws": "minus (83), divided by (1.71)",
}


def test_every_preprocessing_is_said_in_words():
    assert {name: rule.describe() for name, rule in PREPROCESSES.items()} == WORDS
    assert Preprocess(name="odd", scale=0.5, mean=(0,), std=(1,)).describe() == "times 0.5"


@pytest.mark.parametrize("name", [name for name, rule in PREPROCESSES.items() if rule.scale != 1])
def test_pixels_are_divided_by_255_in_float32(name):
    """Every pixel value in every channel, bit for bit."""
    rule = PREPROCESSES[name]
    mean, std = np.float32(rule.mean)[:, None], np.float32(rule.std)[:, None]
    got = rule.normalize(np.stack([PIXELS] * 3))
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


def test_names_and_files_that_are_not_there(tmp_path):
    assert find_preprocess("kws") is PREPROCESSES["kws"]
    with pytest.raises(NetworkError, match=r"one of imagenet, .*, kws, or a file \(.yaml, .yml, .json\), got 'other'"):
        find_preprocess("other")
    with pytest.raises(NetworkError, match=r"preprocess file must exist, got none \(.*none.yaml\)"):
        find_preprocess(os.fspath(tmp_path / "none.yaml"))


@pytest.mark.parametrize(
    ("name", "values", "message"),
    [
        ("imagenet", np.zeros((3, 4)), r"crop must be 0 for features, got 224 \(preprocess imagenet, set.npz\)"),
        ("cifar10_64", np.zeros((3, 4)), "resize must be 0 for features, got 64"),
        ("raw", np.zeros((1, 4)), r"features must have 3 channels, got shape \(1, 4\)"),
        ("kws", np.array([1, np.nan]), "prepared features must be finite, got nan"),
        ("kws", np.array([1, -1e300]), "prepared features must be finite, got -inf"),
    ],
)
def test_features_that_cannot_be_prepared(name, values, message, tmp_path):
    with pytest.raises(NetworkError, match=message):
        Features(type(tmp_path)("set.npz"), values).prepare(PREPROCESSES[name])
