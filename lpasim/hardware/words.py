"""The section `words` of a description: which number formats it computes with, and with how many bits."""

from __future__ import annotations

from difflib import get_close_matches
from typing import Annotated, Any

from pydantic import BeforeValidator, Field

from lpasim.formats.registry import FORMATS
from lpasim.hardware.published_bits import list_bits
from lpasim.hardware.quantities import Quantity, spelled
from lpasim.hardware.section import Section

TRACE = "trace"
"""Bits are those of the workload."""
_BITS = Quantity(2, 8, whole=True)


def _bits(value: Any) -> str:
    if value == TRACE or value in list_bits():
        return str(value)
    try:
        return str(_BITS(value))
    except ValueError:
        near = get_close_matches(str(value), (TRACE, *list_bits()), 1)
        hint = f"; did you mean {near[0]}?" if near else ""
        known = ", ".join((TRACE, *list_bits()))
        raise ValueError(f"must be one of {known}, or a width of 2 to 8 bits, got {spelled(value)}{hint}") from None


def _formats(value: Any) -> str:
    known = [entry.name for entry in FORMATS]
    names = [name.strip() for name in value.split(",")] if isinstance(value, str) else []
    if not names or any(name not in known for name in names):
        raise ValueError(f"must be names of number formats ({', '.join(known)}), got {spelled(value)}")
    return ", ".join(names)


WordBits = Annotated[str, BeforeValidator(_bits)]
FormatNames = Annotated[str, BeforeValidator(_formats)]


class WordRules(Section):
    """Words of a workload on this accelerator. What it runs no lanes of is rounded up to the next width of `pe`."""

    formats: FormatNames = Field(default="lp", description="number formats that it computes with, by name")
    weight_bits: WordBits = Field(
        default=TRACE, description="bits of weights: `trace` (the workload's own), a width, or published bits by name"
    )
    activation_bits: WordBits = Field(
        default=TRACE, description="bits of activations: `trace`, a width, or published bits by name"
    )

    @property
    def are_those_of_the_trace(self) -> bool:
        """Whether a trace's formats are computed with as they stand."""
        return "lp" in self.formats.split(", ") and self.weight_bits == self.activation_bits == TRACE
