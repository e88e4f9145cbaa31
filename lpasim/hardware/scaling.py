"""What a circuit becomes in another process: area and energy factors between nodes, after Stillmaker & Baas.

Area factors are the paper's table, energy per operation its polynomials in the supply voltage. Between the nodes that
it has, the logarithm of a factor is linear in the logarithm of the node. There is no extrapolation.

References
----------
A. Stillmaker and B. Baas, Scaling equations for the accurate prediction of CMOS device performance from 180 nm to
7 nm, Integration 58 (2017) 74-81, doi 10.1016/j.vlsi.2017.02.002. Areas: its table of area scaling factors. Energies:
its table of coefficients, high-performance devices; the authors' corrigendum repeats those of 65 and 32 nm.
"""

from __future__ import annotations

from math import exp, log

from lpasim.errors import HardwareError

AREA_OF_45NM = {65: 1.5, 45: 1.0, 32: 0.46, 20: 0.21, 16: 0.19, 14: 0.17, 10: 0.10, 7: 0.059}
"""Node [nm] -> area there of a circuit that takes 1 at 45 nm."""
ENERGY_COEFFICIENTS = {
    65: (3.755, -4.398, 1.975),
    45: (1.018, -0.3107, 0.1539),
    32: (0.8367, -0.4341, 0.1701),
    20: (0.373, -0.1582, 0.04104),
    16: (0.2958, -0.1241, 0.03024),
    14: (0.2363, -0.09675, 0.02239),
    10: (0.2068, -0.09311, 0.02375),
    7: (0.1776, -0.09097, 0.02447),
}
"""Node [nm] -> a, b, c of the energy of an operation, a V^2 + b V + c at a supply of V volt, in the paper's unit."""
SUPPLY_RANGE_V = (0.5, 1.3)
"""Supplies for which energies are taken: the polynomials were fitted to simulations near the nominal supplies."""
CITATION = "[stillmaker2017]"


def area_factor(from_nm: float, to_nm: float) -> float:
    """Return the area at one node over that at another.

    Parameters
    ----------
    from_nm, to_nm : float
        Nodes, in 7 .. 65 nm.

    Raises
    ------
    HardwareError
        If a node is beyond those of the paper's table.
    """
    return _between(AREA_OF_45NM, to_nm) / _between(AREA_OF_45NM, from_nm)


def energy_factor(from_nm: float, from_v: float, to_nm: float, to_v: float) -> float:
    """Return the energy of an operation at one node and supply over that at another.

    Parameters
    ----------
    from_nm, to_nm : float
        Nodes, in 7 .. 65 nm.
    from_v, to_v : float
        Supplies [V], in `SUPPLY_RANGE_V`.

    Raises
    ------
    HardwareError
        If a node or a supply is out of range.
    """
    return _energy(to_nm, to_v) / _energy(from_nm, from_v)


def _energy(node_nm: float, supply_v: float) -> float:
    low, high = SUPPLY_RANGE_V
    if not low <= supply_v <= high:
        raise HardwareError(f"the supply of a scaled energy must be {low} to {high} V, got {supply_v:g} V")
    return _between(
        {node: a * supply_v**2 + b * supply_v + c for node, (a, b, c) in ENERGY_COEFFICIENTS.items()}, node_nm
    )


def _between(table: dict[int, float], node_nm: float) -> float:
    """Interpolate a table over nodes, linearly in the logarithms; exact at its nodes."""
    nodes = sorted(table)
    if not nodes[0] <= node_nm <= nodes[-1]:
        raise HardwareError(
            f"the node of a scaled value must be {nodes[0]} to {nodes[-1]} nm ({CITATION}), got {node_nm:g} nm"
        )
    if node_nm in table:
        return table[int(node_nm)]
    below = max(node for node in nodes if node < node_nm)
    above = min(node for node in nodes if node > node_nm)
    share = log(node_nm / below) / log(above / below)
    return exp((1 - share) * log(table[below]) + share * log(table[above]))
