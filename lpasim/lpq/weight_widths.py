"""Where the bits of weights are needed most: the closed-form start of the search."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np
from numpy.typing import NDArray

from lpasim.lpq.allocation import Share, allocate
from lpasim.lpq.blocks import running_nodes
from lpasim.lpq.crowd import Team
from lpasim.lpq.genes import Candidate, Site, Space
from lpasim.lpq.harm import Change, harm_of_each
from lpasim.lpq.quantized_run import Quantized
from lpasim.lpq.rounding import Rounder
from lpasim.lpq.subject import Subject


def weight_harm(
    subject: Subject, images: NDArray[np.float32], space: Space, rounder: Rounder, probe: int, team: Team
) -> list[float]:
    """Measure the harm of rounding each layer's weights alone to their fitted format: divergence of the answers [nat].

    Parameters
    ----------
    images : ndarray [N, ...]
        What the network is run on.
    probe : int
        Width that is tried.

    Returns
    -------
    list of float
        In the order of the layers.
    """
    tried = team.map(
        lambda pair: rounder.rounded(pair[0], space.fitted(pair[1], probe)),
        list(zip(subject.layers, space.sites, strict=True)),
    )
    places = {node.name: place for place, node in enumerate(running_nodes(subject.network))}
    changes = {
        rounded.layer.name: Change(places[rounded.layer.name], Quantized({rounded.layer.name: rounded}))
        for rounded in tried
    }
    harm = harm_of_each(subject, images, changes, team)
    return [harm[layer.name] for layer in subject.layers]


def weight_shares(subject: Subject, space: Space, harm: Sequence[float], probe: int) -> dict[str, Share]:
    """Return the harm of each layer at every width that it may take.

    At other widths than the probe's it is taken to grow with the squared error of rounding to the nearest values.
    """
    shares: dict[str, Share] = {}
    for layer, site, measured in zip(subject.layers, space.sites, harm, strict=True):
        errors = {n: _error(layer.matrices, space, site, n) for n in sorted({*space.allowed(site), probe})}
        scale = measured / errors[probe] if errors[probe] else 0.0
        shares[layer.name] = Share(layer.count, {n: scale * errors[n] for n in space.allowed(site)})
    return shares


def closed_form(space: Space, shares: Mapping[str, Share], average_bits: float) -> Candidate:
    """Return fitted formats with the bits where they prevent most harm, within an average.

    Raises
    ------
    SearchError
        If the average is below the smallest widths.
    """
    widths = allocate(shares, average_bits, "weights")
    return tuple(space.fitted(site, widths[site.name]) for site in space.sites)


def _error(weights: NDArray[np.float64], space: Space, site: Site, n: int) -> float:
    rounded = np.asarray(space.fitted(site, n).quantize(weights, "linear"))
    return float(np.square(rounded - weights).sum())
