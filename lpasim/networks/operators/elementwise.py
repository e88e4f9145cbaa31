"""Element-wise operators: one element operation for each element of the result."""

from __future__ import annotations

from lpasim.networks.graph import Network, Node
from lpasim.networks.operators.folding import as_bias
from lpasim.networks.operators.registry import handles, ppu
from lpasim.networks.roles import Role

UNARY = (
    *(
        "Abs",
        "Ceil",
        "Celu",
        "Cos",
        "Elu",
        "Erf",
        "Exp",
        "Floor",
        "Gelu",
        "HardSigmoid",
        "HardSwish",
        "IsNaN",
        "LeakyRelu",
    ),
    *("Log", "Mish", "Neg", "Not", "Reciprocal", "Relu", "Round", "Selu", "Sigmoid", "Sign", "Sin", "Softplus"),
    *("Softsign", "Sqrt", "Swish", "Tanh", "ThresholdedRelu"),
)
BINARY = (
    *("Sub", "Mul", "Div", "Pow", "PRelu", "Mod", "And", "Or", "Xor"),
    *("Equal", "Greater", "GreaterOrEqual", "Less", "LessOrEqual"),
)


@handles(*UNARY, *BINARY, "Clip", "Where")
def elementwise(node: Node, network: Network) -> Role:
    """One operation an element, whatever the number of operands."""
    return ppu(node, network, network.size(node.outputs[0]))


@handles("Add")
def addition(node: Node, network: Network) -> Role:
    """Add a product's bias when its results leave the array; one operation an element otherwise."""
    return as_bias(node, network) or elementwise(node, network)


@handles("Sum", "Mean", "Min", "Max")
def variadic(node: Node, network: Network) -> Role:
    """One operation for each operand after the first, and at least one."""
    return ppu(node, network, network.size(node.outputs[0]) * max(1, len(node.present) - 1))
