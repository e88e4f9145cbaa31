"""The small network in a file, with its trace and images."""

from __future__ import annotations

import numpy as np
import onnx
import pytest
from inference_samples import COUNT, SIZE, TINY, Sample, make_network

from lpasim.quantization.build import build_trace
from lpasim.quantization.preprocess import PREPROCESSES


@pytest.fixture
def sample(tmp_path, monkeypatch):
    """The network in a file, its trace, and five labelled PNG images."""
    image = pytest.importorskip("PIL.Image")
    monkeypatch.setitem(PREPROCESSES, "tiny", TINY)
    proto, weights = make_network()
    model = tmp_path / "tiny.onnx"
    onnx.save_model(proto, model)
    folder = tmp_path / "pictures"
    folder.mkdir()
    pixels = np.random.default_rng(9).integers(0, 256, (COUNT, SIZE, SIZE, 3), dtype=np.uint8)
    for index, picture in enumerate(pixels):
        image.fromarray(picture).save(folder / f"p{index}.png")
    labels = tmp_path / "labels.csv"
    labels.write_text("file,label,name\n" + "".join(f"pictures/p{i}.png,{i + 1},thing\n" for i in range(COUNT)))
    return Sample(model, build_trace(str(model)), folder, labels, pixels, weights)
