"""Finding a preprocessing: by its name, or in a YAML or JSON file."""

from __future__ import annotations

import json
import re
from pathlib import Path

from pydantic import ValidationError

from lpasim.errors import NetworkError
from lpasim.networks.printable import printable
from lpasim.quantization.documents import all_problems
from lpasim.quantization.preprocess import PREPROCESSES, Preprocess
from lpasim.strict_yaml import read_document

SUFFIXES = (".yaml", ".yml", ".json")
A_CHANNEL = ("mean", "std")
"""Keys with one number a channel; one number for all need not be a list."""


def find_preprocess(text: str) -> Preprocess:
    """Find a preprocessing.

    Parameters
    ----------
    text : str
        A key of `PREPROCESSES`, or a YAML or JSON file with the keys of `Preprocess`. A file without `name` gives its
        own.

    Raises
    ------
    NetworkError
        If there is none of that name, or the file does not hold one: then for all problems together, one line each.
    """
    if text in PREPROCESSES:
        return PREPROCESSES[text]
    path = Path(text)
    if path.suffix.lower() not in SUFFIXES:
        known = ", ".join(PREPROCESSES)
        raise NetworkError(f"preprocess must be one of {known}, or a file (.yaml, .yml, .json), got {text!r}")
    document = {"name": re.sub(r"[^\w.-]", "_", path.stem), **read_document(path, "preprocess file", NetworkError)}
    document |= {key: [document[key]] for key in A_CHANNEL if isinstance(document.get(key), int | float)}
    try:
        return Preprocess.model_validate_json(json.dumps(document))
    except ValidationError as error:
        raise NetworkError("\n".join(f"{problem} ({printable(path)})" for problem in all_problems(error))) from error
