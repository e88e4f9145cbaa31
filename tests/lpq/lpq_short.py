"""Quantizing with little work: short searches, on the shipped network or on one that takes no time."""

from __future__ import annotations

from dataclasses import replace
from functools import cache

from lpq_graphs import drawn, model, node
from lpq_subjects import fashion, pictures, subject_of

from lpasim.lpq.answers import answers
from lpasim.lpq.crowd import team
from lpasim.lpq.plan import Plan
from lpasim.lpq.quantize import quantize
from lpasim.lpq.settings import GeneticSettings

IMAGES = 32
SHORT = GeneticSettings(population=4, passes=1, newcomers=1, images=16, screening=4)


def short(**changes):
    """Return a plan of little work."""
    plan = Plan(**changes)
    return replace(plan, search=replace(SHORT, average_bits=plan.weight_bits))


@cache
def tiny():
    """Return a network that takes no time, its layers named as tensors that are stored, and images."""
    proto = model(
        [
            node("Gemm", "x u", "h", "r"),
            node("Relu", "h", "r", "relu"),
            node("Gemm", "r v b", "i", "s"),
            node("Relu", "i", "s", "other_relu"),
            node("Gemm", "s w", "y"),
        ],
        {"x": ["N", 8]},
        "y",
        {"u": drawn(8, 20), "v": drawn(20, 16), "b": drawn(16), "w": drawn(16, 5)},
    )
    return subject_of(proto), drawn(IMAGES, 8, seed=4)


def found_for(subject=None, images=None, *, warm=None, labels=None, **changes):
    images = pictures(IMAGES) if images is None else images
    return quantize(
        subject or fashion(changes.get("batchnorm", "ppu")), images, short(**changes), warm=warm, labels=labels
    )


def run_of(outcome, images):
    with team(1) as members:
        return answers(outcome.subject, images, outcome.run(), members)
