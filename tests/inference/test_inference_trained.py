"""The network that comes with lpasim trained answers as it did when it was trained, and on the datapath nearly so."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

import lpasim
from lpasim.cli.entry import main
from lpasim.inference.images import read_images
from lpasim.quantization.pictures import Picture
from lpasim.quantization.trained import TRAINED

ROOT = str(Path(lpasim.__file__).parents[1])
FASHION = TRAINED["fashion"]
RECORD = json.loads((FASHION.folder / "training.json").read_text(encoding="utf-8"))


LEAST_AGREEMENT = 0.97
"""98.6, 98.5 and 98.3 % of the answers are those of float32 (float, wide, paper)."""
MOST_CHANGE = 0.01
"""Top-1 changes by -0.1, -0.2 and +0.2 points."""


@pytest.fixture(scope="module")
def found(tmp_path_factory):
    """The folder of all images, from a process of its own."""
    folder = tmp_path_factory.mktemp("fashion") / "found"
    command = [sys.executable, "-m", "lpasim", "infer", "fashion", "--batch", "50", "--out", str(folder), "--quiet"]
    subprocess.run(command, env=os.environ | {"PYTHONPATH": ROOT}, check=True, stdout=subprocess.DEVNULL)
    return folder


def test_in_float_as_many_answers_are_right_as_after_training(found):
    summary = json.loads((found / "summary.json").read_text(encoding="utf-8"))
    assert (summary["images"]["count"], summary["images"]["labelled"]) == (1000, True)
    assert round(summary["unquantized"]["top1"] * 1000) == RECORD["right_of_1000"]
    assert RECORD["right_of_10000"] >= 9100


def test_no_answer_hangs_by_a_thread(found):
    """Other processors' last bits, at most 1e-5 or so, turn none."""
    scores = np.sort(np.load(found / "logits-unquantized.npy"), axis=1)
    assert (scores[:, -1] - scores[:, -2]).min() > 1e-4


def test_in_number_formats_few_answers_change(found):
    summary = json.loads((found / "summary.json").read_text(encoding="utf-8"))
    assert set(summary["accumulators"]) == {"float", "wide", "paper"}
    for side in summary["accumulators"].values():
        assert abs(side["top1"] - summary["unquantized"]["top1"]) <= MOST_CHANGE
        assert LEAST_AGREEMENT <= side["agreement"] < 1


def test_scores_are_those_of_another_program(found):
    onnxruntime = pytest.importorskip("onnxruntime")
    session = onnxruntime.InferenceSession(FASHION.model, providers=["CPUExecutionProvider"])
    with np.load(FASHION.images) as archive:
        pixels = archive["images"]
    (scores,) = session.run(None, {"images": ((pixels[:, None] / 255 - 0.286) / 0.353).astype(np.float32)})
    ours = np.load(found / "logits-unquantized.npy")
    assert np.abs(ours - scores).max() <= 1e-4 * np.abs(scores).max()


def called(capsys, *args):
    with pytest.raises(SystemExit) as exit_:
        main(args)
    captured = capsys.readouterr()
    return int(exit_.value.code or 0), captured.out, captured.err


def test_a_name_is_enough_without_pillow(capsys, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr("lpasim.quantization.pictures._need_pillow", lambda: pytest.fail("Pillow is asked for"))
    code, out, err = called(capsys, "infer", "fashion", "--limit", "20", "--format", "json", "--quiet")
    assert (code, err) == (0, "")
    found = json.loads(out)
    assert (found["images"]["count"], found["images"]["labelled"]) == (20, True)
    assert (found["preprocess"]["name"], found["preprocess"]["from"]) == ("fashion", "as the trace records")
    assert set(found["accumulators"]) == {"float", "wide", "paper"}


def test_images_may_be_others(capsys, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    np.savez("mine.npz", images=np.zeros((3, 28, 28), np.uint8))
    code, out, _ = called(capsys, "infer", "fashion", "--images", "mine.npz", "--accumulator", "float", "-q")
    assert code == 0
    assert "3 images of mine.npz" in out


def test_a_corrected_network_has_the_images_of_its_reference(capsys, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    Path("mine.onnx").write_bytes(FASHION.model.read_bytes())
    args = ("--reference", "fashion", "--limit", "2", "--accumulator", "float", "--format", "json", "-q")
    code, out, err = called(capsys, "infer", "mine.onnx", *args)
    assert (code, err) == (0, "")
    assert json.loads(out)["images"]["labelled"] is True


def test_every_file_can_be_named(capsys):
    code, out, err = called(capsys, "list", "networks")
    assert (code, err) == (0, "")
    lines = [line.split(maxsplit=1) for line in out.splitlines()]
    assert lines[0] == ["fashion:", FASHION.title]
    files = {"network": FASHION.model, "labelled": FASHION.images, "unlabelled": FASHION.calibration}
    assert dict(lines[1:]) == {what: str(path) for what, path in files.items()}
    assert all(path.is_file() for path in files.values())


def test_a_trace_is_fitted_to_what_comes_with_it(capsys, tmp_path, monkeypatch):
    pytest.importorskip("onnxruntime")
    monkeypatch.chdir(tmp_path)
    assert called(capsys, "trace", "fashion", "--limit", "8", "-o", "mine.json")[0] == 0
    made = json.loads((tmp_path / "mine.json").read_text(encoding="utf-8"))
    command = "python -m lpasim trace fashion --limit 8 --preprocess fashion -o mine.json"
    assert (made["preprocess"]["name"], made["provenance"]["command"]) == ("fashion", command)
    assert "the first 8 images of calibration.npz" in made["provenance"]["activations"]
    code, out, _ = called(capsys, "infer", "fashion", "--trace", "mine.json", "--limit", "2", "-q")
    assert (code, "fashion.onnx with the formats of mine" in out) == (0, True)


@pytest.mark.parametrize(
    ("args", "message"),
    [
        (
            ("infer", "fashon"),
            "network must be an ONNX file with weights or one of fashion, got 'fashon'; did you mean",
        ),
        (
            ("infer", "resnet18", "--images", "x"),
            "network must be an ONNX file with weights or one of fashion, got 'res",
        ),
        (("infer", "net.onnx"), "--images must name a folder or an .npz file, got none; only fashion brings its own"),
        (("infer", "none.onnx"), "network must be an existing file, got 'none.onnx'"),
        (("infer", "fashion", "--labels", "x.csv"), "labels must lie in the archive itself, as 'labels', got the file"),
        (("infer", "fashion", "--images", "none"), "images must be a folder or an .npz file, got 'none'"),
        (
            ("infer", "fashion", "--preprocess", "raw", "--limit", "1"),
            "network expects 1x1x28x28, got images of 1x3x28",
        ),
        (("trace", "fashion", "-o", "x.json", "--preprocess", "no"), "preprocess must be one of imagenet, "),
        (("trace", "fashoin", "-o", "x.json"), "got 'fashoin'; did you mean fashion?"),
    ],
)
def test_wrong_input_is_one_line(capsys, tmp_path, monkeypatch, args, message):
    monkeypatch.chdir(tmp_path)
    (tmp_path / "net.onnx").touch()
    code, out, err = called(capsys, *args)
    assert (code, out, err.count("\n")) == (2, "", 1)
    assert message in err
    assert not (tmp_path / "x.json").exists()


def test_a_picture_of_another_size_is_refused(tmp_path):
    """As everywhere: the network's input is fixed."""
    images = read_images(FASHION.images, None, "fashion", 1)
    pixels = Picture(tmp_path, np.zeros((27, 28), np.uint8))
    with pytest.raises(Exception, match="network expects 1x1x28x28, got images of 1x1x27x28"):
        next(type(images)(tmp_path, (pixels,), None, images.preprocess).batches(1, (1, 28, 28), "net"))
