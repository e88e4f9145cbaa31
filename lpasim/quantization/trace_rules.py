"""Rules of a trace that tie several values together, beyond what its types say."""

from __future__ import annotations

from collections.abc import Iterator
from math import isfinite

from lpasim.quantization.trace import Format, Gemm, Layer, PpuOperator, Trace, Window

MIN_BITS, MAX_BITS = 2, 8
"""Widths that the hardware stores."""
MAX_SCALE = 256
"""Largest magnitude of sf."""
MAX_DIMENSION = 2**40
"""Largest size of a product: far beyond any network, and safe in 64-bit arithmetic."""


def broken_rules(trace: Trace) -> list[str]:
    """Return every rule that a trace breaks, each as "<key> must <rule>, got <value>"."""
    problems = [] if trace.layers else ["layers must hold at least one layer, got none"]
    done: set[str] = set()
    for index, layer in enumerate(trace.layers):
        problems += (f"layers[{index}].{problem}" for problem in _layer(layer, done))
        done.add(layer.name)
    return problems


def _layer(layer: Layer, done: set[str]) -> Iterator[str]:
    """Check one layer; `done` are the names of the earlier ones."""
    if layer.name in done:
        yield f"name must be used once, got {layer.name!r} again"
    for key, names in (("inputs", layer.inputs), ("weight_inputs", layer.weight_inputs)):
        yield from (f"{key} must name earlier layers, got {name!r}" for name in names if name not in done)
    expected = "none" if layer.gemm is None else "constant or dynamic"
    if layer.weights not in expected.split(" or "):
        yield f"weights must be {expected}, got {layer.weights!r}"
    if (layer.gemm is None) != (layer.weight_format is None):
        yield f"weight_format must be given exactly where gemm is, got {layer.weight_format!r}"
    if layer.weight_inputs and layer.weights != "dynamic":
        yield f"weight_inputs must be empty where weights are {layer.weights}, got {len(layer.weight_inputs)}"
    if layer.gemm is None and not layer.ppu:
        yield "ppu must hold an operator where gemm is null, got none"
    if layer.gemm is not None:
        yield from _gemm(layer.gemm)
    if layer.window is not None:
        yield from _window(layer.window, layer.gemm)
    formats = [("weight_format", layer.weight_format), ("activation_format", layer.activation_format)]
    formats += [(f"outputs[{index}].format", output.format) for index, output in enumerate(layer.outputs)]
    for key, value in formats:
        if value is not None:
            yield from (f"{key}.{problem}" for problem in _format(value))
    for index, operator in enumerate(layer.ppu):
        yield from (f"ppu[{index}].{problem}" for problem in _operator(operator, done))


def _gemm(gemm: Gemm) -> Iterator[str]:
    for key in ("count", "m", "k", "n"):
        if getattr(gemm, key) > MAX_DIMENSION:
            yield f"gemm.{key} must be at most 2^40, got {getattr(gemm, key)}"


def _window(window: Window, gemm: Gemm | None) -> Iterator[str]:
    """Check that a window is a convolution, and the product the one that it unfolds to."""
    if window.in_channels % window.groups or window.out_channels % window.groups:
        yield f"window.groups must divide in_channels and out_channels, got {window.groups}"
        return
    size = (window.in_height, window.in_width)
    out = (window.out_height, window.out_width)
    for axis, name in enumerate(("out_height", "out_width")):
        reach = window.dilation[axis] * (window.kernel[axis] - 1) + 1
        rest = size[axis] + window.pads[axis] + window.pads[axis + 2] - reach
        if out[axis] != rest // window.stride[axis] + 1:
            yield f"window.{name} must be {rest // window.stride[axis] + 1}, got {out[axis]}"
    unfolded = Gemm.model_construct(
        count=window.groups,
        m=window.batch * window.out_height * window.out_width,
        k=window.in_channels // window.groups * window.kernel[0] * window.kernel[1],
        n=window.out_channels // window.groups,
    )
    if gemm is None:
        yield "gemm must be given where window is, got null"
    elif gemm != unfolded:
        yield f"gemm must be the unfolded window, {unfolded!r}, got {gemm!r}"


def _format(value: Format) -> Iterator[str]:
    """Check the ranges of a log posit's parameters."""
    if not MIN_BITS <= value.n <= MAX_BITS:
        yield f"n must be {MIN_BITS}..{MAX_BITS}, got {value.n}"
        return
    if not 0 <= value.es <= min(max(0, value.n - 3), 5):
        yield f"es must be 0..{min(max(0, value.n - 3), 5)} for n = {value.n}, got {value.es}"
    if not min(2, value.n - 1) <= value.rs <= value.n - 1:
        yield f"rs must be {min(2, value.n - 1)}..{value.n - 1} for n = {value.n}, got {value.rs}"
    if not (isfinite(value.sf) and abs(value.sf) <= MAX_SCALE):
        yield f"sf must be a finite number in -{MAX_SCALE}..{MAX_SCALE}, got {value.sf}"


def _operator(operator: PpuOperator, done: set[str]) -> Iterator[str]:
    yield from (
        f"operand_from must name earlier layers, got {name!r}" for name in operator.operand_from if name not in done
    )
    if operator.operand_constants > operator.operand_elements:
        yield f"operand_constants must be at most operand_elements, got {operator.operand_constants}"
    if operator.operand_elements and not MIN_BITS <= operator.operand_bits <= MAX_BITS:
        yield f"operand_bits must be {MIN_BITS}..{MAX_BITS}, got {operator.operand_bits}"
