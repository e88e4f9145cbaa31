"""A workload with the bits that an accelerator's description gives its words (the section `words`)."""

from __future__ import annotations

from collections.abc import Sequence

from lpasim.hardware.model import Hardware
from lpasim.hardware.published_bits import list_bits, load_bits
from lpasim.hardware.words import TRACE
from lpasim.quantization.trace import Format, Layer, Trace


def with_word_rules(trace: Trace, hardware: Hardware) -> Trace:
    """Return a trace with the bits of the accelerator's rules; the trace itself where the rules leave it alone.

    Results are stored with as many bits as the widest of their readers takes: of the products that stream them or hold
    them as weights, or else of the layers that add them; those that no layer reads, with the most bits of any product.
    A format whose bits change keeps none of its other parameters: they belong to a log posit of another width, and time
    and energy do not depend on them.
    """
    rules = hardware.words
    weights, activations = (_by_rule(trace, rule) for rule in (rules.weight_bits, rules.activation_bits))
    if weights is None and activations is None:
        return trace
    layers = trace.layers
    if weights is not None:
        layers = tuple(_with_weights(layer, bits) for layer, bits in zip(layers, weights, strict=True))
    if activations is not None and any(activations):
        layers = _with_activations(layers, activations)
    words = f"weights: {_describe(rules.weight_bits)}; activations: {_describe(rules.activation_bits)}"
    provenance = trace.provenance.model_copy(
        update={"bit_assignment": f"{words} (rules of {hardware.name})", "accuracy": None}
    )
    return trace.model_copy(update={"layers": layers, "provenance": provenance})


def _describe(rule: str) -> str:
    if rule == TRACE:
        return "as in the trace"
    return f"as published ({load_bits(rule).source})" if rule in list_bits() else f"{rule} bits"


def _by_rule(trace: Trace, rule: str) -> list[int] | None:
    """Return the bits of each layer's operand, 0 for layers without a product; None for those of the trace."""
    if rule == TRACE:
        return None
    if rule not in list_bits():
        return [int(rule) if layer.gemm else 0 for layer in trace.layers]
    published = load_bits(rule)
    constant = [layer.name for layer in trace.layers if layer.weights == "constant"]
    listed = published.networks.get(trace.name)
    if listed is not None and not {name for name in listed if name is not None} <= set(constant):
        listed = None  # another network of that name
    if listed is None and len(constant) < 2:
        return None  # a product by itself is no network, and says its own bits
    bits = []
    for layer in trace.layers:
        if layer.gemm is None or layer.weights == "dynamic":
            bits.append(published.dynamic if layer.gemm else 0)
        elif listed is not None:
            bits.append(listed.get(layer.name, listed[None]))
        else:
            bits.append(published.ends if layer.name in (constant[0], constant[-1]) else published.others)
    return bits


def _with_weights(layer: Layer, bits: int) -> Layer:
    if layer.weight_format is None:
        return layer
    return layer.model_copy(update={"weight_format": _resized(layer.weight_format, bits)})


def _with_activations(layers: Sequence[Layer], bits: Sequence[int]) -> tuple[Layer, ...]:
    stored = _stored_bits(layers, bits)
    changed = []
    for layer, of_product in zip(layers, bits, strict=True):
        made = [stored[name] for name in layer.inputs]
        taken = of_product or max(made, default=max(bits))
        operators = [
            op.model_copy(update={"operand_bits": max((stored[name] for name in op.operand_from), default=taken)})
            for op in layer.ppu
        ]
        outputs = [out.model_copy(update={"format": _resized(out.format, stored[layer.name])}) for out in layer.outputs]
        update = {
            "activation_format": _resized(layer.activation_format, taken),
            "ppu": tuple(operators),
            "outputs": tuple(outputs),
        }
        changed.append(layer.model_copy(update=update))
    return tuple(changed)


def _stored_bits(layers: Sequence[Layer], bits: Sequence[int]) -> dict[str, int]:
    """Return with how many bits each layer stores its results, by name; readers come later in the order of layers."""
    products: dict[str, int] = {}
    added: dict[str, int] = {}
    stored: dict[str, int] = {}
    for layer, of_product in reversed(list(zip(layers, bits, strict=True))):
        stored[layer.name] = products.get(layer.name) or added.get(layer.name) or max(bits)
        taken = of_product or stored[layer.name]
        for name in (*layer.inputs, *layer.weight_inputs):
            products[name] = max(products.get(name, 0), taken)
        for operator in layer.ppu:
            for name in operator.operand_from:
                added[name] = max(added.get(name, 0), taken)
    return stored


def _resized(old: Format, bits: int) -> Format:
    return old if old.n == bits else Format(n=bits, es=0, rs=min(2, bits - 1), sf=0.0, basis="assumed")
