"""Batch normalizations folded into weights or kept in the post-processing unit: traces, values, words, and cost."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import onnx
import pytest
from onnx import TensorProto, helper, numpy_helper

from lpasim.cli.entry import main
from lpasim.datapath import reference_sums
from lpasim.datapath.parameters import Datapath
from lpasim.errors import NetworkError, TraceError
from lpasim.formats import LogPosit
from lpasim.inference.lp_network import LpNetwork
from lpasim.networks.execution import Executor
from lpasim.networks.fusion import fuse
from lpasim.networks.onnx_file import import_model
from lpasim.quantization.bits import BitAssignment
from lpasim.quantization.build import build_trace
from lpasim.quantization.fit import fit_log_posit
from lpasim.quantization.sample import draw
from lpasim.quantization.trace import Format
from lpasim.quantization.trace_file import format_trace, parse_trace, read_trace, write_trace
from lpasim.quantization.weights import layer_weights
from lpasim.reports.simulate import simulate

EPSILON = 1e-3
SHAPES = {"w": (6, 2, 3, 3), "bias": (6,), "gamma": (6,), "beta": (6,), "mean": (6,), "variance": (6,)}


def drawn(seed=3):
    """Draw the constants of the network; gains spread over six octaves."""
    random = np.random.default_rng(seed)
    values = {name: random.standard_normal(shape).astype(np.float32) for name, shape in SHAPES.items()}
    values["variance"] = np.exp2(random.uniform(-6, 6, 6)).astype(np.float32)
    return values


def saved(folder, values, norm=True, epsilon=EPSILON):
    """Write a grouped convolution, its normalization (or none) and a ReLU."""
    nodes = [helper.make_node("Conv", ["x", "w", "bias"], ["c"], "conv", group=2, pads=[1, 0, 1, 1])]
    if norm:
        operands = ["c", "gamma", "beta", "mean", "variance"]
        nodes.append(helper.make_node("BatchNormalization", operands, ["n"], "norm", epsilon=epsilon))
    nodes.append(helper.make_node("Relu", ["n" if norm else "c"], ["y"], "relu"))
    graph = helper.make_graph(
        nodes,
        "case",
        [helper.make_tensor_value_info("x", TensorProto.FLOAT, [2, 4, 5, 6])],
        [helper.make_tensor_value_info("y", TensorProto.FLOAT, None)],
        [numpy_helper.from_array(value, name) for name, value in values.items() if norm or name in ("w", "bias")],
    )
    path = folder / "case.onnx"
    onnx.save(helper.make_model(graph, opset_imports=[helper.make_opsetid("", 17)], ir_version=8), path)
    return path


def network_of(path):
    return import_model(onnx.load(path), str(path))


def images(seed=4):
    return np.random.default_rng(seed).standard_normal((2, 4, 5, 6)).astype(np.float32)


def posit(fmt):
    return LogPosit(fmt.n, fmt.es, fmt.rs, fmt.sf)


def test_a_trace_says_which_and_comes_back_from_its_file(tmp_path):
    path = saved(tmp_path, drawn())
    kept = build_trace(str(path), batchnorm="ppu")
    write_trace(kept, tmp_path / "kept.json")
    assert read_trace(tmp_path / "kept.json") == kept
    assert '"batchnorm": "ppu"' in (tmp_path / "kept.json").read_text()
    assert kept.provenance.command == "python -m lpasim trace case.onnx --batchnorm ppu -o case.json"
    assert kept.provenance.weights == "fitted to the values in case.onnx"
    norm = kept.layers[0].ppu[0]
    assert (norm.node, norm.elements, norm.operand_elements, norm.operand_constants) == ("norm", 300, 12, 12)
    folded = build_trace(str(path))
    assert folded == build_trace(str(path), batchnorm="fold")
    assert "batchnorm" not in format_trace(folded), "a trace without the field means what it always meant"
    assert parse_trace(format_trace(folded), "here").batchnorm == "fold"


def test_formats_are_fitted_to_the_weights_that_are_stored(tmp_path):
    values = drawn()
    path = saved(tmp_path, values)
    gain = values["gamma"] / np.sqrt(values["variance"] + np.float32(EPSILON))
    stored = {"fold": values["w"] * gain[:, None, None, None], "ppu": values["w"]}
    found = {mode: posit(build_trace(str(path), batchnorm=mode).layers[0].weight_format) for mode in stored}
    assert found == {mode: fit_log_posit(draw(weights, 10**6), 8, "linear") for mode, weights in stored.items()}
    assert found["fold"] != found["ppu"]


def test_formats_that_are_borrowed_are_those_of_the_same_choice(tmp_path):
    path = saved(tmp_path, drawn())
    other = saved(tmp_path, drawn(8)).rename(tmp_path / "trained.onnx")
    saved(tmp_path, drawn())
    borrowed = build_trace(str(path), like=other, batchnorm="ppu")
    own = build_trace(str(other), batchnorm="ppu")
    assert posit(borrowed.layers[0].weight_format) == posit(own.layers[0].weight_format)
    assert borrowed.provenance.command.endswith("--like trained.onnx --batchnorm ppu -o case.json")


def test_folding_changes_floating_point_by_rounding_alone(tmp_path):
    """The network as it is, against one whose weights and bias hold the normalization."""
    values, x = drawn(), images()
    network = network_of(saved(tmp_path, values))
    graph = fuse(network)
    gain = values["gamma"] / np.sqrt(values["variance"] + np.float32(EPSILON))
    offset = (values["bias"] - values["mean"]) * gain + values["beta"]
    inside = {"w": layer_weights(graph, graph.layers[0]).astype(np.float32), "bias": offset}
    folded = Executor(network_of(saved(tmp_path, inside, norm=False))).run({"x": x})["y"]
    exact = Executor(network).run({"x": x})["y"]
    np.testing.assert_allclose(folded, exact, rtol=1e-5, atol=1e-5)
    assert np.count_nonzero(exact) > exact.size // 4
    kept = fuse(replace(network, batchnorm="ppu"))
    np.testing.assert_array_equal(layer_weights(kept, kept.layers[0]), values["w"])


@pytest.mark.parametrize("accumulator", ["float", "wide"])
def test_both_are_equal_where_nothing_is_rounded(tmp_path, accumulator):
    """Weights, gains and inputs that are powers of two, in formats that hold them: sums are exact either way."""
    random = np.random.default_rng(6)
    powers = {name: np.exp2(random.integers(-2, 3, shape)).astype(np.float32) for name, shape in SHAPES.items()}
    powers["w"] *= random.choice(np.float32([-1, 1]), SHAPES["w"])
    powers["variance"] = np.float32([1, 4, 16, 0.25, 1, 4])
    path = saved(tmp_path, powers, epsilon=0.0)
    x = np.exp2(np.random.default_rng(7).integers(-2, 3, (2, 4, 5, 6))).astype(np.float32)
    fmt = Format(n=8, es=2, rs=5, sf=0.0, basis="assumed")
    assert np.array_equal(
        posit(fmt).decode(posit(fmt).encode(np.exp2(np.arange(-8.0, 9)), rounding="log")), 2.0 ** np.arange(-8, 9)
    )

    def result(mode):
        trace = build_trace(str(path), batchnorm=mode)
        outputs = tuple(output.model_copy(update={"format": fmt}) for output in trace.layers[0].outputs)
        layer = trace.layers[0].model_copy(update={"weight_format": fmt, "activation_format": fmt, "outputs": outputs})
        network = LpNetwork(network_of(path), trace.model_copy(update={"layers": (layer,)}), accumulator)
        return network.run({"x": x})["y"]

    folded, kept = result("fold"), result("ppu")
    assert np.array_equal(folded, kept)
    assert len(np.unique(folded)) > 20


@pytest.mark.parametrize("accumulator", ["wide", "paper"])
def test_a_kept_normalization_word_for_word(tmp_path, accumulator):
    """One output at a time: sums of unfolded weights, bias, scale and shift in float32, ReLU, and one encoding."""
    values, x = drawn(), images()
    path = saved(tmp_path, values)
    trace = build_trace(str(path), bits=BitAssignment(weights=4, edges=4), batchnorm="ppu")
    datapath = Datapath(rows=5)
    stored = {}
    lp = LpNetwork(network_of(path), trace, accumulator, datapath)
    got = lp.run({"x": x}, lambda name, tensor: stored.update({name: tensor}))["y"]
    assert set(stored) == {"y"}, "nothing between the product and the end of the layer is stored"

    layer = trace.layers[0]
    weight, streamed, out = posit(layer.weight_format), posit(layer.activation_format), posit(layer.outputs[0].format)
    w, a = weight.encode(values["w"], rounding="linear"), streamed.encode(x, rounding="log")
    padded = np.pad(a, ((0, 0), (0, 0), (1, 1), (0, 1)))  # the word 0 is zero
    scale = values["gamma"] / np.sqrt(values["variance"] + np.float32(EPSILON))
    shift = values["beta"] - values["mean"] * scale
    expected = np.empty(got.shape)
    for n, f, i, j in np.ndindex(got.shape):
        window = padded[n, f // 3 * 2 : f // 3 * 2 + 2, i : i + 3, j : j + 3].reshape(-1)
        total = reference_sums.dot(w[f].reshape(-1), window, weight, streamed, accumulator, datapath)
        product = np.float32(total * 2.0 ** -(weight.sf + streamed.sf) + np.float64(values["bias"][f]))
        result = float(max(np.float32(0), np.float32(product * scale[f]) + shift[f]))
        mantissa, exponent = np.frexp(result)
        expected[n, f, i, j] = np.ldexp(np.trunc(np.ldexp(mantissa, 9)), exponent - 9)  # leading one and 8 bits
    words = out.encode(expected, rounding="log")
    assert np.array_equal(out.encode(got, rounding="log"), words)
    assert len(np.unique(words)) > 20


def test_the_cost_of_a_kept_normalization(tmp_path):
    """One pass for each of its elements, and one burst for its 12 constants of 8 bits; the product costs the same."""
    path = saved(tmp_path, drawn())
    folded, kept = (simulate(build_trace(str(path), batchnorm=mode)).result.actions for mode in ("fold", "ppu"))
    assert kept.ppu_passes - folded.ppu_passes == 2 * 6 * 5 * 5
    assert kept.dram_read_bytes - folded.dram_read_bytes == 64
    assert kept.lane_steps == folded.lane_steps


def test_a_trace_of_the_other_choice_is_refused(tmp_path):
    path = saved(tmp_path, drawn())
    for mode, other, ours, theirs in (("fold", "ppu", "norm, relu", "relu"), ("ppu", "fold", "relu", "norm, relu")):
        trace = build_trace(str(path), batchnorm=mode).model_copy(update={"batchnorm": other})
        message = rf"post-processing of layer conv must be {ours}, got {theirs} \(trace case with batchnorm {other}, "
        with pytest.raises(TraceError, match=message):
            LpNetwork(network_of(path), trace, "wide")


def test_a_kept_normalization_that_the_network_lacks_is_refused(tmp_path):
    trace = build_trace(str(saved(tmp_path, drawn())), batchnorm="ppu")
    path = saved(tmp_path, drawn(), norm=False)
    with pytest.raises(
        TraceError, match=r"post-processing of layer conv must be relu, got norm, relu \(trace case with"
    ):
        LpNetwork(network_of(path), trace, "float")


@pytest.mark.parametrize("text", ["keep", "", "Fold", "fold,ppu"])
def test_an_unknown_choice_is_refused(tmp_path, capsys, monkeypatch, text):
    monkeypatch.chdir(tmp_path)
    with pytest.raises(SystemExit) as exit_:
        main(("trace", "squeezenet1_1", "-o", "out.json", "--batchnorm", text))
    error = capsys.readouterr().err
    assert (exit_.value.code, error.count("\n")) == (2, 1)
    assert error.endswith(f"--batchnorm must be one of fold, ppu, got {text!r}\n")
    assert list(tmp_path.iterdir()) == []
    with pytest.raises(NetworkError, match="batchnorm must be fold or ppu, got"):
        build_trace("squeezenet1_1", batchnorm=text)
    broken = format_trace(build_trace("squeezenet1_1")).replace('"batch": 1,', f'"batch": 1, "batchnorm": "{text}",', 1)
    with pytest.raises(TraceError, match=r"batchnorm must be 'fold' or 'ppu', got"):
        parse_trace(broken, "here")
