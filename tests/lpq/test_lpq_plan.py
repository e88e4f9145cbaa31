"""Plans, and fitness, out of range."""

from __future__ import annotations

import pytest

from lpasim.errors import SearchError
from lpasim.lpq.evaluator import Fitness
from lpasim.lpq.plan import Plan


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        ({"weight_bits": 1.0}, r"average bits of weights must be in 2..8, got 1 \(quantization\)"),
        ({"weight_bits": float("nan")}, "average bits of weights must be in 2..8, got nan"),
        ({"activation_bits": 9.0}, "average bits of activations must be in 2..8, got 9"),
        ({"granularity": "tensor"}, "granularity must be layer or channel, got 'tensor'"),
        ({"batchnorm": "drop"}, "batchnorm must be fold or ppu, got 'drop'"),
        ({"rounding": "up"}, "rounding must be nearest or compensated, got 'up'"),
        (
            {"granularity": "channel", "batchnorm": "fold"},
            "granularity channel must come with batchnorm ppu, which applies the channels' scales, got fold",
        ),
        (
            {"granularity": "channel", "reconstruct": False},
            "granularity channel must come with a corrected network, which holds the channels' scales, got none",
        ),
        ({"fallback": 101.0}, "fallback must be 0..100 points, got 101"),
        ({"fallback": float("nan")}, "fallback must be 0..100 points, got nan"),
        ({"kind": "float"}, "kind must be one of lp, int, lns, flint, uflint, adaptivfloat, posit, got 'float'"),
        ({"bits": (4, 2)}, "bits must be ascending widths in 2..8"),
    ],
)
def test_plans_out_of_range_are_refused(changes, words):
    with pytest.raises(SearchError, match=f"^{words}"):
        Plan(**changes)


@pytest.mark.parametrize(
    ("values", "words"),
    [
        (
            {"objective": "cosine"},
            "objective must be one of global-local-contrastive, global-contrastive, kl, mse, got",
        ),
        ({"pooling": "median"}, "pooling must be one of mean, max, moments, kurtosis, got 'median'"),
        ({"temperature": 0.0}, "temperature must be above 0 and finite, got 0"),
        ({"temperature": float("inf")}, "temperature must be above 0 and finite, got inf"),
        ({"objective": "kl", "temperature": 1.0}, "temperature must come with a contrastive objective, got 1 with kl"),
        (
            {"objective": "kl", "pooling": "max"},
            "pooling must come with global-local-contrastive, which alone pools, got",
        ),
        ({"lam": -0.1}, "lambda must be at least 0 and finite, got -0.1"),
        ({"lam": float("nan")}, "lambda must be at least 0 and finite, got nan"),
    ],
)
def test_impossible_fitness_is_refused(values, words):
    with pytest.raises(SearchError, match=f"^{words}"):
        Fitness(**values)
