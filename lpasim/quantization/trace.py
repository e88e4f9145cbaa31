"""The workload trace: what a network asks of the accelerator, as data.

A trace lists, in the order of execution, the layers that occupy the PE array or the post-processing unit, each with its
matrix product, number formats, post-processing operators and traffic, and every operator that costs nothing with the
reason why. `docs/trace-format.md` describes the file, `docs/trace.schema.json` is its JSON Schema.
"""

from __future__ import annotations

from typing import Final, Literal

from pydantic import Field, NonNegativeInt, PositiveInt

from lpasim.networks.roles import BatchNorm
from lpasim.quantization.frozen import Frozen
from lpasim.quantization.preprocess import Preprocess

SCHEMA: Final = "lpasim-trace"
VERSION: Final = 1

Basis = Literal["fitted", "assumed"]


class Format(Frozen):
    """Parameters of a log posit, LP<n, es, rs, sf>, and where they come from."""

    n: int
    es: int
    rs: int
    sf: float
    basis: Basis


class Gemm(Frozen):
    """`count` independent products of an M x K activation matrix and a K x N weight matrix."""

    count: PositiveInt
    m: PositiveInt
    k: PositiveInt
    n: PositiveInt

    @property
    def macs(self) -> int:
        """Multiply-accumulates of the whole layer."""
        return self.count * self.m * self.k * self.n


class Window(Frozen):
    """Geometry of a convolution: which input elements an output position needs.

    `gemm.m` = batch * out_height * out_width, `gemm.k` = in_channels / groups * kernel area, in the order (channel,
    kernel row, kernel column), `gemm.n` = out_channels / groups and `gemm.count` = groups.
    """

    batch: PositiveInt
    in_channels: PositiveInt
    in_height: PositiveInt
    in_width: PositiveInt
    out_channels: PositiveInt
    out_height: PositiveInt
    out_width: PositiveInt
    kernel: tuple[PositiveInt, PositiveInt]
    stride: tuple[PositiveInt, PositiveInt]
    dilation: tuple[PositiveInt, PositiveInt]
    pads: tuple[NonNegativeInt, NonNegativeInt, NonNegativeInt, NonNegativeInt] = Field(
        description="rows and columns of zeros at the top, left, bottom and right"
    )
    groups: PositiveInt


class PpuOperator(Frozen):
    """One operator of the post-processing unit.

    `elements` is the number of primitive element operations: output elements of an element-wise operator, output
    elements times window area of a pooling operator, input elements of a reduction or normalisation. `operand_elements`
    are read from external memory because another layer (`operand_from`) made them, or because they are inputs of the
    network or constants; `operand_constants` of them are the latter, whose number does not grow with the batch.
    """

    operator: str
    node: str
    elements: NonNegativeInt
    operand_elements: NonNegativeInt = 0
    operand_constants: NonNegativeInt = 0
    operand_bits: NonNegativeInt = 0
    operand_from: tuple[str, ...] = ()


class Output(Frozen):
    """A tensor that the layer writes to external memory."""

    tensor: str
    elements: PositiveInt
    format: Format


class Layer(Frozen):
    """One step of the accelerator: a matrix product and the post-processing that follows it.

    A layer without `gemm` runs in the post-processing unit alone. `inputs` and `weight_inputs` name the layers that
    must have stored their results before this one may fetch them; the network's inputs are always there.
    """

    name: str
    operator: str
    gemm: Gemm | None
    window: Window | None = None
    input_elements: PositiveInt = Field(description="distinct elements of the streamed operand")
    inputs: tuple[str, ...]
    weights: Literal["constant", "dynamic", "none"] = Field(description="dynamic: activations of another layer")
    weight_inputs: tuple[str, ...] = ()
    weight_format: Format | None
    activation_format: Format
    ppu: tuple[PpuOperator, ...]
    outputs: tuple[Output, ...]


class FreeOperator(Frozen):
    """An operator of the network that takes neither time nor energy, and why."""

    node: str
    operator: str
    reason: str


class Provenance(Frozen):
    """Where a trace comes from: enough to make it again."""

    topology: str
    reference: str
    weights: str
    activations: str
    bit_assignment: str
    method: str
    command: str
    lpasim_version: str
    accuracy: str | None = Field(
        default=None, description="what was measured of the answers in these formats, and on what"
    )


class Trace(Frozen):
    """A network as the accelerator sees it."""

    schema_name: Literal["lpasim-trace"] = Field(alias="schema")
    version: Literal[1]
    name: str
    title: str
    batch: PositiveInt
    input_shapes: dict[str, tuple[PositiveInt, ...]]
    batchnorm: BatchNorm = Field(
        default="fold",
        description="batch normalizations that weights can hold: folded into them, or in the post-processing unit",
    )
    provenance: Provenance
    preprocess: Preprocess | None = Field(
        default=None, description="how the inputs were prepared that activation formats are fitted to; null: none were"
    )
    layers: tuple[Layer, ...]
    free: tuple[FreeOperator, ...]

    @property
    def macs(self) -> int:
        """Multiply-accumulates of one run."""
        return sum(layer.gemm.macs for layer in self.layers if layer.gemm is not None)
