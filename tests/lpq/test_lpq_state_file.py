"""The state that ``lpasim quantize`` leaves where it is interrupted: what goes on from it, and what does not."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import onnx
import pytest
from lpq_small import small_network
from lpq_written import names, refused


@pytest.fixture
def state(quantize, folder, monkeypatch):
    """Leave the state of a search that was interrupted after its last generation."""
    monkeypatch.setattr(Path, "unlink", lambda path, missing_ok=False: None)
    assert quantize("--passes", "2", "--fallback", "90").code == 0
    monkeypatch.undo()
    monkeypatch.chdir(folder)
    for path in folder.iterdir():
        if path.name not in ("net.onnx", "set.npz", "q.search.json"):
            path.unlink()
    return folder / "q.search.json"


OTHERS = {
    "seed": ("--passes", "2", "--seed", "1"),
    "plan": ("--passes", "2", "--objective", "mse"),
    "bits": ("--passes", "2", "--weight-bits", "5"),
    "images": ("--passes", "2", "--limit", "19"),
}


@pytest.mark.parametrize("other", OTHERS)
def test_the_state_of_another_search_is_refused(quantize, folder, state, other):
    message = (
        "search state must be of the same network, images, formats and settings, got another search's "
        "(q.search.json; to begin anew, delete it or write to another place)\n"
    )
    refused(quantize, folder, message, *OTHERS[other], "-q")


def test_the_state_of_another_network_and_of_a_longer_search_is_refused(quantize, folder, state):
    onnx.save(small_network(b=np.ones(6, np.float32)), folder / "other.onnx")
    refused(quantize, folder, "must be of the same network", "--passes", "2", "-q", model="other.onnx")
    message = (
        "generations of the search state must be at most 1, as --passes is 1, got 2 "
        "(q.search.json; to begin anew, delete it or write to another place)\n"
    )
    refused(quantize, folder, message, "--passes", "1", "-q")


def test_the_state_of_another_search_is_refused_before_anything_is_measured(quantize, state, monkeypatch):
    def fail(*args, **options):
        raise AssertionError("something was measured")

    monkeypatch.setattr("lpasim.lpq.quantize.prepare", fail)
    for args in (*OTHERS.values(), ("--passes", "1")):
        done = quantize(*args)
        assert done.code == 2
        assert done.err.endswith("(q.search.json; to begin anew, delete it or write to another place)\n")
        assert done.err.count("\n") == 1


def test_whoever_interrupts_is_told_how_to_go_on(quantize, folder, state, monkeypatch):
    def interrupt(*args):
        raise KeyboardInterrupt

    monkeypatch.setattr("lpasim.lpq.fulfil.fulfil", interrupt)
    told = "kept: q.search.json; the same command goes on from there\n"
    assert (quantize().code, quantize().err) == (130, f"{told}lpasim: interrupted\n")
    assert quantize("-q").err == "lpasim: interrupted\n"
    state.unlink()
    assert quantize().err == "lpasim: interrupted\n"


def test_what_a_search_has_cost_is_that_of_all_its_parts(quantize, folder, state):
    """Yet the result's bytes do not depend on it."""
    spent = {"images_run": 1e6, "seconds": {"searching": 1e5, "gathering moments": 2e5}}
    content = json.loads(state.read_text())
    assert content["spent"]["images_run"] > 20
    assert content["spent"]["seconds"]["searching"] > 0
    files = []
    for more in ({}, {"spent": spent}):
        state.write_text(json.dumps({**content, **more}))
        found = json.loads(quantize("--passes", "2", "--format", "json", "-q").out)
        files.append([(folder / name).read_bytes() for name in ("q.json", "q.onnx")])
    assert files[0] == files[1]
    assert 1e6 <= found["images_run"] < 1e6 + 1000
    assert 1e5 < found["seconds"]["searching"] < 1e5 + 100
    assert 2e5 < found["seconds"]["gathering moments"] < 2e5 + 100
    assert found["seconds"]["correcting weights"] < 100


def test_a_search_that_is_done_goes_on_to_the_same_result(quantize, folder, state):
    """Also with more passes, and with another bound or none for what follows the search."""
    for args in (("--passes", "2"), ("--passes", "3")):
        kept = state.read_bytes()
        assert quantize(*args, "-q").code == 0
        resumed = [(folder / name).read_bytes() for name in ("q.json", "q.onnx")]
        assert names(folder) == ["q.json", "q.onnx"]
        assert quantize(*args, "-q").code == 0
        assert [(folder / name).read_bytes() for name in ("q.json", "q.onnx")] == resumed
        state.write_bytes(kept)


FORMATS = {
    "number": (lambda specs: specs[:1], "formats must be one for each of 2 layers, got 1 ("),
    "width": (lambda specs: ["lp5,1,2,0", *specs[1:]], "format of layer c must be lp of 2/4/8 bits, got "),
    "kind": (lambda specs: ["int4,0.5", *specs[1:]], "format of layer c must be lp of 2/4/8 bits, got "),
}


@pytest.mark.parametrize("case", FORMATS)
def test_a_state_with_other_formats_is_refused_before_anything_is_measured(quantize, folder, state, case):
    change, message = FORMATS[case]
    content = json.loads(state.read_text())
    content["population"][-1]["formats"] = change(content["population"][-1]["formats"])
    state.write_text(json.dumps(content))
    done = quantize("--passes", "2")
    assert (done.code, done.out) == (2, "")
    assert done.err.startswith(f"lpasim: {message}")
    assert done.err.endswith("(q.search.json; to begin anew, delete it or write to another place)\n")
    assert done.err.count("\n") == 1, "nothing was begun"


def test_a_state_of_another_start_is_refused_before_anything_is_measured(quantize, folder, state, monkeypatch):
    message = "search state must be of the same network, images, formats and settings, got another search's"
    for bits in ("8", "2"):
        assert quantize("--weight-bits", bits, "--activation-bits", "8", "-q", out=f"{bits}.json").code == 0
    refused(quantize, folder, message, "--passes", "2", "--warm-start", "8.json")
    state.unlink()
    monkeypatch.setattr(Path, "unlink", lambda path, missing_ok=False: None)
    assert quantize("--warm-start", "8.json", "-q").code == 0
    monkeypatch.undo()
    monkeypatch.chdir(folder)
    for start in ((), ("--warm-start", "2.json")):
        refused(quantize, folder, message, *start)
    assert quantize("--warm-start", "8.json", "-q").code == 0


@pytest.mark.parametrize(
    ("change", "message"),
    [
        (lambda text: text[:100], "search state must go to a new file or an earlier search state, got another file"),
        (
            lambda text: text.replace('"version": 1', '"version": 7'),
            "version must be 1, got 7 (q.search.json; to begin anew, delete",
        ),
        (lambda text: text.replace('"lp', '"lq'), "(q.search.json)"),
        (lambda text: text.replace('"generation"', '"generations"'), "(q.search.json; "),
        (lambda text: text.replace('"images_run": ', '"images_run": -'), "spent.images_run must be greater than or"),
        (lambda text: "", "search state must be whole JSON"),
    ],
)
def test_a_damaged_state_is_refused_at_once(quantize, folder, state, change, message):
    state.write_text(change(state.read_text()))
    done = quantize("--passes", "2")
    assert (done.code, done.out) == (2, "")
    assert done.err.startswith("lpasim: ")
    assert done.err.count("\n") == 1, "nothing was begun"
    assert message in done.err
    assert names(folder) == ["q.search.json"]
