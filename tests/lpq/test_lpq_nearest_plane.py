"""Rounding weights together: against OBQ with an explicit inverse, and by what it is for."""

from itertools import product

import numpy as np
import pytest

from lpasim.formats import Integer, LogPosit
from lpasim.lpq.nearest_plane import BLOCK, Planes

FORMATS = (LogPosit(3, 0, 2, 0.25), LogPosit(4, 1, 2, 0.0), LogPosit(6, 1, 3, -0.5), Integer(4, 2.0))


def problem(groups, rows, columns, seed):
    """Draw weights, and second moments of rows whose columns are correlated and of different size."""
    rng = np.random.default_rng(seed)
    x = rng.normal(size=(groups, 3 * columns, columns)) + 1.5 * rng.normal(size=(groups, 3 * columns, 1))
    x *= np.exp(rng.normal(size=columns))
    return rng.normal(size=(groups, rows, columns)), x.swapaxes(1, 2) @ x / (3 * columns)


def brain_surgery(weights, moments, fmt):
    """Round one row by OBQ in the order of the moments: the inverse is known, and shrinks by a column at each step."""
    inverse, weights = np.linalg.inv(moments), list(weights)
    found = [0.0] * len(weights)
    for column in sorted(range(len(weights)), key=lambda k: -moments[k, k]):
        found[column] = float(fmt.quantize(np.float64(weights[column]), "linear"))
        error = (weights[column] - found[column]) / inverse[column, column]
        weights = [w - error * inverse[column, k] for k, w in enumerate(weights)]
        gone = np.outer(inverse[:, column], inverse[column]) / inverse[column, column]
        inverse = inverse - gone
    return found


def harm(weights, found, moments):
    lost = weights - found
    return np.einsum("grj,gjk,grk->gr", lost, moments, lost)


@pytest.mark.parametrize("columns", [1, 2, 7, BLOCK, BLOCK + 9])
@pytest.mark.parametrize("fmt", FORMATS, ids=str)
def test_it_rounds_as_optimal_brain_quantization_does(columns, fmt):
    weights, moments = problem(2, 3, columns, seed=columns)
    found = Planes.of(moments).rounded(weights, fmt)
    for group, row in product(range(2), range(3)):
        assert list(found[group, row]) == brain_surgery(weights[group, row], moments[group], fmt)


def test_the_factors_are_unit_triangular_and_give_the_moments():
    _, moments = problem(3, 1, 12, seed=1)
    planes = Planes.of(moments)
    for group in range(3):
        order, factor = planes.order[group], planes.factor[group].astype(np.float64)
        ordered = moments[group][np.ix_(order, order)]
        assert list(np.diagonal(ordered)) == sorted(np.diagonal(moments[group]), reverse=True)
        assert np.array_equal(np.diagonal(factor), np.ones(12))
        assert not np.tril(factor, -1).any()
        middle = np.linalg.solve(factor, np.linalg.solve(factor, ordered).T)
        assert np.diagonal(middle).min() > 0
        assert np.allclose(factor @ np.diag(np.diagonal(middle)) @ factor.T, ordered, rtol=1e-5, atol=1e-5)


@pytest.mark.parametrize("fmt", FORMATS, ids=str)
def test_independent_columns_are_rounded_to_the_nearest(fmt):
    weights, moments = problem(2, 5, 30, seed=5)
    diagonal = moments * np.eye(30)
    assert np.array_equal(Planes.of(diagonal).rounded(weights, fmt), fmt.quantize(weights, "linear"))


@pytest.mark.parametrize("fmt", FORMATS, ids=str)
def test_it_does_less_harm_than_the_nearest_values(fmt):
    weights, moments = problem(40, 8, 6, seed=6)
    together = harm(weights, Planes.of(moments).rounded(weights, fmt), moments)
    alone = harm(weights, fmt.quantize(weights, "linear"), moments)
    assert together.mean() < 0.8 * alone.mean()


def test_it_is_never_better_than_the_best_and_often_equal():
    fmt = LogPosit(3, 0, 2, 0.25)
    weights, moments = problem(30, 1, 3, seed=7)
    found = harm(weights, Planes.of(moments).rounded(weights, fmt), moments)
    values = np.array(sorted({float(v) for v in fmt.values() if np.isfinite(v)}))
    every = np.array(list(product(values, repeat=3)))[None].repeat(30, axis=0)
    best = harm(weights, every, moments).min(axis=1)
    assert (found[:, 0] >= best - 1e-12).all()
    assert np.isclose(found[:, 0], best).sum() >= 15


def test_values_of_the_format_stay():
    weights, moments = problem(1, 4, 20, seed=8)
    fmt = FORMATS[2]
    there = fmt.quantize(weights, "linear")
    assert np.array_equal(Planes.of(moments).rounded(there, fmt), there)
