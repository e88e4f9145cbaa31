"""Published bits: with how many bits each layer of a network runs on an accelerator, as its authors say."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache
from importlib.resources import files
from pathlib import Path
from typing import Any

from lpasim import strict_yaml
from lpasim.errors import HardwareError

_FOLDER = Path(str(files("lpasim.hardware"))) / "presets" / "bits"


@dataclass(frozen=True)
class PublishedBits:
    """Bits of layers with a matrix product, the same for weights and activations.

    Attributes
    ----------
    source : str
        Where they come from.
    networks : dict
        By network: the bits of the named layers, and those of all others (the key ``None``).
    ends, others : int
        Networks that are not listed: bits of the first and the last layer, and of all between.
    dynamic : int
        Products of two activations, in any network.
    """

    source: str
    networks: dict[str, dict[str | None, int]]
    ends: int
    others: int
    dynamic: int


@cache
def list_bits() -> tuple[str, ...]:
    """Return the names of the published bits."""
    return tuple(sorted(path.stem for path in _FOLDER.glob("*.yaml")))


@cache
def load_bits(name: str) -> PublishedBits:
    """Read published bits by name."""
    document = strict_yaml.read_document(_FOLDER / f"{name}.yaml", "published bits", HardwareError)
    networks = {network: _bits_of(entry) for network, entry in document["networks"].items()}
    return PublishedBits(
        source=document["source"],
        networks=networks,
        **{key: document[key] for key in ("ends", "others", "dynamic")},
    )


def _bits_of(entry: dict[str, Any]) -> dict[str | None, int]:
    return {**dict.fromkeys(entry["layers"].split(), entry["bits"]), None: entry["others"]}
