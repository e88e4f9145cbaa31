"""Built-in networks: topologies as ONNX models whose weights have shapes but no values."""

from lpasim.networks.zoo.catalogue import CATALOGUE, BuiltIn, built_in

__all__ = ["CATALOGUE", "BuiltIn", "built_in"]
