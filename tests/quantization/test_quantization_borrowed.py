"""Formats that are taken over from a trace of another network."""

from __future__ import annotations

import json
from collections import Counter

import pytest

from lpasim.errors import LpasimError
from lpasim.quantization.bits import BitAssignment
from lpasim.quantization.build import build_trace
from lpasim.quantization.trace import Trace
from lpasim.quantization.trace_file import write_trace


@pytest.fixture(scope="module")
def source(tmp_path_factory):
    """Return the trace of a ResNet-18, its formats as different from each other as possible."""
    trace = build_trace("resnet18", bits=BitAssignment(4, 6, 8))
    layers = []
    for number, layer in enumerate(trace.layers):
        weights = layer.weight_format and layer.weight_format.model_copy(update={"sf": number / 8})
        layers.append(layer.model_copy(update={"weight_format": weights}))
    marked = trace.model_copy(update={"layers": tuple(layers)})
    path = tmp_path_factory.mktemp("borrowed") / "source.json"
    write_trace(marked, path)
    return path, marked


def weight_formats(trace: Trace) -> list:
    return [layer.weight_format for layer in trace.layers if layer.weights == "constant"]


def test_a_network_of_the_same_topology_gets_the_formats_as_they_are(source):
    path, trace = source
    made = build_trace("resnet18", like=path)
    expected = [fmt.model_copy(update={"basis": "assumed"}) for fmt in weight_formats(trace)]
    assert weight_formats(made) == expected
    assert [out.format.n for layer in made.layers for out in layer.outputs] == [
        out.format.n for layer in trace.layers for out in layer.outputs
    ]
    assert all(layer.activation_format.basis == "assumed" for layer in made.layers)
    assert made.provenance.weights.startswith("assumed to be those of the same layers of source.json (sha256 ")
    assert made.provenance.bit_assignment == f"borrowed (there: {trace.provenance.bit_assignment})"
    assert "--like source.json" in made.provenance.command


def test_another_topology_gets_bits_at_the_same_depth(source):
    path, _ = source
    made = build_trace("resnet50", like=path)
    widths = [fmt.n for fmt in weight_formats(made)]
    assert widths[0] == widths[-1] == 8, "the first and the last layer of the source have 8 bits"
    assert Counter(widths)[4] > len(widths) * 0.8
    assert {fmt.basis for fmt in weight_formats(made)} == {"assumed"}
    assert {out.format.n for layer in made.layers for out in layer.outputs} == {6}
    assert "of the bits at the same relative depth" in made.provenance.weights


def test_images_and_bits_are_refused_beside_a_trace(source):
    path, _ = source
    with pytest.raises(LpasimError, match="must be taken over as they are, got images or bits as well"):
        build_trace("resnet18", like=path, bits=BitAssignment(8, 8, 8))


def test_a_trace_without_weights_is_refused(tmp_path, source):
    path, _ = source
    data = json.loads(path.read_text())
    for layer in data["layers"]:
        if layer["weights"] == "constant":
            layer["weights"] = "dynamic"
    other = tmp_path / "none.json"
    other.write_text(json.dumps(data))
    with pytest.raises(LpasimError, match="must have a layer with constant weights, got none"):
        build_trace("resnet18", like=other)
