"""The command ``lpasim infer``: what it prints, writes and refuses."""

from __future__ import annotations

import json
import re
from dataclasses import asdict
from hashlib import sha256
from importlib import import_module

import numpy as np
import onnx
import pytest
from inference_samples import TINY

from lpasim import __version__ as lpasim_version
from lpasim.cli.entry import main
from lpasim.datapath.parameters import Datapath
from lpasim.hardware import datapath_of, load_hardware
from lpasim.quantization.preprocess import PREPROCESSES
from lpasim.quantization.trace_file import read_trace, write_trace

infer = import_module("lpasim.cli.infer")


@pytest.fixture
def lpasim(capsys, sample, tmp_path, monkeypatch):
    """Call ``lpasim infer`` on the small network in a folder of its own."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("COLUMNS", "120")
    write_trace(sample.trace, tmp_path / "formats.json")

    def call(*args, model="tiny.onnx", images="pictures", trace=("--trace", "formats.json"), preprocess="tiny"):
        chosen = ("--preprocess", preprocess) if preprocess else ()
        with pytest.raises(SystemExit) as exit_:
            main(("infer", model, "--images", images, *trace, *chosen, *args))
        captured = capsys.readouterr()
        return int(exit_.value.code or 0), captured.out, captured.err

    return call


def test_a_table_has_one_line_an_accumulator_and_one_a_layer(lpasim):
    code, out, err = lpasim("--labels", "labels.csv")
    assert code == 0
    lines = [line.split() for line in out.splitlines()]
    numbers = {line[0]: len(line) - 1 for line in lines[3:] if line and re.fullmatch(r"[\d.,-]+", line[-1])}
    answers = {"unquantized": 4, "float": 6, "wide": 6, "paper": 6}  # images, top-1, top-5, (agree, SQNR,) images/s
    assert numbers == {**answers, "conv": 3, "classifier": 3}
    assert next(line for line in lines if line[:1] == ["paper"])[1] == "5"
    assert "5 images of pictures, preprocess tiny (as given)" in out
    assert err == ""


def test_json_and_the_folder_hold_the_same(lpasim, tmp_path):
    code, out, err = lpasim(
        "--labels", "labels.csv", "--format", "json", "--out", "found", "--batch", "2", "--set", "array.rows=3"
    )
    assert (code, err) == (0, "results: found\n")
    printed, written = json.loads(out), json.loads((tmp_path / "found" / "summary.json").read_text())
    for side in (printed["unquantized"], *printed["accumulators"].values()):
        assert side.pop("images_per_s") > 0
    assert printed.pop("threads") == 2
    assert printed == written
    assert written["hardware"] == "lpa"
    assert written["datapath"] == asdict(Datapath(rows=3))
    assert written["model"] == "tiny.onnx"
    assert written["images"] == {"source": "pictures", "count": 5, "labelled": True}
    assert list(written["accumulators"]) == ["float", "wide", "paper"]
    assert list(written["accumulators"]["wide"]["layer_sqnr_db"]) == ["conv", "classifier"]
    wide, exact = (np.load(tmp_path / "found" / f"logits-{name}.npy") for name in ("wide", "unquantized"))
    assert wide.shape == (5, 7)
    assert wide.dtype == np.float32
    sqnr = 10 * np.log10((exact.astype(float) ** 2).sum() / ((wide - exact.astype(float)) ** 2).sum())
    assert written["accumulators"]["wide"]["logit_sqnr_db"] == pytest.approx(sqnr)
    lines = (tmp_path / "found" / "layers.csv").read_text().splitlines()
    assert lines[0] == "accumulator,layer,tensor,elements,signal_power,error_power,sqnr_db"
    assert [line.split(",")[:4] for line in lines[1:3]] == [
        ["float", "conv", "r", str(5 * 144)],
        ["float", "classifier", "y", str(5 * 7)],
    ]
    assert len(lines) == 7


def test_the_folder_is_the_same_again_and_keeps_nothing_of_another_run(lpasim, tmp_path):
    files = tmp_path / "found"
    assert lpasim("--out", "found")[0] == 0
    before = {path.name: path.read_bytes() for path in files.iterdir()}
    assert lpasim("--out", "found", "--batch", "5", "--threads", "1", "--accumulator", "wide")[0] == 0
    after = {path.name: path.read_bytes() for path in files.iterdir()}
    inputs = ["citations.bib", "config.yaml", "run.json", "trace.json"]
    results = ["layers.csv", "logits-unquantized.npy", "logits-wide.npy", "summary.json"]
    assert sorted(after) == sorted(inputs + results)
    assert after["logits-wide.npy"] == before["logits-wide.npy"]
    assert lpasim("--out", "found")[0] == 0
    assert {path.name: path.read_bytes() for path in files.iterdir()} == before


def test_nothing_is_left_of_a_run_that_fails(lpasim, tmp_path):
    before = sorted(path.name for path in tmp_path.iterdir())
    (tmp_path / "pictures" / "p4.png").write_bytes(b"broken")
    code, out, err = lpasim("--out", "results/found", "--batch", "1")
    assert (code, out) == (2, "")
    assert "p4.png" in err
    assert err.count("\n") == 1
    assert sorted(path.name for path in tmp_path.iterdir()) == before


@pytest.mark.parametrize(
    ("setting", "changed"),
    [
        ("array.rows=64", {"paper"}),
        ("datapath.psum_fraction_bits=10", {"paper"}),
        ("datapath.converter_in_bits=0", {"wide", "paper"}),
        ("datapath.converter_out_bits=4", {"wide", "paper"}),
        ("datapath.encoder_in_bits=1", {"wide", "paper"}),
        ("array.cols=16", set()),
    ],
)
def test_the_accelerator_decides_the_bits(lpasim, setting, changed):
    """Rows and fractions of partial sums concern `paper` alone; `float` has no datapath."""
    before, after = (
        json.loads(lpasim("--set", "array.rows=2", *more, "--format", "json")[1])["accumulators"]
        for more in ((), ("--set", setting))
    )
    assert {name for name in before if before[name]["logit_sqnr_db"] != after[name]["logit_sqnr_db"]} == changed


def test_the_folder_says_what_decided_it(lpasim, tmp_path, sample):
    """The accelerator's file, a setting, the trace, the model and the versions are enough to get the same again."""
    chip = "schema: lpasim-hardware\nversion: 1\nextends: lpa\nname: mine\ndatapath: {encoder_in_bits: 5}\n"
    (tmp_path / "chip.yaml").write_text(chip)
    widths = ("--hardware", str(tmp_path / "chip.yaml"), "--set", "datapath.psum_fraction_bits=12 bit")
    code, out, _ = lpasim(*widths, "--out", "found", "--limit", "2")
    assert code == 0
    assert "mine: 8 rows; converter 6 to 8 bits, partial sums 12, encoder 5" in out
    found = tmp_path / "found"
    resolved = load_hardware(str(found / "config.yaml"))
    assert resolved == load_hardware("chip.yaml", "datapath.psum_fraction_bits=12")
    assert datapath_of(resolved.hardware) == Datapath(psum_fraction_bits=12, encoder_in_bits=5)
    assert read_trace(found / "trace.json") == sample.trace
    cited = (found / "citations.bib").read_text()
    assert "{lpa," in cited
    assert "{simpy," not in cited
    run = json.loads((found / "run.json").read_text())
    assert run["arguments"] == {
        "model": "tiny.onnx", "trace": "formats.json", "images": "pictures", "labels": None, "preprocess": "tiny",
        "accumulator": "all", "limit": 2, "hardware": "chip.yaml", "overrides": ["datapath.psum_fraction_bits=12 bit"],
    }  # fmt: skip
    assert run["trace_sha256"] == sha256((found / "trace.json").read_bytes()).hexdigest()
    assert run["model"] == f"tiny.onnx (sha256 {sha256(sample.model.read_bytes()).hexdigest()[:16]})"
    assert run["versions"]["lpasim"] == lpasim_version
    assert {"python", "numpy", "onnx", "pillow"} <= set(run["versions"])
    again = ("--hardware", "found/config.yaml", "--trace", "found/trace.json", "--limit", "2", "--out", "again")
    assert lpasim(*again, trace=())[0] == 0
    for name in ("logits-paper.npy", "layers.csv", "config.yaml", "trace.json", "citations.bib", "summary.json"):
        assert (tmp_path / "again" / name).read_bytes() == (found / name).read_bytes()


def test_a_limit_and_no_labels(lpasim):
    found = json.loads(lpasim("--limit", "3", "--accumulator", "float", "--format", "json")[1])
    assert found["images"] == {"source": "pictures", "count": 3, "labelled": False}
    assert found["unquantized"]["top1"] is None
    assert list(found["accumulators"]) == ["float"]


def test_the_preprocessing_of_the_trace_is_used_and_said(lpasim, sample, tmp_path):
    """The table says who chose it: the trace, the command, or the default, whose images are too large here."""
    write_trace(sample.trace.model_copy(update={"preprocess": TINY}), tmp_path / "fitted.json")
    fitted = ("--trace", "fitted.json")
    assert "preprocess tiny (as the trace records)" in lpasim(trace=fitted, preprocess=None)[1]
    assert "preprocess tiny (as given)" in lpasim(trace=fitted)[1]
    assert "preprocess cifar10 (as given; the trace records tiny)" in lpasim(trace=fitted, preprocess="cifar10")[1]
    (tmp_path / "tiny.yaml").write_text("crop: 8\nmean: [0, 0, 0]\nstd: [1, 1, 1]\n")
    out = lpasim("--out", "found", trace=fitted, preprocess="tiny.yaml")[1]
    assert "preprocess tiny (as given; the trace records another of this name)" in out
    written = json.loads((tmp_path / "found" / "summary.json").read_text())["preprocess"]
    assert written == {
        "name": "tiny",
        "resize": 0,
        "crop": 8,
        "scale": 1 / 255,
        "mean": [0.0] * 3,
        "std": [1.0] * 3,
        "from": "as given; the trace records another of this name",
    }
    code, _, err = lpasim(preprocess=None)
    assert code == 2
    assert "image must be at least 224 x 224, got 8 x 8" in err
    assert infer._preprocess(None, sample.trace) == (PREPROCESSES["imagenet"], "by default: the trace records none")


def test_a_built_in_trace_is_found_by_what_the_file_holds(lpasim, sample, tmp_path, monkeypatch):
    """The file may have any name; a file that only has a built-in's name is another network."""
    built_in = tmp_path / "built_in"
    built_in.mkdir()
    write_trace(sample.trace.model_copy(update={"preprocess": TINY}), built_in / "little.json")
    monkeypatch.setattr("lpasim.quantization.workload.workload_folder", lambda: built_in)
    (tmp_path / "tiny.onnx").rename(tmp_path / "other.onnx")
    code, out, _ = lpasim(model="other.onnx", trace=(), preprocess=None)
    assert code == 0
    assert "other.onnx with the formats of tiny" in out
    proto = onnx.load_model(tmp_path / "other.onnx")
    proto.producer_name = "somebody else"
    onnx.save_model(proto, tmp_path / "little.onnx")
    code, _, err = lpasim(model="little.onnx", trace=())
    assert code == 2
    assert "make one with: python -m lpasim trace little.onnx --images DIR --out little.json" in err


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"trace": ()}, "make one with: python -m lpasim trace tiny.onnx --images DIR --out tiny.json"),
        ({"model": "none.onnx"}, "network must be an existing file, got 'none.onnx'"),
        ({"model": "none.onnx", "trace": ()}, "network must be an existing file, got 'none.onnx'"),
        ({"images": "none"}, "images must be a folder or an .npz file, got 'none'"),
        ({"preprocess": "other"}, "preprocess must be one of imagenet"),
        ({"args": ("--accumulator", "narrow")}, "--accumulator must be one of float, wide, paper, all, got 'narrow'"),
        ({"args": ("--format", "csv")}, "--format must be one of table, json, got 'csv'"),
        ({"args": ("--limit", "0")}, "must be at least 1, got 0"),
        ({"args": ("--set", "array.rows=0")}, "array.rows must be at least 1, got '0' (--set array.rows=0)"),
        ({"args": ("--set", "datapath.psum_fraction_bits=4")}, "datapath.psum_fraction_bits must be at least 8 bit"),
        ({"args": ("--set", "array.psum_bits=9")}, "array.psum_bits must be at least 10 bit for a sign, 8 bits of"),
        ({"args": ("--hardware", "lpb")}, "hardware must be a preset (lpa) or a YAML file, got 'lpb'"),
        ({"args": ("--labels", "none.csv")}, "label file must be readable"),
        ({"args": ("--out", "pictures")}, "the results must go to a new or empty folder or one of an earlier run"),
    ],
)
def test_wrong_input_is_one_line(lpasim, options, message):
    code, out, err = lpasim(*options.pop("args", ()), **options)
    assert (code, out) == (2, "")
    assert message in err
    assert err.count("\n") == 1


def test_progress_is_said_in_images(lpasim, monkeypatch):
    monkeypatch.setattr("lpasim.cli.progress.LINE_EVERY_S", 0.0)
    assert lpasim("--batch", "3")[2] == "running: 3 of 5 images\nrunning: 5 of 5 images\n"
    assert lpasim("--batch", "3", "--quiet")[2] == ""


@pytest.mark.parametrize("accumulator", ["wide", "paper"])
def test_a_dumped_layer_is_verified(lpasim, capsys, accumulator):
    code, _, err = lpasim("--accumulator", accumulator, "--set", "array.rows=4", "--dump-layer", "conv")
    assert code == 0
    assert "layer dump: conv.safetensors\n" in err
    with pytest.raises(SystemExit) as exit_:
        main(("verify", "conv.safetensors", "--quiet"))
    assert not exit_.value.code
    said = f"verified 144 of 144 words of layer conv of tiny, accumulator {accumulator}: all equal\n"
    assert capsys.readouterr().out == said


@pytest.mark.parametrize(
    ("options", "message"),
    [
        (("--dump-layer", "conv"), "--dump-layer must come with --accumulator wide or paper"),
        (("--accumulator", "float", "--dump-layer", "conv"), "--dump-layer must come with --accumulator wide or paper"),
        (("--accumulator", "wide", "--dump-layer", "convv"), "layer must be one with a product, got 'convv'"),
    ],
)
def test_a_dump_that_cannot_be_made_is_one_line(lpasim, tmp_path, options, message):
    code, out, err = lpasim(*options)
    assert (code, out) == (2, "")
    assert message in err
    assert err.count("\n") == 1
    assert not list(tmp_path.glob("*.safetensors"))
