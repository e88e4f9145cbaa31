"""A trace at another batch size."""

from __future__ import annotations

from lpasim.errors import TraceError
from lpasim.quantization.trace import Gemm, Layer, Output, PpuOperator, Trace, Window
from lpasim.quantization.trace_rules import checked


def with_batch(trace: Trace, batch: int) -> Trace:
    """Return the trace of the same network at another batch size: what importing the network at that size would give.

    Constant weights serve every image, so that a product grows in M; products of two activations, and what they hold
    stationary, grow in number.

    Raises
    ------
    TraceError
        If the batch is not a multiple of the trace's, or so large that the run's totals break the trace's rules.
    """
    if batch < 1:
        raise TraceError(f"batch must be at least 1, got {batch} (trace {trace.name})")
    if batch % trace.batch:
        raise TraceError(f"batch must be a multiple of {trace.batch}, got {batch} (trace {trace.name})")
    times = batch // trace.batch
    if times == 1:
        return trace
    scaled = trace.model_copy(
        update={
            "batch": batch,
            "input_shapes": {
                name: (shape[0] * times, *shape[1:]) if shape else shape for name, shape in trace.input_shapes.items()
            },
            "layers": tuple(_layer(layer, times) for layer in trace.layers),
        }
    )
    return checked(scaled, f"trace {trace.name} at batch {batch}")


def _layer(layer: Layer, times: int) -> Layer:
    return layer.model_copy(
        update={
            "gemm": layer.gemm and _gemm(layer.gemm, times, layer.weights == "dynamic"),
            "window": layer.window and _window(layer.window, times),
            "input_elements": layer.input_elements * times,
            "ppu": tuple(_operator(operator, times) for operator in layer.ppu),
            "outputs": tuple(_output(output, times) for output in layer.outputs),
        }
    )


def _gemm(gemm: Gemm, times: int, dynamic: bool) -> Gemm:
    return gemm.model_copy(update={"count": gemm.count * times} if dynamic else {"m": gemm.m * times})


def _window(window: Window, times: int) -> Window:
    return window.model_copy(update={"batch": window.batch * times})


def _operator(operator: PpuOperator, times: int) -> PpuOperator:
    activations = operator.operand_elements - operator.operand_constants
    return operator.model_copy(
        update={
            "elements": operator.elements * times,
            "operand_elements": activations * times + operator.operand_constants,
        }
    )


def _output(output: Output, times: int) -> Output:
    return output.model_copy(update={"elements": output.elements * times})
