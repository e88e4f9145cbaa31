"""All published comparisons beside the model: runs them, and spells them as JSON, CSV and lists."""

from __future__ import annotations

import csv
import io
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

from lpasim.hardware import ResolvedHardware, load_hardware
from lpasim.reports.libraries import NUMERICAL, versions
from lpasim.reports.reproduction import areas, latency_energy, pe_study, throughput
from lpasim.reports.reproduction.case import NARROW, OF_ANT, Case, Results, run_cases
from lpasim.reports.reproduction.published import CONFIDENCES, calibrated_keys, constants, published
from lpasim.reports.reproduction.study import ROW_STATS, Study
from lpasim.reports.reproduction.widths import average_weight_bits

SCHEMA = "lpasim-reproduction"
VERSION = 1
_STUDIES: dict[str, tuple[Sequence[Case], Callable[[Results], Study]]] = {
    "areas": (areas.CASES, areas.areas),
    "throughput": (throughput.CASES, throughput.throughput),
    "pe-study": (pe_study.CASES, pe_study.pe_study),
    "latency-energy": (latency_energy.CASES, latency_energy.latency_energy),
}
STUDIES = tuple(_STUDIES)
"""Names of the published comparisons."""


@dataclass(frozen=True)
class Calibrated:
    """A value of a preset that was chosen so that a published number follows."""

    hardware: str
    key: str
    value: str
    follows: str
    source: str


@dataclass(frozen=True)
class Reproduction:
    """Published comparisons and what the model gives.

    Attributes
    ----------
    studies : tuple of Study
        In the order of `STUDIES`.
    accelerators : tuple of tuple of str, ResolvedHardware
        Every accelerator that ran, after a name that says where and with which words.
    workloads : tuple of dict
        What LPA ran: networks, and where the bits of their weights come from.
    """

    studies: tuple[Study, ...]
    accelerators: tuple[tuple[str, ResolvedHardware], ...]
    workloads: tuple[dict[str, Any], ...]

    @property
    def rows(self) -> list[dict[str, Any]]:
        """One dictionary a published value and setting; `ROW_STATS` declares the keys."""
        return [row.to_dict(study.name) for study in self.studies for row in study.rows]

    def to_dict(self) -> dict[str, Any]:
        """Spell everything with JSON's types."""
        return {
            "schema": SCHEMA,
            "version": VERSION,
            "studies": [study.to_dict() for study in self.studies],
            "calibrated": [vars(each) for each in calibrated()],
            "published": [_published(key) for key in published()],
            "confidences": CONFIDENCES,
            "constants": {name: _constants(name) for name in ("ant_prices", "prototype_um2")},
            "accelerators": [_accelerator(name, each) for name, each in self.accelerators],
            "workloads": list(self.workloads),
            "versions": versions(NUMERICAL),
        }


def reproduce(names: Sequence[str] = STUDIES, done: Callable[[int, int], None] | None = None) -> Reproduction:
    """Build published comparisons.

    Parameters
    ----------
    names : sequence of str
        Of `STUDIES`.
    done : callable, optional
        Told how many simulations are done, and of how many.

    Raises
    ------
    ValueError
        If there is no such comparison.
    """
    for name in names:
        if name not in _STUDIES:
            raise ValueError(f"name must be one of {', '.join(STUDIES)}, got {name!r}")
    wanted = [_STUDIES[name] for name in STUDIES if name in names]
    cases = list(dict.fromkeys(case for found, _ in wanted for case in found))
    results = run_cases(cases, done)
    chips = {_name_of_chip(case): case for case in (*cases, *(Case("", design) for design in areas.DESIGNS))}
    return Reproduction(
        studies=tuple(build(results) for _, build in wanted),
        accelerators=tuple((name, case.accelerator) for name, case in sorted(chips.items())),
        workloads=tuple(_workload(case, results) for case in cases if case.design == "lpa"),
    )


def _name_of_chip(case: Case) -> str:
    """Name an accelerator; words that a trace brings are no part of it."""
    own = case.words if case.words in (OF_ANT, NARROW) else ""
    return ", ".join(part for part in (case.design, case.surroundings, own) if part)


def _workload(case: Case, results: Results) -> dict[str, Any]:
    trace = results[case].trace
    return {
        "network": case.network,
        "surroundings": case.surroundings,
        "words": case.words,
        "batch": trace.batch,
        "weight_bits_over_macs": average_weight_bits(trace),
        "bit_assignment": trace.provenance.bit_assignment,
    }


def csv_of(reproduction: Reproduction) -> str:
    """Spell the rows as CSV; an empty field stands for None."""
    text = io.StringIO()
    writer = csv.DictWriter(text, [stat.name for stat in ROW_STATS], lineterminator="\n")
    writer.writeheader()
    writer.writerows(reproduction.rows)
    return text.getvalue()


def calibrated() -> list[Calibrated]:
    """List the values of presets that were chosen so that published numbers follow."""
    found = []
    for entry in calibrated_keys():
        resolved = load_hardware(entry.hardware)
        section, _, name = entry.key.rpartition(".")
        holder = getattr(resolved.hardware, section) if section else resolved.hardware
        value = f"{getattr(holder, name):g}"
        found.append(Calibrated(entry.hardware, entry.key, value, entry.published, resolved.sources[entry.key].text))
    return found


def _published(key: str) -> dict[str, Any]:
    value = published()[key]
    return {name: getattr(value, name) for name in ("key", "value", "unit", "error", "confidence", "chart", "source")}


def _constants(section: str) -> dict[str, dict[str, Any]]:
    return {
        name: {"value": each.value, "unit": each.unit, "assumption": each.assumption, "source": each.source}
        for name, each in constants(section).items()
    }


def _accelerator(name: str, resolved: ResolvedHardware) -> dict[str, Any]:
    return {
        "name": name,
        "configuration": resolved.hardware.model_dump(mode="json", by_alias=True),
        "assumptions": list(resolved.assumptions),
    }
