"""The distribution of a tensor's magnitudes, in the terms that decide how well a number format holds it."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from lpasim.quantization.sample import Sample

BINS_AN_OCTAVE = 4
OCTAVES = 24
"""Reach of a histogram, from the power of two above the largest magnitude downwards."""


@dataclass(frozen=True, slots=True)
class Histogram:
    """Shares of a tensor's elements by log2 of their magnitudes.

    Attributes
    ----------
    start : float
        Lower end of the first bin [log2]. Each bin is 1 / `BINS_AN_OCTAVE` wide.
    shares : tuple of float [OCTAVES * BINS_AN_OCTAVE]
        Share of the elements in each bin.
    below : float
        Share of the elements that are not zero, and smaller than the first bin.
    """

    start: float
    shares: tuple[float, ...]
    below: float


@dataclass(frozen=True, slots=True)
class Distribution:
    """What a tensor's magnitudes are like. Moments are about zero, the point about which number formats are symmetric.

    Attributes
    ----------
    elements : int
        Elements that the sample stands for.
    zero_share : float
        Share of them that are zero.
    mean_log2 : float
        Mean of log2 of the magnitudes that are not zero.
    rms_log2 : float
        Root mean square [log2].
    smallest_log2, largest_log2 : float
        The extremes of the magnitudes that are not zero [log2].
    kurtosis : float
        Mean fourth power over the squared mean square: 3 for a normal distribution, 1.8 for a uniform one.
    histogram : Histogram
        Of log2 of the magnitudes.
    """

    elements: int
    zero_share: float
    mean_log2: float
    rms_log2: float
    smallest_log2: float
    largest_log2: float
    kurtosis: float
    histogram: Histogram

    @property
    def dynamic_range_log2(self) -> float:
        """Largest over smallest magnitude that is not zero [log2]."""
        return self.largest_log2 - self.smallest_log2

    @property
    def peak_log2(self) -> float:
        """Largest magnitude over the root mean square [log2]: how far outliers stand out."""
        return self.largest_log2 - self.rms_log2


def describe(sample: Sample) -> Distribution | None:
    """Describe a sample; None if no element of it differs from zero."""
    present = sample.magnitudes > 0
    magnitudes, weights = sample.magnitudes[present], sample.weights[present]
    if not magnitudes.size:
        return None
    total = float(sample.weights.sum())
    logs = np.log2(magnitudes)
    # In units of the largest magnitude, no power leaves the range of float64.
    units = magnitudes / magnitudes[-1]
    second, fourth = (float((weights * units**power).sum()) / total for power in (2, 4))
    return Distribution(
        elements=round(total),
        zero_share=float(sample.weights[~present].sum()) / total,
        mean_log2=float((weights * logs).sum() / weights.sum()),
        rms_log2=float(logs[-1] + np.log2(second) / 2),
        smallest_log2=float(logs[0]),
        largest_log2=float(logs[-1]),
        kurtosis=fourth / second**2,
        histogram=_histogram(Sample(logs, weights), total),
    )


def _histogram(logs: Sample, total: float) -> Histogram:
    """Count logarithms of magnitudes; `total` counts zeros as well."""
    top = float(np.ceil(logs.magnitudes[-1]))
    edges = np.linspace(top - OCTAVES, top, OCTAVES * BINS_AN_OCTAVE + 1)
    counts, _ = np.histogram(logs.magnitudes, edges, weights=logs.weights)
    below = float(logs.weights[logs.magnitudes < edges[0]].sum())
    return Histogram(float(edges[0]), tuple((counts / total).tolist()), below / total)
