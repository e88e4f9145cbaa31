"""A search that is killed or interrupted, again and again: it goes on, and ends as if nothing had happened."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

import lpasim

COMMAND = (
    *(sys.executable, "-m", "lpasim", "quantize", "net.onnx", "--images", "set.npz", "--preprocess", "raw"),
    *("--population", "12", "--newcomers", "6", "--screening", "0", "--passes", "60", "-o", "q.json"),
)
ENVIRONMENT = {**os.environ, "PYTHONPATH": str(Path(lpasim.__file__).parents[1])}
"""The processes run the lpasim that these tests import."""
KEPT = {"net.onnx", "set.npz", "q.search.json"}


def generation(folder):
    try:
        return json.loads((folder / "q.search.json").read_text())["generation"]
    except FileNotFoundError:
        return -1


def started(folder, *args):
    pipes = {"stdin": subprocess.DEVNULL, "stdout": subprocess.PIPE, "stderr": subprocess.PIPE, "text": True}
    return subprocess.Popen([*COMMAND, *args], cwd=folder, env=ENVIRONMENT, **pipes)


def stopped(folder, number, after, *args):
    """Stop a search some generations after where it is; return what it said, and the generation that it left."""
    wanted = generation(folder) + after
    with started(folder, *args) as process:
        deadline = time.monotonic() + 20
        while generation(folder) < wanted and process.poll() is None and time.monotonic() < deadline:
            time.sleep(0.002)
        assert process.poll() is None, process.communicate()
        process.send_signal(number)
        try:
            out, err = process.communicate(timeout=20)
        finally:
            process.kill()
    assert out == ""
    assert generation(folder) >= wanted
    return process.returncode, err, generation(folder)


def finished(folder):
    with started(folder, "-q") as process:
        _, err = process.communicate(timeout=60)
    assert (process.returncode, err) == (0, "")
    return [(folder / name).read_bytes() for name in ("q.json", "q.onnx")]


@pytest.mark.skipif(os.name != "posix", reason="needs signals of POSIX")
def test_an_interrupted_search_ends_like_one_that_was_not(folder):
    code, _, first = stopped(folder, signal.SIGKILL, 1, "--threads", "1")
    assert code == -signal.SIGKILL
    code, err, second = stopped(folder, signal.SIGINT, 10, "-q")
    assert (code, err) == (130, "lpasim: interrupted\n")
    assert {path.name for path in folder.iterdir() if not path.name.endswith(".part")} == KEPT
    code, _, third = stopped(folder, signal.SIGKILL, 10, "--threads", "2")
    assert code == -signal.SIGKILL
    assert 0 <= first < second < third < 120
    resumed = finished(folder)
    assert not (folder / "q.search.json").exists()
    assert finished(folder) == resumed


@pytest.mark.skipif(os.name != "posix", reason="needs signals of POSIX")
def test_an_interruption_before_the_first_generation_leaves_nothing(folder):
    with started(folder) as process:
        assert process.stderr.readline() == "observing activations\n"
        process.send_signal(signal.SIGINT)
        out, err = process.communicate(timeout=20)
    assert (process.returncode, out) == (130, "")
    assert err.endswith("lpasim: interrupted\n")
    assert {path.name for path in folder.iterdir()} <= KEPT
