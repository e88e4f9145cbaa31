"""The error function against the C library's."""

from math import erf

import numpy as np

from lpasim.networks.execution.erf import erf_into


def test_relative_error_is_below_5e_7_over_all_magnitudes():
    exponents = np.geomspace(1e-30, 10, 40001)
    x = np.concatenate((exponents, -exponents, np.linspace(-5, 5, 40001))).astype(np.float32)
    got = np.empty_like(x)
    erf_into(x, got)
    exact = np.array([erf(value) for value in x.tolist()])
    assert np.abs(got - exact).max() < 5e-7
    nonzero = exact != 0
    assert (np.abs(got[nonzero] / exact[nonzero] - 1)).max() < 5e-7
    assert np.abs(got).max() == 1
    np.testing.assert_array_equal(got[: exponents.size], -got[exponents.size : 2 * exponents.size])
