"""The parts that transformers share: linear layers, normalization, attention and the two-layer perceptron."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from math import sqrt

from lpasim.networks.zoo.builder import Builder


@dataclass(frozen=True, slots=True)
class Attention:
    """Sizes of a self-attention: tokens that attend to each other, width of a token, and heads."""

    tokens: int
    width: int
    heads: int

    @property
    def head(self) -> int:
        """Width of a head."""
        return self.width // self.heads


def linear(net: Builder, name: str, x: str, features: tuple[int, int], *, bias: bool = True) -> str:
    """Add a linear layer on the last axis, its weights stored as [in, out]."""
    x = net.node("MatMul", f"{name}.matmul", x, net.weight(f"{name}.weight", *features))
    return net.node("Add", name, x, net.weight(f"{name}.bias", features[1])) if bias else x


def layer_norm(net: Builder, name: str, x: str, width: int) -> str:
    """Add a layer normalization of the last axis."""
    weight, bias = net.weight(f"{name}.weight", width), net.weight(f"{name}.bias", width)
    return net.node("LayerNormalization", name, x, weight, bias, axis=-1)


def mlp(net: Builder, name: str, x: str, width: int) -> str:
    """Add the perceptron with four times the width inside and an exact GELU, x/2 * (1 + erf(x / sqrt 2))."""
    y = linear(net, f"{name}.fc1", x, (width, 4 * width))
    inner = net.node("Mul", f"{name}.gelu_div", y, net.constant("const_rsqrt2", sqrt(0.5)))
    inner = net.node("Erf", f"{name}.gelu_erf", inner)
    inner = net.node("Add", f"{name}.gelu_add", inner, net.constant("const_one", 1.0))
    y = net.node("Mul", f"{name}.gelu_mul", y, inner)
    y = net.node("Mul", f"{name}.gelu", y, net.constant("const_half", 0.5))
    return linear(net, f"{name}.fc2", y, (4 * width, width))


def attention(net: Builder, name: str, x: str, size: Attention, bias: Callable[[str], str] | None = None) -> str:
    """Add a self-attention on [groups, tokens, width]; `bias` adds what is added to the scores."""
    x = linear(net, f"{name}.qkv", x, (size.width, 3 * size.width))
    shape = net.constant(f"{name}.shape_qkv", [-1, size.tokens, 3, size.heads, size.head])
    x = net.node("Reshape", f"{name}.qkv_reshape", x, shape)
    x = net.node("Transpose", f"{name}.qkv_transpose", x, perm=[2, 0, 3, 1, 4])
    q, k, v = (
        net.node("Gather", f"{name}.{part}", x, net.constant(f"idx{index}", index), axis=0)
        for index, part in enumerate("qkv")
    )
    q = net.node("Mul", f"{name}.q_scale", q, net.constant(f"const_scale{size.head}", size.head**-0.5))
    k = net.node("Transpose", f"{name}.k_t", k, perm=[0, 1, 3, 2])
    scores = net.node("MatMul", f"{name}.scores", q, k)
    scores = net.node("Softmax", f"{name}.softmax", bias(scores) if bias else scores, axis=-1)
    y = net.node("MatMul", f"{name}.context", scores, v)
    y = net.node("Transpose", f"{name}.context_t", y, perm=[0, 2, 1, 3])
    y = net.node(
        "Reshape", f"{name}.context_reshape", y, net.constant(f"{name}.shape_out", [-1, size.tokens, size.width])
    )
    return linear(net, f"{name}.proj", y, (size.width, size.width))
