"""Stored features in place of pictures, and the small networks of MLPerf Tiny on real data."""

from __future__ import annotations

import os
from pathlib import Path

import numpy as np
import onnx
import pytest
from inference_samples import CLASSES, COUNT, SIZE, make_network

from lpasim.cli.entry import main
from lpasim.errors import NetworkError
from lpasim.inference.images import read_images
from lpasim.networks.execution import Executor
from lpasim.networks.onnx_file import import_model, load_model
from lpasim.quantization.preprocess import PREPROCESSES, Preprocess
from lpasim.quantization.trace_file import read_trace

HALF = Preprocess(name="half", scale=1, mean=(1,), std=(0.5,))
KEYS = {"images": np.zeros((2, 8, 8, 3), np.uint8), "features": np.zeros((2, 3, 8, 8)), "labels": np.zeros(2, np.int64)}


def stored(path, dtype=np.int16, shape=(COUNT, 3, SIZE, SIZE), name="features"):
    values = np.random.default_rng(3).integers(0, 9, shape).astype(dtype)
    np.savez(path, **{name: values}, labels=np.arange(len(values)) % CLASSES)
    return values


@pytest.mark.parametrize("name", ["features", "features_int8"])
@pytest.mark.parametrize("dtype", [np.int8, np.uint16, np.float16, np.float64, np.bool_])
def test_features_of_any_type_are_read(tmp_path, name, dtype):
    values = stored(tmp_path / "set.npz", dtype, name=name)
    images = read_images(tmp_path / "set.npz", None, HALF, 4)
    ((pixels, labels),) = images.batches(8, (3, SIZE, SIZE), "tiny")
    assert pixels.dtype == np.float32
    np.testing.assert_array_equal(pixels, (values[:4].astype(np.float32) - 1) / np.float32(0.5))
    assert labels.tolist() == [0, 1, 2, 3]


@pytest.mark.parametrize("shape", [(4, 5), (1, 4, 5), (3, 4, 5), (10, 4), (6,)])
def test_features_of_any_number_of_channels_are_taken_as_they_are(tmp_path, shape):
    values = stored(tmp_path / "set.npz", np.float32, (2, *shape))
    ((pixels, _),) = read_images(tmp_path / "set.npz", None, "none").batches(2, shape, "net")
    np.testing.assert_array_equal(pixels, values)


@pytest.mark.parametrize(
    ("shape", "network"),
    [((4, 5), (4, 5)), ((4, 5), (1, 4, 5)), ((1, 4, 5), (1, 4, 5)), ((1, 4, 5), (4, 5)), ((6,), (6,))],
)
def test_an_axis_of_one_channel_may_be_missing_or_too_much(tmp_path, shape, network):
    values = stored(tmp_path / "set.npz", shape=(2, *shape))
    ((pixels, _),) = read_images(tmp_path / "set.npz", None, "kws").batches(2, network, "net")
    assert pixels.shape == (2, *network)
    np.testing.assert_allclose(pixels.ravel(), (values.ravel() - 83.0) * 0.5847029, rtol=2e-7)


@pytest.mark.parametrize("network", [(2, 4, 5), (4, 6), (1, 1, 4, 5), (20,)])
def test_features_of_another_shape_are_refused(tmp_path, network):
    stored(tmp_path / "set.npz", shape=(2, 4, 5))
    expected = "x".join(map(str, (1, *network)))
    rule = rf"expects {expected}, got features of 1x4x5 \(.*set\.npz, preprocess kws, net\)"
    with pytest.raises(NetworkError, match=rule):
        list(read_images(tmp_path / "set.npz", None, "kws").batches(2, network, "net"))


@pytest.mark.parametrize(
    ("arrays", "message"),
    [
        (("labels",), "hold one of images, features, features_int8, got labels"),
        ((), "hold one of images, features, features_int8, got nothing"),
        (("images", "features"), "hold one of .*, got images, features"),
    ],
)
def test_an_archive_holds_one_kind_of_input(tmp_path, arrays, message):
    np.savez(tmp_path / "set.npz", **{name: KEYS[name] for name in arrays})
    with pytest.raises(NetworkError, match=message):
        read_images(tmp_path / "set.npz", None, "raw")


@pytest.mark.parametrize(
    ("values", "got"),
    [
        (np.array([["a"]]), r"<U1 \[1, 1\]"),
        (np.zeros(4), r"float64 \[4\]"),
        (np.zeros((4, 0)), r"float64 \[4, 0\]"),
        (np.zeros((2, 2), complex), r"complex128 \[2, 2\]"),
    ],
)
def test_features_that_are_no_numbers_are_refused(tmp_path, values, got):
    np.savez(tmp_path / "set.npz", features=values)
    with pytest.raises(NetworkError, match=rf"features must be numbers \[N, ...\], got {got} \(.*set.npz\)"):
        read_images(tmp_path / "set.npz", None, "kws")


def test_a_trace_is_fitted_to_features_and_infer_takes_its_preprocessing(tmp_path, monkeypatch, capsys):
    pytest.importorskip("onnxruntime")
    monkeypatch.chdir(tmp_path)
    monkeypatch.setitem(PREPROCESSES, "half", HALF)
    onnx.save_model(make_network()[0], "tiny.onnx")
    stored("set.npz")
    for command in (
        ("trace", "tiny.onnx", "--images", "set.npz", "--preprocess", "half", "-o", "tiny.json"),
        ("infer", "tiny.onnx", "--trace", "tiny.json", "--images", "set.npz", "--accumulator", "wide", "-q"),
    ):
        with pytest.raises(SystemExit) as exit_:
            main(command)
        assert not exit_.value.code
    trace = read_trace(Path("tiny.json"))
    assert trace.preprocess == HALF
    assert trace.provenance.activations.endswith("images of set.npz, minus (1), divided by (0.5)")
    assert f"{COUNT} images of set.npz, preprocess half (as the trace records)" in capsys.readouterr().out


@pytest.mark.skipif("LPASIM_DATA" not in os.environ, reason="LPASIM_DATA is not set: no real networks at hand")
@pytest.mark.parametrize(
    ("name", "archive", "preprocess", "least"),
    [("ds_cnn_kws", "kws01_mfcc1000", "kws", 0.86), ("resnet8_cifar10", "cifar10_test2000_jpeg", "raw", 0.68)],
)
def test_real_networks_answer_well(name, archive, preprocess, least):
    """On all 1000 and 2000 inputs 91.3 and 76.4 % of the answers are right; `least` is two standard errors below."""
    pytest.importorskip("PIL")
    data = Path(os.environ["LPASIM_DATA"])
    model = data / "models" / f"{name}.onnx"
    network = import_model(load_model(model), name, batch=20)
    executor, right = Executor(network), 0
    images = read_images(data / "data" / f"{archive}.npz", None, preprocess, 100)
    for pixels, labels in images.batches(20, network.inputs["input"][1:], model):
        right += int((executor.run({"input": pixels})["logits"].argmax(1) == labels).sum())
    assert right >= 100 * least
