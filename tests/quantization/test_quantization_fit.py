"""Fitting formats, against a search that rounds every value."""

from itertools import pairwise

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from lpasim.errors import FormatError
from lpasim.formats import LogPosit
from lpasim.quantization.fit import fit_log_posit, fit_normal
from lpasim.quantization.formats import assumed_activations, assumed_weights
from lpasim.quantization.sample import Sample, draw, pool


def error_of(posit, values, rounding):
    return float(((posit.quantize(values, rounding) - values) ** 2).sum())


def shapes(n):
    for es in range(min(max(0, n - 3), 5) + 1):
        for rs in range(min(2, n - 1), n):
            yield es, rs


def exhaustive(values, n, rounding):
    """Round all values with every es, rs and sf in steps of 1/16."""
    scale = np.log2(np.abs(values[values != 0])).mean()
    return min(
        error_of(LogPosit(n, es, rs, sf - scale), values, rounding)
        for es, rs in shapes(n)
        for sf in np.arange(-7, 11, 1 / 16)
    )


@settings(max_examples=8, deadline=None)
@given(
    st.integers(2, 6),
    st.sampled_from(["linear", "log"]),
    st.sampled_from(["normal", "laplace", "uniform", "lognormal"]),
    st.integers(-20, 20),
    st.integers(0, 99),
)
def test_no_format_of_the_search_is_better(n, rounding, distribution, exponent, seed):
    rng = np.random.default_rng(seed)
    values = getattr(rng, distribution)(size=300) * 2.0**exponent
    found = fit_log_posit(draw(values, 10**6), n, rounding)
    assert found.n == n
    assert error_of(found, values, rounding) <= exhaustive(values, n, rounding) * 1.01


def test_a_tensor_that_a_format_holds_exactly():
    for es, rs in shapes(6):
        posit = LogPosit(6, es, rs, 3.25)
        values = posit.values()[np.isfinite(posit.values())]
        found = fit_log_posit(draw(values, 10**6), 6, "linear")
        assert error_of(found, values, "linear") <= 1e-9 * float((values**2).sum())


@pytest.mark.parametrize("n", [2, 3, 4])
@pytest.mark.parametrize("sf", [0.0, -7.5])
@pytest.mark.parametrize("count", [3, 10, 1000])
def test_one_magnitude_again_and_again(n, sf, count):
    # sums that cancel leave an error of a hair below zero, which must not confuse the search
    values = np.full(count, LogPosit(n, 0, min(2, n - 1), sf).values()[1])
    found = fit_log_posit(draw(values, 10**6), n, "linear")
    np.testing.assert_allclose(found.quantize(values, "linear"), values, rtol=1e-12)


@pytest.mark.parametrize("exponent", [-250, 250])
def test_scales_near_the_end_of_sf(exponent):
    values = np.random.default_rng(2).standard_normal(200)
    near, far = (fit_log_posit(draw(values * 2.0**shift, 10**6), 4, "linear") for shift in (0, exponent))
    assert (far.es, far.rs, far.sf) == (near.es, near.rs, near.sf - exponent)


@pytest.mark.parametrize("magnitude", [5e-324, 2.0**-300, 2.0**300, 1.7e308])
def test_scales_out_of_reach(magnitude):
    with pytest.raises(FormatError, match=r"root mean square must be in 2\^-256\.\.2\^256, about, got 2\^-?\d+"):
        fit_log_posit(draw(np.array([magnitude]), 10), 8, "linear")


def test_a_scaled_tensor_gets_a_shifted_scale():
    values = np.random.default_rng(3).standard_normal(5000)
    first = fit_log_posit(draw(values, 10**6), 4, "linear")
    second = fit_log_posit(draw(values * 2.0**-9, 10**6), 4, "linear")
    assert (second.es, second.rs, second.sf) == (first.es, first.rs, first.sf + 9)
    assert float(first.sf * 256).is_integer()


@pytest.mark.parametrize("values", [np.zeros(10), np.zeros(0), np.full(3, np.nan)])
def test_a_tensor_without_magnitudes(values):
    assert fit_log_posit(draw(values, 100), 8, "linear") == LogPosit(8, 0, 2, 0.0)
    assert fit_log_posit(draw(values, 100), 2, "linear") == LogPosit(2, 0, 1, 0.0)


def test_two_bits_hold_one_magnitude():
    # of {0, s}, the best s for magnitudes 1 and 3, three times as many ones: 1.5 with both rounded to it
    found = fit_log_posit(Sample(np.array([1.0, 3.0]), np.array([3.0, 1.0])), 2, "log")
    assert 2.0**-found.sf == pytest.approx(1.5, rel=2 / 256)


def test_more_bits_fit_a_normal_tensor_better():
    values = np.random.default_rng(5).standard_normal(20000)
    # the best four-bit quantizer of a normal tensor, Lloyd and Max's, has an error of 0.0095; "log" has no use for zero
    for rounding, bound in (("linear", 0.016), ("log", 0.022)):
        errors = [error_of(fit_normal(n, rounding), values, rounding) / len(values) for n in range(2, 9)]
        assert all(after < before / 2 for before, after in pairwise(errors))
        assert 0.0095 < errors[2] < bound


def test_assumed_formats():
    narrow, wide = assumed_weights(4, 2 * 64), assumed_weights(4, 2 * 64 * 16)
    # sixteen times the fan-in is a quarter of the standard deviation: two more in sf
    assert wide.sf - narrow.sf == 2
    base = fit_normal(4, "linear")
    assert (narrow.es, narrow.rs, narrow.sf) == (base.es, base.rs, base.sf + 3)
    assert {narrow.basis, assumed_activations(8).basis} == {"assumed"}


def test_a_sample_stands_for_all_elements():
    values = np.arange(-500.0, 501.0).reshape(7, 143)
    every = draw(values, 10**6)
    assert len(every.magnitudes) == 1001
    assert every.magnitudes[-1] == 500
    some = draw(values, 100)
    assert len(some.magnitudes) <= 102
    assert some.magnitudes[-1] == 500
    assert some.weights.sum() == pytest.approx(1001, rel=0.02)
    assert (np.diff(some.magnitudes) >= 0).all()


def test_steps_visit_all_channels():
    # 1000 is a multiple of every small step: one that shares a factor would only see some columns
    values = np.tile(np.arange(10.0), 100).reshape(100, 10)
    assert set(draw(values, 250).magnitudes) == set(np.arange(10.0))


def test_infinite_values_are_left_out_and_counted():
    sample = draw(np.array([1.0, np.inf, np.nan, -2.0]), 100)
    assert (sample.magnitudes.tolist(), sample.dropped) == ([1.0, 2.0], 2)
    assert pool([sample, sample]).dropped == 4


def test_pooled_samples_are_sorted():
    merged = pool([draw(np.array([3.0, -1.0]), 10), draw(np.array([2.0]), 10)])
    assert merged.magnitudes.tolist() == [1.0, 2.0, 3.0]
    assert merged.weights.tolist() == [1.0, 1.0, 1.0]
