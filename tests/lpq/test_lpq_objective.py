"""Pooling and objectives, against plain Python."""

import math
import statistics

import numpy as np
import pytest

from lpasim.errors import SearchError
from lpasim.lpq.objective import GLOBAL_TEMPERATURE, OBJECTIVES, TEMPERATURES, Reference, compression, fitness
from lpasim.lpq.pooling import POOLINGS, pooled


def normal(*shape, seed=0):
    return np.random.default_rng(seed).normal(size=shape)


def statistics_of(positions):
    """Return mean, standard deviation, skewness and excess kurtosis, by the definitions."""
    mean = statistics.fmean(positions)
    moments = [statistics.fmean((x - mean) ** power for x in positions) for power in (2, 3, 4)]
    deviation = math.sqrt(moments[0])
    return mean, deviation, moments[1] / deviation**3, moments[2] / deviation**4 - 3


@pytest.mark.parametrize("dtype", [np.float32, np.float64])
def test_pooling_is_by_channel(dtype):
    maps = (normal(2, 3, 4, 5) ** 3 + 1).astype(dtype)
    tokens = maps.reshape(2, 3, 20).transpose(0, 2, 1)
    expected = np.array([[statistics_of(maps[b, c].ravel().tolist()) for c in range(3)] for b in range(2)])
    by_pooling = {
        "mean": expected[:, :, 0],
        "max": maps.max(axis=(2, 3)),
        "moments": np.concatenate([expected[:, :, i] for i in range(3)], axis=1),
        "kurtosis": expected[:, :, 3],
    }
    assert set(by_pooling) == set(POOLINGS)
    for pooling, wanted in by_pooling.items():
        for values in (maps, tokens):
            got = pooled(values, pooling)
            assert got.dtype == np.float64
            np.testing.assert_allclose(got, wanted, rtol=1e-4 if dtype == np.float32 else 1e-10)


@pytest.mark.parametrize("pooling", POOLINGS)
def test_rows_are_their_own_pooling(pooling):
    rows = normal(3, 4)
    np.testing.assert_array_equal(pooled(rows, pooling), rows)


def test_constant_channels_have_no_shape():
    values = np.full((1, 2, 3, 3), 0.1, np.float32)
    np.testing.assert_allclose(pooled(values, "moments")[0], [0.1, 0.1, 0, 0, 0, 0], atol=1e-7)
    np.testing.assert_array_equal(pooled(values, "kurtosis"), [[0.0, 0.0]])
    np.testing.assert_array_equal(pooled(0 * values, "kurtosis"), [[0.0, 0.0]])


@pytest.mark.parametrize("bad", [np.inf, -np.inf, np.nan, 3e38])
def test_what_overflows_is_not_hidden(bad):
    values = normal(1, 1, 4, 4).astype(np.float32)
    values[0, 0, 0, 0] = bad
    values[0, 0, 1, 1] = -bad
    for pooling in ("moments", "kurtosis"):
        assert not np.isfinite(pooled(values, pooling)).all()


def test_bad_pooling_is_refused():
    with pytest.raises(SearchError, match="pooling must be one of mean, max"):
        pooled(normal(2, 3), "median")
    with pytest.raises(SearchError, match=r"must have images and channels, got 1 dimension"):
        pooled(normal(3), "mean")


def info_nce(queries, anchors, temperature):
    """Return InfoNCE of lists of vectors by its definition."""

    def cosine(a, b):
        return math.fsum(x * y for x, y in zip(a, b, strict=True)) / (math.hypot(*a) * math.hypot(*b))

    losses = []
    for i, query in enumerate(queries):
        terms = [math.exp(cosine(query, anchor) / temperature) for anchor in anchors]
        losses.append(-math.log(terms[i] / math.fsum(terms)))
    return statistics.fmean(losses)


def standardized(layers, reference):
    """Return each image's layers after standardization by the reference's mean and overall spread."""
    images = [[] for _ in reference[0]]
    for layer, exact in zip(layers, reference, strict=True):
        means = [statistics.fmean(column) for column in zip(*exact, strict=True)]
        spread = math.sqrt(statistics.fmean(math.dist(row, means) ** 2 for row in exact))
        for image, row in zip(images, layer, strict=True):
            image.extend((x - mean) / spread for x, mean in zip(row, means, strict=True))
    return images


@pytest.mark.parametrize("temperature", [0.1, 1.0, 3.0])
def test_the_global_local_objective_is_info_nce_of_logits_and_of_standardized_layers(temperature):
    exact = [normal(5, 3, seed=1) * 100 + 50, normal(5, 4, seed=2) * 0.01]
    other = [layer + normal(*layer.shape, seed=3) * layer.std() * 0.3 for layer in exact]
    logits, answers = normal(5, 2) + 1, normal(5, 2, seed=9) + 1
    reference = Reference("global-local-contrastive", exact, logits, temperature)
    lists = [layer.tolist() for layer in exact]
    local = info_nce(standardized([layer.tolist() for layer in other], lists), standardized(lists, lists), temperature)
    whole = info_nce(answers.tolist(), logits.tolist(), 2 * temperature)
    assert GLOBAL_TEMPERATURE == 2
    assert reference.score(other, answers) == pytest.approx((whole + local) / 2, rel=1e-12)


def test_global_objective_is_that_of_evol_q():
    exact, other = normal(6, 10), normal(6, 10) + normal(6, 10, seed=1) / 2
    wanted = 2 * 3.0 * info_nce(other.tolist(), exact.tolist(), 3.0)
    assert Reference("global-contrastive", (), exact).score((), other) == pytest.approx(wanted, rel=1e-12)


def test_two_images_by_hand():
    """Layers lie opposite once the mean is off: each image loses log(1 + exp(-2 / T)). Logits at right angles lose
    log(1 + exp(-1 / 2T))."""
    layer, logits = np.array([[3.0, 1.0], [1.0, 5.0]]), np.array([[2.0, 0.0], [0.0, 7.0]])

    def score(temperature, layers, answers):
        return Reference("global-local-contrastive", [layer], logits, temperature).score([layers], answers)

    assert score(0.5, layer, logits) == pytest.approx((math.log1p(math.exp(-4)) + math.log1p(math.exp(-1))) / 2)
    assert score(0.01, layer, logits) == pytest.approx((math.exp(-200) + math.exp(-50)) / 2, rel=1e-9)
    assert score(0.01, layer[::-1], logits) == pytest.approx(200 / 2, rel=1e-9)
    assert score(0.01, layer, logits[::-1]) == pytest.approx(50 / 2, rel=1e-9)


def test_every_layer_has_the_same_say():
    """The scale and the offset of a layer, and layers that are constant over the images, change nothing."""
    exact = [normal(5, 3, seed=1), normal(5, 4, seed=2)]
    other = [layer + normal(*layer.shape, seed=3) / 4 for layer in exact]
    plain = Reference("global-local-contrastive", exact, exact[0]).score(other, exact[0])
    scaled = Reference("global-local-contrastive", [exact[0] * 1e6 + 1e3, exact[1]], exact[0])
    assert scaled.score([other[0] * 1e6 + 1e3, other[1]], exact[0]) == pytest.approx(plain, rel=1e-9)
    constant = np.full((5, 2), 0.1)
    more = Reference("global-local-contrastive", [*exact, constant], exact[0])
    assert more.score([*other, constant * 9], exact[0]) == pytest.approx(plain, rel=1e-12)


def test_divergence_and_squared_error_are_the_formulas():
    exact, other = normal(4, 5), normal(4, 5, seed=1)
    rows = list(zip(exact.tolist(), other.tolist(), strict=True))

    def softmax(row):
        total = math.fsum(math.exp(x) for x in row)
        return [math.exp(x) / total for x in row]

    kl = statistics.fmean(
        math.fsum(p * math.log(p / q) for p, q in zip(softmax(a), softmax(b), strict=True)) for a, b in rows
    )
    mse = statistics.fmean((x - y) ** 2 for a, b in rows for x, y in zip(a, b, strict=True))
    assert Reference("kl", (), exact).score((), other) == pytest.approx(kl, rel=1e-12)
    assert Reference("mse", (), exact).score((), other) == pytest.approx(mse, rel=1e-12)
    shifted = exact[:, :, None, None] + 1e4
    assert Reference("kl", (), exact).score((), shifted) == pytest.approx(0, abs=1e-9)
    assert Reference("kl", (), exact * 1e4).score((), -exact * 1e4) > 1e3
    assert Reference("mse", (), exact).score((), exact) == 0


@pytest.mark.parametrize("objective", OBJECTIVES)
def test_more_noise_scores_worse_and_overflow_worst(objective):
    exact = [normal(16, 6, seed=1), normal(16, 8, seed=2), normal(16, 10, seed=4)]
    reference = Reference(objective, exact, exact[-1])
    scores = []
    for noise in (0.0, 0.1, 0.4, 1.6):
        noisy = [layer + noise * normal(*layer.shape, seed=5) for layer in exact]
        scores.append(reference.score(noisy, noisy[-1]))
    assert scores == sorted(scores)
    assert len(set(scores)) == 4
    assert scores[0] >= 0
    assert (scores[0] > 0) == objective.endswith("contrastive")
    exact[-1][3, 3] = np.nan
    assert reference.score(exact, exact[-1]) == math.inf


def test_impossible_references_are_refused():
    rows, same = normal(3, 4), np.ones((3, 4))
    kind = "global-local-contrastive"
    with pytest.raises(SearchError, match="objective must be one of global-local-contrastive"):
        Reference("cosine", [rows], rows)
    with pytest.raises(SearchError, match="images must be at least 2, for the objective contrasts them, got 1"):
        Reference(kind, [rows[:1]], rows[:1])
    for temperature in (0.0, -1.0, math.nan, math.inf):
        with pytest.raises(SearchError, match="temperature must be"):
            Reference(kind, [rows], rows, temperature)
    assert Reference(kind, [rows], rows).temperature == TEMPERATURES[kind]
    with pytest.raises(SearchError, match="images must differ in some layer's representation"):
        Reference(kind, [same], rows)
    with pytest.raises(SearchError, match="values must be finite"):
        Reference(kind, [rows, same * np.inf], rows)


def test_fitness_is_a_product():
    assert compression(4, 6) == 5 / 8
    assert compression(8, 8) == 1
    assert fitness(0.5, compression(2, 2), 2.0) == 0.5 / 16
    assert fitness(0.5, compression(2, 2), 0.0) == 0.5
