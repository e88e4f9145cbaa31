"""YAML text -> plain nested dictionaries, strictly.

PyYAML's own rules surprise: of duplicate keys the last wins, ``1e-3`` is text, ``010`` is 8, ``no`` is false and
``1:30`` is 90. Here duplicate keys are errors, and only what YAML 1.2 calls a number or a flag is one.
"""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import yaml

from lpasim.errors import LpasimError

_LARGEST_FILE_BYTES = 1 << 20
_SCALARS = {
    "tag:yaml.org,2002:bool": (r"true|True|TRUE|false|False|FALSE", "tTfF"),
    "tag:yaml.org,2002:int": (r"[-+]?\d+", "-+0123456789"),
    "tag:yaml.org,2002:float": (
        r"[-+]?(?:\.\d+|\d+\.\d*(?:[eE][-+]?\d+)?|\.?\d+[eE][-+]?\d+|\.(?:inf|Inf|INF))|\.(?:nan|NaN|NAN)",
        "-+.0123456789",
    ),
    "tag:yaml.org,2002:null": (r"~|null|Null|NULL|", ["~", "n", "N", ""]),
}


class _Loader(yaml.SafeLoader):
    """Reads one document without duplicate keys, aliases, merge keys or tags."""

    yaml_implicit_resolvers: dict[str, Any] = {}  # noqa: RUF012 (PyYAML's own protocol)

    def compose_node(self, parent: Any, index: Any) -> Any:
        event: Any = self.peek_event()  # type: ignore[no-untyped-call]
        if isinstance(event, yaml.AliasEvent) or event.tag is not None:
            what = "an alias" if isinstance(event, yaml.AliasEvent) else "a tag"
            raise yaml.composer.ComposerError(None, None, f"{what} is not supported", event.start_mark)
        return super().compose_node(parent, index)

    def construct_mapping(self, node: Any, deep: bool = False) -> dict[Any, Any]:
        seen = set()
        for key_node, _ in node.value:
            key = self.construct_object(key_node, deep=True)
            if not isinstance(key, str) or key in seen:
                fault = f"key {key!r} is given twice" if isinstance(key, str) else f"a key must be text, not {key!r}"
                raise yaml.constructor.ConstructorError(None, None, fault, key_node.start_mark)
            seen.add(key)
        return super().construct_mapping(node, deep=deep)

    def construct_plain_int(self, node: Any) -> int | str:
        """Read a decimal integer; one beyond any reason stays text, to be refused with its key."""
        return int(node.value) if len(node.value) < 30 else str(node.value)

    def construct_plain_float(self, node: Any) -> float:
        text = node.value.lower()
        return float(text.replace(".inf", "inf").replace(".nan", "nan"))


class _Dumper(yaml.SafeDumper):
    """Writes text in quotes exactly where `_Loader` would otherwise read something else."""

    yaml_implicit_resolvers: dict[str, Any] = {}  # noqa: RUF012 (PyYAML's own protocol)


for _tag, (_pattern, _first) in _SCALARS.items():
    _regexp = re.compile(rf"(?:{_pattern})\Z")
    for _class in (_Loader, _Dumper):
        _class.add_implicit_resolver(_tag, _regexp, list(_first))
_Loader.add_constructor("tag:yaml.org,2002:int", _Loader.construct_plain_int)
_Loader.add_constructor("tag:yaml.org,2002:float", _Loader.construct_plain_float)


def read_document(path: Path, what: str, kind: type[LpasimError]) -> dict[str, Any]:
    """Read a YAML file, or one of JSON, which is YAML too, that holds one mapping.

    Parameters
    ----------
    path : Path
        The file.
    what : str
        What messages call it: "hardware file".
    kind : type of LpasimError
        What is raised.

    Raises
    ------
    LpasimError
        If the file cannot be read, is no text, is no YAML (with line and column), or holds anything but one mapping.
    """
    text = _read_text(path, what, kind)
    if path.suffix.lower() == ".json":
        text = text.replace("\t", " ")  # tabs may indent JSON, but not YAML
    try:
        document = yaml.load(text, Loader=_Loader)
    except yaml.MarkedYAMLError as error:
        mark = error.problem_mark or error.context_mark
        where = f", line {mark.line + 1}, column {mark.column + 1}" if mark else ""
        fault = ", ".join(part for part in (error.context, error.problem) if part)
        raise kind(f"{what} must be valid YAML, got: {fault} ({path}{where})") from None
    except yaml.YAMLError as error:
        raise kind(f"{what} must be valid YAML, got: {str(error).splitlines()[0]} ({path})") from None
    except RecursionError:
        raise kind(f"{what} must hold sections of keys, got too deep a nesting ({path})") from None
    if document is None:
        raise kind(f"{what} must hold a mapping, got nothing ({path})")
    if not isinstance(document, dict):
        got = "a list" if isinstance(document, list) else "a single value"
        raise kind(f"{what} must hold a mapping, got {got} ({path})")
    return document


def write_document(document: dict[str, Any]) -> str:
    """Return a nested mapping as YAML text that `read_document` reads back to an equal mapping."""
    return yaml.dump(document, Dumper=_Dumper, sort_keys=False, width=110)


def _read_text(path: Path, what: str, kind: type[LpasimError]) -> str:
    try:
        with path.open("rb") as file:
            data = file.read(_LARGEST_FILE_BYTES + 1)
    except FileNotFoundError:
        raise kind(f"{what} must exist, got none ({path})") from None
    except IsADirectoryError:
        raise kind(f"{what} must be a file, got a directory ({path})") from None
    except (OSError, ValueError) as error:
        reason = error.strerror if isinstance(error, OSError) else error
        raise kind(f"{what} must be readable, got: {reason} ({path})") from None
    if len(data) > _LARGEST_FILE_BYTES:
        raise kind(f"{what} must be at most {_LARGEST_FILE_BYTES} B, got a larger one ({path})")
    try:
        return data.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        raise kind(f"{what} must be UTF-8 text, got a stray byte at {error.start} ({path})") from None
