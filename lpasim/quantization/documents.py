"""JSON files with a schema and a version: reading text, refusing what is none of ours, and writing in one step."""

from __future__ import annotations

import json
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from pydantic import ValidationError
from pydantic_core import ErrorDetails

from lpasim.errors import LpasimError
from lpasim.quantization.trace_rules import more
from lpasim.whole_file import write_whole


@dataclass(frozen=True, slots=True)
class Document:
    """One kind of file.

    Attributes
    ----------
    what : str
        Its name in messages.
    schema : str
        Value of the key `schema`.
    version : int
        Value of the key `version`.
    error : type
        What is raised where a file is wrong.
    """

    what: str
    schema: str
    version: int
    error: type[LpasimError]

    def read(self, path: Path) -> str:
        """Return the text of a file, or raise `error` if there is none."""
        try:
            return path.read_text(encoding="utf-8-sig")
        except FileNotFoundError as error:
            raise self.error(f"{self.what} must be an existing file, got {str(path)!r}") from error
        except OSError as error:
            reason = error.strerror
        except UnicodeDecodeError:
            reason = "not UTF-8"
        raise self.error(f"{self.what} must be a readable text file, got {str(path)!r} ({reason})")

    def check_head(self, text: str, where: str) -> None:
        """Raise `error` if a text is no strict JSON, or of another schema or version; `where` names it."""
        try:
            head = json.loads(text, object_pairs_hook=_without_duplicates, parse_constant=_refuse_constant)
        except json.JSONDecodeError as error:
            rule = f"{error.msg} at line {error.lineno} column {error.colno}"
            raise self.error(f"{self.what} must be whole JSON, got {rule} ({where})") from error
        except (ValueError, RecursionError) as error:
            raise self.error(f"{self.what} must be plain JSON, got {error} ({where})") from error
        if not isinstance(head, dict) or head.get("schema") != self.schema:
            got = head.get("schema") if isinstance(head, dict) else type(head).__name__
            raise self.error(f"schema must be {self.schema!r}, got {got!r} ({where})")
        if type(head.get("version")) is not int or head["version"] != self.version:
            raise self.error(f"version must be {self.version}, got {head.get('version')!r} ({where})")

    def write(self, text: str, path: Path) -> None:
        """Write a text, whole or not at all.

        Raises
        ------
        OutputError
            If the file cannot be written.
        """
        write_whole(text.encode(), path, self.what)


def first_problem(error: ValidationError) -> str:
    """Return the first of pydantic's findings in our words."""
    problems = all_problems(error)
    return f"{problems[0]}{more(len(problems))}"


def all_problems(error: ValidationError) -> list[str]:
    """Return pydantic's findings in our words, each as "<key> must <rule>, got <value>"."""
    return [_problem(found) for found in error.errors(include_url=False)]


def _problem(found: ErrorDetails) -> str:
    key = "".join(f"[{part}]" if isinstance(part, int) else f".{part}" for part in found["loc"]).lstrip(".")
    if found["type"] == "missing":
        return f"{key} must be given, got nothing"
    if found["type"] == "extra_forbidden":
        return f"{key} must be a key of the schema, got an unknown one"
    rule = found["msg"][0].lower() + found["msg"][1:]
    rule = rule.removeprefix("input should be ").removeprefix("value error, ")
    if found["type"] == "value_error" and " must " in rule:  # a rule on several keys, which it names
        return f"{key}.{rule}" if key else rule
    return f"{key} must be {rule}, got {_short(found['input'])}"


def _short(value: Any) -> str:
    if isinstance(value, dict):
        return "a section of keys"
    text = repr(value)
    return text if len(text) <= 40 else f"{text[:37]}..."


def _without_duplicates(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    result = dict(pairs)
    if len(result) != len(pairs):
        names = [name for name, _ in pairs]
        raise ValueError(f"the key {next(name for name in names if names.count(name) > 1)!r} twice")
    return result


def _refuse_constant(name: str) -> Any:
    raise ValueError(f"the number {name}")
