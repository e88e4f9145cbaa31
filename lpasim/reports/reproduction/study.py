"""A published comparison beside the model's: rows, the settings that they were simulated in, and what follows."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from lpasim.reports.reproduction.published import Published
from lpasim.reports.statistics import Stat

ROW_STATS = (
    Stat("study", "", "which comparison", kind=str),
    Stat("quantity", "", "what is compared", kind=str),
    Stat("workload", "", "network, or `mean`: the geometric mean over the networks; empty without one", kind=str),
    Stat("design", "", "accelerator, or two of them for a ratio", kind=str),
    Stat("setting", "", "letter of the setting that was simulated", kind=str),
    Stat("unit", "", "of the values; empty for a ratio", kind=str),
    Stat("published", "", "published value", kind=float),
    Stat("error", "", "how far the published value may be off", kind=float),
    Stat("confidence", "", "how sure the published value is", kind=str),
    Stat("simulated", "", "what the model gives in this setting", kind=float),
    Stat("deviation", "", "simulated over published, less one", kind=float),
    Stat("target", "", "largest deviation that was aimed at; null without one", kind=float),
    Stat("circular", "", "whether the published value itself entered the model", kind=bool),
    Stat("reason", "", "why the two differ, or why they do not", kind=str),
)
"""Keys of a row."""


@dataclass(frozen=True, slots=True)
class Setting:
    """A way to simulate: the model as it comes, or with one assumption changed.

    Attributes
    ----------
    letter : str
        Its name in tables.
    label : str
        A few words.
    change : str
        What is other than in the model as it comes, and in what sense that is known.
    """

    letter: str
    label: str
    change: str


@dataclass(frozen=True, slots=True)
class Row:
    """One published value and what the model gives in one setting."""

    quantity: str
    workload: str
    design: str
    setting: str
    published: Published
    simulated: float
    reason: str
    target: float | None = None
    circular: bool = False

    @property
    def deviation(self) -> float:
        """Simulated over published, less one."""
        return self.simulated / self.published.value - 1

    def to_dict(self, study: str) -> dict[str, Any]:
        """Return the row by the names of `ROW_STATS`."""
        published = self.published
        values = {
            "study": study,
            "unit": published.unit,
            "published": published.value,
            "error": published.error,
            "confidence": published.confidence,
        }
        own = {stat.name: getattr(self, stat.name) for stat in ROW_STATS if stat.name not in values}
        return {stat.name: (values | own)[stat.name] for stat in ROW_STATS}


@dataclass(frozen=True)
class Study:
    """One of the published comparisons.

    Attributes
    ----------
    settings : tuple of Setting
        The first one is the model as it comes; the others are experiments.
    rows : tuple of Row
        Values in these settings.
    findings : tuple of str
        What follows, in numbers: what would have to change, and where published numbers disagree among themselves.
    """

    name: str
    title: str
    settings: tuple[Setting, ...]
    rows: tuple[Row, ...]
    findings: tuple[str, ...]

    def to_dict(self) -> dict[str, Any]:
        """Spell the study with JSON's types."""
        return {
            "name": self.name,
            "title": self.title,
            "settings": [{"letter": s.letter, "label": s.label, "change": s.change} for s in self.settings],
            "rows": [row.to_dict(self.name) for row in self.rows],
            "findings": list(self.findings),
        }
