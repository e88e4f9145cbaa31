"""Vision transformers with 16 x 16 patches: ViT and DeiT."""

from __future__ import annotations

from typing import TYPE_CHECKING

from lpasim.networks.zoo.builder import Builder
from lpasim.networks.zoo.transformer import Attention, attention, layer_norm, mlp

if TYPE_CHECKING:
    import onnx

PATCH = 16
PATCHES = (224 // PATCH) ** 2


def vision_transformer(name: str, width: int, depth: int, heads: int) -> onnx.ModelProto:
    """Build a vision transformer.

    The class token is part of the position embedding: a row of zeros goes before the patches, and row 0 of the
    embedding has the token added. The last normalization sees the class token alone. Both give the published result.
    """
    net = Builder(name)
    x = net.conv("patch_embed", "input", (3, width), PATCH, stride=PATCH, pad=0, bias=True)
    x = net.node("Reshape", "tokens_reshape", x, net.constant("shape_tokens", [0, width, PATCHES]))
    x = net.node("Transpose", "tokens_transpose", x, perm=[0, 2, 1])
    x = net.node("Pad", "cls_pad", x, net.constant("pads_cls", [0, 1, 0, 0, 0, 0]))
    x = net.node("Add", "pos_add", x, net.weight("pos_embed_with_cls", 1, PATCHES + 1, width))
    size = Attention(PATCHES + 1, width, heads)
    for index in range(depth):
        block = f"blocks.{index}"
        y = attention(net, f"{block}.attn", layer_norm(net, f"{block}.norm1", x, width), size)
        x = net.node("Add", f"{block}.add1", x, y)
        y = mlp(net, f"{block}.mlp", layer_norm(net, f"{block}.norm2", x, width), width)
        x = net.node("Add", f"{block}.add2", x, y)
    x = net.node("Gather", "cls_select", x, net.constant("idx0", 0), axis=1)
    return net.model(net.classifier("head", layer_norm(net, "norm", x, width), width))
