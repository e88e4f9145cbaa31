"""The command ``lpasim quantize``: what it refuses, in one line, and that nothing half-written stays."""

from __future__ import annotations

import errno
import os
from pathlib import Path

import numpy as np
import onnx
import pytest
from lpq_graphs import drawn, model, node
from lpq_small import small_images, small_network
from lpq_written import names, refused

IMAGES = small_images()


@pytest.mark.parametrize(
    ("arrays", "message"),
    [
        ({"images": IMAGES, "labels": np.arange(20)}, "labels must be below 4, the classes of the network, got 4"),
        ({"images": np.zeros((9, 8, 9, 3), np.uint8)}, "network expects 1x3x8x8, got images of 1x3x8x9"),
    ],
)
def test_other_images_that_do_not_fit_are_refused_before_the_search(quantize, folder, arrays, message):
    np.savez(folder / "test.npz", **arrays)
    refused(quantize, folder, message, "--test", "test.npz")


ARCHIVES = {
    "none": ({"images": IMAGES[:0]}, "images must be an archive with at least one image, got none (bad.npz)"),
    "one": (
        {"images": IMAGES[:1]},
        "images must be at least 2, for the objective tells them apart, got 1 (bad.npz)",
    ),
    "larger": (
        {"images": np.zeros((9, 8, 9, 3), np.uint8)},
        "network expects 1x3x8x8, got images of 1x3x8x9 (bad.npz, preprocess raw, net.onnx)",
    ),
    "wide": ({"images": IMAGES.astype(np.float32)}, "uint8"),
    "one channel": (
        {"features": np.zeros((9, 1, 8, 8), np.float32)},
        "features must have 3 channels, got shape (1, 8, 8)",
    ),
    "nan": ({"features": np.full((9, 3, 8, 8), np.nan, np.float32)}, "features must be finite, got nan"),
    "alike": (
        {"images": IMAGES[[0] * 9]},
        "images must differ, for the objective tells them apart, got 9 alike (bad.npz)",
    ),
}


@pytest.mark.parametrize("case", ARCHIVES)
def test_images_that_tell_nothing_are_refused(quantize, folder, case):
    arrays, message = ARCHIVES[case]
    np.savez(folder / "bad.npz", **arrays)
    refused(quantize, folder, message, "-q", images="bad.npz")


def test_no_images_are_refused(quantize, folder):
    (folder / "empty").mkdir()
    refused(quantize, folder, "images must be a folder with at least one image, got none (empty)", images="empty")
    refused(quantize, folder, "images must be a folder or an .npz file, got 'none'", images="none")
    message = "file name must be one that the file system takes, got too long a one (aaaa"
    refused(quantize, folder, message, images=f"{300 * 'a'}.npz")
    message = "--images must name a folder or an .npz file, got none; only fashion brings its own"
    refused(quantize, folder, message, images=None)
    refused(quantize, folder, "network must be an existing file, got 'no.onnx'", images=None, model="no.onnx")
    message = "got 'resnet18', which comes without weights and images; give its ONNX file, and --images DIR"
    refused(quantize, folder, message, images=None, model="resnet18")
    message = "images must be at least 2, for the objective tells them apart, got 1 of a limit of 1 (set.npz)"
    refused(quantize, folder, message, "--limit", "1")


def test_colours_for_a_network_of_grey_images_are_refused(quantize, folder):
    onnx.save(
        model(
            [node("Flatten", "x", "f"), node("MatMul", "f v", "y")],
            {"x": ["N", 1, 8, 8]},
            "y",
            {"v": np.eye(64, 4, dtype=np.float32)},
        ),
        folder / "grey.onnx",
    )
    refused(quantize, folder, "network expects 1x1x8x8, got images of 1x3x8x8", model="grey.onnx")


def test_networks_that_cannot_be_quantized_are_refused(quantize, folder):
    bad = np.ones((6, 3, 3, 3), np.float32)
    bad[0, 0, 0, 0] = np.nan
    onnx.save(small_network(u=bad), folder / "nan.onnx")
    onnx.save(model([node("Relu", "x", "y")], {"x": ["N", 3, 8, 8]}, "y", {}), folder / "relu.onnx")
    (folder / "text.onnx").write_text("text")
    for name, message in {
        "nan.onnx": "weights must be finite, got 1 of 162 that are NaN or infinite (tensor u, layer c, nan.onnx)",
        "relu.onnx": "network must have a layer with constant weights to quantize, got none (relu.onnx)",
        "text.onnx": "network must be a whole ONNX model",
        "none.onnx": "network must be an existing file, got 'none.onnx'",
        "fashio": "did you mean fashion?",
    }.items():
        refused(quantize, folder, message, model=name)


UNSOUND = {
    "overflow": (
        {"u": np.full((6, 3, 3, 3), 1e38, np.float32)},
        "values in float32 must be finite, got NaN or infinite ones (tensor p, 20 of 20 images of set.npz, net.onnx)",
    ),
    "answers": (
        {"v": np.full((6, 4), 3e38, np.float32)},
        "values in float32 must be finite, got NaN or infinite ones (tensor y, 20 of 20 images of set.npz, net.onnx)",
    ),
    "zeros": (
        {"u": np.zeros((6, 3, 3, 3), np.float32), "v": np.zeros((6, 4), np.float32)},
        "weights must not all be zero, got zeros in all 2 layers (net.onnx)",
    ),
    "blind": (
        {"u": np.zeros((6, 3, 3, 3), np.float32)},
        "network must tell images apart, got the same from every layer for all (20 images of set.npz, net.onnx)",
    ),
}


@pytest.mark.parametrize("case", UNSOUND)
def test_weights_that_tell_nothing_are_refused_at_the_first_run(quantize, folder, case):
    weights, message = UNSOUND[case]
    onnx.save(small_network(**weights), folder / "net.onnx")
    done = quantize()
    assert (done.code, done.out, done.err) == (2, "", f"observing activations\nlpasim: {message}\n")
    assert names(folder) == []


def half_network():
    """Return the small network with weights of a layer that are stored as float16."""
    proto = small_network()
    stored = next(tensor for tensor in proto.graph.initializer if tensor.name == "v")
    stored.CopyFrom(onnx.numpy_helper.from_array(onnx.numpy_helper.to_array(stored).astype(np.float16), "half"))
    proto.graph.node.insert(0, onnx.helper.make_node("Cast", ["half"], ["v"], to=onnx.TensorProto.FLOAT))
    return proto


def shared_network():
    nodes = [
        node("Conv", "x u", "a", pads=[1, 1, 1, 1]),
        node("Conv", "a u", "b", pads=[1, 1, 1, 1]),
        node("GlobalAveragePool", "b", "p"),
        node("Flatten", "p", "y"),
    ]
    return model(nodes, {"x": ["N", 3, 8, 8]}, "y", {"u": drawn(3, 3, 3, 3)})


@pytest.mark.parametrize(
    ("proto", "message"),
    [
        (half_network(), "weights must be stored, got ones that Cast computes (layer y, net.onnx)"),
        (shared_network(), "weights must be read by this layer alone, got other readers of 'u' (layer a, net.onnx)"),
    ],
    ids=["cast", "shared"],
)
def test_weights_that_cannot_be_corrected_are_refused_before_the_search(quantize, folder, proto, message):
    onnx.save(proto, folder / "net.onnx")
    done = quantize()
    assert (done.code, done.out, done.err) == (2, "", f"lpasim: {message}\n")
    assert names(folder) == []
    assert quantize("--no-correct", "-q").code == 0
    assert names(folder) == ["q.json"]


def test_results_that_are_no_class_scores_are_refused(quantize, folder):
    proto = model([node("Conv", "x u", "y")], {"x": ["N", 3, 8, 8]}, "y", {"u": drawn(4, 3, 3, 3)})
    onnx.save(proto, folder / "maps.onnx")
    message = "first output must be class scores [1, classes], got 'y' [1, 4, 6, 6] (maps.onnx)"
    refused(quantize, folder, message, model="maps.onnx")


OPTIONS = {
    "--weight-bits 1": "average bits of weights must be in 2..8, got 1",
    "--weight-bits 9": "average bits of weights must be in 2..8, got 9",
    "--weight-bits nan": "average bits of weights must be in 2..8, got nan",
    "--activation-bits 1.9": "average bits of activations must be in 2..8, got 1.9",
    "--bits 3": "--bits must be one of modes, any, got '3'",
    "--objective cosine": "--objective must be one of global-local-contrastive, global-contrastive, kl, mse, got",
    "--pooling median": "--pooling must be one of mean, max, moments, kurtosis, got 'median'",
    "--start best": "--start must be one of fitted, random, got 'best'",
    "--rounding up": "--rounding must be one of nearest, compensated, got 'up'",
    "--granularity tensor": "--granularity must be one of layer, channel, got 'tensor'",
    "--batchnorm drop": "--batchnorm must be one of fold, ppu, got 'drop'",
    "--granularity channel --batchnorm fold": "granularity channel must come with batchnorm ppu",
    "--granularity channel --no-correct": "granularity channel must come with a corrected network",
    "--population 1": "population must be at least 2, got 1 (search)",
    "--passes -1": "passes must be at least 0, got -1 (search)",
    "--newcomers -1": "newcomers must be at least 0, got -1 (search)",
    "--screening 1": "screening must be 0, or at least 2 and fewer than all 64 images, got 1 (search)",
    "--screening -1": "screening must be at least 0, got -1 (search)",
    "--screening 64": "screening must be 0, or at least 2 and fewer than all 64 images, got 64 (search)",
    "--screening 16 --search-images 8": "screening must be 0, or at least 2 and fewer than all 8 images, got 16",
    "--screening 20": "screening must be fewer than all 20 images, got 20 (search)",
    "--pooling max --objective mse": "pooling must come with global-local-contrastive, which alone pools, got max with",
    "--search-images 1": "--search-images must be at least 2, got 1",
    "--temperature 0": "temperature must be above 0 and finite, got 0",
    "--temperature nan": "temperature must be above 0 and finite, got nan",
    "--temperature inf": "temperature must be above 0 and finite, got inf",
    "--temperature 1 --objective mse": "temperature must come with a contrastive objective, got 1 with mse",
    "--lambda nan": "lambda must be at least 0 and finite, got nan",
    "--lambda -0.5": "lambda must be at least 0 and finite, got -0.5",
    "--fallback 101": "fallback must be 0..100 points, got 101",
    "--labels none.csv": "--labels must come with --fallback",
    "--seed -1": "seed must be at least 0, got -1 (search)",
    "--threads 0": "must be at least 1, got 0",
    "--format csv": "--format must be one of table, json, got 'csv'",
    "--preprocess other": "preprocess must be one of",
    "--input-shape 1x3x9x9": "size must be 8, as the file fixes it, got 9",
    "--warm-start none.json": "trace must be an existing file, got 'none.json'",
    "--warm-start net.onnx": "trace must be a .json file",
}


@pytest.mark.parametrize("text", OPTIONS)
def test_bad_options_are_one_line(quantize, folder, text):
    refused(quantize, folder, OPTIONS[text], *text.split())


def test_a_warm_start_from_what_is_no_result_is_refused(quantize, folder):
    (folder / "none.json").write_text("{}")
    refused(quantize, folder, "schema must be 'lpasim-trace', got None (none.json)", "--warm-start", "none.json")


def test_places_that_are_taken_or_missing_are_refused(quantize, folder):
    (folder / "other.json").write_text("{}")
    (folder / "kept.onnx").write_bytes((folder / "net.onnx").read_bytes())
    (folder / "dir.onnx").mkdir()
    for out, message in {
        "q.txt": "trace must be written to a .json file, got 'q.txt'",
        "none/q.json": "trace must be written to a file in an existing folder, got 'none/q.json'",
        "set.npz": "trace must be written to a .json file",
        "other.json": "trace must go to a new file or an earlier trace, got another file (other.json)",
        "net.json": "corrected network must go to a file of its own, got that of the network (net.onnx)",
        "kept.json": "corrected network must go to a new file or an earlier corrected network, got another file",
        f"{217 * 'a'}.json": "trace must have a file name of at most 221 bytes, got 222 (aaaa",
        f"{216 * 'a'}.json": "search state must have a file name of at most 221 bytes, got 228 (aaaa",
        "dir.json": "corrected network must go to a new file or an earlier corrected network, got another file",
    }.items():
        refused(quantize, folder, message, out=out)
    assert quantize().code == 0
    message = "trace must go to a file of its own, got that of the trace to start from (q.json)"
    refused(quantize, folder, message, "--warm-start", "q.json")


@pytest.mark.skipif(os.geteuid() == 0, reason="root may write anywhere")
def test_a_folder_without_permission(quantize, folder):
    (folder / "shut").mkdir(mode=0o555)
    refused(quantize, folder, "trace must be written to a writable folder, got 'shut'", out="shut/q.json")


@pytest.mark.parametrize(
    ("full", "message", "left"),
    [
        ("q.search.json", "search state must be written to a writable place, got No space left", []),
        ("q.json", "trace must be written to a writable place, got No space left", ["q.search.json"]),
        ("q.onnx", "network must be written to a writable place, got No space left", ["q.search.json"]),
    ],
)
def test_a_disk_that_fills_up_leaves_no_result(quantize, folder, monkeypatch, full, message, left):
    """The search can go on, once there is room."""
    write = Path.write_bytes

    def fail(path, content):
        if path.name.startswith(f".{full}."):
            write(path, content[:100])
            raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))
        return write(path, content)

    monkeypatch.setattr(Path, "write_bytes", fail)
    done = quantize("-q")
    assert (done.code, done.out) == (2, "")
    assert done.err.startswith(f"lpasim: {message}")
    assert done.err.count("\n") == 1
    assert names(folder) == left
    monkeypatch.undo()
    monkeypatch.chdir(folder)
    assert quantize("-q").code == 0
    assert names(folder) == ["q.json", "q.onnx"]
