"""Fields as the library of protocol buffers writes them."""

from __future__ import annotations

import io
from collections.abc import Iterable

import pytest


def wire_of(fields: Iterable[tuple[int, int | float | bytes | str]]) -> bytes:
    """Encode fields by number: whole numbers, floating-point numbers, bytes and text."""
    encoder = pytest.importorskip("google.protobuf.internal.encoder", reason="needs protobuf")
    makers = {
        int: encoder.UInt64Encoder,
        float: encoder.DoubleEncoder,
        bytes: encoder.BytesEncoder,
        str: encoder.StringEncoder,
    }
    file = io.BytesIO()
    for number, value in fields:
        makers[type(value)](number, False, False)(file.write, value, False)
    return file.getvalue()
