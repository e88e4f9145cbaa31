"""The list of built-in networks. To add one, write a function that builds it and enter it here."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from typing import TYPE_CHECKING

from lpasim.errors import NetworkError
from lpasim.networks.zoo import efficientnet, mobilenet, resnet, squeezenet, swin, vit

if TYPE_CHECKING:
    import onnx


@dataclass(frozen=True, slots=True)
class BuiltIn:
    """A topology: its name for people, where it was published, and how to build it."""

    title: str
    reference: str
    build: Callable[[], onnx.ModelProto]


_RESNET = "K. He et al., Deep Residual Learning for Image Recognition, CVPR 2016, arXiv 1512.03385"
_VIT = "A. Dosovitskiy et al., An Image is Worth 16x16 Words, ICLR 2021, arXiv 2010.11929"
_DEIT = "H. Touvron et al., Training Data-Efficient Image Transformers, ICML 2021, arXiv 2012.12877"

CATALOGUE: dict[str, BuiltIn] = {
    "resnet18": BuiltIn("ResNet-18, ImageNet 224x224", _RESNET, resnet.resnet18),
    "resnet50": BuiltIn("ResNet-50, ImageNet 224x224", f"{_RESNET}; stride in the 3x3 convolutions", resnet.resnet50),
    "mobilenet_v2": BuiltIn(
        "MobileNetV2, ImageNet 224x224",
        "M. Sandler et al., MobileNetV2: Inverted Residuals and Linear Bottlenecks, CVPR 2018, arXiv 1801.04381",
        mobilenet.mobilenet_v2,
    ),
    "squeezenet1_1": BuiltIn(
        "SqueezeNet 1.1, ImageNet 224x224",
        "F. N. Iandola et al., SqueezeNet, 2016, arXiv 1602.07360; version 1.1 of the authors' release",
        squeezenet.squeezenet1_1,
    ),
    "efficientnet_lite0": BuiltIn(
        "EfficientNet-Lite0, ImageNet 224x224",
        "M. Tan and Q. V. Le, EfficientNet, ICML 2019, arXiv 1905.11946; Lite variant of the TensorFlow TPU models",
        efficientnet.efficientnet_lite0,
    ),
    "vit_b": BuiltIn("ViT-B/16, ImageNet 224x224", _VIT, partial(vit.vision_transformer, "vit_b", 768, 12, 12)),
    "deit_s": BuiltIn("DeiT-S/16, ImageNet 224x224", _DEIT, partial(vit.vision_transformer, "deit_s", 384, 12, 6)),
    "vit_tiny": BuiltIn(
        "ViT-Tiny/16, ImageNet 224x224",
        f"{_VIT}; the size of {_DEIT}",
        partial(vit.vision_transformer, "vit_tiny", 192, 12, 3),
    ),
    "swin_t": BuiltIn(
        "Swin-T, ImageNet 224x224",
        "Z. Liu et al., Swin Transformer, ICCV 2021, arXiv 2103.14030",
        swin.swin_t,
    ),
}


def built_in(name: str) -> onnx.ModelProto:
    """Build a network.

    Raises
    ------
    NetworkError
        If there is none of that name.
    """
    if name not in CATALOGUE:
        raise NetworkError(f"built-in network must be one of {', '.join(CATALOGUE)}, got {name!r}")
    return CATALOGUE[name].build()
