"""Fitting the comparison formats, against a search that rounds every value."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from lpasim.errors import FormatError
from lpasim.formats import AdaptivFloat, Flint, Integer, Logarithmic, Posit, UnsignedFlint, parse_format
from lpasim.quantization.fit import fit_log_posit
from lpasim.quantization.fit_formats import KINDS, fit_format
from lpasim.quantization.sample import Sample, draw

SCALED = ("int", "lns", "flint", "uflint")


def candidates(kind, n, centre):
    """Every combination of discrete parameters, with scales in steps of 1/8 over all that may matter."""
    if kind == "posit":
        return [Posit(n, es) for es in range(6)]
    if kind == "adaptivfloat":
        return [AdaptivFloat(n, e, int(centre) + bias) for e in range(1, n) for bias in range(-(2**e) - 8, 9)]
    families = {
        "int": [Integer(n)],
        "lns": [Logarithmic(n, f) for f in range(n - 1)],
        "flint": [Flint(n)],
        "uflint": [UnsignedFlint(n)],
    }[kind]
    found = []
    for fmt in families:
        low, high = np.log2(fmt.minpos) - centre - 5, np.log2(fmt.maxpos) - centre + 8
        found += [parse_format(f"{fmt.spec.rpartition(',')[0]},{sf}") for sf in np.arange(low, high, 1 / 8)]
    return found


def error_of(fmt, values, rounding):
    return float(((fmt.quantize(values, rounding) - values) ** 2).sum())


@settings(max_examples=40, deadline=None)
@given(
    st.sampled_from([kind for kind in KINDS if kind != "lp"]),
    st.integers(2, 6),
    st.sampled_from(["linear", "log"]),
    st.sampled_from(["normal", "laplace", "uniform", "lognormal"]),
    st.integers(-20, 20),
    st.integers(0, 99),
)
def test_no_format_of_the_search_is_better(kind, n, rounding, distribution, exponent, seed):
    values = getattr(np.random.default_rng(seed), distribution)(size=100) * 2.0**exponent
    if kind == "uflint":
        values = np.abs(values)
    found = fit_format(kind, draw(values, 10**6), n, rounding)
    assert found.n == n
    assert found.spec.startswith(kind)
    centre = np.log2(np.abs(values).max())
    least = min(error_of(fmt, values, rounding) for fmt in candidates(kind, n, centre))
    assert error_of(found, values, rounding) <= least * (1 + (kind in SCALED) * 0.02 + 1e-9)


@pytest.mark.parametrize("rounding", ["log", "linear"])
@pytest.mark.parametrize(
    "fmt",
    [Integer(5, 3.25), AdaptivFloat(5, 2, -9), AdaptivFloat(8, 4, 3), Posit(6, 1), Logarithmic(5, 1, -2.5),
     Flint(5, 7.75), UnsignedFlint(5, -1.0)],
    ids=str,
)  # fmt: skip
def test_a_tensor_that_a_format_holds_exactly(fmt, rounding):
    values = fmt.magnitudes()
    if rounding == "log":
        values = values[1:]
    kind = fmt.spec.split(str(fmt.n))[0]
    found = fit_format(kind, draw(values, 10**6), fmt.n, rounding)
    assert error_of(found, values, rounding) <= 1e-9 * float((values**2).sum())
    if not isinstance(fmt, Logarithmic):
        assert found == fmt


def test_log_posits_are_fitted_as_ever():
    sample = draw(np.random.default_rng(0).standard_normal(500), 10**6)
    assert fit_format("lp", sample, 4, "linear") == fit_log_posit(sample, 4, "linear")


@pytest.mark.parametrize("kind", SCALED)
def test_a_scaled_tensor_gets_a_shifted_scale(kind):
    values = np.abs(np.random.default_rng(3).standard_normal(2000))
    first, second = (fit_format(kind, draw(values * scale, 10**6), 4, "linear") for scale in (1.0, 2.0**-9))
    assert second.sf == first.sf + 9
    assert float(first.sf * 256).is_integer()


def test_a_scaled_tensor_gets_a_shifted_bias():
    values = np.random.default_rng(3).standard_normal(2000)
    first, second = (fit_format("adaptivfloat", draw(values * scale, 10**6), 6, "linear") for scale in (1.0, 2.0**-9))
    assert (second.e, second.bias) == (first.e, first.bias - 9)


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("values", [np.zeros(10), np.zeros(0), np.full(3, np.nan)])
def test_a_tensor_without_magnitudes(kind, values):
    found = fit_format(kind, draw(values, 100), 4, "linear")
    assert found.n == 4
    assert getattr(found, "sf", 0.0) == getattr(found, "bias", 0) == 0


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("magnitude", [5e-324, 2.0**-300, 2.0**300, 1.7e308])
def test_scales_out_of_reach(kind, magnitude):
    with pytest.raises(FormatError, match=r"root mean square must be in 2\^-256\.\.2\^256, about, got 2\^-?\d+"):
        fit_format(kind, Sample(np.array([magnitude]), np.array([1.0])), 3, "linear")


@pytest.mark.parametrize("kind", [kind for kind in KINDS if kind != "posit"])
@pytest.mark.parametrize("exponent", [-250, 250])
def test_scales_near_the_end(kind, exponent):
    values = np.abs(np.random.default_rng(2).standard_normal(200))
    for n in (4, 8) if kind == "adaptivfloat" else (4,):
        near, far = (fit_format(kind, draw(values * 2.0**shift, 10**6), n, "linear") for shift in (0, exponent))
        np.testing.assert_array_equal(
            far.quantize(values * 2.0**exponent, "linear"), near.quantize(values, "linear") * 2.0**exponent
        )


def test_unknown_kind_is_refused():
    sample = Sample(np.array([1.0]), np.array([1.0]))
    with pytest.raises(
        FormatError, match=r"kind must be one of lp, int, lns, flint, uflint, adaptivfloat, posit, got 'fp'"
    ):
        fit_format("fp", sample, 8, "linear")
    with pytest.raises(FormatError, match=r"n must be an integer in 2\.\.8, got 9"):
        fit_format("int", sample, 9, "linear")
