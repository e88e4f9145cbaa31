"""A workload of one matrix product, given as text."""

from __future__ import annotations

import re

from lpasim.errors import TraceError
from lpasim.quantization.bits import BitAssignment
from lpasim.quantization.formats import assumed_activations, assumed_weights
from lpasim.quantization.provenance import ASSUMED_ACTIVATIONS, ASSUMED_WEIGHTS, provenance
from lpasim.quantization.trace import SCHEMA, VERSION, Gemm, Layer, Output, Trace
from lpasim.quantization.trace_rules import checked

MAX_SIZE = 2**31
_PRODUCT = re.compile(r"gemm:([+-]?\d+)x([+-]?\d+)x([+-]?\d+)(?:@w([+-]?\d+)a([+-]?\d+))?")
_DEFAULT_BITS = 8


def parse_product(text: str) -> Trace:
    """Make the trace of one product.

    Parameters
    ----------
    text : str
        ``gemm:MxKxN@wWaA``: an M x K activation matrix times a K x N weight matrix, with W-bit weights and A-bit
        activations; without the part after ``@``, both have 8 bits.

    Raises
    ------
    TraceError
        If the text is malformed, or a size, their product or a number of bits is out of range.
    """
    match = _PRODUCT.fullmatch(text)
    if match is None:
        raise TraceError(f"product must read gemm:MxKxN or gemm:MxKxN@w4a8, got {text!r}")
    m, k, n = (int(size) for size in match.groups()[:3])
    for key, size in (("M", m), ("K", k), ("N", n)):
        if not 1 <= size <= MAX_SIZE:
            raise TraceError(f"{key} must be 1..2^31, got {size} ({text})")
    weight_bits, activation_bits = (int(bits) if bits else _DEFAULT_BITS for bits in match.groups()[3:])
    for key, number in (("weight bits", weight_bits), ("activation bits", activation_bits)):
        if not 2 <= number <= 8:
            raise TraceError(f"{key} must be 2..8, got {number} ({text})")
    return _trace(Gemm(count=1, m=m, k=k, n=n), weight_bits, activation_bits)


def _trace(gemm: Gemm, weight_bits: int, activation_bits: int) -> Trace:
    name = f"gemm:{gemm.m}x{gemm.k}x{gemm.n}@w{weight_bits}a{activation_bits}"
    activations = assumed_activations(activation_bits)
    layer = Layer(
        name="gemm",
        operator="Gemm",
        gemm=gemm,
        input_elements=gemm.m * gemm.k,
        inputs=(),
        weights="constant",
        weight_format=assumed_weights(weight_bits, gemm.k),
        activation_format=activations,
        ppu=(),
        outputs=(Output(tensor="product", elements=gemm.m * gemm.n, format=activations),),
    )
    trace = Trace(
        schema=SCHEMA,
        version=VERSION,
        name=name,
        title=f"Product {gemm.m} x {gemm.k} x {gemm.n}, {weight_bits}-bit weights, {activation_bits}-bit activations",
        batch=1,
        input_shapes={"activations": (gemm.m, gemm.k)},
        provenance=provenance(
            topology=name,
            reference="none: one matrix product",
            weights=ASSUMED_WEIGHTS,
            activations=ASSUMED_ACTIVATIONS,
            bits=BitAssignment(weight_bits, activation_bits, weight_bits),
            command=f"python -m lpasim run {name}",
        ),
        layers=(layer,),
        free=(),
    )
    return checked(trace, name)
