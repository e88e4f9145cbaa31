"""Bits beside sensitivity, and distributions beside formats: from files of ``quantize`` and ``assess``."""

from __future__ import annotations

import json

import numpy as np
import pytest
from command_calls import called
from text_boxes import cut, overlapping, text_boxes

import lpasim
from lpasim.errors import ResultsError
from lpasim.quantization.formats import as_posit
from lpasim.reports.figures.drawing import data_of, draw, find_kind, source_of
from lpasim.reports.figures.kind import Options
from lpasim.reports.figures.style import Page


@pytest.fixture(scope="module")
def run():
    """Return a run of a network that comes with lpasim, weights and all."""
    return source_of(lpasim.simulate("fashion"))


@pytest.fixture(scope="module")
def assessment(tmp_path_factory):
    from lpasim.quantization.assessment import assess
    from lpasim.quantization.trained import find_network
    from lpasim.quantization.verdict import judge
    from lpasim.reports.assess_folder import KIND, assessment_files
    from lpasim.reports.staging import open_folder

    path = tmp_path_factory.mktemp("assessed") / "look"
    found = assess(find_network("fashion"))
    with open_folder(path, KIND) as folder:
        folder.write(assessment_files(found, judge(found)))
    return path


@pytest.fixture
def quantization(run, tmp_path):
    """Write what ``quantize --format json`` prints of harm, which is null where it was not measured."""
    names = list(run.layers["name"])
    rows = [{"layer": name, "weights_harm_nat": None if at == 1 else 0.5**at} for at, name in enumerate(names)]
    path = tmp_path / "quantized.json"
    path.write_text(json.dumps({"schema": "lpasim-quantization", "version": 1, "layers": rows}))
    return path


def bits(run, **options):
    return data_of(find_kind("bits"), run, Options(**options))


def test_harm_is_that_of_the_layer(run, quantization):
    data = bits(run, sensitivity=quantization)
    places = {name: at for at, name in enumerate(run.layers["name"])}
    expected = [np.nan if places[name] == 1 else 0.5 ** places[name] for name in data["name"]]
    np.testing.assert_array_equal(data["weights_harm_nat"], expected)


def test_ratio_is_that_of_the_assessment(run, assessment):
    data = bits(run, assessment=assessment).set_index("name")
    tensors = json.loads((assessment / "assessment.json").read_text())["tensors"]
    expected = {
        each["layer"]: score["channel_sqnr_db"]
        for each in tensors
        for score in each["formats"]
        if (each["operand"], score["kind"], score["bits"]) == ("weights", "lp", 4)
    }
    assert data["lp4_channel_sqnr_db"].to_dict() == expected


def test_bits_alone_where_no_file_is_given(run):
    assert "weights_harm_nat" not in bits(run)


def test_distribution_of_all_weights_and_the_values_of_the_format(run, assessment):
    data = data_of(find_kind("distributions"), run, Options(assessment=assessment))
    for layer in run.trace.layers:
        if layer.weights == "constant" and layer.weight_format is not None:
            rows = data[data["name"] == layer.name]
            values = rows[rows["entry"] == "value"]["low_log2"]
            np.testing.assert_allclose(2.0**values, as_posit(layer.weight_format).magnitudes()[1:], rtol=1e-15)
            assert 0.99 < rows[rows["entry"] == "bin"]["share"].sum() <= 1 + 1e-9


@pytest.mark.parametrize("width", ["single", "double"])
@pytest.mark.parametrize("kind", ["bits", "distributions"])
def test_texts_keep_off_each_other(run, assessment, quantization, kind, width):
    given = {"sensitivity": quantization} if kind == "bits" else {"assessment": assessment}
    figure = draw(find_kind(kind), data_of(find_kind(kind), run, Options(**given)), Page(width=width))
    boxes = text_boxes(figure)
    assert (overlapping(boxes), cut(boxes, figure)) == ([], [])


def test_files_of_another_network_are_refused(runs, quantization, assessment):
    for options in ({"sensitivity": quantization}, {"assessment": assessment}):
        with pytest.raises(ResultsError, match="layers must be those of resnet18, got others"):
            bits(runs["resnet"], **options)


def test_an_assessment_with_other_weights_is_refused(run, assessment, tmp_path):
    data = json.loads((assessment / "assessment.json").read_text())
    (tmp_path / "assessment.json").write_text(json.dumps({**data, "batchnorm": "ppu"}))
    with pytest.raises(ResultsError, match="batchnorm must be that of the run, fold, got ppu"):
        bits(run, assessment=tmp_path)


@pytest.mark.parametrize(
    ("content", "message"),
    [
        ({"schema": "other"}, "schema must be 'lpasim-quantization', got 'other'"),
        ({"layers": [{"layer": "stem"}]}, "layers must each have a layer and weights_harm_nat, got others"),
        ({"layers": None}, "layers must each have a layer and weights_harm_nat, got others"),
        ({"layers": [{"layer": "a", "weights_harm_nat": None}]}, "a warm start measures none"),
    ],
)
def test_broken_quantizations(run, tmp_path, content, message):
    path = tmp_path / "broken.json"
    path.write_text(json.dumps({"schema": "lpasim-quantization", "version": 1, **content}))
    with pytest.raises(ResultsError, match=message):
        bits(run, sensitivity=path)


def test_quantize_prints_the_harm_it_measured(capsys, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    words = ["--search-images", "8", "--passes", "1", "--population", "4", "--limit", "32", "--no-correct"]
    done = called(capsys, "quantize", "fashion", "-o", "q.json", *words, "--format", "json", "--quiet")
    (tmp_path / "printed.json").write_text(done.out)
    data = bits(source_of(lpasim.simulate(tmp_path / "q.json")), sensitivity=tmp_path / "printed.json")
    assert (data["weights_harm_nat"] >= 0).all()
    assert data["weights_harm_nat"].max() > 0
