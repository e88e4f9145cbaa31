"""The JSON Schema of trace files, for programs that read or write them without lpasim."""

from __future__ import annotations

import json

from lpasim.quantization.trace import Trace


def schema_text() -> str:
    """Return the schema as it is kept in `docs/trace.schema.json`.

    It says what can be said about single values; `lpasim.quantization.trace_rules` has what ties them together.
    """
    schema = {"$schema": "https://json-schema.org/draft/2020-12/schema", **Trace.model_json_schema(by_alias=True)}
    return json.dumps(schema, indent=1, ensure_ascii=False) + "\n"
