"""A strict reader of value change dumps (IEEE Std 1364-2005, clause 18): any departure from the grammar is an error."""

from __future__ import annotations

import re
from dataclasses import dataclass, field


@dataclass
class Dump:
    """Changes of each signal, by its full name: times and values, None where a value is not known."""

    timescale: str
    changes: dict[str, list[tuple[int, int | None]]] = field(default_factory=dict)
    bits: dict[str, int] = field(default_factory=dict)
    end: int = 0

    def at(self, name: str, time: int) -> int | None:
        """The value of a signal in the unit of time that begins at `time`."""
        value = None
        for when, new in self.changes[name]:
            if when > time:
                break
            value = new
        return value

    def values(self, name: str) -> list[int | None]:
        """The values from the first to the last time of the dump."""
        steps, found = self.changes[name], []
        for (when, value), (until, _) in zip(steps, [*steps[1:], (self.end, None)], strict=True):
            found += [value] * (until - when)
        return found


def read_vcd(text: str) -> Dump:
    """Read a dump."""
    header, body = text.split("$enddefinitions $end\n")
    dump, codes = Dump(*re.findall(r"\$timescale (1 us) \$end", header)), {}
    scopes: list[str] = []
    for line in header.splitlines():
        words = line.split()
        assert words[-1] == "$end"
        match words[0]:
            case "$scope":
                assert words[1] == "module"
                scopes.append(words[2])
            case "$upscope":
                scopes.pop()
            case "$var":
                _, kind, bits, code, name = words[:5]
                assert kind == "wire"
                assert words[5:-1] == ([f"[{int(bits) - 1}:0]"] if int(bits) > 1 else [])
                assert code not in codes
                assert all(33 <= ord(letter) <= 126 for letter in code)
                codes[code] = ".".join([*scopes, name])
                dump.changes[codes[code]], dump.bits[codes[code]] = [], int(bits)
            case other:
                assert other in ("$comment", "$timescale")
    assert not scopes
    assert len(dump.changes) == len(codes)
    _read_changes(dump, codes, body.splitlines())
    return dump


def _read_changes(dump: Dump, codes: dict[str, str], lines: list[str]) -> None:
    time: int | None = None
    for line in lines:
        if line[0] == "#":
            assert time is None or int(line[1:]) > time
            time = int(line[1:])
        elif line[0] == "$":
            assert line in ("$dumpvars", "$end")
        else:
            assert time is not None
            value, code = line[1:].split(" ") if line[0] == "b" else (line[0], line[1:])
            name = codes[code]
            assert (line[0] == "b") == (dump.bits[name] > 1)
            assert value == "x" or (set(value) <= {"0", "1"} and len(value) <= dump.bits[name])
            new = None if value == "x" else int(value, 2)
            assert not dump.changes[name] or dump.changes[name][-1][1] != new
            dump.changes[name].append((time, new))
    assert time is not None
    dump.end = time
    assert len({changes[0][0] for changes in dump.changes.values()}) == 1  # all have a value from the start
