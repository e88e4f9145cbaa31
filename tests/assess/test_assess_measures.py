"""What an assessment measures, against computations from the definitions."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from lpasim.formats import parse_format
from lpasim.quantization.channels import DEAD_LOG2, by_channel, channel_spread, live_channels
from lpasim.quantization.distribution import BINS_AN_OCTAVE, OCTAVES, describe
from lpasim.quantization.format_error import BITS, COMPARED, score_activations, score_weights
from lpasim.quantization.sample import Sample, draw

SEEDS = st.integers(0, 2**32 - 1)


@settings(max_examples=50, deadline=None)
@given(SEEDS, st.sampled_from(["normal", "laplace", "standard_cauchy"]), st.integers(-100, 100))
def test_moments_are_those_of_their_definitions(seed, kind, exponent):
    values = getattr(np.random.default_rng(seed), kind)(size=300) * 2.0**exponent
    values[::7] = 0
    found = describe(draw(values, values.size))
    present = np.abs(values[values != 0])
    assert (found.elements, found.zero_share) == (300, pytest.approx(43 / 300))
    assert found.kurtosis == pytest.approx(np.mean(values**4) / np.mean(values**2) ** 2)
    assert found.dynamic_range_log2 == pytest.approx(np.log2(present.max() / present.min()))
    assert found.peak_log2 == pytest.approx(np.log2(present.max() / np.sqrt(np.mean(values**2))))
    assert found.mean_log2 == pytest.approx(np.mean(np.log2(present)))


def test_kurtosis_of_known_distributions():
    """A normal has 3, a uniform 9/5, two values 1; and no power overflows."""
    random = np.random.default_rng(0)
    values = {3.0: random.standard_normal(10**6), 1.8: random.uniform(-1, 1, 10**6), 1.0: np.array([-1e300, 1e300])}
    for expected, array in values.items():
        assert describe(draw(array, array.size)).kurtosis == pytest.approx(expected, rel=0.01)


def test_elements_count_as_often_as_they_stand_for():
    few = describe(Sample(np.array([0.0, 0.5, 2.0]), np.array([3.0, 2.0, 1.0])))
    many = describe(Sample(np.array([0.0, 0, 0, 0.5, 0.5, 2]), np.ones(6)))
    assert few == many


@pytest.mark.parametrize("values", [np.zeros(5), np.zeros(0)])
def test_zeros_have_no_distribution(values):
    assert describe(draw(values, 10)) is None


@settings(max_examples=30, deadline=None)
@given(SEEDS)
def test_histogram_counts_every_element_once(seed):
    random = np.random.default_rng(seed)
    values = np.append(random.standard_normal(200) * 2.0 ** random.integers(-40, 3, 200), 0.0)
    found = describe(draw(values, values.size)).histogram
    assert sum(found.shares) + found.below + 1 / 201 == pytest.approx(1)
    logs = np.log2(np.abs(values[:-1]))
    top = np.ceil(logs.max())
    assert found.start == top - OCTAVES
    for place, share in enumerate(found.shares):
        low = found.start + place / BINS_AN_OCTAVE
        assert share * 201 == pytest.approx(np.count_nonzero((logs >= low) & (logs < low + 1 / BINS_AN_OCTAVE)))


def ratio(values, rounded):
    return 10 * np.log10(sum(v**2 for v in values) / sum((v - r) ** 2 for v, r in zip(values, rounded, strict=True)))


def nearest(grid, value):
    return min(grid, key=lambda point: abs(point - value))


def nearest_log(grid, value):
    if value == 0:
        return 0.0
    return min((point for point in grid if point > 0), key=lambda point: abs(np.log2(point) - np.log2(value)))


@pytest.mark.parametrize("exponent", [0, -240])
def test_ratios_of_weights_by_brute_force(exponent):
    """Each weight goes to the nearest of all values, found by looking at each; channels count the same."""
    random = np.random.default_rng(5)
    channels = random.standard_normal((6, 9)) * np.array([1, 0.5, 2, 1, 1, 0.001])[:, None]
    live = live_channels(channels)
    assert live.tolist() == [True] * 5 + [False]
    shifted = np.ldexp(channels, exponent)
    scores = score_weights(shifted, live)
    assert [(score.bits, score.kind) for score in scores] == [(bits, kind) for bits in BITS for kind in COMPARED]
    for score in scores:
        assert score.format.n == score.bits
        magnitudes = score.format.magnitudes()
        grid = np.append(-magnitudes, magnitudes)
        rounded = np.array([[nearest(grid, value) for value in row] for row in shifted])
        assert score.sqnr_db == pytest.approx(ratio(shifted.ravel(), rounded.ravel()), abs=1e-6)
        noise = [10 ** (-ratio(*rows) / 10) for rows in zip(shifted[:5], rounded[:5], strict=True)]
        assert score.channel_sqnr_db == pytest.approx(-10 * np.log10(np.mean(noise)), abs=1e-6)


def test_ratios_of_activations_by_brute_force():
    """LP rounds in the logarithm, as its encoder does, the others but posits to the nearest value."""
    random = np.random.default_rng(6)
    magnitudes = np.sort(np.maximum(random.standard_normal(60), 0))
    sample = Sample(magnitudes, random.integers(1, 5, 60).astype(float))
    for score in score_activations(sample):
        if score.kind == "posit":
            rounded = score.format.quantize(magnitudes, "log")
        else:
            find = nearest_log if score.kind == "lp" else nearest
            rounded = np.array([find(score.format.magnitudes(), value) for value in magnitudes])
        roots = np.sqrt(sample.weights)
        assert score.sqnr_db == score.channel_sqnr_db == pytest.approx(ratio(magnitudes * roots, rounded * roots))


def test_log_posit_is_best_among_all_its_parameters():
    """No es, rs and sf (in steps of 1/16) have less error than the one found."""
    channels = np.random.default_rng(7).laplace(size=(4, 25))
    found = score_weights(channels, np.ones(4, bool), ("lp",), (4,))[0]
    for es in range(2):
        for rs in range(1, 4):
            for sf in np.arange(-4, 4, 1 / 16):
                try:
                    fmt = parse_format(f"lp4,{es},{rs},{sf}")
                except ValueError:
                    continue
                assert ratio(channels.ravel(), fmt.quantize(channels, "linear").ravel()) <= found.sqnr_db + 0.02


def test_a_tensor_that_is_held_exactly():
    score = score_weights(np.array([[1.0, -1.0]]), np.ones(1, bool), ("int",), (2,))[0]
    assert (score.sqnr_db, score.channel_sqnr_db) == (np.inf, np.inf)


def test_dead_channels_lie_far_below_the_median_one():
    sizes = 2.0 ** np.array([3, 0, 0, 0, DEAD_LOG2, DEAD_LOG2 - 0.01, -30])
    channels = np.append(sizes, 0.0)[:, None] * np.array([1.0, -1.0])
    assert live_channels(channels).tolist() == [True] * 5 + [False] * 3
    assert channel_spread(channels, live_channels(channels)) == pytest.approx(3)
    assert not live_channels(np.zeros((3, 2))).any()


@pytest.mark.parametrize(
    ("operator", "attributes", "shape", "place"),
    [
        ("Conv", {}, (4, 2, 3, 3), lambda w, c: w[c]),
        ("Gemm", {"transB": 1}, (4, 5), lambda w, c: w[c]),
        ("Gemm", {}, (5, 4), lambda w, c: w[:, c]),
        ("MatMul", {}, (2, 5, 4), lambda w, c: w[..., c]),
        ("ConvTranspose", {"group": 2}, (6, 2, 3, 3), lambda w, c: w[3 * (c // 2) : 3 * (c // 2) + 3, c % 2]),
    ],
)
def test_channels_of_each_operator(operator, attributes, shape, place):
    class Stub:
        """As much of a network, a node and a layer as is looked at."""

        name, constant_weights, inputs = "layer", "w", ("x", "w")

        def __init__(self):
            self.operator, self.nodes = operator, [self]

        def attribute(self, name, default):
            return attributes.get(name, default)

    weights = np.random.default_rng(1).standard_normal(shape)
    found = by_channel(Stub(), Stub(), weights)
    assert len(found) == 4
    for channel, row in enumerate(found):
        assert sorted(row) == sorted(place(weights, channel).ravel())
