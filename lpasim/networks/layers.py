"""The layers of a network: what the accelerator executes one after the other, before number formats are chosen."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from lpasim.networks.graph import Network
from lpasim.networks.roles import ConvolutionWindow, Product


@dataclass(frozen=True, slots=True)
class PostOperator:
    """One operator of the post-processing unit and what it reads from external memory.

    Attributes
    ----------
    elements : int
        Primitive element operations.
    activation_elements, constant_elements : int
        Elements of the operands that no earlier step of the same layer made.
    tensors : tuple of str
        The tensors of `activation_elements`.
    makers : tuple of str
        The layers that made them.
    """

    operator: str
    node: str
    elements: int
    activation_elements: int
    constant_elements: int
    tensors: tuple[str, ...]
    makers: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Stored:
    """A tensor that a layer writes to external memory; `elements` of it are needed there."""

    tensor: str
    elements: int


@dataclass(frozen=True, slots=True)
class NetworkLayer:
    """A matrix product and the post-processing that follows it, or post-processing alone (`product` is None).

    Attributes
    ----------
    input_tensors, weight_tensors : tuple of str
        Tensors of which the streamed and the stationary operand consist.
    inputs, weight_inputs : tuple of str
        Layers that made them.
    input_elements : int
        Distinct elements of the streamed operand.
    constant_weights : str
        Name of the constant stationary operand, empty if activations are stationary.
    """

    name: str
    operator: str
    product: Product | None
    window: ConvolutionWindow | None
    input_tensors: tuple[str, ...]
    inputs: tuple[str, ...]
    input_elements: int
    constant_weights: str
    weight_tensors: tuple[str, ...]
    weight_inputs: tuple[str, ...]
    post: tuple[PostOperator, ...]
    outputs: tuple[Stored, ...]


@dataclass(frozen=True, slots=True)
class FreeNode:
    """A node that takes neither time nor energy."""

    node: str
    operator: str
    reason: str


@dataclass(frozen=True)
class LayerGraph:
    """A network as layers in the order of execution.

    Attributes
    ----------
    groups : Mapping
        Activation tensor -> representative of the tensors that must share its number format, because they lie side by
        side in one operand of a product.
    folded : Mapping
        Layer -> nodes that are folded into its product's constants, in their order: batch normalizations and biases.
    """

    network: Network
    layers: tuple[NetworkLayer, ...]
    free: tuple[FreeNode, ...]
    groups: Mapping[str, str]
    folded: Mapping[str, tuple[str, ...]]
