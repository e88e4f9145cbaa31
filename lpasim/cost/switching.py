"""What measured activity makes of a price: a factor for each price that depends on data, 1 for random words.

A linear model (docs/activity.md): each factor is a sum of shares, every share in proportion to one measured number.
"""

from __future__ import annotations

from dataclasses import dataclass
from math import fsum

from lpasim.hardware.switching import Switching
from lpasim.quantization.activity import LayerActivity


@dataclass(frozen=True, slots=True)
class PriceFactors:
    """Factors of the price of a multiply-accumulate, and of decoding a word of either operand."""

    mac: float
    weight_decode: float
    activation_decode: float


def price_factors(activity: LayerActivity, switching: Switching) -> PriceFactors:
    """Relate a layer's measured activity to that of random words, under which prices are given.

    Parameters
    ----------
    activity : LayerActivity
        What was measured.
    switching : Switching
        Shares of the prices.
    """
    busy = (1 - activity.zero_mac_share) / (1 - activity.random_zero_share)
    mac = fsum(
        (
            1,
            switching.mac_compute_share * (busy - 1),
            switching.mac_psum_share * (activity.partial_sums.toggling - 1),
            switching.mac_activation_share * (activity.activations.wire.toggling - 1),
        )
    )
    return PriceFactors(
        mac=mac,
        weight_decode=1 + switching.decoder_share * (activity.weights.wire.toggling - 1),
        activation_decode=1 + switching.decoder_share * (activity.activations.wire.toggling - 1),
    )
