"""The keys of a hardware description, as paths ("array.rows"), read off the model."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from difflib import get_close_matches
from functools import cache
from typing import Any, get_args

from pydantic import BeforeValidator
from pydantic.fields import FieldInfo

from lpasim.hardware.model import REQUIRED_PASSES, Hardware
from lpasim.hardware.quantities import Passes, Quantity
from lpasim.hardware.section import Section

HEADER = ("schema", "version", "name", "title")
"""Keys that identify a description: they are not values, and have no source."""
OPEN_SECTION = "ppu.passes"
"""The section whose keys are names of operators."""


@dataclass(frozen=True, slots=True)
class Key:
    """One key: its path, the reader of its value (None: text or a flag), what it means, and its default.

    A key without a default (None) must be given, unless it is optional: then it says nothing.
    """

    path: str
    quantity: Quantity | None
    description: str
    default: float | str | None = None
    optional: bool = False

    @property
    def unit(self) -> str:
        """What the number counts; empty for text, flags and plain numbers."""
        return self.quantity.unit if self.quantity else ""


@cache
def keys() -> dict[str, Key]:
    """Return all keys with a fixed name, by path, in the order of the model."""
    return {key.path: key for key in _walk(Hardware, "")}


@cache
def sections() -> tuple[str, ...]:
    """Return the paths that hold keys instead of a value."""
    parents = {path.rpartition(".")[0] for path in keys()}
    return (*sorted(parents - {""}), OPEN_SECTION)


def find_key(path: str) -> Key | None:
    """Return the key of a path, or None if there is no such key."""
    name = path.removeprefix(OPEN_SECTION + ".")
    if name != path:
        if name not in _operators():
            return None
        return Key(path, _quantity(get_args(Passes)), f"passes of {name} over its elements")
    return keys().get(path)


def parts(path: str) -> list[str]:
    """Return the names along a path; an operator's name may hold dots."""
    return path.split(".", 2) if path.startswith(OPEN_SECTION + ".") else path.split(".")


def unknown_key(path: str, where: str) -> str:
    """Say that there is no key of this path, and which one is near; of a section, what is in it."""
    inner = [key for key in keys() if key.startswith(f"{path}.")]
    if inner:
        more = f" and {len(inner) - 2} more" if len(inner) > 2 else ""
        return f"{path} must be a key with a value, got a section: {', '.join(inner[:2])}{more} ({where})"
    passes = path.startswith(OPEN_SECTION + ".")
    rule = "name an ONNX operator that lpasim knows" if passes else "be a known key"
    return f"{path} must {rule}, got an unknown one ({where}){_suggestion(path)}"


def _suggestion(path: str) -> str:
    """Return "; did you mean ...?" with the key nearest to an unknown path, or nothing if none is near."""
    if path.startswith(OPEN_SECTION + "."):
        operators = {name.lower(): name for name in _operators()}
        close = get_close_matches(path.removeprefix(OPEN_SECTION + ".").lower(), operators, 1, 0.65)
        return f"; did you mean {OPEN_SECTION}.{operators[close[0]]}?" if close else ""
    last = {known.rpartition(".")[2]: known for known in reversed((*keys(), *sections()))}
    near = get_close_matches(path, (*keys(), *sections()), 1, 0.75)
    if not near:
        near = [last[name] for name in get_close_matches(path.rpartition(".")[2], last, 1, 0.7)]
    return f"; did you mean {near[0]}?" if near else ""


@cache
def _operators() -> frozenset[str]:
    """Return what `OPEN_SECTION` may name; the import waits until a description is read."""
    from lpasim.networks.operators import known_operators

    return frozenset((*REQUIRED_PASSES, *known_operators()))


def _walk(model: type[Section], prefix: str) -> Iterator[Key]:
    for name, field in model.model_fields.items():
        path = prefix + (field.alias or name)
        kind: Any = field.annotation
        if isinstance(kind, type) and issubclass(kind, Section):
            yield from _walk(kind, path + ".")
        elif path != OPEN_SECTION:
            yield _key(path, field)


def _key(path: str, field: FieldInfo) -> Key:
    default = None if field.is_required() else field.default
    optional = default is None and not field.is_required()
    return Key(path, _quantity(field.metadata), field.description or "", default, optional)


def _quantity(metadata: Sequence[Any]) -> Quantity | None:
    readers = [item.func for item in metadata if isinstance(item, BeforeValidator)]
    return next((reader for reader in readers if isinstance(reader, Quantity)), None)
