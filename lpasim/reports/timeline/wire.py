"""The wire format of protocol buffers, as far as a timeline needs it: a field is a key and a number, text or message.

Two dozen fields in all: a schema and a library for them would be more to carry, and take longer to write them.

References
----------
Google, "Protocol Buffers: Encoding", https://protobuf.dev/programming-guides/encoding/
"""

from __future__ import annotations

import struct
from functools import cache

VARINT, FIXED64, LENGTH = 0, 1, 2
"""Wire types."""
_SHORT = tuple(bytes([number]) for number in range(128))


def varint(number: int) -> bytes:
    """Encode a whole number of 0 or more: seven bits a byte, low ones first."""
    if number < 128:
        return _SHORT[number]
    if number < 1 << 14:
        return bytes((number & 127 | 128, number >> 7))
    groups = bytearray()
    while number > 127:
        groups.append(number & 127 | 128)
        number >>= 7
    groups.append(number)
    return bytes(groups)


@cache
def key(field: int, wire_type: int) -> bytes:
    """Encode what comes before the value of a field."""
    return varint(field << 3 | wire_type)


def number_field(field: int, number: int) -> bytes:
    """Encode a field that holds a whole number of 0 or more, or a truth value."""
    return key(field, VARINT) + varint(number)


def double_field(field: int, number: float) -> bytes:
    """Encode a field that holds a floating-point number."""
    return key(field, FIXED64) + struct.pack("<d", number)


def bytes_field(field: int, content: bytes) -> bytes:
    """Encode a field that holds a message or bytes."""
    return key(field, LENGTH) + varint(len(content)) + content


def text_field(field: int, text: str) -> bytes:
    """Encode a field that holds text; what is not Unicode (lone surrogates of a file's name) is escaped."""
    return bytes_field(field, text.encode(errors="backslashreplace"))
