"""The section `switching` of a description: how energy depends on what words do to wires.

A price is split into parts: shares of it are in proportion to a measured number, and the rest does not change. With
random words, for which prices are given, all parts add up to the price.
"""

from __future__ import annotations

from math import fsum
from typing import Annotated

from pydantic import BeforeValidator, Field

from lpasim.hardware.clashes import Clash
from lpasim.hardware.quantities import Quantity
from lpasim.hardware.section import Section

Share = Annotated[float, BeforeValidator(Quantity(0, 1))]


class Switching(Section):
    """Shares of prices (docs/activity.md). They have defaults, because descriptions are older than this section.

    The defaults are assumptions: nobody published how the energy of a log-posit PE or decoder splits.
    """

    mac_compute_share: Share = Field(
        default=0.45, description="share of a MAC's energy in proportion to MACs without a zero operand"
    )
    mac_psum_share: Share = Field(
        default=0.2, description="share of a MAC's energy in proportion to flips on the partial-sum wires"
    )
    mac_activation_share: Share = Field(
        default=0.1, description="share of a MAC's energy in proportion to flips on the activation wires"
    )
    decoder_share: Share = Field(
        default=0.75, description="share of a decoded word's energy in proportion to flips on its wires"
    )


def shares_beyond_a_mac(switching: Switching) -> list[Clash]:
    """Return what is wrong where the parts of a MAC's energy exceed it."""
    total = fsum((switching.mac_compute_share, switching.mac_psum_share, switching.mac_activation_share))
    if total <= 1:
        return []
    others = ("switching.mac_psum_share", "switching.mac_activation_share")
    rule = f"must be at most 1 with {' and '.join(others)}, got {total:g} in all"
    return [Clash("switching.mac_compute_share", rule, others)]
