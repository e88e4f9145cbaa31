"""The command ``lpasim infer``: what it prints, writes and refuses."""

from __future__ import annotations

import json
import re
from dataclasses import asdict
from hashlib import sha256
from importlib import import_module
from pathlib import Path

import numpy as np
import onnx
import pytest
from inference_samples import TINY, make_network

from lpasim import __version__ as lpasim_version
from lpasim.cli.entry import main
from lpasim.datapath.parameters import Datapath
from lpasim.hardware import datapath_of, load_hardware
from lpasim.inference.dump_file import read_dump
from lpasim.quantization.build import build_trace
from lpasim.quantization.preprocess import PREPROCESSES
from lpasim.quantization.trace_file import read_trace, write_trace
from lpasim.reports.inference_folder import KIND

infer_choices = import_module("lpasim.cli.infer_choices")


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
    numbers = {line[0]: len(line) - 1 for line in lines[3:] if line and re.fullmatch(r"[~\d.,-]+", line[-1])}
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
        "accumulator": "all", "limit": 2, "batch": 8, "threads": 2, "dump_layer": None, "activity": None,
        "hardware": "chip.yaml", "overrides": ["datapath.psum_fraction_bits=12 bit"],
        "reference": None,
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
        "shorter": 0,
        "crop": 8,
        "scale": 1 / 255,
        "mean": [0.0] * 3,
        "std": [1.0] * 3,
        "from": "as given; the trace records another of this name",
    }
    code, _, err = lpasim(preprocess=None)
    assert code == 2
    assert "image must be at least 224 x 224, got 8 x 8" in err
    assert infer_choices.preprocess_of(None, sample.trace) == (
        PREPROCESSES["imagenet"],
        "by default: the trace records none",
    )


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
    assert "make one with: python -m lpasim trace little.onnx --images DIR --preprocess NAME --out little.json" in err


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"trace": ()}, "with: python -m lpasim trace tiny.onnx --images DIR --preprocess NAME --out tiny.json"),
        ({"model": "none.onnx"}, "network must be an existing file, got 'none.onnx'"),
        ({"model": "none.onnx", "trace": ()}, "network must be an existing file, got 'none.onnx'"),
        ({"images": "none"}, "images must be a folder or an .npz file, got 'none'"),
        ({"preprocess": "other"}, "preprocess must be one of imagenet"),
        ({"preprocess": "cifar10_64"}, "1x3x64x64 (pictures/p0.png, preprocess cifar10_64, tiny.onnx); "),
        ({"preprocess": "imagenet"}, "got 8 x 8 (preprocess imagenet, pictures/p0.png); --preprocess says how images"),
        ({"trace": ("--trace", "tiny.onnx")}, "trace must be a .json file that lpasim trace wrote, or one of deit_s, "),
        ({"trace": ("--trace", "pictures")}, "trace must be a .json file that lpasim trace wrote, or one of deit_s, "),
        ({"trace": ("--trace", "gemm:1x2x3@w4a8")}, "trace must be a .json file that lpasim trace wrote, or one of"),
        ({"trace": ("--trace", "squeezenet")}, "got 'squeezenet'; did you mean squeezenet1_1?"),
        ({"args": ("--accumulator", "narrow")}, "--accumulator must be one of float, wide, paper, all, got 'narrow'"),
        ({"args": ("--format", "csv")}, "--format must be one of table, json, got 'csv'"),
        ({"args": ("--limit", "0")}, "must be at least 1, got 0"),
        ({"args": ("--set", "array.rows=0")}, "array.rows must be at least 1, got '0' (--set array.rows=0)"),
        ({"args": ("--set", "datapath.psum_fraction_bits=4")}, "datapath.psum_fraction_bits must be at least 8 bit"),
        ({"args": ("--set", "array.psum_bits=9")}, "array.psum_bits must be at least 10 bit for a sign, 8 bits of"),
        ({"args": ("--hardware", "lpb")}, "or a YAML file, got 'lpb'; did you mean lpa?"),
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
    said = f"verified all 144 words of layer conv of tiny, accumulator {accumulator}: equal to the compiled datapath, "
    assert capsys.readouterr().out == f"{said}144 of them also to the plain reference\n"


@pytest.mark.parametrize(
    ("options", "message"),
    [
        (("--dump-layer", "conv"), "--dump-layer must come with --accumulator wide or paper, got all"),
        (
            ("--accumulator", "float", "--dump-layer", "conv"),
            "--dump-layer must come with --accumulator wide or paper, got float",
        ),
        (
            ("--accumulator", "wide", "--dump-layer", "convv", "--out", "x"),
            "must be one with a product, got 'convv'",
        ),
        (
            ("--accumulator", "wide", "--dump-layer", "conv", "--out", "pictures"),
            "the results must go to a new or empty",
        ),
        (("--accumulator", "wide", "--dump-layer", "convv"), "must be one with a product, got 'convv'"),
    ],
)
def test_a_dump_that_cannot_be_made_is_one_line(lpasim, tmp_path, options, message):
    code, out, err = lpasim(*options)
    assert (code, out) == (2, "")
    assert message in err
    assert err.count("\n") == 1
    assert not list(tmp_path.glob("**/*.safetensors"))
    assert not (tmp_path / "x").exists()


def test_a_dump_goes_into_the_folder_of_results(lpasim, tmp_path, capsys):
    """And only there; a later run without a dump leaves none behind."""
    wide = ("--accumulator", "wide", "--out", "found")
    code, _, err = lpasim(*wide, "--dump-layer", "conv", "--batch", "3", "--threads", "1")
    assert (code, err) == (0, "layer dump: found/layer.safetensors\nresults: found\n")
    assert [path.parent.name for path in tmp_path.glob("**/*.safetensors")] == ["found"]
    assert read_dump(tmp_path / "found" / "layer.safetensors").setting.layer == "conv"
    run = json.loads((tmp_path / "found" / "run.json").read_text())["arguments"]
    assert (run["dump_layer"], run["batch"], run["threads"], run["activity"]) == ("conv", 3, 1, None)
    activity = ("--activity", str(tmp_path / "what.json"))
    assert lpasim(*wide, *activity)[0] == 0
    assert not list(tmp_path.glob("**/*.safetensors"))
    assert json.loads((tmp_path / "found" / "run.json").read_text())["arguments"]["activity"] == "what.json"


def test_no_dump_takes_the_place_of_anything_but_an_earlier_one_of_its_layer(lpasim, tmp_path, sample):
    wide = ("--accumulator", "wide", "--limit", "1", "--dump-layer")
    assert lpasim(*wide, "conv")[0] == 0
    before = (tmp_path / "conv.safetensors").read_bytes()
    code, _, _ = lpasim("--accumulator", "paper", "--limit", "1", "--dump-layer", "conv")
    assert code == 0
    dumped = (tmp_path / "conv.safetensors").read_bytes()
    assert dumped != before
    (tmp_path / "classifier.safetensors").write_bytes(dumped)
    layer = "layer dump must go to a new file or an earlier dump of layer classifier of tiny"
    code, out, err = lpasim(*wide, "classifier")
    assert (code, out, err) == (2, "", f"lpasim: {layer}, got layer conv of tiny (classifier.safetensors)\n")
    assert (tmp_path / "classifier.safetensors").read_bytes() == dumped
    (tmp_path / "classifier.safetensors").write_bytes(b"mine")
    code, out, err = lpasim(*wide, "classifier")
    assert (code, out, err) == (2, "", f"lpasim: {layer}, got another file (classifier.safetensors)\n")
    assert (tmp_path / "classifier.safetensors").read_bytes() == b"mine"


def test_layers_whose_names_differ_in_a_slash_alone_do_not_take_one_file(lpasim, tmp_path, sample):
    proto = onnx.load(sample.model)
    proto.graph.node[0].name, proto.graph.node[3].name = "a/b", "a_b"
    onnx.save(proto, sample.model)
    write_trace(build_trace(str(sample.model)), tmp_path / "formats.json")
    wide = ("--accumulator", "wide", "--limit", "1", "--dump-layer")
    assert "layer dump: a_b.safetensors\n" in lpasim(*wide, "a/b")[2]
    code, _, err = lpasim(*wide, "a_b")
    assert (code, err.count("\n")) == (2, 1)
    assert "earlier dump of layer a_b of tiny, got layer a/b of tiny (a_b.safetensors)" in err
    assert read_dump(tmp_path / "a_b.safetensors").setting.layer == "a/b"


def test_a_file_that_leaves_height_and_width_open_runs_at_the_sizes_of_its_trace(lpasim, sample, tmp_path):
    expected = lpasim("--format", "json")
    proto, _ = make_network(sizes=("h", "w"))
    onnx.save(proto, sample.model)
    trace = build_trace(str(sample.model), name="tiny", input_shape="1x3x8x8")
    assert trace.layers == sample.trace.layers
    write_trace(trace, tmp_path / "formats.json")
    code, out, _ = lpasim("--format", "json")
    assert code == 0
    answers, others = (json.loads(text)["accumulators"]["wide"] for text in (out, expected[1]))
    assert answers["logit_sqnr_db"] == others["logit_sqnr_db"]
    assert lpasim("--accumulator", "wide", "--limit", "1", "--dump-layer", "conv")[0] == 0


def test_a_trace_of_another_shape_is_one_line(lpasim, sample, tmp_path):
    """K and N are the same whatever the size of the image."""
    proto, _ = make_network(sizes=("h", "w"))
    open_sizes = tmp_path / "open.onnx"
    del proto.graph.node[2:]
    proto.graph.output[0].name = "r"
    proto.graph.output[0].type.tensor_type.ClearField("shape")
    onnx.save(proto, open_sizes)
    write_trace(build_trace(str(open_sizes), input_shape="1x3x9x8"), tmp_path / "formats.json")
    proto.graph.input[0].CopyFrom(make_network()[0].graph.input[0])
    onnx.save(proto, sample.model)
    code, out, err = lpasim("--accumulator", "wide", "--dump-layer", "conv")
    assert (code, out) == (2, "")
    assert err == "lpasim: inputs of trace open must be x 3x8x8, got x 3x9x8 (batch aside, tiny.onnx)\n"


def test_an_activity_takes_the_place_of_an_earlier_one_alone(lpasim, tmp_path):
    """Not of what the command reads, by whatever name, nor of anything else."""
    (tmp_path / "other.json").write_text('{"schema": "lpasim-trace"}')
    (tmp_path / "rule.yaml").write_text("mean: 0\nstd: 1\n")
    (tmp_path / "same.json").symlink_to("formats.json")
    before = {path: path.read_bytes() for path in tmp_path.rglob("*") if path.is_file()}
    own, other = (
        "activity must go to a file of its own, got that of the",
        "activity must go to a new file or an earlier",
    )
    for name, rule in {
        "tiny.onnx": f"{own} network (tiny.onnx)",
        "formats.json": f"{own} trace (formats.json)",
        "same.json": f"{own} trace (same.json)",
        "labels.csv": f"{own} labels (labels.csv)",
        "rule.yaml": f"{own} preprocessing (rule.yaml)",
        "pictures/p0.png": f"{other} activity, got another file (pictures/p0.png)",
        "other.json": f"{other} activity, got another file (other.json)",
        "pictures": "activity must be written to a file in an existing folder, got 'pictures'",
        "none/a.json": "activity must be written to a file in an existing folder, got 'none/a.json'",
    }.items():
        options = ("--accumulator", "wide", "--labels", "labels.csv", "--activity", name)
        assert lpasim(*options, preprocess="rule.yaml") == (2, "", f"lpasim: {rule}\n")
    assert {path: path.read_bytes() for path in tmp_path.rglob("*") if path.is_file()} == before
    for _ in range(2):
        assert lpasim("--accumulator", "wide", "--limit", "1", "--activity", "new.json")[0] == 0


def test_weights_that_are_not_finite_are_refused(lpasim, tmp_path):
    proto, weights = make_network()
    tensor = next(tensor for tensor in proto.graph.initializer if tensor.name == "b")
    tensor.CopyFrom(onnx.numpy_helper.from_array(np.full_like(weights["b"], np.nan), "b"))
    onnx.save_model(proto, tmp_path / "nan.onnx")
    rule = "weights must be finite, got 4 of 4 that are NaN or infinite (tensor b, layer conv, nan.onnx)"
    assert lpasim(model="nan.onnx") == (2, "", f"lpasim: {rule}\n")
    code, _, err = lpasim("--accumulator", "wide", "--dump-layer", "conv", model="nan.onnx")
    assert (code, err) == (2, f"lpasim: {rule}\n")


def test_the_folder_here_is_named(lpasim, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path / "pictures")
    code, out, _ = lpasim("--limit", "2", images=".", model="../tiny.onnx", trace=("--trace", "../formats.json"))
    assert code == 0
    assert "2 images of pictures, preprocess tiny" in out


@pytest.mark.parametrize(
    ("width", "left_out"),
    [(40, "images/s, top-5, images"), (50, "images/s, top-5"), (60, "images/s"), (76, ""), (200, "")],
)
def test_a_narrow_table_drops_columns_and_cuts_nothing(lpasim, monkeypatch, width, left_out):
    monkeypatch.setenv("COLUMNS", str(width))
    code, out, _ = lpasim("--labels", "labels.csv")
    assert code == 0
    lines = out.splitlines()
    assert max(map(len, lines)) <= width
    assert "…" not in out
    assert {"unquantized", "float", "wide", "paper", "accumulator", "conv", "classifier"} <= set(out.split())
    words = " ".join(out.split())
    assert (f"Left out for want of room: {left_out}." in words) == bool(left_out)
    row = next(line.split() for line in lines if line.split()[:1] == ["wide"])
    assert len(row) == 7 - (len(left_out.split(", ")) if left_out else 0)
    assert ("~: timed over less than a second." in words) == (width > 60)


def test_a_speed_over_more_than_a_second_is_not_marked(lpasim, monkeypatch):
    monkeypatch.setattr("lpasim.reports.inference_table.SHORT_S", 0.0)
    assert "~" not in lpasim()[1]


def test_the_manual_names_every_option_file_and_key(lpasim, capsys):
    """And the table of options says nothing of one that is not there."""
    manual = (Path(__file__).parents[2] / "docs" / "infer.md").read_text(encoding="utf-8")
    with pytest.raises(SystemExit):
        main(("infer", "--help"))
    options = set(re.findall(r"--[a-z][a-z-]*", capsys.readouterr().out)) - {"--help"}
    named = set(re.findall(r"--[a-z][a-z-]*", manual.split("## Options")[1].split("## Inputs")[0]))
    assert named == options
    files = {re.sub("logits-.*", "logits-NAME.npy", name) for name in KIND.files}
    assert [name for name in files if f"`{name}`" not in manual] == []
    printed = json.loads(lpasim("--format", "json", "--accumulator", "wide", "--limit", "1")[1])
    keys = {*printed["unquantized"], *printed["accumulators"]["wide"], "hardware", "datapath", "preprocess"} - {
        "images"
    }
    assert [key for key in keys if f"`{key}" not in manual] == []
