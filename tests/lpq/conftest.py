"""Calling ``lpasim quantize`` in an empty directory with small files, and quantizing the shipped network into files."""

from __future__ import annotations

from functools import cache

import numpy as np
import onnx
import pytest
from command_calls import called
from lpq_short import IMAGES, short
from lpq_small import PLAN, small_images, small_network

from lpasim.lpq.fulfil import fulfil
from lpasim.lpq.request import Request
from lpasim.quantization.provenance import Calibration
from lpasim.quantization.trained import TRAINED


@pytest.fixture
def folder(tmp_path, monkeypatch):
    """Go to an empty directory with a network and images."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.delenv("COLUMNS", raising=False)
    onnx.save(small_network(), tmp_path / "net.onnx")
    np.savez(tmp_path / "set.npz", images=small_images())
    return tmp_path


@pytest.fixture
def quantize(capsys, folder):
    """Quantize the small network, or call the command with all arguments given."""

    def call(*args, model="net.onnx", images="set.npz", out="q.json"):
        given = (*(("--images", images) if images else ()), "-o", out, *PLAN, *args)
        return called(capsys, "quantize", model, *given)

    return call


@pytest.fixture(scope="session")
def written(tmp_path_factory):
    """Quantize the shipped network into files, once for each plan."""
    folder = tmp_path_factory.mktemp("quantized")

    @cache
    def write(name, **changes):
        calibration = Calibration(TRAINED["fashion"].calibration, IMAGES, "fashion", brought=True)
        return fulfil(Request("fashion", folder / f"{name}.lpq.json", calibration, short(**changes)))

    return write
