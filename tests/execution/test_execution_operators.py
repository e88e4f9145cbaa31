"""Every operator against ONNX Runtime, and against ONNX's own reference where the runtime lacks it."""

import numpy as np
import onnx
import onnx.reference
import pytest
from onnx import TensorProto, helper

from lpasim.networks.execution import Executor, executable_operators
from lpasim.networks.onnx_file import import_model

RNG = np.random.default_rng(7)
TENSOR_TYPES = {"float32": TensorProto.FLOAT, "int64": TensorProto.INT64, "bool": TensorProto.BOOL}


def real(*shape, low=-3.0, high=3.0):
    return RNG.uniform(low, high, shape).astype(np.float32)


def ints(*values):
    return np.array(values, dtype=np.int64)


def positive(*shape):
    return real(*shape, low=0.1, high=4)


def bits(*shape):
    return RNG.integers(0, 2, shape).astype(bool)


def build(operator, operands, constants, attributes, outputs, opset):
    names = [f"t{index}" if value is not None else "" for index, value in enumerate(operands)]
    results = [f"y{index}" for index in range(outputs)]
    inputs, stored = [], []
    for index, (name, value) in enumerate(zip(names, operands, strict=True)):
        if value is None:
            continue
        if index in constants:
            stored.append(onnx.numpy_helper.from_array(value, name))
        else:
            inputs.append(helper.make_tensor_value_info(name, TENSOR_TYPES[value.dtype.name], value.shape))
    node = helper.make_node(operator, names, results, "node", **attributes)
    outs = [helper.make_value_info(name, onnx.TypeProto()) for name in results]
    graph = helper.make_graph([node], "test", inputs, outs, stored)
    model = helper.make_model(graph, opset_imports=[helper.make_opsetid("", opset)], ir_version=10)
    model = onnx.shape_inference.infer_shapes(model)
    given = {
        name: value for i, (name, value) in enumerate(zip(names, operands, strict=True)) if name and i not in constants
    }
    return model, given


def by_reference(model, given):
    return onnx.reference.ReferenceEvaluator(model).run(None, given)


def by_runtime(model, given):
    runtime = pytest.importorskip("onnxruntime", reason="onnxruntime is not installed: nothing to compare with")
    return runtime.InferenceSession(model.SerializeToString(), providers=["CPUExecutionProvider"]).run(None, given)


def check(expected, operator, *operands, constants=(), outputs=1, opset=18, tolerance=2e-6, **attributes):
    model, given = build(operator, operands, constants, attributes, outputs, opset)
    before = {name: value.copy() for name, value in given.items()}
    got = Executor(import_model(model, "test")).run(given)
    for name, value in given.items():
        np.testing.assert_array_equal(value, before[name])
    for mine, theirs in zip(got.values(), expected(model, given), strict=True):
        assert mine.dtype == theirs.dtype
        np.testing.assert_allclose(mine, theirs, rtol=tolerance, atol=tolerance)
    return operator


# operator, operands, and what is particular: constants (places of stored operands), outputs, opset, attributes
IMAGE = real(2, 6, 9, 11)
CASES = {
    "conv": ("Conv", [IMAGE, real(8, 6, 3, 3), real(8)], {"constants": (1, 2)}),
    "conv_no_bias": ("Conv", [IMAGE, real(8, 6, 1, 1)], {"constants": (1,)}),
    "conv_pointwise_strided": ("Conv", [IMAGE, real(8, 6, 1, 1)], {"constants": (1,), "strides": [2, 3]}),
    "conv_asymmetric": (
        "Conv",
        [IMAGE, real(4, 6, 3, 2)],
        {"constants": (1,), "pads": [0, 2, 3, 1], "strides": [2, 3], "dilations": [2, 3]},
    ),
    "conv_grouped": (
        "Conv",
        [IMAGE, real(9, 2, 3, 3), real(9)],
        {"constants": (1, 2), "group": 3, "pads": [1, 0, 2, 1], "strides": [1, 2]},
    ),
    "conv_depthwise": (
        "Conv",
        [IMAGE, real(6, 1, 3, 3), real(6)],
        {"constants": (1, 2), "group": 6, "pads": [1, 1, 1, 1]},
    ),
    "conv_depthwise_odd": (
        "Conv",
        [IMAGE, real(6, 1, 5, 4)],
        {"constants": (1,), "group": 6, "pads": [3, 0, 1, 4], "strides": [2, 3], "dilations": [2, 1]},
    ),
    "conv_depthwise_dilated": (
        "Conv",
        [IMAGE, real(6, 1, 3, 3)],
        {"constants": (1,), "group": 6, "strides": [3, 2], "dilations": [1, 4], "pads": [0, 4, 0, 2]},
    ),
    "conv_depthwise_stride_beyond_kernel": (
        "Conv",
        [IMAGE, real(6, 1, 2, 1)],
        {"constants": (1,), "group": 6, "strides": [4, 5], "pads": [3, 2, 0, 1]},
    ),
    "conv_depthwise_multiplier": ("Conv", [IMAGE, real(12, 1, 3, 3)], {"constants": (1,), "group": 6}),
    "conv_depthwise_wide": (
        "Conv",
        [real(1, 3, 150, 300), real(3, 1, 3, 3)],
        {"constants": (1,), "group": 3, "auto_pad": "SAME_UPPER", "strides": [2, 2]},
    ),
    "conv_same_upper": (
        "Conv",
        [IMAGE, real(4, 6, 4, 3)],
        {"constants": (1,), "auto_pad": "SAME_UPPER", "strides": [2, 3]},
    ),
    "conv_same_lower": (
        "Conv",
        [IMAGE, real(4, 6, 4, 2)],
        {"constants": (1,), "auto_pad": "SAME_LOWER", "strides": [2, 3]},
    ),
    "conv_valid": ("Conv", [IMAGE, real(4, 6, 4, 3)], {"constants": (1,), "auto_pad": "VALID"}),
    "conv_sequence": (
        "Conv",
        [real(2, 4, 17), real(6, 2, 3), real(6)],
        {"constants": (1, 2), "group": 2, "pads": [2, 1], "strides": [2]},
    ),
    "conv_sequence_depthwise": (
        "Conv",
        [real(2, 4, 17), real(4, 1, 3)],
        {"constants": (1,), "group": 4, "dilations": [2]},
    ),
    "transposed": ("ConvTranspose", [IMAGE, real(6, 4, 3, 3), real(4)], {"constants": (1, 2)}),
    "transposed_odd": (
        "ConvTranspose",
        [IMAGE, real(6, 2, 3, 2)],
        {
            "constants": (1,),
            "group": 2,
            "strides": [3, 2],
            "dilations": [1, 2],
            "pads": [1, 0, 2, 1],
            "output_padding": [2, 1],
        },
    ),
    "transposed_gaps": ("ConvTranspose", [IMAGE, real(6, 2, 2, 2)], {"constants": (1,), "strides": [4, 3]}),
    "transposed_sequence": ("ConvTranspose", [real(1, 4, 9), real(4, 2, 3)], {"constants": (1,), "strides": [2]}),
    "transposed_shape": (
        "ConvTranspose",
        [IMAGE, real(6, 2, 3, 3)],
        {"constants": (1,), "strides": [2, 2], "output_shape": [18, 22]},
    ),
    "gemm": ("Gemm", [real(3, 5), real(5, 4), real(4)], {"constants": (1, 2)}),
    "gemm_transposed": (
        "Gemm",
        [real(5, 3), real(4, 5), real(3, 1)],
        {"constants": (1,), "transA": 1, "transB": 1, "alpha": 0.5, "beta": 2.0},
    ),
    "gemm_no_bias": ("Gemm", [real(3, 5), real(5, 4)], {"constants": (1,), "alpha": 0.25}),
    "matmul": ("MatMul", [real(3, 5), real(5, 4)], {"constants": (1,)}),
    "matmul_weights": ("MatMul", [real(2, 3, 7, 5), real(5, 4)], {"constants": (1,)}),
    "matmul_stacks": ("MatMul", [real(2, 1, 7, 5), real(3, 5, 4)], {}),
    "matmul_vector": ("MatMul", [real(5), real(3, 5, 4)], {}),
    "matmul_vectors": ("MatMul", [real(5), real(5)], {}),
    "matmul_by_vector": ("MatMul", [real(2, 3, 5), real(5)], {"constants": (1,)}),
    "einsum": ("Einsum", [real(2, 3, 4), real(2, 5, 4)], {"equation": "bik, bjk->bji"}),
    **{
        name.lower(): (name, [real(2, 3, 5)], {})
        for name in (
            *("Abs", "Ceil", "Celu", "Cos", "Elu", "Erf", "Exp", "Floor", "HardSigmoid", "HardSwish", "LeakyRelu"),
            *("Mish", "Neg", "Reciprocal", "Relu", "Round", "Selu", "Sigmoid", "Sign", "Sin", "Softplus", "Softsign"),
            *("Tanh", "ThresholdedRelu", "Identity", "IsNaN"),
        )
    },
    "log": ("Log", [positive(3, 4)], {}),
    "sqrt": ("Sqrt", [positive(3, 4)], {}),
    "round_ties": ("Round", [np.array([-1.5, -0.5, 0.5, 1.5, 2.5], dtype=np.float32)], {}),
    "sigmoid_far": ("Sigmoid", [np.array([-np.inf, -200, -80, 0, 80, 200], dtype=np.float32)], {}),
    "erf_far": ("Erf", [np.array([-np.inf, -30, -3.95, 0, 1e-20, 4, np.inf, np.nan], dtype=np.float32)], {}),
    "erf_long": ("Erf", [real(40000)], {}),
    "gelu": ("Gelu", [real(3, 40)], {"opset": 20}),
    "gelu_tanh": ("Gelu", [real(3, 40)], {"opset": 20, "approximate": "tanh"}),
    "hard_sigmoid_set": ("HardSigmoid", [real(3, 40)], {"alpha": 0.3, "beta": 0.4}),
    "elu_set": ("Elu", [real(3, 4)], {"alpha": 0.7}),
    "celu_set": ("Celu", [real(3, 4)], {"alpha": 0.7}),
    "selu_set": ("Selu", [real(3, 4)], {"alpha": 0.7, "gamma": 1.3}),
    "leaky_relu_set": ("LeakyRelu", [real(3, 4)], {"alpha": 0.7}),
    "thresholded_relu_set": ("ThresholdedRelu", [real(3, 4)], {"alpha": 0.7}),
    "prelu": ("PRelu", [IMAGE, real(6, 1, 1)], {"constants": (1,)}),
    "clip": ("Clip", [real(4, 5), np.float32(-1), np.float32(2)], {"constants": (1, 2)}),
    "clip_above": ("Clip", [real(4, 5), None, np.float32(2)], {"constants": (2,)}),
    "clip_below": ("Clip", [real(4, 5), np.float32(-1)], {"constants": (1,)}),
    "clip_whole": ("Clip", [ints(-3, 0, 5), ints(-1)[0], ints(2)[0]], {"constants": (1, 2)}),
    "relu_far": ("Relu", [np.array([-np.inf, -1, 0, np.inf, np.nan], dtype=np.float32)], {}),
    "clip_nothing": ("Clip", [real(4, 5)], {}),
    "clip_old": ("Clip", [real(4, 5)], {"opset": 9, "min": -1.0, "max": 0.5}),
    "add": ("Add", [real(2, 1, 4), real(3, 1)], {}),
    "sub": ("Sub", [real(4), real(2, 3, 4)], {}),
    "mul": ("Mul", [real(2, 3, 4), real(1, 3, 1)], {"constants": (1,)}),
    "div": ("Div", [real(2, 3, 4), positive(4)], {}),
    "div_whole": ("Div", [ints(-7, 7, -6, 6, -1), ints(2, -2, 3, 4, 5)], {}),
    "mod": ("Mod", [ints(-7, 7, -6, 6), ints(2, -3, 4, 5)], {}),
    "mod_real": ("Mod", [real(3, 4), positive(4)], {"fmod": 1}),
    "pow": ("Pow", [positive(3, 4), real(4)], {}),
    "pow_square": ("Pow", [real(3, 4), np.float32(2)], {"constants": (1,)}),
    "pow_cube": ("Pow", [real(3, 4), ints(3)], {"constants": (1,)}),
    "max": ("Max", [real(3, 4), real(4), real(2, 1, 1)], {}),
    "min": ("Min", [real(3, 4), real(4)], {}),
    "sum": ("Sum", [real(3, 4), real(4), real(3, 1)], {}),
    "where": ("Where", [bits(3, 4), real(3, 4), real(4)], {}),
    **{name.lower(): (name, [bits(3, 4), bits(4)], {}) for name in ("And", "Or", "Xor")},
    "not": ("Not", [bits(3, 4)], {}),
    **{
        name.lower(): (name, [RNG.integers(0, 3, (4, 5)).astype(np.float32), np.ones(5, dtype=np.float32)], {})
        for name in ("Equal", "Greater", "GreaterOrEqual", "Less", "LessOrEqual")
    },
    "max_pool": ("MaxPool", [IMAGE], {"kernel_shape": [3, 2], "strides": [2, 3], "pads": [1, 0, 2, 1]}),
    "max_pool_ceil": ("MaxPool", [IMAGE], {"kernel_shape": [3, 2], "strides": [2, 2], "ceil_mode": 1}),
    "max_pool_ceil_dropped": (
        "MaxPool",
        [real(1, 2, 4, 5)],
        {"kernel_shape": [2, 2], "strides": [3, 3], "pads": [1, 1, 1, 1], "ceil_mode": 1, "opset": 22},
    ),
    "max_pool_dilated": ("MaxPool", [IMAGE], {"kernel_shape": [3, 2], "dilations": [2, 3]}),
    "max_pool_same": ("MaxPool", [IMAGE], {"kernel_shape": [3, 2], "strides": [2, 2], "auto_pad": "SAME_LOWER"}),
    "max_pool_sequence": ("MaxPool", [real(2, 3, 12)], {"kernel_shape": [3], "strides": [2], "pads": [1, 1]}),
    "average_pool": ("AveragePool", [IMAGE], {"kernel_shape": [3, 2], "strides": [2, 3], "pads": [1, 0, 2, 1]}),
    "average_pool_include": (
        "AveragePool",
        [IMAGE],
        {"kernel_shape": [3, 2], "strides": [2, 3], "pads": [1, 0, 2, 1], "count_include_pad": 1},
    ),
    "average_pool_ceil": ("AveragePool", [IMAGE], {"kernel_shape": [3, 2], "strides": [2, 2], "ceil_mode": 1}),
    "average_pool_ceil_include": (
        "AveragePool",
        [real(2, 3, 7, 9)],
        {
            "kernel_shape": [3, 2],
            "strides": [2, 3],
            "pads": [1, 1, 0, 1],
            "ceil_mode": 1,
            "count_include_pad": 1,
            "opset": 19,
        },
    ),
    "average_pool_same": (
        "AveragePool",
        [IMAGE],
        {"kernel_shape": [4, 2], "strides": [2, 2], "auto_pad": "SAME_UPPER"},
    ),
    "average_pool_sequence": ("AveragePool", [real(2, 3, 12)], {"kernel_shape": [3], "strides": [2], "pads": [1, 1]}),
    "global_average_pool": ("GlobalAveragePool", [IMAGE], {}),
    "global_max_pool": ("GlobalMaxPool", [IMAGE], {}),
    "batch_normalization": (
        "BatchNormalization",
        [IMAGE, real(6), real(6), real(6), positive(6)],
        {"constants": (1, 2, 3, 4), "epsilon": 0.01},
    ),
    "batch_normalization_matrix": (
        "BatchNormalization",
        [real(5, 6), real(6), real(6), real(6), positive(6)],
        {"constants": (1, 2, 3, 4)},
    ),
    "layer_normalization": ("LayerNormalization", [real(2, 3, 16), real(16), real(16)], {"constants": (1, 2)}),
    "layer_normalization_axes": (
        "LayerNormalization",
        [real(2, 3, 4, 5), real(4, 5)],
        {"constants": (1,), "axis": 2, "epsilon": 0.01},
    ),
    "layer_normalization_statistics": (
        "LayerNormalization",
        [real(2, 3, 16), real(16), real(16)],
        {"constants": (1, 2), "outputs": 3},
    ),
    "instance_normalization": ("InstanceNormalization", [IMAGE, real(6), real(6)], {"constants": (1, 2)}),
    "softmax": ("Softmax", [real(2, 3, 9)], {}),
    "softmax_axis": ("Softmax", [real(2, 30, 5) * 40], {"axis": 1}),
    "log_softmax": ("LogSoftmax", [real(2, 30, 5) * 40], {"axis": -2}),
    "reshape": ("Reshape", [real(2, 3, 4), ints(0, -1, 2)], {"constants": (1,)}),
    "flatten": ("Flatten", [real(2, 3, 4, 5)], {"axis": 2}),
    "flatten_from_end": ("Flatten", [real(2, 3, 4, 5)], {"axis": -1}),
    "flatten_all": ("Flatten", [real(2, 3, 4, 5)], {"axis": 0}),
    "squeeze": ("Squeeze", [real(1, 3, 1, 4), ints(-2)], {"constants": (1,)}),
    "squeeze_all": ("Squeeze", [real(1, 3, 1, 4)], {}),
    "squeeze_old": ("Squeeze", [real(1, 3, 1, 4)], {"opset": 11, "axes": [0, 2]}),
    "unsqueeze": ("Unsqueeze", [real(3, 4), ints(0, -1)], {"constants": (1,)}),
    "unsqueeze_old": ("Unsqueeze", [real(3, 4)], {"opset": 11, "axes": [1, 3]}),
    "cast": ("Cast", [real(3, 4)], {"to": TensorProto.INT64}),
    "cast_like": ("CastLike", [real(3, 4), ints(1)], {"constants": (1,)}),
    "transpose": ("Transpose", [real(2, 3, 4)], {"perm": [1, 2, 0]}),
    "transpose_all": ("Transpose", [real(2, 3, 4)], {}),
    "depth_to_space": ("DepthToSpace", [real(2, 12, 3, 4)], {"blocksize": 2}),
    "depth_to_space_crd": ("DepthToSpace", [real(2, 12, 3, 4)], {"blocksize": 2, "mode": "CRD"}),
    "space_to_depth": ("SpaceToDepth", [real(2, 3, 6, 4)], {"blocksize": 2}),
    "expand": ("Expand", [real(3, 1), ints(2, 1, 4)], {"constants": (1,)}),
    "tile": ("Tile", [real(3, 2), ints(2, 3)], {"constants": (1,)}),
    "concat": ("Concat", [real(2, 3, 4), real(2, 1, 4)], {"axis": -2}),
    "split": ("Split", [real(2, 7), ints(3, 4)], {"constants": (1,), "axis": -1, "outputs": 2}),
    "split_uneven": ("Split", [real(2, 7)], {"axis": 1, "num_outputs": 3, "outputs": 3}),
    "split_old": ("Split", [real(2, 7)], {"opset": 11, "axis": 1, "split": [2, 5], "outputs": 2}),
    "slice": ("Slice", [real(5, 6, 7), ints(1, -3), ints(100, -1), ints(2, 0)], {"constants": (1, 2, 3)}),
    "slice_back": (
        "Slice",
        [real(5, 6, 7), ints(-1, 4, 50), ints(-100, 1, -8), ints(0, 1, 2), ints(-2, -1, -3)],
        {"constants": (1, 2, 3, 4)},
    ),
    "slice_old": ("Slice", [real(5, 6)], {"opset": 9, "starts": [1], "ends": [-1], "axes": [1]}),
    "gather": ("Gather", [real(5, 6), ints(-1, 0, 3)], {"constants": (1,), "axis": 1}),
    "gather_one": ("Gather", [real(5, 6), np.array(-2)], {"constants": (1,)}),
    "gather_table": ("Gather", [real(5, 6), RNG.integers(0, 5, (2, 3))], {"constants": (1,)}),
    "gather_computed": ("Gather", [real(5, 6), RNG.integers(0, 5, (2, 3))], {"constants": (0,)}),
    "gather_elements": ("GatherElements", [real(3, 4), RNG.integers(-4, 4, (3, 2))], {"constants": (1,), "axis": 1}),
    "pad": ("Pad", [real(3, 4), ints(1, 0, 2, 3), np.float32(1.5)], {"constants": (1, 2)}),
    "pad_cut": ("Pad", [real(5, 6), ints(-1, 2, 1, -3)], {"constants": (1,)}),
    "pad_axes": ("Pad", [real(2, 3, 4), ints(1, 2), None, ints(-1)], {"constants": (1, 3)}),
    "pad_reflect": ("Pad", [real(3, 4), ints(1, 2, 2, 3)], {"constants": (1,), "mode": "reflect"}),
    "pad_edge": ("Pad", [real(3, 4), ints(1, 2, 2, 3)], {"constants": (1,), "mode": "edge"}),
    "pad_old": ("Pad", [real(3, 4)], {"opset": 9, "pads": [1, 0, 2, 3], "value": 0.5}),
    **{
        name.lower(): (name, [positive(2, 3, 4), ints(0, -1)], {"constants": (1,), "keepdims": index % 2})
        for index, name in enumerate(
            (
                *("ReduceL1", "ReduceL2", "ReduceLogSum", "ReduceLogSumExp", "ReduceMax", "ReduceMean"),
                *("ReduceMin", "ReduceProd", "ReduceSum", "ReduceSumSquare"),
            )
        )
    },
    "reduce_all": ("ReduceMean", [real(2, 3, 4)], {"keepdims": 0}),
    "reduce_old": ("ReduceMean", [real(2, 3, 4)], {"opset": 11, "axes": [-2]}),
    "reduce_nothing": ("ReduceSum", [real(2, 3, 4)], {"noop_with_empty_axes": 1}),
    "reduce_far": ("ReduceLogSumExp", [real(2, 3, 4) * 90, ints(1)], {"constants": (1,), "keepdims": 0}),
    "arg_max": ("ArgMax", [real(3, 4, 5)], {"axis": -2}),
    "arg_min": ("ArgMin", [real(3, 4, 5)], {"axis": 0, "keepdims": 0}),
    "arg_max_last": ("ArgMax", [np.zeros((2, 3), dtype=np.float32)], {"axis": 1, "select_last_index": 1}),
    "dropout": ("Dropout", [real(3, 4)], {}),
    "dropout_mask": ("Dropout", [real(3, 4), np.float32(0.5)], {"constants": (1,), "outputs": 2}),
    "resize_scales": (
        "Resize",
        [real(1, 2, 4, 5), None, np.array([1, 1, 2, 1.5], dtype=np.float32)],
        {"constants": (2,), "coordinate_transformation_mode": "asymmetric", "nearest_mode": "floor"},
    ),
    **{
        f"resize_{places}_{rounding}": (
            "Resize",
            [real(1, 2, 7, 5), None, None, ints(1, 2, 4, 9)],
            {"constants": (3,), "coordinate_transformation_mode": places, "nearest_mode": rounding},
        )
        for places in ("half_pixel", "pytorch_half_pixel", "align_corners", "asymmetric")
        for rounding in ("round_prefer_floor", "round_prefer_ceil", "floor", "ceil")
    },
}
WITHOUT_RUNTIME = {"swish": ("Swish", [real(3, 5)], {"opset": 24, "alpha": 0.7})}
WITHOUT_RUNTIME["rms_normalization"] = ("RMSNormalization", [real(3, 16), real(16)], {"opset": 23, "constants": (1,)})
MADE_OF_CONSTANTS = {"Constant", "ConstantOfShape", "Shape"}
"""Operators whose result depends on weights or shapes alone; see test_execution_executor.py."""
LOOSE = {"log_softmax": 1e-5, "reduceprod": 1e-5, "pow": 1e-5, "softmax_axis": 1e-5}


REFERENCE_DIFFERS = {"transposed_odd", "transposed_shape", "max_pool_same", "log_softmax", "pad_cut"}
"""Cases that the reference of onnx 1.23 refuses (groups, output_shape, negative pads), or computes wrongly: SAME pads
of pools, and the logarithm of a softmax that underflows."""


def tolerance_of(case):
    return 1e-5 if "conv" in case or "transposed" in case else LOOSE.get(case, 2e-6)


@pytest.mark.parametrize("case", CASES)
def test_agrees_with_onnx_runtime(case):
    operator, operands, rest = CASES[case]
    check(by_runtime, operator, *operands, **{"tolerance": tolerance_of(case), **rest})


@pytest.mark.parametrize("case", sorted({*CASES, *WITHOUT_RUNTIME} - REFERENCE_DIFFERS))
@pytest.mark.filterwarnings("ignore::RuntimeWarning:onnx")
def test_agrees_with_the_reference_of_onnx(case):
    operator, operands, rest = (CASES | WITHOUT_RUNTIME)[case]
    check(by_reference, operator, *operands, **{"tolerance": tolerance_of(case), **rest})


def test_every_operator_has_a_case():
    tested = {case[0] for case in (*CASES.values(), *WITHOUT_RUNTIME.values())} | MADE_OF_CONSTANTS
    assert tested == set(executable_operators())
