"""Title and reference of a trace are those of a published topology if the network is it, not if it is called so."""

from __future__ import annotations

import onnx
import pytest

from lpasim.networks.zoo import CATALOGUE, built_in
from lpasim.quantization.build import build_trace
from lpasim.quantization.trained import TRAINED


def said(trace):
    return trace.title, trace.provenance.reference


@pytest.mark.parametrize("batch", [None, 3])
def test_a_topology_is_recognized_by_its_name_and_shapes(tmp_path, batch):
    known = CATALOGUE["resnet18"]
    onnx.save(built_in("resnet18"), tmp_path / "other.onnx")
    for model, name in (("resnet18", None), ("resnet18", "mine"), (str(tmp_path / "other.onnx"), "resnet18")):
        assert said(build_trace(model, name=name, batch=batch)) == (known.title, known.reference)


@pytest.mark.parametrize(("model", "name"), [("squeezenet1_1", "resnet18"), ("fashion.onnx", "resnet18")])
def test_another_network_of_that_name_is_not_taken_for_it(model, name):
    path = str(TRAINED["fashion"].model) if model.endswith(".onnx") else model
    known = CATALOGUE.get(model)
    expected = (known.title, known.reference) if known else ("fashion", "none given")
    assert said(build_trace(path, name=name)) == expected


def test_the_same_topology_at_another_resolution_is_not_taken_for_it(tmp_path):
    proto = built_in("resnet18")
    for place, size in enumerate((1, 3, 64, 64)):
        proto.graph.input[0].type.tensor_type.shape.dim[place].dim_value = size
    del proto.graph.value_info[:]
    onnx.save(proto, tmp_path / "resnet18.onnx")
    assert said(build_trace(str(tmp_path / "resnet18.onnx"))) == ("resnet18", "none given")
