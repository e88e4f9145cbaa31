"""Weights of such widths that their average, over the MACs, is a given one: an experiment, not a quantization."""

from __future__ import annotations

from lpasim.quantization.trace import Format, Layer, Trace

NARROWEST, WIDER = 2, (4, 8)
"""Bits of all weights to begin with, and those to which layers are raised."""
ENDS = 8
"""Bits of the first and the last layer, as in every quantized network that the baselines publish."""


def with_average_weight_bits(trace: Trace, average: float) -> Trace:
    """Return a trace with as many bits a MAC, on average, as fit below a target.

    All constant weights have 2 bits, those of the first and the last layer 8; then layers are raised, in the order of
    execution, to 4 bits and then to 8 where the average stays below the target. Products of two activations stay as
    they are. Nothing is known of the answers of such a network.

    Parameters
    ----------
    trace : Trace
        A network.
    average : float
        Target of the mean over all MACs of the width of the stationary word [bit].
    """
    constant = [place for place, layer in enumerate(trace.layers) if layer.gemm and layer.weights == "constant"]
    bits = dict.fromkeys(constant, NARROWEST) | {constant[0]: ENDS, constant[-1]: ENDS}
    room = average * trace.macs - sum(
        _macs(layer) * _bits(layer, bits.get(at)) for at, layer in enumerate(trace.layers)
    )
    for width in WIDER:
        for at in constant:
            more = _macs(trace.layers[at]) * (width - bits[at])
            if 0 < more <= room:
                room -= more
                bits[at] = width
    layers = tuple(_resized(layer, bits[at]) if at in bits else layer for at, layer in enumerate(trace.layers))
    how = f"assigned, not searched for: {average:.3f} bits on average over the MACs at most, of 2/4/8"
    provenance = trace.provenance.model_copy(update={"bit_assignment": how, "accuracy": None})
    return trace.model_copy(update={"layers": layers, "provenance": provenance})


def average_weight_bits(trace: Trace) -> float:
    """Return the mean over all MACs of the width of the stationary word [bit]."""
    return sum(_macs(layer) * _bits(layer, None) for layer in trace.layers) / trace.macs


def _macs(layer: Layer) -> int:
    return layer.gemm.macs if layer.gemm else 0


def _bits(layer: Layer, assigned: int | None) -> int:
    if assigned is not None:
        return assigned
    return layer.weight_format.n if layer.weight_format else 0


def _resized(layer: Layer, bits: int) -> Layer:
    if layer.weight_format is None or layer.weight_format.n == bits:
        return layer
    parameters = Format(n=bits, es=0, rs=min(2, bits - 1), sf=0.0, basis="assumed")
    return layer.model_copy(update={"weight_format": parameters})
