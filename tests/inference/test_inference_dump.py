"""Dumps of layers: what the network computed, through a file, against the plain reference."""

from dataclasses import replace
from fractions import Fraction

import numpy as np
import onnx
import pytest
from hypothesis import given
from hypothesis import strategies as st
from onnx import TensorProto, helper, numpy_helper
from safetensors import safe_open

from lpasim import __version__
from lpasim.datapath import encoder, reference_encoder
from lpasim.datapath.matmul import matmul
from lpasim.datapath.parameters import Datapath
from lpasim.datapath.reference_sums import matmul as plain_matmul
from lpasim.errors import DumpError, NetworkError, OutputError
from lpasim.formats import LogPosit, parse_format
from lpasim.inference import products, verification
from lpasim.inference.dump import LayerDump, LayerSetting
from lpasim.inference.dump_file import read_dump, write_dump
from lpasim.inference.dump_layer import dump_layer
from lpasim.inference.images import read_images
from lpasim.inference.lp_network import LpNetwork
from lpasim.inference.verification import Output, verify
from lpasim.networks.onnx_file import import_model
from lpasim.quantization.build import build_trace

RANDOM = np.random.default_rng(11)
INPUTS = {"x": [2, 6, 5, 5], "t": [2, 3, 4, 6]}


def weights(name, *shape):
    return numpy_helper.from_array((RANDOM.standard_normal(shape) * 0.5).astype(np.float32), name)


@pytest.fixture(scope="module")
def case(tmp_path_factory):
    """A grouped convolution with bias and ReLU; products of stacks of computed matrices, and with weights."""
    nodes = [
        helper.make_node("Conv", ["x", "w", "b"], ["c"], "conv", group=2, pads=[1, 0, 0, 1]),
        helper.make_node("Relu", ["c"], ["y"], "relu"),
        helper.make_node("MatMul", ["t", "v"], ["q"], "query"),
        helper.make_node("Transpose", ["q"], ["r"], "turn", perm=[0, 1, 3, 2]),
        helper.make_node("MatMul", ["q", "r"], ["s"], "scores"),
        helper.make_node("MatMul", ["u", "s"], ["z"], "left"),
    ]
    graph = helper.make_graph(
        nodes,
        "case",
        [helper.make_tensor_value_info(name, TensorProto.FLOAT, shape) for name, shape in INPUTS.items()],
        [helper.make_tensor_value_info(name, TensorProto.FLOAT, None) for name in "yz"],
        [weights("w", 4, 3, 3, 2), weights("b", 4), weights("v", 6, 6), weights("u", 1, 3, 2, 4)],
    )
    model = helper.make_model(graph, opset_imports=[helper.make_opsetid("", 17)], ir_version=8)
    path = tmp_path_factory.mktemp("dump") / "case.onnx"
    onnx.save(model, path)
    inputs = {name: RANDOM.standard_normal(shape).astype(np.float32) for name, shape in INPUTS.items()}
    return import_model(model, str(path)), build_trace(str(path)), inputs


def dumped(case, layer, accumulator="wide", datapath=None):
    network, trace, inputs = case
    taken = []
    LpNetwork(network, trace, accumulator, datapath or Datapath()).run(inputs, dump=(layer, taken.append))
    (dump,) = taken
    return dump


def posit(fmt):
    return LogPosit(fmt.n, fmt.es, fmt.rs, fmt.sf)


SHAPES = {
    "conv": ((2, 2, 18), (2, 18, 20), "first"),
    "query": ((1, 24, 6), (1, 6, 6), "second"),
    "scores": ((3, 4, 6), (3, 6, 4), "second"),
    "left": ((3, 2, 4), (3, 4, 4), "first"),
}


@pytest.mark.parametrize("accumulator", ["wide", "paper"])
@pytest.mark.parametrize("name", SHAPES)
def test_a_dump_comes_back_from_its_file_and_is_verified(case, tmp_path, name, accumulator):
    datapath = Datapath(rows=3, encoder_in_bits=5)
    dump = dumped(case, name, accumulator, datapath)
    path = tmp_path / "layer.safetensors"
    write_dump(dump, path)
    back = read_dump(path)
    assert [file.name for file in tmp_path.iterdir()] == [path.name]
    assert back.setting == dump.setting
    for tensor in ("first", "second", "sums", "words"):
        assert getattr(back, tensor).dtype == getattr(dump, tensor).dtype
        assert np.array_equal(getattr(back, tensor), getattr(dump, tensor))
    layer = next(layer for layer in case[1].layers if layer.name == name)
    assert (back.first.shape, back.second.shape, back.setting.stationary) == SHAPES[name]
    weight, activation = posit(layer.weight_format), posit(layer.activation_format)
    formats = (weight, activation) if back.setting.stationary == "first" else (activation, weight)
    assert (back.setting.first_format, back.setting.second_format) == formats
    assert back.setting.output_format == posit(layer.outputs[0].format)
    assert (back.setting.accumulator, back.setting.datapath) == (accumulator, datapath)
    assert len(np.unique(back.words)) > 10
    outcome = verify(back, None)
    assert (outcome.difference, outcome.words, outcome.recomputed) == (None, back.words.size, back.words.size)


def test_images_side_by_side_change_nothing(case, monkeypatch):
    network, trace, inputs = case
    together = LpNetwork(network, trace, "paper").run(inputs)["y"]
    monkeypatch.setattr(products, "TAPS_AT_ONCE", 1)
    assert np.array_equal(LpNetwork(network, trace, "paper").run(inputs)["y"], together)


def test_a_convolution_is_of_the_first_image_without_what_follows_the_array(case):
    """Its operands are the filters and the first image; bias and ReLU have no part in the words."""
    network, trace, inputs = case
    dump = dumped(case, "conv")
    other = (network, trace, {**inputs, "x": np.concatenate([inputs["x"][:1], 2 * inputs["x"][1:]])})
    assert np.array_equal(dumped(other, "conv").second, dump.second)
    image = posit(trace.layers[0].activation_format).encode(inputs["x"][0])
    padded = np.pad(image, ((0, 0), (1, 0), (0, 1)))
    assert np.array_equal(dump.second[1, :, 7], padded[3:, 1:4, 2:4].reshape(-1))  # row 1, column 2 of 4 x 5
    assert (dump.sums < 0).any()
    assert (dump.words[dump.sums < 0] >> (dump.setting.output_format.n - 1) == 1).all()


def test_a_stack_is_of_the_first_entry_of_the_batch(case):
    network, trace, inputs = case
    t = np.concatenate([inputs["t"][:1], 2 * inputs["t"][1:]])
    one, other = (dumped((network, trace, {**inputs, "t": t}), name) for name in ("scores", "query"))
    assert np.array_equal(one.words, dumped(case, "scores").words)
    assert np.array_equal(one.first.reshape(12, 6), one.setting.first_format.encode(_decoded(other)[:12]))


def _decoded(dump):
    """What the layer stored: nothing comes between these two products."""
    return dump.setting.output_format.decode(dump.words)[0]


def test_one_layer_of_a_network_on_the_first_image(sample):
    images = read_images(sample.folder, None, "tiny")
    dump = dump_layer(sample.model, sample.trace, images, "classifier", "paper", Datapath(rows=4))
    assert (dump.first.shape, dump.second.shape) == ((1, 1, 144), (1, 144, 7))
    assert (dump.setting.layer, dump.setting.accumulator, dump.setting.datapath.rows) == ("classifier", "paper", 4)
    assert verify(dump, 7).difference is None
    pixels = (sample.pixels[0].transpose(2, 0, 1) / 255 - 0.5) / 0.25
    convolution = dump_layer(sample.model, sample.trace, images, "conv", "wide")
    fmt = convolution.setting.second_format
    assert np.array_equal(convolution.second[0, ::9, 0], fmt.encode(pixels[:, 0, 0].astype(np.float32)))
    with pytest.raises(NetworkError, match=r"layer must be one with a product, got 'relu'"):
        dump_layer(sample.model, sample.trace, images, "relu", "wide")


def test_the_file_says_what_it_holds(case, tmp_path):
    dump = dumped(case, "conv", "paper", Datapath(rows=5))
    write_dump(dump, tmp_path / "layer.safetensors")
    with safe_open(tmp_path / "layer.safetensors", framework="np") as file:
        metadata = file.metadata()
    formats = {name: metadata.pop(name) for name in ("first_format", "second_format", "output_format")}
    assert {name: parse_format(text) for name, text in formats.items()} == {
        name: getattr(dump.setting, name) for name in formats
    }
    assert metadata == {
        "schema": "lpasim-layer-dump",
        "version": "1",
        "lpasim_version": __version__,
        "network": "case",
        "layer": "conv",
        "accumulator": "paper",
        "stationary": "first",
        "rows": "5",
        "converter_in_bits": "6",
        "converter_out_bits": "8",
        "psum_fraction_bits": "8",
        "encoder_in_bits": "8",
    }


def test_a_dump_changes_no_result(case):
    network, trace, inputs = case
    lp = LpNetwork(network, trace, "wide")
    with_dump, without = lp.run(inputs, dump=("scores", lambda _: None)), lp.run(inputs)
    assert all(np.array_equal(with_dump[name], without[name]) for name in without)


def small(accumulator="wide", **changes):
    """A dump by the plain reference alone, with NaR, zeros and both signs."""
    first, second = RANDOM.integers(0, 256, (2, 3, 9), np.uint8), RANDOM.integers(0, 16, (2, 9, 5), np.uint8)
    first[0, 1, 4], second[1, 2, 3] = 128, 0
    second[second == 8] = 1
    formats = LogPosit(8, 2, 3, 0.3), LogPosit(4, 1, 3, -1.7)
    setting = LayerSetting("net", "one", accumulator, Datapath(**changes), *formats, LogPosit(8, 1, 5, 2.25), "first")
    sums = np.stack(
        [plain_matmul(a, b, *formats, accumulator, setting.datapath) for a, b in zip(first, second, strict=True)]
    )
    return LayerDump.of(setting, first, second, sums)


@pytest.mark.parametrize("accumulator", ["wide", "paper"])
def test_every_flipped_bit_is_found_where_it_is(accumulator):
    dump = small(accumulator)
    assert np.isnan(dump.sums[0, 1]).all()
    assert (dump.words[0, 1] == 128).all()
    assert verify(dump, 30).difference is None
    for index in np.ndindex(dump.words.shape):
        words = dump.words.copy()
        words[index] ^= 1 << index[2]
        found = verify(replace(dump, words=words), 1).difference
        assert (found.index, found.found.word, found.plain.word) == (index, words[index], dump.words[index])
        sums = dump.sums.copy()
        sums[index] = np.nextafter(np.nan_to_num(sums[index], nan=1), np.inf)
        found = verify(replace(dump, sums=sums), 1).difference
        assert (found.index, found.found.sum, found.found.word) == (index, sums[index], found.plain.word)
        assert found.compiled.equals(found.plain)


def test_the_arithmetic_is_what_the_setting_says():
    dump = small("paper")
    for changed in (
        replace(dump.setting, accumulator="wide"),
        replace(dump.setting, datapath=Datapath(rows=2)),
        replace(dump.setting, first_format=LogPosit(8, 2, 3, 1)),
        replace(dump.setting, output_format=LogPosit(8, 1, 5)),
    ):
        found = verify(replace(dump, setting=changed), None).difference
        assert found is not None
        assert not found.internal


@pytest.fixture(scope="module")
def large():
    """A dump of 12,000 words; words that are not computed have no chance to be found wrong by a sample of them."""
    formats = LogPosit(8, 2, 3, 0.5), LogPosit(4, 1, 3)
    first, second = RANDOM.integers(0, 128, (2, 60, 5), np.uint8), RANDOM.integers(1, 8, (2, 5, 100), np.uint8)
    setting = LayerSetting("net", "one", "paper", Datapath(rows=2), *formats, LogPosit(8, 1, 5, -3), "first")
    return LayerDump.of(setting, first, second, matmul(first, second, *formats, "paper", setting.datapath))


@pytest.mark.parametrize("place", [1, 4711, 11_998])
@pytest.mark.parametrize("bit", [0, 7, 31, 63])
def test_one_bit_among_thousands_of_words_is_found(large, place, bit):
    """In a word or a sum at its place, in an operand at the first word that it changes."""
    assert verify(large, 1).difference is None
    words = large.words.copy()
    words.reshape(-1)[place] ^= 1 << bit % 8
    sums = large.sums.copy()
    sums.view(np.uint64).reshape(-1)[place] ^= np.uint64(1 << bit)
    index = np.unravel_index(place, words.shape)
    for changed in (replace(large, words=words), replace(large, sums=sums)):
        outcome = verify(changed, 1)
        assert outcome.difference.index == index
        assert outcome.words == 12_000
        assert not outcome.difference.internal
    first = large.first.copy()
    first[index[0], index[1], 3] ^= 1 << bit % 7
    found = verify(replace(large, first=first), 1).difference
    assert found.index[:2] == index[:2]
    later = verify(replace(large, first=first, words=words, sums=sums), 1).difference
    assert later.index == min(found.index, index)


def test_the_sign_of_a_zero_counts():
    dump = small()
    sums = dump.sums.copy()
    sums[0, 0] = 0.0
    first = dump.first.copy()
    first[0, 0] = 0
    zero = LayerDump.of(dump.setting, first, dump.second, sums)
    assert verify(zero, None).difference is None
    sums[0, 0, 3] = -0.0
    assert verify(replace(zero, sums=sums), None).difference.index == (0, 0, 3)


@pytest.mark.parametrize("wrong", [0, 29])
def test_a_contradiction_of_our_own_is_no_mistake_of_the_file(monkeypatch, wrong):
    """Whether the file agrees with the compiled datapath or with the plain reference."""
    dump = small()

    def miscomputed(*args):
        sums = matmul(*args)
        sums.reshape(-1)[wrong] += 1
        return sums

    monkeypatch.setattr(verification, "matmul", miscomputed)
    found = verify(dump, 30).difference
    assert found.internal
    assert found.index == np.unravel_index(wrong, dump.words.shape)
    assert found.found.equals(found.plain)
    ours = LayerDump.of(dump.setting, dump.first, dump.second, miscomputed(*_operands(dump)))
    found = verify(ours, 2).difference
    assert found.internal
    assert found.found.equals(found.compiled)
    assert found.plain.equals(Output(int(dump.words.flat[wrong]), float(dump.sums.flat[wrong])))


def _operands(dump):
    setting = dump.setting
    formats = setting.first_format, setting.second_format
    return dump.first, dump.second, *formats, setting.accumulator, setting.datapath


@pytest.mark.parametrize("most", [1, 2, 7, 29, 30, 31, None])
def test_the_plain_reference_computes_words_spread_evenly(most, monkeypatch):
    """From the first to the last; seen by what it is asked for."""
    dump, asked = small(), []
    plain = verification.dot

    def dot(first, second, *more):
        asked.append((first.tobytes(), second.tobytes()))
        return plain(first, second, *more)

    monkeypatch.setattr(verification, "dot", dot)
    calls = []
    assert verify(dump, most, lambda *call: calls.append(call)).recomputed == len(asked)
    indices = np.ndindex(dump.words.shape)
    operands = [(dump.first[g, p].tobytes(), dump.second[g, :, q].tobytes()) for g, p, q in indices]
    found = [operands.index(pair) for pair in asked]
    count = min(most or 30, 30)
    assert calls == [(done, count) for done in range(1, count + 1)]
    assert found == sorted(set(found))
    assert found[0] == 0
    if count > 1:
        assert found[-1] == 29
        assert set(np.diff(found)) <= {29 // (count - 1), -(-29 // (count - 1))}


@given(
    st.floats(-(2.0**60), 2.0**60) | st.sampled_from([0.0, np.nan, np.inf, -np.inf]),
    st.floats(-8, 8) | st.integers(-8, 8).map(float),
    st.sampled_from([LogPosit(8, 2, 3, 0.7), LogPosit(4, 0, 2, -3), LogPosit(2, 0, 1), LogPosit(8, 0, 7, 1.5)]),
    st.integers(1, 16),
)
def test_the_plain_encoder_equals_the_fast_one(output, scale, fmt, bits):
    datapath = Datapath(encoder_in_bits=bits)
    expected = encoder.encode(np.float64(output) * 2.0**-scale, fmt, datapath)
    assert reference_encoder.encode(output, Fraction(scale), fmt, datapath) == expected


def test_the_plain_encoder_by_hand():
    """In LP<4,0,3> stand 1, 2^0.5 and 2, with a threshold at 2^0.25 = 1.189; 1.2 with one bit behind the one is 1."""
    fmt = LogPosit(4, 0, 3)
    for bits, scale, word in ((16, 0, 0b101), (1, 0, 0b100), (1, -1, 0b110), (16, 0.5, 0b100), (1, 0.5, 0b011)):
        assert reference_encoder.encode(1.2, Fraction(scale), fmt, Datapath(encoder_in_bits=bits)) == word
        assert reference_encoder.encode(-1.2, Fraction(scale), fmt, Datapath(encoder_in_bits=bits)) == 16 - word
    assert reference_encoder.truncate(Fraction(255, 7), 2) == 36 - 4
    assert reference_encoder.truncate(Fraction(1, 3), 3) == Fraction(10, 32)
    assert reference_encoder.power(Fraction(-3)) == 8
    assert abs(reference_encoder.power(Fraction(5, 2)) ** 2 * 32 - 1) < Fraction(1, 10**95)


def test_what_cannot_be_dumped_is_refused(case):
    network, trace, inputs = case
    lp = LpNetwork(network, trace, "wide")
    rule = "layer must be one with a product, got"
    for name, nearest in (("score", "scores"), ("SCORES", "\\w+"), ("nothing alike", "\\w+")):
        got = rf"'{name}', which is no layer \(--dump-layer, case\); the nearest name is {nearest}$"
        with pytest.raises(NetworkError, match=f"^{rule} {got}"):
            lp.run(inputs, dump=(name, lambda _: None))
    with pytest.raises(NetworkError, match=r"accumulator must be wide or paper for code words, got float"):
        LpNetwork(network, trace, "float").run(inputs, dump=("conv", lambda _: None))


def test_a_file_that_cannot_be_written(tmp_path):
    with pytest.raises(OutputError, match="layer dump must be written to a writable place"):
        write_dump(small(), tmp_path / "missing" / "layer.safetensors")
    (tmp_path / "folder").mkdir()
    with pytest.raises(OutputError, match="layer dump"):
        write_dump(small(), tmp_path / "folder")
    assert [file.name for file in tmp_path.iterdir()] == ["folder"]


def test_formats_too_wide_for_the_file_are_refused(tmp_path):
    dump = small()
    wide = replace(dump, setting=replace(dump.setting, output_format=LogPosit(9, 1, 5)))
    write_dump(wide, tmp_path / "layer.safetensors")
    with pytest.raises(DumpError, match=r"output_format must be a log posit of at most 8 bits, got 'lp9,1,5,0'"):
        read_dump(tmp_path / "layer.safetensors")
