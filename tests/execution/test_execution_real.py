"""Trained networks against ONNX Runtime; they are found through the environment variable LPASIM_DATA."""

import os
from pathlib import Path

import numpy as np
import pytest

from lpasim.networks.execution import Executor
from lpasim.networks.onnx_file import import_model, load_model

NETWORKS = (
    *("ds_cnn_kws", "efficientnet_lite0", "mobilenet_v1_025", "resnet18_cifar10", "resnet20_cifar10"),
    *("resnet56_cifar10", "resnet8_cifar10", "squeezenet1_1", "vit_tiny_patch16_224"),
)
BATCH = 2


def inputs(name, shape, data):
    """Return real inputs where they are stored as arrays, else noise of the size of normalized pixels."""
    if name == "ds_cnn_kws":
        stored = np.load(data / "data" / "kws01_mfcc1000.npz")
        features = next(stored[key] for key in stored.files if stored[key].dtype == np.int8)
        return ((features[:BATCH].reshape(shape).astype(np.float32) - 83) * 0.5847029).astype(np.float32)
    noise = np.random.default_rng(0).normal(size=shape).astype(np.float32)
    return (noise * 60 + 128).clip(0, 255).round() if name == "resnet8_cifar10" else noise


@pytest.mark.skipif("LPASIM_DATA" not in os.environ, reason="LPASIM_DATA is not set: no real networks at hand")
@pytest.mark.parametrize("name", NETWORKS)
def test_agrees_with_onnx_runtime(name):
    runtime = pytest.importorskip("onnxruntime", reason="onnxruntime is not installed: nothing to compare with")
    data = Path(os.environ["LPASIM_DATA"])
    path = data / "models" / f"{name}.onnx"
    network = import_model(load_model(path), name, batch=BATCH, folder=str(path.parent))
    x = inputs(name, network.inputs["input"], data)
    expected = runtime.InferenceSession(path, providers=["CPUExecutionProvider"]).run(["logits"], {"input": x})[0]
    got = Executor(network).run({"input": x})["logits"]
    assert got.dtype == np.float32
    assert np.abs(got - expected).max() < 1e-4 * np.abs(expected).max()
