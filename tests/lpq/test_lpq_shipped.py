"""The traces that a search made: each is what its own command makes."""

from __future__ import annotations

import os
import shlex
from pathlib import Path

import pytest

from lpasim.cli.entry import main
from lpasim.quantization.trace_file import read_trace
from lpasim.quantization.workload import load_workload

SEARCHED = ("ds_cnn_kws", "resnet8_cifar10")
"""Those that take a few seconds."""


@pytest.mark.skipif("LPASIM_DATA" not in os.environ, reason="LPASIM_DATA is not set: no real networks at hand")
@pytest.mark.parametrize("name", SEARCHED)
def test_a_committed_trace_is_made_by_its_command(name, capsys, tmp_path, monkeypatch):
    pack = Path(os.environ["LPASIM_DATA"]).resolve()
    committed = load_workload(name)
    words = shlex.split(committed.provenance.command)
    assert words[:3] == ["python", "-m", "lpasim"]
    files = {path.name: str(path) for folder in ("models", "data") for path in (pack / folder).iterdir()}
    monkeypatch.chdir(tmp_path)
    with pytest.raises(SystemExit) as exit_:
        main((*(files.get(word, word) for word in words[3:]), "--quiet"))
    assert not exit_.value.code, capsys.readouterr().err
    made = read_trace(tmp_path / f"{name}.json")
    assert made.provenance.command == committed.provenance.command
    assert made.provenance.topology.split(", corrected")[0] == committed.provenance.topology.split(", corrected")[0]
    assert (made.free, made.preprocess, made.batchnorm) == (committed.free, committed.preprocess, committed.batchnorm)
    for new, old in zip(made.layers, committed.layers, strict=True):
        assert (new.name, new.gemm, new.window) == (old.name, old.gemm, old.window)
    # sums of a BLAS differ in the last bits from one processor to the next, which may turn a search
    same = [new.weight_format == old.weight_format for new, old in zip(made.layers, committed.layers, strict=True)]
    assert sum(same) >= len(same) / 2
