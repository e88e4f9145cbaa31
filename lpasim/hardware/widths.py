"""The section `datapath` of a description: the widths inside a lane, which decide the bits of every result."""

from __future__ import annotations

from typing import Annotated

from pydantic import BeforeValidator, Field

from lpasim.datapath.parameters import RANGES, Datapath
from lpasim.hardware.clashes import Clash
from lpasim.hardware.quantities import Quantity
from lpasim.hardware.section import Section

_DEFAULTS = Datapath()


def _bits(name: str) -> BeforeValidator:
    """Return what reads the width of this name, in the range of the datapath."""
    return BeforeValidator(Quantity(*RANGES[name], unit="bit", base="bit", whole=True))


class DatapathWidths(Section):
    """Widths of a lane (docs/datapath.md). They have defaults, because descriptions are older than this section."""

    converter_in_bits: Annotated[int, _bits("converter_in_bits")] = Field(
        default=_DEFAULTS.converter_in_bits,
        description="fraction of a logarithm that the log-to-linear converter sees",
    )
    converter_out_bits: Annotated[int, _bits("converter_out_bits")] = Field(
        default=_DEFAULTS.converter_out_bits,
        description="significand of a converted product, leading one included",
    )
    psum_fraction_bits: Annotated[int, _bits("psum_fraction_bits")] = Field(
        default=_DEFAULTS.psum_fraction_bits,
        description="fraction of a partial sum in the `paper` accumulator, leading one included",
    )
    encoder_in_bits: Annotated[int, _bits("encoder_in_bits")] = Field(
        default=_DEFAULTS.encoder_in_bits,
        description="bits after a result's leading one that the encoder sees",
    )


def sums_narrower_than_products(widths: DatapathWidths) -> list[Clash]:
    """Say where a partial sum cannot hold a whole product."""
    if widths.psum_fraction_bits >= widths.converter_out_bits:
        return []
    least = f"{widths.converter_out_bits} bit, as wide as a product (datapath.converter_out_bits)"
    rule = f"must be at least {least}, got {widths.psum_fraction_bits} bit"
    return [Clash("datapath.psum_fraction_bits", rule, ("datapath.converter_out_bits",))]
