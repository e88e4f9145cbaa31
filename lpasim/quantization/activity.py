"""What the words of a network do to wires, measured: zeros, histograms, and bits that flip from word to word.

`lpasim.inference.activity` measures it, and `lpasim.cost` prices it; `docs/activity.md` defines every number. Counts
are kept instead of means, so that the numbers are exact.
"""

from __future__ import annotations

from typing import Annotated, Final, Literal, Self

from pydantic import Field, NonNegativeInt, PositiveInt, model_validator

from lpasim.quantization.frozen import Frozen

SCHEMA: Final = "lpasim-activity"
VERSION: Final = 1

Share = Annotated[float, Field(ge=0, lt=1)]


class Wire(Frozen):
    """Bits that flip on the wires of one kind, from one word to the next.

    Attributes
    ----------
    bits : int
        Wires side by side: the width of a word.
    transitions : int
        Pairs of successive words.
    flipped_bits : int
        Bits in which the two differ, over all pairs.
    random_bits : float
        Mean over pairs where the words of weights and activations are random.
    """

    bits: PositiveInt
    transitions: NonNegativeInt
    flipped_bits: NonNegativeInt
    random_bits: Annotated[float, Field(gt=0, allow_inf_nan=False)]

    @model_validator(mode="after")
    def _flips_fit(self) -> Self:
        if self.flipped_bits > self.transitions * self.bits:
            most = self.transitions * self.bits
            raise ValueError(f"flipped_bits must be at most transitions times bits, {most}, got {self.flipped_bits}")
        return self

    @property
    def mean_bits(self) -> float | None:
        """Mean Hamming distance [bits] between successive words; None where there are no two."""
        return self.flipped_bits / self.transitions if self.transitions else None

    @property
    def toggling(self) -> float:
        """Mean distance in relation to that of random words, which is also taken where there are no two words."""
        return 1.0 if self.mean_bits is None else self.mean_bits / self.random_bits


class Operand(Frozen):
    """One operand of a layer's products: how often each code word stands in its matrices, and its wires."""

    histogram: tuple[NonNegativeInt, ...]
    wire: Wire

    @property
    def words(self) -> int:
        """Words in the matrices."""
        return sum(self.histogram)

    @property
    def zero_share(self) -> float:
        """Share of the words that are zero."""
        return self.histogram[0] / self.words if self.words else 0.0


class LayerActivity(Frozen):
    """One layer with a product.

    Attributes
    ----------
    k, n : int
        Reduction length and output columns of one product.
    weight_format, activation_format : str
        Of the stationary and the streamed operand, as `lpasim.formats.parse_format` reads them.
    macs, zero_macs : int
        Multiply-accumulates of all images, and those of them with an operand that is zero.
    random_zero_share : float
        Share of the latter where words are random.
    """

    name: str
    k: PositiveInt
    n: PositiveInt
    weight_format: str
    activation_format: str
    macs: PositiveInt
    zero_macs: NonNegativeInt
    random_zero_share: Share
    weights: Operand
    activations: Operand
    partial_sums: Wire

    @model_validator(mode="after")
    def _zeros_fit(self) -> Self:
        if self.zero_macs > self.macs:
            raise ValueError(f"zero_macs must be at most macs, {self.macs}, got {self.zero_macs}")
        return self

    @property
    def zero_mac_share(self) -> float:
        """Share of the multiply-accumulates that could be skipped."""
        return self.zero_macs / self.macs


class MeasuredTrace(Frozen):
    """The trace whose formats were used: its name, and the SHA-256 of its text."""

    name: str
    sha256: str


class MeasuredImages(Frozen):
    """The images that the network ran on."""

    source: str
    count: PositiveInt
    preprocess: str


class Array(Frozen):
    """The array that the words were streamed through."""

    rows: PositiveInt
    cols: PositiveInt


class Widths(Frozen):
    """Widths of the lanes [bits], as in the section `datapath` of an accelerator's description."""

    converter_in_bits: NonNegativeInt
    converter_out_bits: PositiveInt
    psum_fraction_bits: PositiveInt
    encoder_in_bits: PositiveInt


class Activity(Frozen):
    """What was measured while a network ran, and how.

    Attributes
    ----------
    accumulator : str
        Arithmetic of the network: "float", "wide" or "paper".
    sampled_outputs, sampled_folds : int
        The most output columns and folds of a layer whose partial sums were looked at, in the first image.
    """

    schema_name: Literal["lpasim-activity"] = Field(alias="schema")
    version: Literal[1]
    lpasim_version: str
    model: str
    trace: MeasuredTrace
    images: MeasuredImages
    accumulator: Literal["float", "wide", "paper"]
    array: Array
    datapath: Widths
    sampled_outputs: PositiveInt
    sampled_folds: PositiveInt
    layers: tuple[LayerActivity, ...]

    @property
    def setting(self) -> dict[str, int]:
        """The array and its lanes, with the keys of an accelerator's description: other ones have other words."""
        sections = {"array": self.array, "datapath": self.datapath}
        return {f"{name}.{key}": value for name, section in sections.items() for key, value in section}

    def describe(self) -> str:
        """Say in one line what was measured."""
        images = f"{self.images.count} image{'' if self.images.count == 1 else 's'} of {self.images.source}"
        return (
            f"{self.trace.name} (trace {self.trace.sha256[:8]}) on {images}, accumulator {self.accumulator}, "
            f"{self.array.rows}x{self.array.cols} PEs"
        )
