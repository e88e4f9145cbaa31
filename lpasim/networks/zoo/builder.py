"""Building ONNX models whose weights have shapes but no values."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

if TYPE_CHECKING:
    import onnx

OPSET = 17
IR_VERSION = 8


class Builder:
    """Collects nodes and weights. Methods that add a node return the name of its result."""

    def __init__(self, name: str, image: tuple[int, int, int] = (3, 224, 224)) -> None:
        self._name = name
        self._image = image
        self._nodes: list[onnx.NodeProto] = []
        self._stored: dict[str, onnx.TensorProto] = {}

    def weight(self, name: str, *shape: int) -> str:
        """Add weights without values: ONNX takes their data to lie in another file, which there is not."""
        import onnx

        tensor = onnx.TensorProto(name=name, data_type=onnx.TensorProto.FLOAT, dims=shape)
        tensor.data_location = onnx.TensorProto.EXTERNAL
        self._stored[name] = tensor
        return name

    def constant(self, name: str, value: Sequence[int] | NDArray[Any] | float) -> str:
        """Add a small constant: integers, or one real."""
        import onnx

        array = np.asarray(value, dtype=np.float32 if isinstance(value, float) else np.int64)
        self._stored[name] = onnx.numpy_helper.from_array(array, name)
        return name

    def node(self, operator: str, name: str, *inputs: str, **attributes: Any) -> str:
        """Add an operator with one result."""
        import onnx

        output = f"{name}_out"
        self._nodes.append(onnx.helper.make_node(operator, list(inputs), [output], name, **attributes))
        return output

    def conv(
        self,
        name: str,
        x: str,
        channels: tuple[int, int],
        kernel: int,
        *,
        stride: int = 1,
        pad: int | None = None,
        groups: int = 1,
        bias: bool = False,
    ) -> str:
        """Add a convolution from and to `channels`; `pad` None is TensorFlow's SAME."""
        operands = [x, self.weight(f"{name}.weight", channels[1], channels[0] // groups, kernel, kernel)]
        if bias:
            operands.append(self.weight(f"{name}.bias", channels[1]))
        padding: dict[str, Any] = {"auto_pad": "SAME_UPPER"} if pad is None else {"pads": [pad] * 4}
        return self.node(
            "Conv", name, *operands, kernel_shape=[kernel] * 2, strides=[stride] * 2, group=groups, **padding
        )

    def batch_norm(self, name: str, x: str, channels: int) -> str:
        """Add a batch normalization."""
        parts = ("weight", "bias", "running_mean", "running_var")
        return self.node("BatchNormalization", name, x, *(self.weight(f"{name}.{part}", channels) for part in parts))

    def relu6(self, name: str, x: str) -> str:
        """Add a ReLU that ends at 6."""
        return self.node("Clip", name, x, self.constant("const_zero", 0.0), self.constant("const_six", 6.0))

    def classifier(self, name: str, x: str, features: int, classes: int = 1000) -> str:
        """Add a fully connected layer with bias on [N, features]."""
        weight, bias = self.weight(f"{name}.weight", classes, features), self.weight(f"{name}.bias", classes)
        return self.node("Gemm", name, x, weight, bias, transB=1)

    def pooled(self, x: str) -> str:
        """Add global average pooling and make the result a matrix."""
        return self.node("Flatten", "flatten", self.node("GlobalAveragePool", "pool", x), axis=1)

    def model(self, output: str, classes: int = 1000) -> onnx.ModelProto:
        """Finish the model."""
        import onnx

        real = onnx.TensorProto.FLOAT
        graph = onnx.helper.make_graph(
            self._nodes,
            self._name,
            [onnx.helper.make_tensor_value_info("input", real, ["N", *self._image])],
            [onnx.helper.make_tensor_value_info(output, real, ["N", classes])],
            list(self._stored.values()),
        )
        opset = onnx.helper.make_opsetid("", OPSET)
        return onnx.helper.make_model(graph, opset_imports=[opset], ir_version=IR_VERSION, producer_name="lpasim")
