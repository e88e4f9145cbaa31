"""Rules of a trace that tie several values together, beyond what its types say."""

from __future__ import annotations

from collections.abc import Iterator
from math import isfinite

from lpasim.errors import TraceError
from lpasim.formats import MAX_SCALE, exponent_sizes, regime_sizes
from lpasim.quantization.trace import Format, Gemm, Layer, PpuOperator, Trace, Window

MIN_BITS, MAX_BITS = 2, 8
"""Widths that the hardware stores."""
MAX_DIMENSION = 2**40
"""Largest size of a product: far beyond any network, and safe in 64-bit arithmetic."""
MAX_BATCH = 2**31
"""Largest batch."""
MAX_TOTAL = 2**56
"""Largest total of a run: what is counted for each element or multiply-accumulate (bits, passes, accesses of several
memories) is below 128 times as much, and fits in 64 bits."""


def checked(trace: Trace, where: str) -> Trace:
    """Return a trace that breaks no rule; `where` names it in messages.

    Raises
    ------
    TraceError
        If it breaks one.
    """
    problems = broken_rules(trace)
    if problems:
        raise TraceError(f"{problems[0]}{more(len(problems))} ({where})")
    return trace


def more(count: int) -> str:
    """Return the end of a message that names the first of `count` problems."""
    return f" and {count - 1} more" if count > 1 else ""


def broken_rules(trace: Trace) -> list[str]:
    """Return every rule that a trace breaks, each as "<key> must <rule>, got <value>"."""
    problems = [] if trace.layers else ["layers must hold at least one layer, got none"]
    if trace.batch > MAX_BATCH:
        problems.append(f"batch must be at most 2^31, got {trace.batch}")
    problems += (f"{key} must be printable, got {text!r}" for key, text in _names(trace) if not text.isprintable())
    done: set[str] = set()
    for index, layer in enumerate(trace.layers):
        problems += (f"layers[{index}].{problem}" for problem in _layer(layer, done))
        done.add(layer.name)
    return [*problems, *_totals(trace)]


def _names(trace: Trace) -> Iterator[tuple[str, str]]:
    """Generate what is shown to people, with its key."""
    yield from (("name", trace.name), ("title", trace.title))
    for index, layer in enumerate(trace.layers):
        yield from ((f"layers[{index}].name", layer.name), (f"layers[{index}].operator", layer.operator))
        for number, operator in enumerate(layer.ppu):
            yield f"layers[{index}].ppu[{number}].operator", operator.operator
            yield f"layers[{index}].ppu[{number}].node", operator.node
        yield from ((f"layers[{index}].outputs[{at}].tensor", out.tensor) for at, out in enumerate(layer.outputs))
    yield from (("key of input_shapes", name) for name in trace.input_shapes)
    for index, free in enumerate(trace.free):
        yield from ((f"free[{index}].node", free.node), (f"free[{index}].operator", free.operator))


def _totals(trace: Trace) -> Iterator[str]:
    """Check that what a run adds up stays far from the end of 64-bit integers."""
    layers = trace.layers
    totals = {
        "multiply-accumulates": trace.macs,
        "input elements": sum(layer.input_elements for layer in layers),
        "weights": sum(layer.gemm.count * layer.gemm.k * layer.gemm.n for layer in layers if layer.gemm),
        "product elements": sum(layer.gemm.count * layer.gemm.m * layer.gemm.n for layer in layers if layer.gemm),
        "output elements": sum(output.elements for layer in layers for output in layer.outputs),
        "ppu elements": sum(operator.elements for layer in layers for operator in layer.ppu),
        "operand elements": sum(operator.operand_elements for layer in layers for operator in layer.ppu),
    }
    for name, total in totals.items():
        if total > MAX_TOTAL:
            yield f"{name} must be at most 2^56 in all, got {total}"


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
    allowed = {"es": (value.es, exponent_sizes(value.n)), "rs": (value.rs, regime_sizes(value.n))}
    for key, (size, sizes) in allowed.items():
        if size not in sizes:
            yield f"{key} must be {sizes[0]}..{sizes[-1]} for n = {value.n}, got {size}"
    if not (isfinite(value.sf) and abs(value.sf) <= MAX_SCALE):
        yield f"sf must be a finite number in -{MAX_SCALE:g}..{MAX_SCALE:g}, got {value.sf}"


def _operator(operator: PpuOperator, done: set[str]) -> Iterator[str]:
    yield from (
        f"operand_from must name earlier layers, got {name!r}" for name in operator.operand_from if name not in done
    )
    if operator.operand_constants > operator.operand_elements:
        yield f"operand_constants must be at most operand_elements, got {operator.operand_constants}"
    if operator.operand_elements and not MIN_BITS <= operator.operand_bits <= MAX_BITS:
        yield f"operand_bits must be {MIN_BITS}..{MAX_BITS}, got {operator.operand_bits}"
