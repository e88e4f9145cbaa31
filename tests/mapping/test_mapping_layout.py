"""The layout of tensors, byte by byte: what a tile needs is found from the definition of its layer."""

from __future__ import annotations

from dataclasses import replace
from itertools import product as every

import pytest
from hypothesis import HealthCheck, assume, given, settings
from hypothesis import strategies as st
from mapping_cases import accelerator, accelerators, convolution, layers, lp, product, trace_of, windows

from lpasim.errors import MappingError
from lpasim.hardware.model import Hardware
from lpasim.mapping import Block, LayerSchedule, map_network
from lpasim.mapping.addresses import Blocks
from lpasim.mapping.traffic import Traffic, refetches
from lpasim.quantization.trace import Format, Layer, Output, PpuOperator, Window


def schedule_of(hardware: Hardware, *network: Layer) -> tuple[LayerSchedule, ...]:
    try:
        return map_network(trace_of(*network), hardware)
    except MappingError:
        assume(False)
        raise


def bytes_of(blocks: Blocks) -> set[int]:
    return {at for block in blocks for start, end in block.runs() for at in range(start, end)}


class Drawing:
    """The drawing of `docs/mapping.md`: words of channels, planes of words, planes of whole bursts."""

    def __init__(self, channels: int, positions: int, bits: int, burst: int) -> None:
        self.positions, self.bits, self.channels = positions, bits, channels
        lengths = [length for length in (16 * 2**n for n in range(12)) if length < burst]
        fitting = [word for word in lengths if 16 * (-(positions * word) % burst) <= positions * word]
        self.word = min([*fitting, burst])
        self.each = self.word * 8 // bits
        self.plane = self._whole(positions * self.word, burst)
        left = channels % self.each
        self.last_word = -(-left * bits // 8)
        self.size = channels // self.each * self.plane + self._whole(positions * self.last_word, burst)

    @staticmethod
    def _whole(size: int, burst: int) -> int:
        return -(-size // burst) * burst

    def element(self, channel: int, position: int) -> set[int]:
        """The bytes in which an element has bits."""
        plane, within = divmod(channel, self.each)
        word = self.word if plane < self.channels // self.each else self.last_word
        bit = 8 * (plane * self.plane + position * word) + within * self.bits
        return set(range(bit // 8, -(-(bit + self.bits) // 8)))

    def whole_word(self, channel: int, position: int) -> set[int]:
        """The bytes of the word that an element is part of."""
        plane = channel // self.each
        word = self.word if plane < self.channels // self.each else self.last_word
        start = plane * self.plane + position * word
        return set(range(start, start + word))


def needed_pixels(window: Window, block: Block) -> set[tuple[int, int]]:
    """(channel, position) of every input element that a block's products have as a factor."""
    area, per_group = window.kernel[0] * window.kernel[1], window.in_channels // window.groups
    found = set()
    for g, b, y, x in every(*(range(*axis) for axis in (block.groups, block.batch, block.rows, block.cols))):
        for k in range(*block.k):
            channel, i, j = k // area, k % area // window.kernel[1], k % window.kernel[1]
            row = y * window.stride[0] + i * window.dilation[0] - window.pads[0]
            col = x * window.stride[1] + j * window.dilation[1] - window.pads[1]
            if 0 <= row < window.in_height and 0 <= col < window.in_width:
                found.add((g * per_group + channel, (b * window.in_height + row) * window.in_width + col))
    return found


def needed_inputs(layer: Layer, block: Block) -> set[tuple[int, int]]:
    if layer.window is not None:
        return needed_pixels(layer.window, block)
    assert layer.gemm is not None
    return {(g * layer.gemm.k + k, m) for g, m, k in every(range(*block.groups), range(*block.rows), range(*block.k))}


def results_of(layer: Layer, block: Block) -> set[tuple[int, int]]:
    """(channel, position) of every result of a block."""
    assert layer.gemm is not None
    lines = (layer.window.out_height, layer.window.out_width) if layer.window else (layer.gemm.m, 1)
    axes = (range(*axis) for axis in (block.groups, block.batch, block.rows, block.cols, block.n))
    return {(g * layer.gemm.n + n, (b * lines[0] + y) * lines[1] + x) for g, b, y, x, n in every(*axes)}


def input_drawing(layer: Layer, hardware: Hardware) -> Drawing:
    assert layer.gemm is not None
    window, burst = layer.window, hardware.dram.burst_bytes
    if window is None:
        return Drawing(layer.gemm.count * layer.gemm.k, layer.gemm.m, layer.activation_format.n, burst)
    positions = window.batch * window.in_height * window.in_width
    return Drawing(window.in_channels, positions, layer.activation_format.n, burst)


def with_bits(layer: Layer, activation_bits: int) -> Layer:
    outputs = tuple(out.model_copy(update={"format": lp(activation_bits)}) for out in layer.outputs)
    return layer.model_copy(update={"activation_format": lp(activation_bits), "outputs": outputs})


BITS = st.sampled_from([2, 4, 8])


def dense(window: Window) -> Window:
    """The same without dilation, and with strides of the kernel at most."""
    stride = tuple(min(pair) for pair in zip(window.kernel, window.stride, strict=True))
    sizes = (
        (size + window.pads[axis] + window.pads[axis + 2] - window.kernel[axis]) // stride[axis] + 1
        for axis, size in enumerate((window.in_height, window.in_width))
    )
    changes = dict(zip(("out_height", "out_width"), sizes, strict=True))
    return window.model_copy(update={"dilation": (1, 1), "stride": stride, **changes})


@settings(max_examples=60)
@given(layers(largest=14), accelerators(), BITS)
def test_inputs_hold_what_the_products_need(layer: Layer, hardware: Hardware, bits: int) -> None:
    layer = with_bits(layer, bits)
    (schedule,) = schedule_of(hardware, layer)
    drawing, (base,) = input_drawing(layer, hardware), schedule.addresses.places.inputs.bases
    for tile in schedule.tiles():
        if tile.input_bytes is None:
            assert tile.input_blocks == ()
            continue
        needed = needed_inputs(layer, tile.block)
        found = {at - base for at in bytes_of(tile.input_blocks)}
        assert found <= set(range(drawing.size))
        for channel, position in needed:
            assert drawing.element(channel, position) <= found


@settings(max_examples=60)
@given(windows(6).map(dense), accelerators(), BITS)
def test_a_dense_window_fetches_no_other_word(window: Window, hardware: Hardware, bits: int) -> None:
    """Without strides beyond the kernel a tile's words are those of its elements, unless it takes whole images.

    A channel is fetched for the whole kernel, even where the tile's K ends inside of it.
    """
    layer = with_bits(convolution(window), bits)
    (schedule,) = schedule_of(hardware, layer)
    drawing, (base,) = input_drawing(layer, hardware), schedule.addresses.places.inputs.bases
    assume(not schedule.tiling.positions.takes_images(window.batch))
    area = window.kernel[0] * window.kernel[1]
    for tile in schedule.tiles():
        if tile.input_bytes is not None:
            k = tile.block.k[0] // area * area, -(-tile.block.k[1] // area) * area
            words = [drawing.whole_word(*element) for element in needed_pixels(window, replace(tile.block, k=k))]
            assert {at - base for at in bytes_of(tile.input_blocks)} == set().union(*words)


@settings(max_examples=60)
@given(layers(largest=14), accelerators(), BITS)
def test_results_go_to_their_words_and_fill_the_tensor(layer: Layer, hardware: Hardware, bits: int) -> None:
    layer = with_bits(layer, bits)
    (schedule,) = schedule_of(hardware, layer)
    gemm, burst = layer.gemm, hardware.dram.burst_bytes
    assert gemm is not None
    drawing = Drawing(gemm.count * gemm.n, gemm.m, bits, burst)
    places = schedule.addresses.places.stores
    assert len({place.bases for place in places}) == len(layer.outputs)
    seen: set[tuple[int, int]] = set()
    for tile in schedule.tiles():
        if not tile.closes:
            assert tile.store_blocks == ()
            continue
        results = results_of(layer, tile.block)
        assert seen.isdisjoint(results)
        seen |= results
        words = set().union(*(drawing.whole_word(*result) for result in results))
        assert bytes_of(tile.store_blocks) == {place.bases[0] + at for place in places for at in words}
    assert len(seen) == gemm.count * gemm.m * gemm.n


@given(layers(largest=20), accelerators())
def test_constant_weights_are_packed_block_by_block(layer: Layer, hardware: Hardware) -> None:
    """Every block begins with a burst, different blocks share none, and a block comes from one place."""
    (schedule,) = schedule_of(hardware, layer)
    burst, where, taken = hardware.dram.burst_bytes, {}, set()
    for tile in schedule.tiles():
        if tile.weight_bytes is None:
            continue
        (block,) = tile.weight_blocks
        assert block.start_byte % burst == 0
        assert block.run_bytes == tile.weight_bytes
        name = (tile.block.groups, tile.block.k, tile.block.n)
        bursts = set(block.bursts(burst))
        if name not in where:
            assert taken.isdisjoint(bursts)
            taken |= bursts
        assert where.setdefault(name, block) == block
    assert taken == set(range(0, len(taken) * burst, burst))


@settings(max_examples=60)
@given(layers(largest=12), accelerators(), BITS)
def test_weights_of_other_layers_lie_like_results(layer: Layer, hardware: Hardware, bits: int) -> None:
    assume(layer.window is None)
    layer = layer.model_copy(update={"weights": "dynamic", "weight_format": lp(bits)})
    (schedule,) = schedule_of(hardware, layer)
    gemm, (base,) = layer.gemm, schedule.addresses.places.weights.bases
    assert gemm is not None
    drawing = Drawing(gemm.count * gemm.n, gemm.k, bits, hardware.dram.burst_bytes)
    for tile in schedule.tiles():
        if tile.weight_bytes is not None:
            axes = (range(*axis) for axis in (tile.block.groups, tile.block.n, tile.block.k))
            words = set().union(*(drawing.whole_word(g * gemm.n + n, k) for g, n, k in every(*axes)))
            assert {at - base for at in bytes_of(tile.weight_blocks)} == words


@settings(max_examples=80, suppress_health_check=[HealthCheck.too_slow])
@given(layers(largest=24), accelerators(), BITS, st.integers(0, 2), st.booleans(), st.integers(1, 3))
def test_traffic_is_what_the_tiles_touch(
    layer: Layer, hardware: Hardware, bits: int, operands: int, dynamic: bool, pooled: int
) -> None:
    """The closed form of the mapper's search, against every tile; results may be fewer than the sums (pooling)."""
    layer = with_bits(layer, bits)
    gemm = layer.gemm
    assert gemm is not None
    elements = gemm.count * gemm.m * gemm.n
    add = PpuOperator(operator="Add", node="add", elements=elements, operand_elements=elements, operand_bits=bits)
    scale = add.model_copy(update={"operand_elements": gemm.n, "operand_constants": gemm.n, "operand_bits": 8})
    outputs = tuple(out.model_copy(update={"elements": -(-elements // pooled)}) for out in layer.outputs)
    changes = {"ppu": (add, scale)[:operands], "outputs": outputs}
    if dynamic and layer.window is None:
        changes["weights"] = "dynamic"
    check_traffic(*schedule_of(hardware, layer.model_copy(update=changes)))


@pytest.mark.parametrize("burst_bytes", [32, 64])
@pytest.mark.parametrize("input_bytes", [2 * 16 * 9, 2 * 16 * 15, 2 * 16 * 25])
def test_images_that_begin_inside_a_burst(burst_bytes: int, input_bytes: int) -> None:
    """Three images of 5 x 5 words of 16 bytes, of which a tile takes a piece of a row, rows, or one whole image."""
    window = Window(
        batch=3, in_channels=16, in_height=5, in_width=5, out_channels=4, out_height=3, out_width=3,
        kernel=(3, 3), stride=(1, 1), dilation=(1, 1), pads=(0, 0, 0, 0), groups=1,
    )  # fmt: skip
    hardware = accelerator(buffers={"input": input_bytes}, dram={"burst_bytes": burst_bytes})
    (schedule,) = map_network(trace_of(convolution(window)), hardware)
    assert schedule.tiling.positions.parts >= 3
    check_traffic(schedule)


def check_traffic(schedule: LayerSchedule) -> None:
    burst, cut = schedule.hardware.dram.burst_bytes, schedule.tiling
    traffic = Traffic(schedule.problem, burst)
    moved = {"input": 0, "weight": 0, "output": 0}
    for tile in schedule.tiles():
        for kind, blocks in (
            ("input", tile.input_blocks),
            ("weight", tile.weight_blocks),
            ("output", tile.store_blocks),
            ("output", tile.operand_blocks),
        ):
            moved[kind] += burst * len({at // burst for at in bytes_of(blocks)})
    passes = refetches(cut.outer, cut.positions.parts, cut.k.parts, cut.n.parts)
    assert moved == {
        "input": passes[0] * traffic.inputs(cut.groups, cut.positions, cut.k),
        "weight": passes[1] * traffic.weights(cut.groups, cut.k, cut.n),
        "output": traffic.outputs(cut.groups, cut.positions, cut.n),
    }


def chained(name: str, makers: tuple[str, ...], sides: tuple[int, int, int], operands: tuple[str, ...] = ()) -> Layer:
    layer = product(*sides, name=name).model_copy(update={"inputs": makers})
    if not operands:
        return layer
    elements = sides[0] * sides[2]
    add = PpuOperator(
        operator="Add",
        node=f"{name}.add",
        elements=elements,
        operand_elements=elements,
        operand_bits=8,
        operand_from=operands,
    )
    return layer.model_copy(update={"ppu": (add,)})


@pytest.mark.parametrize("burst_bytes", [16, 64])
def test_a_network_reads_what_its_makers_stored(burst_bytes: int) -> None:
    """A branch, a sum and a concatenation: every byte that is read was stored last by the layer that made it."""
    network = [
        chained("a", (), (6, 20, 32)),
        chained("b", ("a",), (6, 32, 32)),
        chained("c", ("b",), (6, 32, 32), operands=("a",)),
        chained("d", ("b",), (6, 32, 64)),
        chained("e", ("b", "d"), (6, 96, 16)),
        chained("f", ("e",), (6, 16, 32)),
        chained("g", ("f",), (6, 32, 16), operands=("e",)),
    ]
    hardware = accelerator(
        array={"rows": 4, "cols": 4}, buffers={"weight": 256, "input": 256, "output": 600},
        dram={"burst_bytes": burst_bytes},
    )  # fmt: skip
    schedule = map_network(trace_of(*network), hardware)
    owner: dict[int, str] = {}
    for layer in schedule:
        name, expected = layer.layer.name, set(layer.layer.inputs)
        addends = {maker for op in layer.layer.ppu for maker in op.operand_from}
        read: set[int] = set()
        for tile in layer.tiles():
            assert not any(at in owner for at in bytes_of(tile.weight_blocks))
            read |= bytes_of(tile.input_blocks)
            assert {owner[at] for at in bytes_of(tile.operand_blocks)} <= addends
            owner |= dict.fromkeys(bytes_of(tile.store_blocks), name)
        assert {owner.get(at) for at in read} == (expected or {None})
        assert len(read) == layer.layer.input_elements
    last = [layer.addresses.places.stores[0].bases for layer in schedule]
    assert len(set(last)) < len(last)


def test_a_layer_reads_the_result_in_its_own_format() -> None:
    """A result that is kept in two formats: each reader takes the one it asks for."""
    narrow: Format = lp(4)
    first = product(4, 8, 16, name="first")
    first = first.model_copy(update={"outputs": (*first.outputs, Output(tensor="narrow", elements=64, format=narrow))})
    wide = product(4, 16, 8, name="wide").model_copy(update={"inputs": ("first",)})
    small = product(4, 16, 8, name="small").model_copy(update={"inputs": ("first",), "activation_format": narrow})
    made, *readers = map_network(trace_of(first, wide, small), accelerator())
    assert [reader.addresses.places.inputs for reader in readers] == list(made.addresses.places.stores)


def test_words_and_planes_by_hand() -> None:
    """49 pixels of 40 channels of 8 bits, 64-byte bursts: words of 16 B, planes of 784 B padded to 832, 8 left.

    Two rows of 7 pixels, channels 16 to 40: 224 bytes in the second plane, 112 in the third.
    """
    window = Window(
        batch=1, in_channels=40, in_height=7, in_width=7, out_channels=8, out_height=7, out_width=7,
        kernel=(1, 1), stride=(1, 1), dilation=(1, 1), pads=(0, 0, 0, 0), groups=1,
    )  # fmt: skip
    (schedule,) = map_network(trace_of(convolution(window)), accelerator())
    blocks = schedule.addresses.blocks.inputs(Block((0, 1), (0, 1), (3, 5), (0, 7), (16, 40), (0, 8)))
    runs = [run for block in blocks for run in block.runs()]
    assert runs == [(832 + 336, 832 + 336 + 224), (2 * 832 + 168, 2 * 832 + 168 + 112)]
