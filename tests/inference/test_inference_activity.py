"""Activity against plain loops over words as they pass the wires of the array, one at a time."""

from __future__ import annotations

from itertools import pairwise
from itertools import product as every

import numpy as np
import onnx
import pytest
from onnx import TensorProto, helper, numpy_helper

from lpasim.datapath import reference, reference_sums
from lpasim.datapath.parameters import Datapath
from lpasim.formats import LogPosit, parse_format
from lpasim.inference.activity import ActivityMeter
from lpasim.inference.lp_network import LpNetwork
from lpasim.inference.partial_sums import (
    Place,
    Product,
    followers,
    partial_sum_flips,
    random_flips,
    sampled_places,
    words_below_rows,
)
from lpasim.inference.wires import activation_flips, busy_macs, histogram, packed, random_bits, rows_of, weight_flips
from lpasim.networks.onnx_file import import_model
from lpasim.quantization.bits import BitAssignment
from lpasim.quantization.build import build_trace

LANES = {2: 4, 4: 2, 8: 1}
SHAPES = [(1, 7, 5, 9), (3, 4, 1, 6), (2, 11, 19, 1), (1, 1, 1, 3), (2, 6, 8, 4), (1, 9, 33, 2)]


def flips(passing):
    """Count pairs and differing bits of one wire's words."""
    return sum(max(0, len(wire) - 1) for wire in passing), sum(
        (a ^ b).bit_count() for wire in passing for a, b in pairwise(wire)
    )


def operands(shape, weight_bits, activation_bits, zeros=0.3):
    groups, depth, columns, length = shape
    random = np.random.default_rng(sum(shape) + weight_bits)
    weights = random.integers(0, 1 << weight_bits, (groups, depth, columns), np.uint8)
    moving = random.integers(0, 1 << activation_bits, (groups, depth, length), np.uint8)
    return [np.where(random.random(x.shape) < zeros, 0, x).astype(np.uint8) for x in (weights, moving)]


def row_in(top, depth, rows, term):
    """A fold that uses fewer rows uses those at the foot of the columns."""
    used = min(rows, depth - top)
    return rows - used + term - top


def folds(shape, lanes, rows, cols):
    """Generate the folds in the order in which they run: group, first row, first column."""
    groups, depth, columns, _ = shape
    for group in range(groups):
        for left in range(0, columns, cols * lanes):
            for top in range(0, depth, rows):
                yield group, top, left


@pytest.mark.parametrize("shape", SHAPES)
@pytest.mark.parametrize(("bits", "mode"), [(2, 2), (3, 4), (4, 4), (6, 8), (8, 8)])
@pytest.mark.parametrize(("rows", "cols"), [(4, 3), (8, 8), (1, 1)])
def test_weight_wires(shape, bits, mode, rows, cols):
    weights, _ = operands(shape, bits, 8)
    lanes, (_, depth, columns, _) = LANES[mode], shape
    tops = [[] for _ in range(cols)]
    for group, top, left in folds(shape, lanes, rows, cols):
        for row in reversed(range(min(rows, depth - top))):
            for col in range(cols):
                used = range(left + col * lanes, min(left + (col + 1) * lanes, columns))
                if used:
                    words = [int(weights[group, top + row, n]) << mode * place for place, n in enumerate(used)]
                    tops[col].append(sum(words))
    assert weight_flips(weights, bits, rows, cols) == flips(tops)


@pytest.mark.parametrize("shape", SHAPES)
@pytest.mark.parametrize(("rows", "cols", "mode"), [(4, 3, 2), (8, 8, 8), (1, 1, 4), (3, 2, 8)])
def test_activation_wires(shape, rows, cols, mode):
    _, moving = operands(shape, mode, 8)
    _, depth, columns, length = shape
    entries = [[] for _ in range(rows)]
    for group, top, _ in folds(shape, LANES[mode], rows, cols):
        for m in range(length):
            for k in range(top, min(top + rows, depth)):
                entries[row_in(top, depth, rows, k)].append(int(moving[group, k, m]))
    assert activation_flips(moving, -(-columns // (cols * LANES[mode])), rows) == flips(entries)


def test_a_fold_of_fewer_rows_takes_the_last_ones():
    assert rows_of(9, 4).tolist() == [0, 1, 2, 3, 0, 1, 2, 3, 3]
    assert rows_of(3, 8).tolist() == [5, 6, 7]
    assert rows_of(8, 4).tolist() == [0, 1, 2, 3] * 2
    assert rows_of(5, 1).tolist() == [0] * 5


@pytest.mark.parametrize("n", range(2, 9))
def test_random_words_by_every_pair(n):
    codes = range(1 << n)
    assert random_bits(n) == sum((a ^ b).bit_count() for a, b in every(codes, codes)) / len(codes) ** 2


@pytest.mark.parametrize("shape", SHAPES)
def test_zeros_and_histograms(shape):
    weights, moving = operands(shape, 4, 8)
    groups, depth, columns, length = shape
    busy = sum(
        bool(weights[g, k, n]) and bool(moving[g, k, m])
        for g in range(groups)
        for k in range(depth)
        for n in range(columns)
        for m in range(length)
    )
    assert busy_macs(weights, moving) == busy
    for words, bits in ((weights, 4), (moving, 8), (moving[:, :, ::2], 8)):
        assert histogram(words, bits).tolist() == [words.ravel().tolist().count(code) for code in range(1 << bits)]


def test_packing_puts_the_first_column_lowest():
    assert packed(np.array([[[1, 2, 3]]], np.uint8), 2).tolist() == [[[0b00_11_10_01]]]
    assert packed(np.array([[[5, 15, 9]]], np.uint8), 4).tolist() == [[[0xF5, 0x09]]]
    assert packed(np.array([[[7, 3]]], np.uint8), 3).tolist() == [[[0x37]]]
    assert packed(np.array([[[200, 3]]], np.uint8), 8).tolist() == [[[200, 3]]]


def wire_word(total, bits):
    """Sign, exponent of 10 bits in two's complement, fraction."""
    if not total.fraction:
        return 0
    return total.sign << (10 + bits) | (total.exponent % 1024) << bits | total.fraction


def sums_below(product, place, m):
    """The words beneath the rows that a fold uses, by the plain reference."""
    total, words = reference.ZERO, []
    for k in range(place.top, min(place.top + product.datapath.rows, product.weights.shape[1])):
        w = reference.decode_word(int(product.weights[place.group, k, place.column]), product.weight_format)
        a = reference.decode_word(int(product.activations[place.group, k, m]), product.activation_format)
        term = reference.multiply(w, a)
        if term.kind == "number":
            total = reference_sums.add(total, reference.convert(term, product.datapath), product.datapath)
        words.append(wire_word(total, product.datapath.psum_fraction_bits))
    return words


FORMATS = [
    (LogPosit(8, 2, 3, 0.5), LogPosit(8, 1, 4, -1.0)),
    (LogPosit(4, 1, 3, 0.0), LogPosit(8, 0, 7, 2.0)),
    (LogPosit(2, 0, 1, 0.0), LogPosit(4, 0, 2, 0.0)),
    (LogPosit(8, 5, 7, 0.0), LogPosit(8, 5, 7, 0.0)),
]


def product_of(shape, formats, across=4, **widths):
    weights, moving = operands(shape, formats[0].n, formats[1].n, zeros=0.15)
    return Product(weights, moving, *formats, Datapath(**widths), across)


@pytest.mark.parametrize("formats", FORMATS)
@pytest.mark.parametrize(
    "widths",
    [{}, {"rows": 5, "psum_fraction_bits": 12}, {"converter_in_bits": 1, "converter_out_bits": 2}],
)
def test_partial_sums_are_those_of_the_reference(formats, widths):
    product = product_of((2, 13, 3, 40), formats, **widths)
    for place in (Place(0, 2, 0), Place(1, 0, product.datapath.rows)):
        used = slice(place.top, place.top + product.datapath.rows)
        found = words_below_rows(
            product.weights[None, place.group, used, place.column],
            product.activations[None, place.group, used],
            product,
        )
        assert [found[0, :, m].tolist() for m in range(40)] == [sums_below(product, place, m) for m in range(40)]


@pytest.mark.parametrize("shape", [*SHAPES, (4, 20, 6, 5), (3, 9, 2, 4)])
@pytest.mark.parametrize("rows", [8, 3])
def test_partial_sum_wires(shape, rows):
    """Every sampled fold, and the step of each wire to the first word that it has next, whenever that is."""
    product = product_of(shape, FORMATS[1], across=4, rows=rows)
    order = list(folds(shape, 1, rows, 4))
    pairs = flipped = 0
    for place in sampled_places(product):
        group, column, top = place
        position = order.index((group, top, column - column % 4)) + 1
        wires = {}
        for m in range(shape[3]):
            for k, word in enumerate(sums_below(product, place, m), top):
                wires.setdefault(row_in(top, shape[1], rows, k), []).append(word)
        waiting = set(wires)
        for after, below, left in order[position:]:
            if left + column % 4 < shape[2]:
                for k, word in enumerate(sums_below(product, Place(after, left + column % 4, below), 0), below):
                    row = row_in(below, shape[1], rows, k)
                    if row in waiting:
                        wires[row].append(word)
                        waiting.remove(row)
        count = flips(wires.values())
        pairs, flipped = pairs + count[0], flipped + count[1]
    assert partial_sum_flips(product) == (pairs, flipped)


def test_the_sample_is_spread_over_groups_columns_and_folds():
    product = product_of((5, 100, 7, 2), FORMATS[1])
    places = sampled_places(product)
    assert len(places) == len(set(places)) == 8 * 4
    assert {place.top for place in places} == {0, 32, 64, 96}
    assert places[0] == Place(0, 0, 0)
    assert places[-1] == Place(4, 6, 96)
    few = product_of((1, 5, 2, 3), FORMATS[1])
    assert sampled_places(few) == [Place(0, 0, 0), Place(0, 1, 0)]


def test_every_row_waits_for_the_fold_that_uses_it_next():
    """Of 100 terms, 4 are left for the last fold of 8 rows; columns 4 to 6 make the second fold along N."""
    product = product_of((5, 100, 7, 2), FORMATS[1])
    every_row, upper, lower = slice(0, 8), slice(4, 8), slice(0, 4)
    assert list(followers(product, Place(0, 2, 8))) == [(Place(0, 2, 16), every_row)]
    assert list(followers(product, Place(0, 2, 88))) == [(Place(0, 2, 96), lower), (Place(0, 6, 0), upper)]
    assert list(followers(product, Place(0, 2, 96))) == [(Place(0, 6, 0), lower)]
    assert list(followers(product, Place(0, 6, 96))) == [(Place(1, 2, 0), lower)]
    assert list(followers(product, Place(0, 3, 96))) == [(Place(1, 3, 0), lower)], "column 7 does not exist"
    assert list(followers(product, Place(4, 6, 88))) == [(Place(4, 6, 96), lower)]
    assert list(followers(product, Place(4, 6, 96))) == []


@pytest.mark.parametrize(("formats", "rows"), [(FORMATS[2], 2), ((LogPosit(3, 0, 2, 0.0), LogPosit(2, 0, 1, 0.0)), 2)])
def test_random_partial_sums_by_every_combination_of_words(formats, rows):
    """The exact mean, for formats of few words; six standard errors of a mean over 16384 columns are about 0.1 bits."""
    datapath = Datapath(rows=rows)
    words = [np.array(list(every(range(1 << fmt.n), repeat=rows)), np.uint8) for fmt in formats]
    product = Product(words[0].T[None], words[1].T[None], *formats, datapath, 1)
    flipped, depths = 0, range(rows)
    for column in range(len(words[0])):
        sums = [sums_below(product, Place(0, column, 0), m) for m in range(len(words[1]))]
        flipped += sum((a[row] ^ b[row]).bit_count() for a, b in every(sums, sums) for row in depths)
    mean = flipped / (len(words[0]) * len(words[1]) ** 2 * rows)
    assert random_flips(*formats, datapath) == pytest.approx(mean, abs=0.1)


@pytest.mark.parametrize("formats", FORMATS)
def test_random_partial_sums_hardly_depend_on_the_drawn_words(formats):
    random, datapath = np.random.default_rng(99), Datapath()
    weights, moving = (random.integers(0, 1 << fmt.n, (9000, 8, 2), np.uint8) for fmt in formats)
    product = Product(weights[:1], moving[:1], *formats, datapath, 1)
    words = words_below_rows(weights[:, :, 0], moving, product)
    mean = np.bitwise_count(words[:, :, 0] ^ words[:, :, 1]).mean()
    assert mean == pytest.approx(random_flips(*formats, datapath), rel=0.03)


def network(tmp_path, weight_bits, activation_bits):
    """A grouped convolution, a product of two activations with heads, a matrix on the left, and a classifier."""
    random = np.random.default_rng(3)

    def constant(name, *shape):
        return numpy_helper.from_array((random.standard_normal(shape) * 0.4).astype(np.float32), name)

    nodes = [
        helper.make_node("Conv", ["x", "w"], ["c"], "conv", group=2, strides=[2, 1], pads=[1, 0, 0, 1]),
        helper.make_node("Relu", ["c"], ["r"], "relu"),
        helper.make_node("Transpose", ["r"], ["t"], "turn", perm=[0, 1, 3, 2]),
        helper.make_node("MatMul", ["r", "t"], ["s"], "scores"),
        helper.make_node("MatMul", ["l", "s"], ["o"], "left"),
        helper.make_node("Flatten", ["o"], ["f"], "flatten"),
        helper.make_node("Gemm", ["f", "v"], ["y"], "classifier", transB=1),
    ]
    graph = helper.make_graph(
        nodes,
        "case",
        [helper.make_tensor_value_info("x", TensorProto.FLOAT, ["N", 4, 6, 5])],
        [helper.make_tensor_value_info("y", TensorProto.FLOAT, None)],
        [constant("w", 6, 2, 3, 2), constant("l", 4, 3), constant("v", 5, 6 * 4 * 3)],
    )
    model = helper.make_model(graph, opset_imports=[helper.make_opsetid("", 17)], ir_version=8)
    path = tmp_path / "case.onnx"
    onnx.save(model, path)
    bits = BitAssignment(weight_bits, activation_bits, weight_bits)
    return import_model(model, str(path), batch=1), build_trace(str(path), batch=1, bits=bits)


@pytest.mark.parametrize(("weight_bits", "activation_bits"), [(8, 8), (4, 8), (2, 4), (3, 6)])
@pytest.mark.parametrize("accumulator", ["float", "wide", "paper"])
def test_layers_of_a_network(tmp_path, weight_bits, activation_bits, accumulator):
    """The meter sees each product the right way around, and adds images up."""
    graph, trace = network(tmp_path, weight_bits, activation_bits)
    datapath, cols = Datapath(rows=4), 2
    lp, meter = LpNetwork(graph, trace, accumulator, datapath), ActivityMeter(datapath, cols)
    images = np.random.default_rng(8).standard_normal((2, 1, 4, 6, 5)).astype(np.float32)
    seen = []

    def watch(product, first, second):
        seen.append((product.node.name, first.words.copy(), second.words.copy()))
        meter.watch(product, first, second)

    for image in images:
        assert np.array_equal(lp.run({"x": image}, watch=watch)["y"], lp.run({"x": image})["y"], equal_nan=True)
    entries = {layer.name: layer for layer in trace.layers if layer.gemm}
    found = {layer.name: layer for layer in meter.layers()}
    assert list(found) == list(entries) == ["conv", "scores", "left", "classifier"]
    for name, layer in found.items():
        gemm = entries[name].gemm
        runs = [(first, second) for at, first, second in seen if at == name]
        assert len(runs) == 2
        assert layer.macs == 2 * gemm.macs
        assert (layer.k, layer.n) == (gemm.k, gemm.n)
        turned = name in ("conv", "left")  # weights on the left
        pairs = [(x if turned else x.swapaxes(-1, -2), y) for x, y in runs]
        stacks = [[x.reshape(-1, *x.shape[-2:]) for x in pair] for pair in pairs]
        weights = [first.swapaxes(1, 2) if turned else second for first, second in stacks]
        moving = [second if turned else first for first, second in stacks]
        counted = weights if entries[name].weights == "dynamic" else weights[:1]
        assert layer.weights.histogram == tuple(sum(histogram(w, parse_format(layer.weight_format).n) for w in counted))
        assert layer.activations.words == sum(x.size for x in moving)
        assert layer.zero_macs == layer.macs - sum(map(busy_macs, weights, moving))
        expected = [weight_flips(w, parse_format(layer.weight_format).n, 4, cols) for w in counted]
        wire = layer.weights.wire
        assert (wire.transitions, wire.flipped_bits) == tuple(map(sum, zip(*expected, strict=True)))
        lanes = LANES[next(bits for bits in (2, 4, 8) if parse_format(layer.weight_format).n <= bits)]
        streams = [activation_flips(x, -(-gemm.n // (cols * lanes)), 4) for x in moving]
        wire = layer.activations.wire
        assert (wire.transitions, wire.flipped_bits) == tuple(map(sum, zip(*streams, strict=True)))
        formats = [parse_format(text) for text in (layer.weight_format, layer.activation_format)]
        first = Product(weights[0], moving[0], *formats, datapath, cols * lanes)
        assert (layer.partial_sums.transitions, layer.partial_sums.flipped_bits) == partial_sum_flips(first)
    conv, bits = (
        found["conv"],
        [parse_format(text).n for text in (found["conv"].weight_format, found["conv"].activation_format)],
    )
    assert conv.random_zero_share == pytest.approx(1 - (1 - 2.0 ** -bits[0]) * (1 - 2.0 ** -bits[1]))
    lanes = LANES[next(width for width in (2, 4, 8) if bits[0] <= width)]
    assert (conv.weights.wire.bits, conv.weights.wire.random_bits) == (8, lanes * bits[0] / 2)
    assert conv.activations.wire.random_bits == bits[1] / 2
    assert conv.activations.wire.bits == next(width for width in (2, 4, 8) if bits[1] <= width)


def test_convolution_words_are_the_unfolded_image(tmp_path):
    """Counted from the stored words by the definition of a convolution, padding included."""
    graph, trace = network(tmp_path, 4, 8)
    meter = ActivityMeter(Datapath(), 8)
    x = np.random.default_rng(8).standard_normal((1, 4, 6, 5)).astype(np.float32)
    LpNetwork(graph, trace, "wide").run({"x": x}, watch=meter.watch)
    fmt = parse_format(meter.layers()[0].activation_format)
    words = np.pad(fmt.encode(x[0], rounding="log"), ((0, 0), (1, 0), (0, 1)))
    used = [words[:, 2 * i : 2 * i + 3, j : j + 2] for i in range(3) for j in range(5)]
    assert meter.layers()[0].activations.histogram == tuple(
        np.bincount(np.concatenate([patch.ravel() for patch in used]), minlength=256).tolist()
    )
