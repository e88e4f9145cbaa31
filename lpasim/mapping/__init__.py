"""Mapping: layers to matrix products, matrix products to tiles that fit the buffers."""

from lpasim.mapping.geometry import Block
from lpasim.mapping.network import map_network
from lpasim.mapping.schedule import LayerSchedule, Tile
from lpasim.mapping.word_rules import with_word_rules

__all__ = ["Block", "LayerSchedule", "Tile", "map_network", "with_word_rules"]
