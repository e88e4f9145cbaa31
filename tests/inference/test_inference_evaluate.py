"""A network in floating point and in number formats side by side."""

from __future__ import annotations

import numpy as np
import onnx
import pytest
from inference_samples import make_network

from lpasim.errors import NetworkError, TraceError
from lpasim.formats import LogPosit
from lpasim.inference.accuracy import Powers
from lpasim.inference.evaluate import evaluate
from lpasim.inference.images import read_images
from lpasim.quantization.trace import Format

ALL = ("float", "wide", "paper")


@pytest.fixture
def images(sample):
    return read_images(sample.folder, sample.labels, "tiny")


def convolved(pixels, weights):
    """Convolution without padding, ReLU and a linear layer, by definition."""
    result = np.zeros((len(pixels), 4, 6, 6))
    for row in range(6):
        for column in range(6):
            patch = pixels[:, :, row : row + 3, column : column + 3].reshape(len(pixels), -1)
            result[:, :, row, column] = patch @ weights["w"].reshape(4, -1).T + weights["b"]
    hidden = np.maximum(result, 0)
    return hidden, hidden.reshape(len(pixels), -1) @ weights["v"].T


def test_floating_point_is_the_network_itself(sample, images):
    found = evaluate(sample.model, sample.trace, images, ("float",), batch=2)
    (pixels, labels) = next(iter(images.batches(5, (3, 8, 8), "")))
    _, logits = convolved(pixels, sample.weights)
    np.testing.assert_allclose(np.concatenate(found.unquantized.logits), logits, rtol=1e-4, atol=1e-4)
    answer = np.argmax(logits, axis=1)
    assert found.unquantized.accuracy.top1 == np.mean(answer == labels)
    assert found.unquantized.accuracy.agreement == 1.0


def test_every_side_is_measured_against_floating_point(sample, images):
    found = evaluate(sample.model, sample.trace, images, ALL, batch=2)
    exact = np.concatenate(found.unquantized.logits).astype(float)
    assert [side.name for side in found.sides] == list(ALL)
    for side in found.sides:
        ours = np.concatenate(side.logits).astype(float)
        assert side.accuracy.images == 5
        assert side.accuracy.agreement == np.mean(ours.argmax(axis=1) == exact.argmax(axis=1))
        assert side.logit_powers.signal == pytest.approx((exact**2).sum())
        assert side.logit_powers.error == pytest.approx(((ours - exact) ** 2).sum())
        assert list(found.layers(side)) == ["conv", "classifier"]
        assert found.layers(side)["classifier"] == side.logit_powers  # the last layer stores the class scores
        assert side.images_per_s > 0
    scores = [side.logits for side in found.sides]
    assert not np.array_equal(np.concatenate(scores[1]), np.concatenate(scores[2]))


def test_a_layer_loses_what_quantization_takes(sample, images):
    """With the formats of the trace applied by hand to the first layer."""
    found = evaluate(sample.model, sample.trace, images, ("float",), batch=5)
    first = sample.trace.layers[0]
    pixels, _ = next(iter(images.batches(5, (3, 8, 8), "")))
    rounded = {**sample.weights, "w": quantized(sample.weights["w"], first.weight_format, "linear")}
    hidden, _ = convolved(quantized(pixels, first.activation_format, "log"), rounded)
    exact, _ = convolved(pixels, sample.weights)
    error = quantized(hidden.astype(np.float32), first.outputs[0].format, "log") - exact
    assert found.layers(found.sides[0])["conv"].error == pytest.approx((error**2).sum(), rel=1e-3)


def quantized(values, fmt: Format, rounding):
    posit = LogPosit(fmt.n, fmt.es, fmt.rs, fmt.sf)
    return posit.decode(posit.encode(values, rounding=rounding))


@pytest.mark.parametrize("accumulator", ALL)
def test_batches_and_threads_change_nothing(sample, images, accumulator):
    """But rounding in floating point, whose sums may be taken in another order."""
    at_once, in_parts = (
        evaluate(sample.model, sample.trace, images, (accumulator,), batch=batch, threads=threads)
        for batch, threads in ((9, 1), (5, 2))
    )
    one, other = (np.concatenate(found.sides[0].logits) for found in (at_once, in_parts))
    if accumulator == "float":
        np.testing.assert_allclose(one, other, rtol=1e-5, atol=1e-5)
    else:
        np.testing.assert_array_equal(one, other)


def test_a_file_that_fixes_the_batch_at_one(sample, images):
    onnx.save_model(make_network(batch=1)[0], sample.model)
    steps = []
    found = evaluate(
        sample.model, sample.trace, images, ("wide",), batch=4, progress=lambda done, total: steps.append((done, total))
    )
    assert steps == [(4, 5), (5, 5)]
    assert len(np.concatenate(found.sides[0].logits)) == 5


def test_unlabelled_images_still_agree(sample):
    found = evaluate(sample.model, sample.trace, read_images(sample.folder, None, "tiny"), ("wide",))
    assert found.sides[0].accuracy.top1 is None
    assert found.sides[0].accuracy.agreement is not None


def test_what_does_not_fit(sample, images):
    sample.labels.write_text("file,label\n" + "".join(f"p{i}.png,{i + 5}\n" for i in range(5)))
    rule = "labels must be below 7, the classes of the network, got 7 for image 3"
    with pytest.raises(NetworkError, match=rf"^{rule} \(.*labels.csv, line 4\)$"):
        evaluate(sample.model, sample.trace, read_images(sample.folder, sample.labels, "tiny"), ("float",))
    other = sample.trace.model_copy(update={"layers": sample.trace.layers[:1]})
    with pytest.raises(TraceError, match="classifier"):
        evaluate(sample.model, other, images, ("float",))


def test_the_first_output_must_be_class_scores(sample, images):
    proto, _ = make_network()
    del proto.graph.output[:]
    proto.graph.output.append(onnx.helper.make_tensor_value_info("r", onnx.TensorProto.FLOAT, ["N", 4, 6, 6]))
    del proto.graph.node[2:]
    onnx.save_model(proto, sample.model)
    with pytest.raises(NetworkError, match=r"first output must be class scores \[3, classes\], got 'r' \[3, 4, 6, 6\]"):
        evaluate(sample.model, sample.trace, images, ("float",))


def test_layers_pool_their_tensors(sample, images):
    found = evaluate(sample.model, sample.trace, images, ("float",))
    found.layer_of.clear()
    found.layer_of.update(a="one", b="two", c="one")
    found.sides[0].tensors = {"a": Powers(1, 2.0, 3.0), "b": Powers(1, 1.0, 1.0), "c": Powers(2, 4.0, 5.0)}
    assert found.layers(found.sides[0]) == {"one": Powers(3, 6.0, 8.0), "two": Powers(1, 1.0, 1.0)}
