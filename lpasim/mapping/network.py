"""A whole network on an accelerator: the schedule of every layer."""

from __future__ import annotations

from collections.abc import Sequence

from lpasim.errors import MappingError, TraceError
from lpasim.hardware.model import Hardware
from lpasim.mapping.layout import Mapped, lay_out
from lpasim.mapping.problem import Problem, make_problem, streamed_operands
from lpasim.mapping.schedule import LayerSchedule
from lpasim.mapping.search import Tiling, choose_tiling
from lpasim.quantization.trace import Layer, Trace


def map_network(trace: Trace, hardware: Hardware) -> tuple[LayerSchedule, ...]:
    """Map every layer of a trace, in the order of execution.

    Parameters
    ----------
    trace : Trace
    hardware : Hardware

    Returns
    -------
    tuple of LayerSchedule

    Raises
    ------
    MappingError
        If a layer has no tiling that fits the buffers, or a word width that the hardware does not run.
    TraceError
        If a layer reads from one that does not come before it.
    """
    return schedule_layers(map_layers(trace, hardware), hardware)


def schedule_layers(mapped: Sequence[Mapped], hardware: Hardware) -> tuple[LayerSchedule, ...]:
    """Give the tensors of mapped layers their places, which completes the schedule."""
    layout = lay_out(mapped, hardware.dram.burst_bytes)
    return tuple(
        LayerSchedule(
            layer=layer.layer,
            problem=layer.problem,
            tiling=layer.tiling,
            hardware=hardware,
            inputs=layer.inputs,
            weight_inputs=layer.weight_inputs,
            addresses=addresses,
        )
        for layer, addresses in zip(mapped, layout.layers, strict=True)
    )


def map_layers(trace: Trace, hardware: Hardware) -> list[Mapped]:
    """Choose the tiling of every layer, and find the layers that it reads from."""
    index: dict[str, int] = {}
    tilings: dict[Problem, Tiling] = {}  # layers of one shape are searched once
    mapped = []
    for position, layer in enumerate(trace.layers):
        problem = make_problem(layer, hardware)
        if problem not in tilings:
            try:
                tilings[problem] = choose_tiling(problem, hardware)
            except MappingError as error:
                raise MappingError(f"{error} (layer {layer.name} of {trace.name} on {hardware.name})") from None
        mapped.append(
            Mapped(
                layer=layer,
                problem=problem,
                tiling=tilings[problem],
                inputs=_indices(layer, layer.inputs, index),
                weight_inputs=_indices(layer, layer.weight_inputs, index),
                operand_inputs=tuple(
                    _indices(layer, operator.operand_from, index) for operator, _ in streamed_operands(layer)
                ),
            )
        )
        index[layer.name] = position
    return mapped


def _indices(layer: Layer, names: tuple[str, ...], index: dict[str, int]) -> tuple[int, ...]:
    for name in names:
        if name not in index:
            raise TraceError(f"inputs must name an earlier layer, got {name!r} (layer {layer.name})")
    return tuple(index[name] for name in names)
