"""Where each value of a hardware description comes from."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType
from typing import Self

from lpasim.hardware.model import Hardware


@dataclass(frozen=True, slots=True)
class Range:
    """Between which values the true one is taken to lie, in the unit of the key, and how that was chosen."""

    low: float
    high: float
    basis: str


@dataclass(frozen=True, slots=True)
class Source:
    """Where a value comes from, and whether it is a guess.

    Attributes
    ----------
    text : str
        For people. A key in square brackets ([cacti7]) names an entry of the bibliography.
    assumption : bool
        True if nobody published the value: a study should vary it.
    range : Range or None
        How far off the value may be; None where nobody says.
    """

    text: str
    assumption: bool = False
    range: Range | None = None


@dataclass(frozen=True)
class ResolvedHardware:
    """A hardware description and the sources of its values.

    Attributes
    ----------
    hardware : Hardware
        What the simulator and the cost model read.
    sources : mapping of str to Source
        By path ("array.rows"), in the order of the description.
    """

    hardware: Hardware
    sources: Mapping[str, Source]

    def __post_init__(self) -> None:
        object.__setattr__(self, "sources", MappingProxyType(dict(self.sources)))

    def __reduce__(self) -> tuple[type[Self], tuple[Hardware, dict[str, Source]]]:
        """Pickle the sources as a plain dictionary, so that a description can travel to other processes."""
        return type(self), (self.hardware, dict(self.sources))

    @property
    def assumptions(self) -> dict[str, Source]:
        """The sources of the values that are assumptions, by path."""
        return {path: source for path, source in self.sources.items() if source.assumption}

    @property
    def ranges(self) -> dict[str, Range]:
        """The ranges of the values that have one, by path."""
        return {path: source.range for path, source in self.sources.items() if source.range is not None}
