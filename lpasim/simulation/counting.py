"""Action counts of a layer, in closed form. The stepped model counts the same actions one by one."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from lpasim.cost.actions import Actions
from lpasim.hardware.lanes import WORD_BITS
from lpasim.mapping.schedule import LayerSchedule, Tile


@dataclass(slots=True)
class Payload:
    """Bytes of a layer's blocks, without the padding of bursts."""

    weight_bytes: int = 0
    input_bytes: int = 0
    store_bytes: int = 0

    def add(self, tile: Tile) -> None:
        """Count a tile's blocks."""
        self.weight_bytes += tile.weight_bytes or 0
        self.input_bytes += tile.input_bytes or 0
        self.store_bytes += tile.store_bytes


def count_actions(schedule: LayerSchedule, payload: Payload, traffic_bytes: Mapping[str, int]) -> Actions:
    """Count what a layer does.

    Every fold shifts its weights in and streams its activations once: a weight word is decoded once for each part of
    M, and an activation word once for each column of folds. Partial sums are written to the output buffer by every
    fold along K and read by every fold but the first; the post-processing unit reads the last sums and writes the
    result words, which the store engine reads.

    Parameters
    ----------
    schedule : LayerSchedule
    payload : Payload
    traffic_bytes : mapping of str to int
        Bus bytes by DMA engine.

    Returns
    -------
    Actions
    """
    problem, tiling = schedule.problem, schedule.tiling
    products = problem.groups if problem.has_weights else 0
    weight_words = products * problem.k * -(-problem.n // problem.lanes) * tiling.positions.parts
    activation_words = products * problem.m * problem.k * problem.n_folds
    psum_bits = products * problem.m * problem.n * problem.k_folds * problem.psum_bits
    store_bits = payload.store_bytes * 8
    results = products * problem.m * problem.n
    steps = {f"mac_{WORD_BITS // problem.lanes}bit": results * -(-problem.k // problem.terms)}
    return Actions(
        **steps,
        weight_decodes=weight_words,
        activation_decodes=activation_words,
        encodes=sum(output.elements for output in schedule.layer.outputs),
        ppu_passes=problem.passes,
        weight_buffer_read_bits=weight_words * WORD_BITS,
        weight_buffer_write_bits=payload.weight_bytes * 8,
        input_buffer_read_bits=(activation_words if products else problem.m) * problem.activation_bits,
        input_buffer_write_bits=payload.input_bytes * 8,
        output_buffer_read_bits=psum_bits + store_bits,
        output_buffer_write_bits=psum_bits + store_bits,
        dram_read_bytes=sum(traffic_bytes[engine] for engine in ("input", "weight", "operand")),
        dram_write_bytes=traffic_bytes["store"],
    )
