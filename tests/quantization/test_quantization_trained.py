"""The network that comes with lpasim trained: its files, what is recorded of them, and finding them by name."""

from __future__ import annotations

import ast
import gzip
import hashlib
import json
import sys
from pathlib import Path

import numpy as np
import onnx
import pytest

from lpasim.errors import NetworkError
from lpasim.quantization.build import build_trace
from lpasim.quantization.inputs import find_inputs
from lpasim.quantization.pictures import Picture
from lpasim.quantization.preprocess import PREPROCESSES, Preprocess
from lpasim.quantization.provenance import Calibration, fingerprint
from lpasim.quantization.trace_file import format_trace
from lpasim.quantization.trained import TRAINED, find_network
from lpasim.quantization.workload import load_workload, workload_folder, workload_of

FASHION = TRAINED["fashion"]
RECORD = json.loads((FASHION.folder / "training.json").read_text(encoding="utf-8"))
DATA = Path("/usr/share/datasets/fashion-mnist")


@pytest.fixture(scope="module")
def labelled():
    with np.load(FASHION.images) as archive:
        return archive["images"], archive["labels"]


@pytest.fixture(scope="module")
def calibration():
    with np.load(FASHION.calibration) as archive:
        assert archive.files == ["images"]
        return archive["images"]


def test_the_files_are_small_and_those_that_training_left():
    assert FASHION.model.stat().st_size <= 400_000
    files = [path for path in FASHION.folder.iterdir() if path.is_file()]
    assert sum(path.stat().st_size for path in (*files, workload_folder() / "fashion.json")) <= 1_300_000
    assert set(RECORD["files_sha256"]) == {FASHION.model.name, FASHION.images.name, FASHION.calibration.name}
    for name, digest in RECORD["files_sha256"].items():
        assert hashlib.sha256((FASHION.folder / name).read_bytes()).hexdigest() == digest
    assert "MIT License" in (FASHION.folder / "LICENSE").read_text(encoding="utf-8")


def test_the_record_is_of_the_script_as_it_is():
    script = ast.parse((FASHION.folder / "train_fashion.py").read_text(encoding="utf-8"))
    values = {}
    for statement in script.body:
        if isinstance(statement, ast.Assign):
            (target,) = statement.targets
            names = [name.id for name in target.elts] if isinstance(target, ast.Tuple) else [target.id]
            try:
                found = ast.literal_eval(statement.value)
            except ValueError:
                continue
            values |= dict(zip(names, found if isinstance(target, ast.Tuple) else [found], strict=True))
    assert values["CHECKSUMS"] == RECORD["data_sha256"]
    assert {key: values[key.upper()] for key in ("seed", "epochs", "threads")} == {
        key: RECORD[key] for key in ("seed", "epochs", "threads")
    }
    rule = PREPROCESSES[FASHION.preprocess]
    assert ((values["MEAN"],), (values["STD"],)) == (rule.mean, rule.std)


def test_labelled_images_are_balanced_and_apart_from_the_others(labelled, calibration):
    images, labels = labelled
    assert (images.dtype, images.shape, calibration.dtype, calibration.shape) == (
        np.uint8,
        (1000, 28, 28),
        np.uint8,
        (256, 28, 28),
    )
    assert labels.tolist() == list(range(10)) * 100
    assert len({image.tobytes() for image in (*images, *calibration)}) == 1256


@pytest.mark.skipif(not DATA.is_dir(), reason="the Debian package dataset-fashion-mnist is not installed")
def test_images_are_those_of_the_data_set(labelled, calibration):
    def content(name):
        found = gzip.decompress((DATA / f"{name}.gz").read_bytes())
        assert hashlib.sha256(found).hexdigest() == RECORD["data_sha256"][name]
        return np.frombuffer(found, np.uint8)

    images, labels = content("t10k-images-idx3-ubyte")[16:].reshape(-1, 28, 28), content("t10k-labels-idx1-ubyte")[8:]
    for label in range(10):
        np.testing.assert_array_equal(labelled[0][label::10], images[labels == label][:100])
    train = content("train-images-idx3-ubyte")[16:].reshape(-1, 28, 28)
    np.testing.assert_array_equal(calibration, train[:256])


def test_the_network_is_what_the_text_says():
    model = onnx.load_model(FASHION.model)
    onnx.checker.check_model(model, full_check=True)
    assert (model.ir_version, [(entry.domain, entry.version) for entry in model.opset_import]) == (8, [("", 17)])
    (images,) = model.graph.input
    sizes = images.type.tensor_type.shape.dim
    assert (images.name, sizes[0].dim_param, [size.dim_value for size in sizes[1:]]) == ("images", "N", [1, 28, 28])
    operators = [node.op_type for node in model.graph.node]
    counts = {name: operators.count(name) for name in ("Conv", "BatchNormalization", "Relu", "Clip", "Add", "Gemm")}
    assert counts == {"Conv": 8, "BatchNormalization": 8, "Relu": 5, "Clip": 3, "Add": 2, "Gemm": 1}
    groups = [node.attribute for node in model.graph.node if node.op_type == "Conv"]
    assert [next(a.i for a in found if a.name == "group") for found in groups].count(32) == 1
    trained = [tensor for tensor in model.graph.initializer if not tensor.name.endswith((".mean", ".variance"))]
    assert sum(int(np.prod(tensor.dims)) for tensor in trained if tensor.dims) == RECORD["parameters"]


def test_the_trace_is_of_this_network_and_made_by_its_command():
    text = (workload_folder() / "fashion.json").read_text(encoding="utf-8")
    trace = load_workload("fashion")
    assert format_trace(trace) == text
    assert trace == workload_of(FASHION.model)
    assert (trace.title, trace.provenance.reference) == (FASHION.title, FASHION.reference)
    assert trace.provenance.topology == fingerprint(FASHION.model)
    assert trace.preprocess == PREPROCESSES["fashion"]
    assert {found.basis for layer in trace.layers for found in (layer.weight_format, layer.activation_format)} == {
        "fitted"
    }
    command = trace.provenance.command
    assert command == "python -m lpasim trace fashion --limit 256 --preprocess fashion -o fashion.json"


def test_its_formats_are_those_of_the_command():
    pytest.importorskip("onnxruntime")
    committed = load_workload("fashion")
    made = build_trace("fashion", calibration=Calibration(FASHION.calibration, 256, "fashion", brought=True))
    assert made.provenance == committed.provenance
    for new, old in zip(made.layers, committed.layers, strict=True):
        assert (new.gemm, new.window, new.ppu) == (old.gemm, old.window, old.ppu)
        assert new.weight_format == old.weight_format
        # onnxruntime's sums may differ in the last bits from one machine to the next
        assert abs(new.activation_format.sf - old.activation_format.sf) <= 2 / 256


def test_networks_are_found_by_name(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    assert find_network("fashion") == FASHION.model
    assert find_network("./fashion.onnx") == Path("fashion.onnx")
    (tmp_path / "net").touch()
    assert find_network("net") == Path("net")
    rule = "network must be an ONNX file with weights or one of fashion, got"
    with pytest.raises(NetworkError, match=rf"^{rule} 'Fashon'; did you mean fashion\?$"):
        find_network("Fashon")
    for name in ("resnet18", "squeezenet1_1"):  # a topology that is built in, and a trace that comes along
        how = "which comes without weights and images; give its ONNX file, and --images DIR"
        with pytest.raises(NetworkError, match=f"^{rule} '{name}', {how}$"):
            find_network(name)
    with pytest.raises(NetworkError, match=f"^{rule} 'other'$"):
        find_network("other")


GREY = np.random.default_rng(3).integers(0, 256, (6, 9), dtype=np.uint8)
PLAIN = {"scale": 1, "mean": (0, 0, 0), "std": (1, 1, 1)}


def test_grey_pictures_need_no_pillow_where_nothing_is_converted(tmp_path, monkeypatch):
    monkeypatch.setitem(sys.modules, "PIL", None)
    got = Picture(tmp_path, GREY).prepare(PREPROCESSES["fashion"])
    assert got.dtype == np.float32
    np.testing.assert_allclose(got, ((GREY / 255 - 0.286) / 0.353)[None, None], atol=1e-6)
    cut = Preprocess(name="cut", crop=4, scale=1, mean=(0,), std=(1,))
    np.testing.assert_array_equal(Picture(tmp_path, GREY).prepare(cut)[0, 0], GREY[1:5, 3:7])
    coloured = np.stack([GREY, GREY + 1, GREY + 2], axis=2)
    plain = Preprocess(name="plain", **PLAIN)
    np.testing.assert_array_equal(Picture(tmp_path, coloured).prepare(plain)[0], np.moveaxis(coloured, 2, 0))
    for rule in (plain, Preprocess(name="resized", resize=3, scale=1, mean=(0,), std=(1,))):
        with pytest.raises(NetworkError, match=r"^Pillow must be installed to read images, got none; "):
            Picture(tmp_path, GREY).prepare(rule)


def test_grey_pictures_have_equal_channels_where_three_are_asked_for(tmp_path):
    pytest.importorskip("PIL")
    got = Picture(tmp_path, GREY).prepare(Preprocess(name="plain", **PLAIN))
    np.testing.assert_array_equal(got[0], np.stack([GREY] * 3))


@pytest.mark.parametrize("shape", [(2, 5, 4, 1), (2, 5, 4, 4), (2, 5, 4, 3, 1), (2, 5), (2, 0, 4), (2, 5, 0, 3)])
def test_other_arrays_are_no_pictures(tmp_path, shape):
    np.savez(tmp_path / "set.npz", images=np.zeros(shape, np.uint8))
    with pytest.raises(NetworkError, match=r"^images must be uint8 \[N, H, W, 3\] or \[N, H, W\], got uint8 \[2, "):
        find_inputs(tmp_path / "set.npz")
