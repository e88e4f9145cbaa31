"""The built-in networks: published counts, closed forms, and the real networks that they describe."""

import os
from math import prod
from pathlib import Path

import onnx
import pytest

from lpasim.errors import NetworkError
from lpasim.networks.fusion import fuse
from lpasim.networks.onnx_file import import_model, load_model
from lpasim.networks.zoo import CATALOGUE, built_in

NOT_PARAMETERS = ("running_mean", "running_var", "attn_mask")
REAL = {
    "squeezenet1_1": "squeezenet1_1",
    "efficientnet_lite0": "efficientnet_lite0",
    "vit_tiny": "vit_tiny_patch16_224",
}


@pytest.fixture(scope="module")
def graphs():
    return {name: fuse(import_model(built_in(name), name)) for name in CATALOGUE}


def parameters(proto):
    """Count the trained weights: what has a shape but no values here, except statistics and masks."""
    external = onnx.TensorProto.EXTERNAL
    return sum(
        prod(tensor.dims)
        for tensor in proto.graph.initializer
        if tensor.data_location == external and not any(part in tensor.name for part in NOT_PARAMETERS)
    )


def macs(graph):
    return sum(
        layer.product.count * layer.product.m * layer.product.k * layer.product.n
        for layer in graph.layers
        if layer.product is not None
    )


# Parameter counts as torchvision 0.20 and timm 1.0 print them (EfficientNet-Lite0: TensorFlow's and timm's 4.65 M).
# A class token is part of the position embedding here: its elements are added for comparison.
PARAMETERS = {
    "resnet18": (11_689_512, 0),
    "resnet50": (25_557_032, 0),
    "mobilenet_v2": (3_504_872, 0),
    "squeezenet1_1": (1_235_496, 0),
    "efficientnet_lite0": (4_652_008, 0),
    "vit_b": (86_567_656, 768),
    "deit_s": (22_050_664, 384),
    "vit_tiny": (5_717_416, 192),
    "swin_t": (28_288_354, 0),
}


@pytest.mark.parametrize("name", CATALOGUE)
def test_parameters(name):
    published, token = PARAMETERS[name]
    assert parameters(built_in(name)) + token == published


def residual_macs(depths, bottleneck):
    """Count ResNet's multiply-accumulates by hand, stage by stage, at 224 x 224."""
    total = 112 * 112 * 64 * 3 * 49
    channels = 64
    for stage, depth in enumerate(depths):
        width, side = 64 * 2**stage, 56 // 2**stage
        out = width * 4 if bottleneck else width
        for block in range(depth):
            before = side * 2 if block == 0 and stage > 0 else side
            if bottleneck:
                total += before**2 * channels * width + side**2 * (9 * width**2 + width * out)
            else:
                total += side**2 * 9 * (channels * width + width**2)
            if block == 0 and (stage > 0 or bottleneck):
                total += side**2 * channels * out
            channels = out
    return total + channels * 1000


def transformer_macs(width, depth, tokens=197):
    """Count a vision transformer's: patches, 12 weights a width squared, two products of tokens squared, classifier."""
    return 196 * 768 * width + depth * (12 * tokens * width**2 + 2 * tokens**2 * width) + 1000 * width


def swin_macs():
    """Count Swin-T's, window by window."""
    total = 56**2 * 48 * 96
    for stage, depth in enumerate((2, 2, 6, 2)):
        tokens, width = (56 // 2**stage) ** 2, 96 * 2**stage
        total += depth * (12 * tokens * width**2 + 2 * tokens * 49 * width)
        if stage > 0:
            total += tokens * (2 * width) * width
    return total + 768 * 1000


MACS = {
    "resnet18": (residual_macs((2, 2, 2, 2), bottleneck=False), 1_814_073_344),
    "resnet50": (residual_macs((3, 4, 6, 3), bottleneck=True), 4_089_184_256),
    "vit_b": (transformer_macs(768, 12), 17_563_828_224),
    "deit_s": (transformer_macs(384, 12), None),
    "vit_tiny": (transformer_macs(192, 12), None),
    "swin_t": (swin_macs(), 4_490_566_656),
    # torchvision's documentation gives 0.30 and 0.35 G for these two
    "mobilenet_v2": (300_774_272, None),
    "squeezenet1_1": (349_151_936, None),
}


@pytest.mark.parametrize("name", MACS)
def test_multiply_accumulates(name, graphs):
    counted, published = MACS[name]
    assert macs(graphs[name]) == counted
    assert published in (None, counted)


def test_layers_of_resnet18(graphs):
    layers = {layer.name: layer for layer in graphs["resnet18"].layers}
    assert len(layers) == 21
    sizes = {name: (layer.product.m, layer.product.k, layer.product.n) for name, layer in layers.items()}
    assert sizes["conv1"] == (12544, 147, 64)
    assert sizes["layer1.1.conv2"] == (3136, 576, 64)
    assert sizes["layer2.0.conv1"] == (784, 576, 128)
    assert sizes["layer2.0.downsample.0"] == (784, 64, 128)
    assert sizes["layer4.1.conv2"] == (49, 4608, 512)
    assert sizes["fc"] == (1, 512, 1000)
    last = layers["layer4.1.conv2"]
    assert [post.operator for post in last.post] == ["Add", "Relu", "GlobalAveragePool"]
    assert [(out.tensor, out.elements) for out in last.outputs] == [("pool_out", 512)]
    # the residual of a strided block joins the shortcut's convolution, which runs last
    shortcut = layers["layer2.0.downsample.0"]
    assert [(post.operator, post.makers) for post in shortcut.post] == [("Add", ("layer2.0.conv2",)), ("Relu", ())]


def test_windows_of_swin(graphs):
    products = {layer.name: layer.product for layer in graphs["swin_t"].layers}
    scores = products["stages.1.1.attn.scores"]
    assert (scores.count, scores.m, scores.k, scores.n) == (16 * 6, 49, 32, 49)
    merged = products["stages.3.merge.reduction.matmul"]
    assert (merged.count, merged.m, merged.k, merged.n) == (1, 49, 4 * 384, 768)
    attention = [layer for layer in graphs["swin_t"].layers if layer.name.endswith("scores")]
    operators = [post.operator for layer in attention for post in layer.post]
    # 12 position biases, and 5 masks of shifted windows (not in the last stage, where one window is the whole image)
    assert (operators.count("Add"), operators.count("Softmax")) == (12 + 5, 12)


@pytest.mark.parametrize("name", CATALOGUE)
def test_every_node_has_its_place(name, graphs):
    graph = graphs[name]
    found = [layer.name for layer in graph.layers if layer.product]
    found += [post.node for layer in graph.layers for post in layer.post]
    found += [free.node for free in graph.free]
    assert sorted(found) == sorted(node.name for node in graph.network.nodes)
    assert all(free.reason for free in graph.free)


def test_an_unknown_network_is_refused():
    with pytest.raises(NetworkError, match=r"built-in network must be one of resnet18, .*, got 'resnet19'"):
        built_in("resnet19")


@pytest.mark.skipif("LPASIM_DATA" not in os.environ, reason="LPASIM_DATA is not set: no real networks at hand")
@pytest.mark.parametrize("name", REAL)
def test_the_real_network_has_the_same_geometry(name, graphs):
    path = Path(os.environ["LPASIM_DATA"]) / "models" / f"{REAL[name]}.onnx"

    def geometry(graph):
        order = {layer.name: index for index, layer in enumerate(graph.layers)}
        return [
            (
                layer.operator,
                layer.product,
                layer.window,
                layer.input_elements,
                [order[maker] for maker in (*layer.inputs, *layer.weight_inputs)],
                [(p.operator, p.elements, p.activation_elements, p.constant_elements) for p in layer.post],
                [[order[maker] for maker in post.makers] for post in layer.post],
                [out.elements for out in layer.outputs],
            )
            for layer in graph.layers
        ]

    assert geometry(graphs[name]) == geometry(fuse(import_model(load_model(path), str(path))))


# Topologies that the onnx package brings for its own tests, with multiply-accumulates as published or counted by hand.
LIGHT = {
    "resnet50": 4_089_184_256,
    "densenet121": 2_834_161_664,
    "vgg19": 19_632_062_464,
    "squeezenet": 349_151_936,
}


@pytest.mark.parametrize("name", LIGHT)
def test_networks_of_the_onnx_package(name):
    path = Path(onnx.__file__).parent / "backend" / "test" / "data" / "light" / f"light_{name}.onnx"
    if not path.exists():
        pytest.skip(f"onnx {onnx.__version__} does not bring {path.name}")
    assert macs(fuse(import_model(load_model(path), str(path)))) == LIGHT[name]
