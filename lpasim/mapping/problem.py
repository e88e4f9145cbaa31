"""One layer as the mapper sees it: dimensions to cut, and the bytes and passes of any part."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property

from lpasim.errors import MappingError
from lpasim.hardware.lanes import WORD_BITS, lanes_by_width, stored_width, width_of
from lpasim.hardware.model import Hardware
from lpasim.mapping.geometry import Range, channels_touched, cols_touched, rows_touched
from lpasim.quantization.trace import Layer, PpuOperator, Window


def lanes_of(table: str, n: int, layer: str) -> int:
    """Return how many n-bit words of a layer a cell takes at once.

    Raises
    ------
    MappingError
        If the hardware does not run words of this width.
    """
    return lanes_by_width(table)[_width(table, n, layer)]


def storage_bits(table: str, n: int, layer: str) -> int:
    """Return the width in which an n-bit activation is stored: the narrowest part of a byte that holds it as it runs.

    Raises
    ------
    MappingError
        If the hardware does not run words of this width.
    """
    return stored_width(_width(table, n, layer))


def _width(table: str, n: int, layer: str) -> int:
    width = width_of(table, n)
    if width is None:
        raise MappingError(f"word width must be at most {max(lanes_by_width(table))} bits, got {n} (layer {layer})")
    return width


@dataclass(frozen=True)
class Problem:
    """A layer's dimensions and what its parts cost, in bits and passes.

    The output positions of a product are `batch` x `rows` x `cols` (M). A layer that runs in the post-processing unit
    alone has its input elements as `rows`, and no weights.

    Attributes
    ----------
    lanes, terms : int
        Weights of this layer side by side in one cell, and activations that it takes in one cycle.
    fold_rows, fold_cols : int
        Extents of K and N that one fold covers: rows x terms, and columns x lanes.
    stores, operands : tuple of (int, int)
        Elements and width in bits of every tensor that the layer writes, and of every one that the post-processing
        unit reads beside the results.
    constant_bits, passes : int
        Constants that the post-processing unit reads, and its passes, of the whole layer; a part has its share by
        output elements, rounded up.
    """

    groups: int
    batch: int
    rows: int
    cols: int
    k: int
    n: int
    lanes: int
    terms: int
    fold_rows: int
    fold_cols: int
    has_weights: bool
    dynamic_weights: bool
    window: Window | None
    activation_bits: int
    psum_bits: int
    stores: tuple[tuple[int, int], ...]
    operands: tuple[tuple[int, int], ...]
    constant_bits: int
    passes: int

    @cached_property
    def store_bits(self) -> int:
        """All results, in their formats."""
        return sum(elements * bits for elements, bits in self.stores)

    @cached_property
    def operand_bits(self) -> int:
        """All that the post-processing unit reads beside the results."""
        return sum(elements * bits for elements, bits in self.operands) + self.constant_bits

    @cached_property
    def m(self) -> int:
        """Output positions of one product."""
        return self.batch * self.rows * self.cols

    @cached_property
    def elements(self) -> int:
        """Results of the whole layer."""
        return self.groups * self.m * self.n

    @property
    def in_channels(self) -> int:
        """Channels of the streamed operand, of all groups."""
        return self.groups * self.k if self.window is None else self.window.in_channels

    @property
    def in_positions(self) -> int:
        """Positions of the streamed operand."""
        return self.m if self.window is None else self.window.batch * self.window.in_height * self.window.in_width

    @property
    def weight_bits(self) -> int:
        """Width in which a weight is stored."""
        return WORD_BITS // self.lanes

    @property
    def k_per_channel(self) -> int:
        """Extent of K that one input channel takes."""
        return 1 if self.window is None else self.window.kernel[0] * self.window.kernel[1]

    @property
    def k_folds(self) -> int:
        """Folds along K."""
        return -(-self.k // self.fold_rows)

    @property
    def n_folds(self) -> int:
        """Folds along N."""
        return -(-self.n // self.fold_cols)

    def rows_needed(self, rows: Range) -> int:
        """Count the input rows that a range of output rows needs."""
        return rows[1] - rows[0] if self.window is None else rows_touched(self.window, rows)

    def cols_needed(self, cols: Range) -> int:
        """Count the input columns that a range of output columns needs."""
        return cols[1] - cols[0] if self.window is None else cols_touched(self.window, cols)

    def channels(self, k: Range) -> int:
        """Count the input channels (of one group) that a K range needs."""
        return k[1] - k[0] if self.window is None else channels_touched(self.window, k)

    def input_bytes(self, groups: int, pixels: int, channels: int) -> int:
        """Bytes of an input block."""
        return -(-groups * pixels * channels * self.activation_bits // 8)

    def weight_bytes(self, groups: int, k: int, n: int) -> int:
        """Bytes of a weight block: `lanes` neighbouring output channels share an 8-bit word."""
        return groups * k * -(-n // self.lanes) * WORD_BITS // 8 if self.has_weights else 0

    def output_bytes(self, elements: int) -> int:
        """Bytes that an output block needs: of its partial sums, or of its results if these are more."""
        return max(-(-elements * self.psum_bits // 8), self.share_bytes(self.store_bits, elements))

    def constant_bytes(self, elements: int) -> int:
        """Bytes of the constants that the post-processing unit reads for some of the results."""
        return self.share_bytes(self.constant_bits, elements)

    def share(self, total: int, elements: int) -> int:
        """Return the share that `elements` of the layer's results have in a total, rounded up."""
        return -(-total * elements // self.elements)

    def share_bytes(self, bits: int, elements: int) -> int:
        """Return the share of a total in bits that `elements` of the layer's results have, in whole bytes."""
        return -(-bits * elements // (8 * self.elements))


def streamed_operands(layer: Layer) -> list[tuple[PpuOperator, int]]:
    """Return the operators of the post-processing unit that read activations, with how many elements they read."""
    counts = ((op, op.operand_elements - op.operand_constants) for op in layer.ppu)
    return [(op, count) for op, count in counts if count]


def make_problem(layer: Layer, hardware: Hardware) -> Problem:
    """Collect what the mapper needs of a layer.

    Raises
    ------
    MappingError
        If a word is wider than the hardware runs, or a product has no weight format.
    """
    passes = hardware.ppu.passes
    each = [op.elements * passes.get(op.operator, passes["default"]) for op in layer.ppu]
    gemm, window, pe = layer.gemm, layer.window, hardware.pe
    lanes, activations = 1, pe.activation_lanes
    if gemm is not None:
        if layer.weight_format is None:
            raise MappingError(f"weight_format must be given for a matrix product, got none (layer {layer.name})")
        lanes = lanes_of(pe.weight_lanes, layer.weight_format.n, layer.name)
        each.append(gemm.count * gemm.m * gemm.n * passes["Identity"])
    terms = lanes_of(activations, layer.activation_format.n, layer.name) if gemm is not None else 1
    return Problem(
        groups=gemm.count if gemm else 1,
        batch=window.batch if window else 1,
        rows=window.out_height if window else gemm.m if gemm else layer.input_elements,
        cols=window.out_width if window else 1,
        k=gemm.k if gemm else 1,
        n=gemm.n if gemm else 1,
        lanes=lanes,
        terms=terms,
        fold_rows=hardware.array.rows * terms,
        fold_cols=hardware.array.cols * lanes,
        has_weights=gemm is not None,
        dynamic_weights=layer.weights == "dynamic",
        window=window,
        activation_bits=storage_bits(activations, layer.activation_format.n, layer.name),
        psum_bits=hardware.array.psum_bits,
        stores=tuple((out.elements, storage_bits(activations, out.format.n, layer.name)) for out in layer.outputs),
        operands=tuple(
            (streamed, storage_bits(activations, op.operand_bits, layer.name))
            for op, streamed in streamed_operands(layer)
        ),
        constant_bits=sum(
            op.operand_constants * storage_bits(activations, op.operand_bits, layer.name) for op in layer.ppu
        ),
        passes=sum(each),
    )
