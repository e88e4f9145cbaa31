"""One run of a reproduction: a network on a design, in surroundings, with words of some bits."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from functools import cache
from math import prod

from lpasim.hardware import ResolvedHardware, load_hardware
from lpasim.quantization.trace import Trace
from lpasim.quantization.workload import load_workload
from lpasim.reports.iso import made_equal
from lpasim.reports.report import Report
from lpasim.reports.reproduction.published import published
from lpasim.reports.reproduction.widths import with_average_weight_bits
from lpasim.reports.simulate import run

NETWORKS = ("resnet50", "vit_b")
"""Those of the bar charts on LPA's poster."""
PES64, AREA, EDGE = "64 PEs", "one area", "one area, one image"
"""Surroundings: 64 PEs each with the memory of `lpa`; the arrays and the memory of ANT's comparison with a batch of 64
(the array of LPA is as large as theirs); the same arrays with the memory of `lpa` and one image."""
OWN, AVERAGE, OF_ANT, NARROW = "own", "published average", "those of ANT", "published average, narrow activations"
"""Words: the preset's; weights with the average that LPA's throughput implies; the bits that ANT publishes; the second
with activations of 4 bits."""
PES, STEPS_A_NS = 64, 1.0
"""PEs of the comparison, and operations of a lane in a nanosecond: 2 at 500 MHz."""


@dataclass(frozen=True, slots=True)
class Case:
    """A run."""

    network: str
    design: str
    surroundings: str = PES64
    words: str = OWN

    @property
    def accelerator(self) -> ResolvedHardware:
        """The design in its surroundings."""
        return accelerator(self.design, self.surroundings, self.words)


Results = Mapping[Case, Report]


def published_lanes() -> float:
    """Return the weights that a PE of LPA must take in a cycle, on average, for its published throughput."""
    return published()["throughput.lpa"].value / (PES * STEPS_A_NS)


def published_weight_bits() -> float:
    """Return the weight bits, on average over the MACs, that LPA's published throughput implies.

    A PE takes 8 bits of weights a cycle whatever their width, so that the cycles of a network are its MACs times the
    bits of their weights over 8.
    """
    return 8 / published_lanes()


@cache
def accelerator(design: str, surroundings: str, words: str) -> ResolvedHardware:
    """Return a design in its surroundings."""
    overrides = {
        OF_ANT: ["words.weight_bits=ant", "words.activation_bits=ant"],
        NARROW: ["words.activation_bits=4"],
    }.get(words, [])
    if surroundings == PES64:
        return load_hardware(design, overrides)
    if design == "lpa":
        overrides = [*overrides, "array.rows=32", "array.cols=32", "technology.sram=cacti7-hp-28nm"]
        peers = [load_hardware(name) for name in ("adaptivfloat-micro22", "ant-micro22")]
        (resolved,) = made_equal([load_hardware("lpa", overrides)], peers[0], "area")
        (resolved,) = made_equal([resolved], peers[1], "bandwidth")
    else:
        resolved = load_hardware(f"{design}-micro22", overrides)
    if surroundings == EDGE:
        (resolved,) = made_equal([resolved], load_hardware("lpa"), "bandwidth")
    return resolved


@cache
def _workload(network: str, batch: int, words: str) -> Trace:
    trace = load_workload(network, batch=batch)
    return with_average_weight_bits(trace, published_weight_bits()) if words in (AVERAGE, NARROW) else trace


def run_cases(cases: Iterable[Case], done: Callable[[int, int], None] | None = None) -> dict[Case, Report]:
    """Run each case once.

    Parameters
    ----------
    cases : iterable of Case
        May hold a case more than once.
    done : callable, optional
        Told how many runs are done, and of how many.
    """
    wanted = list(dict.fromkeys(cases))
    results = {}
    for case in wanted:
        trace = _workload(case.network, 64 if case.surroundings == AREA else 1, case.words)
        results[case] = run(trace, case.accelerator)
        if done is not None:
            done(len(results), len(wanted))
    return results


def geometric_mean(values: Iterable[float]) -> float:
    """Return the geometric mean of positive numbers."""
    found = list(values)
    return float(prod(found) ** (1 / len(found)))
