"""Calling ``lpasim quantize`` in an empty directory, and small files to call it with."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import onnx
import pytest
from lpq_small import PLAN, small_images, small_network

from lpasim.cli.entry import main


@dataclass(frozen=True)
class Done:
    code: int
    out: str
    err: str


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
        with pytest.raises(SystemExit) as exit_:
            main(("quantize", model, *given))
        captured = capsys.readouterr()
        return Done(int(exit_.value.code or 0), captured.out, captured.err)

    return call
