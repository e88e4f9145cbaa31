"""The command ``lpasim quantize``: what it prints and writes, the same whenever it is called."""

from __future__ import annotations

import json
import shlex

import numpy as np
import onnx
import pytest
from command_calls import called
from lpq_small import small_images
from lpq_written import names

from lpasim.quantization.trace_file import read_trace


def test_a_table_and_two_files(quantize, folder):
    done = quantize("--quiet")
    assert (done.code, done.err) == (0, "")
    assert names(folder) == ["q.json", "q.onnx"]
    lines = done.out.splitlines()
    assert lines[0].startswith("net.onnx in logarithmic posits: weights ")
    assert [line.split()[0] for line in lines if " LP<" in line] == ["layer", "c", "y"]
    assert "infer q.onnx --trace q.json --reference net.onnx --images DIR" in done.out.replace("\n", " ")
    assert " bits, stored activations " in lines[0]  # `run` prints the mean over streamed ones
    onnx.checker.check_model(onnx.load("q.onnx"), full_check=True)


def test_stages_are_told_on_standard_error(quantize):
    err = quantize().err.splitlines()
    assert err[0] == "observing activations"
    assert {"searching", "correcting weights"} < set(err)
    assert err[-2:] == ["written: q.json", "written: q.onnx"]


def test_json_is_what_the_files_hold(quantize, folder):
    done = quantize("--format", "json", "-q")
    data, trace = json.loads(done.out), read_trace(folder / "q.json")
    assert (data["schema"], data["version"], data["model"], data["network"]) == (
        "lpasim-quantization",
        1,
        "net.onnx",
        "q",
    )
    formats = {layer.name: layer.weight_format for layer in trace.layers}
    assert [row["layer"] for row in data["layers"]] == ["c", "y"]
    assert [row["weights"] for row in data["layers"]] == [162, 24]
    for row in data["layers"]:
        fmt = formats[row["layer"]]
        assert row["weight_format"] == f"LP<{fmt.n},{fmt.es},{fmt.rs},{fmt.sf}>"
    average = sum(formats[row["layer"]].n * row["weights"] for row in data["layers"]) / 186
    assert data["weight_bits_average"] == pytest.approx(average)
    assert data["images"] == 20
    assert [entry["generation"] for entry in data["history"]] == list(range(data["generations"] + 1))
    assert data["best_fitness_last"] == data["history"][-1]["best_fitness"] <= data["best_fitness_first"]
    assert data["command"] == trace.provenance.command
    assert data["command"].startswith("python -m lpasim quantize net.onnx --images set.npz --limit 512")
    assert data["command"].endswith("--population 3 --passes 1 --newcomers 1 -o q.json")


def test_the_command_of_the_trace_makes_it_again(quantize, folder):
    quantize("--bits", "any", "--seed", "5", "--lambda", "0.1", "--weight-bits", "5", "--granularity", "channel")
    before = [(folder / name).read_bytes() for name in ("q.json", "q.onnx")]
    words = read_trace(folder / "q.json").provenance.command.split()
    assert words[:5] == ["python", "-m", "lpasim", "quantize", "net.onnx"]
    for option in ("--bits any", "--seed 5", "--lambda 0.1", "--weight-bits 5.0", "--granularity channel"):
        assert option in " ".join(words)
    done = quantize(*words[5:], "-q")
    assert (done.code, done.err) == (0, "")
    assert [(folder / name).read_bytes() for name in ("q.json", "q.onnx")] == before


@pytest.mark.parametrize("other", [(), ("--threads", "1"), ("--threads", "5")])
def test_the_same_bytes_whenever_and_with_any_number_of_threads(quantize, folder, other):
    files = []
    for args in ((), other):
        assert quantize("--granularity", "channel", *args).code == 0
        files.append([(folder / name).read_bytes() for name in ("q.json", "q.onnx")])
        for name in ("q.json", "q.onnx"):
            (folder / name).unlink()
    assert files[0] == files[1]


def test_without_correction_there_is_a_trace_alone(quantize, folder):
    (folder / "q.onnx").write_bytes((folder / "net.onnx").read_bytes())
    kept = (folder / "q.onnx").read_bytes()
    done = quantize("--no-correct", "-q")
    assert (done.code, done.err) == (0, "")
    assert "infer" not in done.out
    assert (folder / "q.onnx").read_bytes() == kept
    assert names(folder) == ["q.json", "q.onnx"]


def test_an_earlier_corrected_network_does_not_stay_beside_a_trace_without_one(quantize, folder):
    """It would be taken for that of the new trace. As the network that is quantized it may."""
    assert quantize("-q").code == 0
    before = {path.name: path.read_bytes() for path in folder.iterdir()}
    rule = "trace of a network that is not corrected must not lie beside an earlier corrected network"
    done = quantize("--no-correct")
    assert (done.code, done.err) == (2, f"lpasim: {rule}, got q.onnx; delete it, or write to another place\n")
    assert {path.name: path.read_bytes() for path in folder.iterdir()} == before
    assert quantize("--no-correct", "-q", model="q.onnx").code == 0
    assert (folder / "q.onnx").read_bytes() == before["q.onnx"]
    (folder / "q.onnx").unlink()
    assert quantize("--no-correct", "-q").code == 0


def test_commands_quote_names_and_keep_folders(quantize, folder, capsys):
    """But for absolute ones in the trace, which would be of no use, and nobody's business, elsewhere."""
    (folder / "my nets").mkdir()
    for name in ("net.onnx", "set.npz"):
        (folder / name).rename(folder / "my nets" / name)
    names = {"model": "my nets/net.onnx", "images": str(folder / "my nets" / "set.npz"), "out": "my nets/q $1.json"}
    done = quantize("--format", "json", "-q", **names)
    printed, recorded = json.loads(done.out)["command"], read_trace(folder / names["out"]).provenance.command
    start = ["python", "-m", "lpasim", "quantize", "my nets/net.onnx", "--images"]
    assert shlex.split(printed)[:7] == [*start, names["images"]]
    assert shlex.split(recorded)[:7] == [*start, "set.npz"]
    assert shlex.split(printed)[7:] == shlex.split(recorded)[7:]
    assert shlex.split(recorded)[-2:] == ["-o", names["out"]]
    before = (folder / names["out"]).read_bytes()
    again = called(capsys, *shlex.split(printed)[3:], "-q")
    assert (again.code, (folder / names["out"]).read_bytes()) == (0, before)
    words = " ".join(again.out.split())
    model = "'my nets/q $1.onnx' --trace 'my nets/q $1.json' --reference 'my nets/net.onnx' --images DIR"
    assert f"infer {model}" in words


def test_the_criterion_of_the_fallback_is_told_and_recorded(quantize, folder):
    """Labels of an archive make it accuracy, which nobody asked for by name."""
    np.savez(folder / "labelled.npz", images=small_images(), labels=np.arange(20) % 4)
    for images, words in {
        "set.npz": "agreement with floating point (the images have no labels)",
        "labelled.npz": "top-1 accuracy (the images have labels)",
    }.items():
        found = json.loads(quantize("--fallback", "60", "--format", "json", "-q", images=images).out)["fallback"]
        assert found["points"] == 60
        assert found["drop"] <= 60
        told = f"{words} drops by {found['drop']:.4g} points, at most 60"
        assert f"{found['what']} ({found['why']})" == words
        assert f"; bound: {told}" in read_trace(folder / "q.json").provenance.bit_assignment
        out = " ".join(quantize("--fallback", "60", "-q", images=images).out.split())
        assert f"Bound of --fallback: {told}. Bits raised for it, beyond the averages if need be: " in out
    assert json.loads(quantize("--format", "json", "-q").out)["fallback"] is None


def test_the_help_says_what_a_scale_by_channel_needs(capsys, monkeypatch):
    monkeypatch.setenv("COLUMNS", "200")
    words = " ".join(called(capsys, "quantize", "--help").out.split())
    assert "channel needs --batchnorm ppu and --correct" in words


def test_a_result_starts_the_next_search(quantize, folder):
    quantize()
    assert quantize("--warm-start", "q.json", "-q", out="next.json").code == 0
    assert "--warm-start q.json" in read_trace(folder / "next.json").provenance.command


def test_labels_bound_the_loss_of_accuracy(quantize, folder):
    pillow = pytest.importorskip("PIL.Image")
    (folder / "pictures").mkdir()
    lines = ["file,label"]
    for index, image in enumerate(small_images()):
        pillow.fromarray(image).save(folder / "pictures" / f"{index:02}.png")
        lines.append(f"{index:02}.png,{index % 4}")
    (folder / "labels.csv").write_text("\n".join(lines))
    args = {"images": "pictures"}
    assert quantize("--labels", "labels.csv", "--fallback", "50", "-q", **args).code == 0
    (folder / "labels.csv").write_text("\n".join(lines).replace(",3", ",4"))
    done = quantize("--labels", "labels.csv", "--fallback", "50", **args)
    message = "labels must be below 4, the classes of the network, got 4 for image 4 (labels.csv, line 5)"
    assert (done.code, done.err) == (2, f"lpasim: {message}\n")
    (folder / "labels.csv").write_text("file,label\n00.png,1\n")
    done = quantize("--labels", "labels.csv", "--fallback", "50", **args)
    assert done.err.startswith("lpasim: every image must have a label, got 19 without")


def test_other_images_measure_the_result(quantize, folder):
    np.savez(folder / "test.npz", images=small_images(12, seed=1), labels=np.arange(12) % 4)
    assert quantize("--test", "test.npz", "-q").code == 0
    accuracy = read_trace(folder / "q.json").provenance.accuracy
    assert accuracy.startswith("top-1 ")
    assert "12 images of test.npz" in accuracy


def test_the_shipped_network_brings_its_images(quantize, folder):
    args = ("--limit", "16", "--search-images", "8", "--preprocess", "fashion", "-q", "--format", "json")
    done = quantize(*args, model="fashion", images=None)
    assert (done.code, done.err) == (0, "")
    data = json.loads(done.out)
    assert data["images"] == 16
    assert data["weight_bits_average"] <= 4.2
    assert "--images" not in data["command"]
    assert names(folder) == ["q.json", "q.onnx"]


def test_a_trace_called_as_a_published_network_says_what_it_is_of(quantize, folder):
    assert quantize("-q", out="resnet50.json").code == 0
    found = json.loads((folder / "resnet50.json").read_text())
    assert (found["title"], found["provenance"]["reference"]) == ("net", "none given")


def test_a_bound_out_of_reach_writes_no_result_and_keeps_the_search_for_another_bound(quantize, folder, monkeypatch):
    monkeypatch.setattr("lpasim.lpq.fallback.Check.drop", lambda check, answers: 5.0)
    done = quantize("--fallback", "4", "-q")
    assert (done.code, done.out, names(folder)) == (2, "", ["q.search.json"])
    told = "with all at 8 bits (fallback; the search is kept for another bound: q.search.json)\n"
    assert done.err == f"lpasim: agreement with floating point must drop by at most 4 points, got 5 {told}"
    found = json.loads(quantize("--fallback", "5", "--format", "json", "-q").out)
    assert found["generations"] == 1
    assert names(folder) == ["q.json", "q.onnx"]
