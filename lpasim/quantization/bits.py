"""How many bits each tensor gets."""

from __future__ import annotations

from dataclasses import dataclass

from lpasim.errors import TraceError
from lpasim.networks.layers import LayerGraph, NetworkLayer


@dataclass(frozen=True, slots=True)
class BitAssignment:
    """Bits by role, 2..8: weights, activations, and the weights that tolerate few bits worst."""

    weights: int = 4
    activations: int = 8
    edges: int = 8

    def __post_init__(self) -> None:
        for role in ("weights", "activations", "edges"):
            if not 2 <= getattr(self, role) <= 8:
                raise TraceError(f"bits of {role} must be 2..8, got {getattr(self, role)} (bit assignment)")

    def describe(self) -> str:
        """Return the rule in words."""
        return (
            f"w{self.weights}a{self.activations}: weights {self.weights} bits; first layer, last layer and depthwise "
            f"convolutions {self.edges} bits; activations {self.activations} bits; dynamic products use "
            "activation formats on both sides"
        )

    def weight_bits(self, graph: LayerGraph) -> dict[str, int]:
        """Return the bits of every layer that has constant weights, by layer name."""
        weighted = [layer for layer in graph.layers if layer.constant_weights]
        edges = {layer.name for layer in (*weighted[:1], *weighted[-1:])}
        return {
            layer.name: self.edges if layer.name in edges or is_depthwise(layer) else self.weights for layer in weighted
        }


def is_depthwise(layer: NetworkLayer) -> bool:
    """Whether each input channel has filters of its own."""
    return layer.window is not None and layer.window.groups == layer.window.in_channels > 1
