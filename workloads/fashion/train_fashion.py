"""Train the small network that comes with lpasim, and write all files of this folder but the texts.

    apt-get install dataset-fashion-mnist
    pip install torch==2.13.0 onnx numpy
    python train_fashion.py

It takes about five minutes on one core. The data are the four original files of Fashion-MNIST (Zalando Research, MIT
licence).
"""

from __future__ import annotations

import argparse
import gzip
import hashlib
import json
import platform
import time
from pathlib import Path
from typing import Any

import numpy as np
import onnx
import torch
from numpy.typing import NDArray
from onnx import TensorProto, helper, numpy_helper
from torch import Tensor, nn
from torch.nn import functional

DATA = Path("/usr/share/datasets/fashion-mnist")  # where the Debian package dataset-fashion-mnist puts it
CHECKSUMS = {
    "train-images-idx3-ubyte": "c59f468a2f672dc815687fe0f83887768d799fd8a3f3276145d20f83aa44d888",
    "train-labels-idx1-ubyte": "bad3541b69d912435c50bb6ba87bec294ff4f6a2e1246121d8633921760443d9",
    "t10k-images-idx3-ubyte": "5b4141f0afbad91edebe8549f8fcffe087ea10ca49f1dbef5c9a5cd8815ce37b",
    "t10k-labels-idx1-ubyte": "0402a96d92fd2663957122ceb108a494c5af83dab82d92729df917d7dec38c34",
}
"""SHA-256 of what the files hold, unpacked."""
MEAN, STD = 0.2860, 0.3530
"""Of all training pixels, as the preprocessing "fashion" of lpasim."""
SEED = 20240623
THREADS = 1  # more change the order of sums, and with it the last bits
EPOCHS, BATCH, TOP_RATE = 10, 128, 0.15
LABELLED, CALIBRATION = 1000, 256


class Products(nn.Module):
    """Convolutions with batch normalization, and a classifier; 82,906 parameters."""

    def __init__(self) -> None:
        super().__init__()
        self.stem = normalized(1, 16)
        self.down = normalized(16, 32, stride=2)
        self.first_a, self.first_b = normalized(32, 32), normalized(32, 32)
        self.depthwise = normalized(32, 32, stride=2, groups=32)
        self.pointwise = normalized(32, 56, size=1)
        self.second_a, self.second_b = normalized(56, 56), normalized(56, 56)
        self.classifier = nn.Linear(56, 10)

    def forward(self, images: Tensor) -> Tensor:
        """Return class scores [N, 10] of images [N, 1, 28, 28]."""
        x = functional.relu6(self.stem(images))
        x = functional.relu(self.down(x))
        x = functional.relu(x + self.first_b(functional.relu(self.first_a(x))))
        x = functional.relu6(self.depthwise(x))
        x = functional.relu6(self.pointwise(x))
        x = functional.relu(x + self.second_b(functional.relu(self.second_a(x))))
        return self.classifier(x.mean((2, 3)))


def normalized(inputs: int, outputs: int, *, size: int = 3, stride: int = 1, groups: int = 1) -> nn.Sequential:
    """Make a convolution without bias and the batch normalization behind it."""
    conv = nn.Conv2d(inputs, outputs, size, stride, size // 2, groups=groups, bias=False)
    return nn.Sequential(conv, nn.BatchNorm2d(outputs))


def read(folder: Path, name: str) -> NDArray[np.uint8]:
    """Read one file of the data set: images [N, 28, 28] or labels [N]."""
    content = gzip.decompress((folder / f"{name}.gz").read_bytes())
    found = hashlib.sha256(content).hexdigest()
    if found != CHECKSUMS[name]:
        raise SystemExit(f"{name} must have the SHA-256 {CHECKSUMS[name]}, got {found} ({folder})")
    sizes = np.frombuffer(content, ">u4", content[3], 4)
    return np.frombuffer(content, np.uint8, offset=4 + 4 * content[3]).reshape(sizes)


def inputs_of(images: NDArray[np.uint8]) -> Tensor:
    """Prepare images as the preprocessing "fashion" of lpasim does: float32 [N, 1, 28, 28]."""
    return (torch.from_numpy((images / 255).astype(np.float32))[:, None] - MEAN) / STD


def train(images: Tensor, labels: Tensor) -> Products:
    """Train with mirrored and shifted images."""
    network = Products().to(memory_format=torch.channels_last)  # much faster on CPUs
    optimizer = torch.optim.SGD(network.parameters(), TOP_RATE, momentum=0.9, weight_decay=5e-4, nesterov=True)
    steps = len(images) // BATCH
    schedule = torch.optim.lr_scheduler.OneCycleLR(optimizer, TOP_RATE, total_steps=EPOCHS * steps)
    for epoch in range(EPOCHS):
        start, total = time.perf_counter(), 0.0
        for chosen in torch.randperm(len(images))[: steps * BATCH].split(BATCH):
            loss = functional.cross_entropy(network(changed(images[chosen])), labels[chosen], label_smoothing=0.05)
            optimizer.zero_grad()
            loss.backward()
            optimizer.step()
            schedule.step()
            total += loss.item()
        print(f"epoch {epoch + 1}: loss {total / steps:.4f}, {time.perf_counter() - start:.0f} s", flush=True)
    return network.eval()


def changed(images: Tensor) -> Tensor:
    """Mirror every second image or so, and shift the batch by up to 2 pixels."""
    mirrored = torch.where(torch.rand(len(images), 1, 1, 1) < 0.5, images.flip(3), images)
    padded = functional.pad(mirrored, (2, 2, 2, 2), value=-MEAN / STD)
    down, right = torch.randint(0, 5, (2,)).tolist()
    return padded[:, :, down : down + 28, right : right + 28]


def scores_of(network: Products, images: Tensor) -> Tensor:
    """Return class scores, a part of the images at a time."""
    with torch.inference_mode():
        return torch.cat([network(part) for part in images.split(500)])


class Graph:
    """An ONNX graph that grows node by node; a tensor has the name of the node that makes it."""

    def __init__(self) -> None:
        self.nodes: list[onnx.NodeProto] = []
        self.weights = [numpy_helper.from_array(np.float32(value), name) for name, value in (("zero", 0), ("six", 6))]

    def add(self, operator: str, name: str, inputs: list[str], **attributes: Any) -> str:
        """Add a node and return its result."""
        self.nodes.append(helper.make_node(operator, inputs, [name], name=name, **attributes))
        return name

    def store(self, name: str, values: Tensor) -> str:
        """Store trained values."""
        self.weights.append(numpy_helper.from_array(values.detach().numpy(), name))
        return name

    def normalized(self, name: str, source: str, module: nn.Sequential) -> str:
        """Add a convolution and its batch normalization."""
        conv, norm = module
        size, pad = list(conv.kernel_size), [*conv.padding, *conv.padding]
        result = self.add(
            "Conv", f"{name}.conv", [source, self.store(f"{name}.weight", conv.weight)],
            kernel_shape=size, strides=list(conv.stride), pads=pad, group=conv.groups,
        )  # fmt: skip
        parts = {"scale": norm.weight, "shift": norm.bias, "mean": norm.running_mean, "variance": norm.running_var}
        stored = [self.store(f"{name}.{part}", values) for part, values in parts.items()]
        return self.add("BatchNormalization", f"{name}.norm", [result, *stored], epsilon=norm.eps)

    def relu(self, name: str, source: str) -> str:
        """Add a ReLU."""
        return self.add("Relu", f"{name}.relu", [source])

    def relu6(self, name: str, source: str) -> str:
        """Add a ReLU that ends at 6."""
        return self.add("Clip", f"{name}.relu6", [source, "zero", "six"])

    def residual(self, name: str, source: str, first: nn.Sequential, second: nn.Sequential) -> str:
        """Add two convolutions and the way around them."""
        inner = self.relu(f"{name}_a", self.normalized(f"{name}_a", source, first))
        total = self.add("Add", f"{name}.add", [source, self.normalized(f"{name}_b", inner, second)])
        return self.relu(name, total)


def exported(network: Products) -> onnx.ModelProto:
    """Return the network as ONNX, its batch normalizations kept and its batch open."""
    graph = Graph()
    x = graph.relu6("stem", graph.normalized("stem", "images", network.stem))
    x = graph.relu("down", graph.normalized("down", x, network.down))
    x = graph.residual("first", x, network.first_a, network.first_b)
    x = graph.relu6("depthwise", graph.normalized("depthwise", x, network.depthwise))
    x = graph.relu6("pointwise", graph.normalized("pointwise", x, network.pointwise))
    x = graph.residual("second", x, network.second_a, network.second_b)
    x = graph.add("Flatten", "flat", [graph.add("GlobalAveragePool", "pool", [x])])
    weights = [graph.store(f"classifier.{part}", getattr(network.classifier, part)) for part in ("weight", "bias")]
    graph.add("Gemm", "classifier", [x, *weights], transB=1)
    images = helper.make_tensor_value_info("images", TensorProto.FLOAT, ["N", 1, 28, 28])
    scores = helper.make_tensor_value_info("classifier", TensorProto.FLOAT, ["N", 10])
    model = helper.make_model(
        helper.make_graph(graph.nodes, "fashion", [images], [scores], graph.weights),
        opset_imports=[helper.make_opsetid("", 17)], ir_version=8, producer_name="train_fashion.py",
    )  # fmt: skip
    onnx.checker.check_model(model, full_check=True)
    return model


def interleaved(labels: NDArray[np.uint8], count: int) -> NDArray[np.int64]:
    """Return where the first images of each class stand, one class after the other in turn."""
    return np.stack([np.flatnonzero(labels == label)[: count // 10] for label in range(10)], axis=1).reshape(-1)


def main() -> None:
    """Train, and write the network, the images and what came out."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").partition("\n")[0])
    parser.add_argument("--data", type=Path, default=DATA, help="folder of the data set (default: %(default)s)")
    parser.add_argument("--out", type=Path, default=Path(__file__).parent, help="folder (default: of this file)")
    options = parser.parse_args()
    train_images, train_labels, test_images, test_labels = (read(options.data, name) for name in CHECKSUMS)

    torch.manual_seed(SEED)
    torch.set_num_threads(THREADS)
    torch.use_deterministic_algorithms(True)
    start = time.perf_counter()
    network = train(inputs_of(train_images), torch.from_numpy(train_labels.astype(np.int64)))
    seconds = time.perf_counter() - start
    right = scores_of(network, inputs_of(test_images)).argmax(1).numpy() == test_labels
    chosen = interleaved(test_labels, LABELLED)

    onnx.save(exported(network), options.out / "fashion.onnx")
    np.savez_compressed(options.out / "images.npz", images=test_images[chosen], labels=test_labels[chosen])
    np.savez_compressed(options.out / "calibration.npz", images=train_images[:CALIBRATION])
    files = ("fashion.onnx", "images.npz", "calibration.npz")
    record = {
        "right_of_10000": int(right.sum()),
        "right_of_1000": int(right[chosen].sum()),
        "parameters": sum(values.numel() for values in network.parameters()),
        "seed": SEED,
        "epochs": EPOCHS,
        "threads": THREADS,
        "seconds": round(seconds),
        "versions": {"python": platform.python_version(), "torch": torch.__version__, "numpy": np.__version__}
        | {"onnx": onnx.__version__},
        "machine": f"{platform.machine()}, {torch.backends.cpu.get_cpu_capability()}",
        "data_sha256": CHECKSUMS,
        "files_sha256": {name: hashlib.sha256((options.out / name).read_bytes()).hexdigest() for name in files},
    }
    (options.out / "training.json").write_text(json.dumps(record, indent=1) + "\n", encoding="utf-8")
    print(json.dumps(record, indent=1))


if __name__ == "__main__":
    main()
