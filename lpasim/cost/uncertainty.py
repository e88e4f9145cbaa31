"""What the ranges of prices make of area and energy: bounds, a central interval, and which price matters most.

Cycles and counts of actions are those of the run: prices do not change them. Area and energy rise with every price, so
that all prices at their cheap end, and all at their dear end, bound them exactly. Such a conspiracy is unlikely; hence
the central interval: of `SAMPLES` sets of prices, a Latin hypercube in which each price is independent and triangular
between the ends of its range with its mode at the value, on a logarithmic scale (on a plain one where an end is 0), the
middle 90 %. The samples are the same in every run.

Shares of `switching` may act either way; each is put at the end at which it alone makes energy cheap, or dear.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from math import exp, fsum, log, sqrt
from random import Random
from typing import Any

from lpasim.cost.actions import Actions
from lpasim.cost.area import area
from lpasim.cost.dram_commands import DramCommands
from lpasim.cost.energy import energy
from lpasim.hardware.keys import find_key
from lpasim.hardware.model import Hardware
from lpasim.hardware.sources import Range, ResolvedHardware
from lpasim.quantization.activity import LayerActivity

SAMPLES = 300
SEED = 1
CENTRAL = (0.05, 0.95)
"""Quantiles that bound the central interval."""
_PRICE_UNITS = ("um2", "pJ", "pJ/bit", "nW/um2", "mW")


@dataclass(frozen=True, slots=True)
class PricedLayer:
    """What a layer did: counted actions, cycles, its measured activity and commands of DRAM, if there are any."""

    actions: Actions
    cycles: int
    activity: LayerActivity | None = None
    commands: DramCommands | None = None


@dataclass(frozen=True, slots=True)
class Outcome:
    """What one set of prices gives: area of the chip and of PEs and decoders [um2], energy of the run [pJ]."""

    area_um2: float
    compute_um2: float
    energy_pj: float


@dataclass(frozen=True, slots=True)
class Interval:
    """A figure with the prices as they are, with all cheap and all dear, and the ends of its central interval."""

    value: float
    low: float
    central_low: float
    central_high: float
    high: float


@dataclass(frozen=True, slots=True)
class Swing:
    """What one price does alone: its key, its range, and the outcomes at both ends."""

    key: str
    range: Range
    at_low: Outcome
    at_high: Outcome


@dataclass(frozen=True, slots=True)
class Uncertainty:
    """What is known of a run's area and energy when prices are known as ranges.

    Attributes
    ----------
    area_um2, compute_um2, energy_pj : Interval
        The chip, its PEs and decoders, the run.
    swings : tuple of Swing
        Each price alone, in the order of the description.
    fixed : tuple of str
        Keys that are assumptions and are held fixed: choices rather than prices, or without a range.
    """

    area_um2: Interval
    compute_um2: Interval
    energy_pj: Interval
    swings: tuple[Swing, ...]
    fixed: tuple[str, ...]


def propagate(layers: Sequence[PricedLayer], resolved: ResolvedHardware) -> Uncertainty:
    """Price a run with every set of prices that the ranges of a description allow.

    Parameters
    ----------
    layers : sequence of PricedLayer
        The run.
    resolved : ResolvedHardware
        The accelerator, with the ranges of its values.
    """
    chip, run = resolved.hardware, _merged(layers)
    ranges = {key: span for key, span in resolved.ranges.items() if is_price(key)}
    value = _price(run, chip)
    swings = tuple(
        Swing(key, span, _price(run, _with(chip, {key: span.low})), _price(run, _with(chip, {key: span.high})))
        for key, span in ranges.items()
    )
    cheap = {swing.key: _end(swing, cheap=True) for swing in swings}
    dear = {swing.key: _end(swing, cheap=False) for swing in swings}
    low, high = (_price(run, _with(chip, ends)) for ends in (cheap, dear))
    samples = [_price(run, _with(chip, prices)) for prices in _draw(chip, ranges)]
    intervals = {
        name: _interval(
            getattr(value, name), getattr(low, name), getattr(high, name), [getattr(s, name) for s in samples]
        )
        for name in ("area_um2", "compute_um2", "energy_pj")
    }
    fixed = tuple(key for key in resolved.assumptions if key not in ranges)
    return Uncertainty(**intervals, swings=swings, fixed=fixed)


def is_price(key: str) -> bool:
    """Whether a key only prices what was counted, and changes no count and no cycle."""
    known = find_key(key)
    unit = "" if known is None else known.unit
    return unit in _PRICE_UNITS or key.startswith("switching.") or key.endswith("_scale")


def _merged(layers: Sequence[PricedLayer]) -> Sequence[PricedLayer]:
    """Add up layers without measured activity: energy is linear in actions, cycles and commands."""
    commands = [layer.commands for layer in layers if layer.commands is not None]
    if any(layer.activity is not None for layer in layers) or len(commands) not in (0, len(layers)):
        return layers
    actions, cycles = sum((layer.actions for layer in layers), Actions()), sum(layer.cycles for layer in layers)
    return [PricedLayer(actions, cycles, None, sum(commands, DramCommands()) if commands else None)]


def _price(run: Sequence[PricedLayer], chip: Hardware) -> Outcome:
    report = area(chip)
    energies = (energy(layer.actions, layer.cycles, chip, layer.activity, layer.commands).total_pj for layer in run)
    return Outcome(report.total_um2, report.compute_um2, fsum(energies))


def _with(chip: Hardware, values: Mapping[str, float]) -> Hardware:
    """Replace values of a description; they are within ranges that were validated with it."""
    sections: dict[str, dict[str, Any]] = {}
    for key, value in values.items():
        section, _, name = key.partition(".")
        sections.setdefault(section, {})[name] = value
    return chip.model_copy(
        update={section: getattr(chip, section).model_copy(update=update) for section, update in sections.items()}
    )


def _end(swing: Swing, *, cheap: bool) -> float:
    """Return the end of a range that makes the run cheap, or dear."""
    rises = swing.at_low.energy_pj <= swing.at_high.energy_pj
    return swing.range.low if rises == cheap else swing.range.high


def _draw(chip: Hardware, ranges: Mapping[str, Range]) -> list[dict[str, float]]:
    """Draw a Latin hypercube: a price takes the middle of each of `SAMPLES` equally likely parts of its range once."""
    random = Random(SEED)
    columns = {}
    for key, span in ranges.items():
        section, _, name = key.partition(".")
        value = float(getattr(getattr(chip, section), name))
        column = [_quantile((part + 0.5) / SAMPLES, span, value) for part in range(SAMPLES)]
        random.shuffle(column)
        columns[key] = column
    return [{key: column[sample] for key, column in columns.items()} for sample in range(SAMPLES)]


def _quantile(share: float, span: Range, mode: float) -> float:
    """Return the value below which a share of a triangular distribution lies, on a logarithmic scale if it can be."""
    if span.low > 0:
        return exp(_triangular(share, log(span.low), log(mode), log(span.high)))
    return _triangular(share, span.low, mode, span.high)


def _triangular(share: float, low: float, mode: float, high: float) -> float:
    if low == high:
        return low
    left = (mode - low) / (high - low)
    if share < left:
        return low + sqrt(share * (high - low) * (mode - low))
    return high - sqrt((1 - share) * (high - low) * (high - mode))


def _interval(value: float, low: float, high: float, samples: Sequence[float]) -> Interval:
    ranked = sorted(samples)
    central_low, central_high = (ranked[round(share * (len(ranked) - 1))] for share in CENTRAL)
    return Interval(value, low, central_low, central_high, high)
