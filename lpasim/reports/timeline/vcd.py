"""Value change dumps: the text that viewers of waveforms (GTKWave, Surfer) read.

References
----------
IEEE Std 1364-2005, "IEEE Standard for Verilog Hardware Description Language", clause 18.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import TextIO

_FIRST, _LAST = 33, 126
"""Printable characters, of which names of signals in the file are made."""


@dataclass(frozen=True, slots=True)
class Signal:
    """A signal of some bits in a scope. Its value is a number, or None where it has none (drawn as x)."""

    scope: str
    name: str
    bits: int


class VcdWriter:
    """Writes a dump; all signals are without value until they change.

    Parameters
    ----------
    file : text file
    signals : sequence of Signal
        Those of one scope next to each other.
    comment : str
        What the file shows.
    timescale : str
        How long a unit of time is, as ``1 us``.
    """

    def __init__(self, file: TextIO, signals: tuple[Signal, ...], comment: str, timescale: str) -> None:
        self._file = file
        self._codes = {signal: _code(number) for number, signal in enumerate(signals)}
        self._values: dict[Signal, int | None] = dict.fromkeys(signals)
        words = comment.replace("$", "")  # a lone $end would end the comment
        file.write(f"$comment {words} $end\n$timescale {timescale} $end\n")
        scope = None
        for signal, code in self._codes.items():
            if signal.scope != scope:
                file.write(("$upscope $end\n" if scope else "") + f"$scope module {signal.scope} $end\n")
                scope = signal.scope
            size = f" [{signal.bits - 1}:0]" if signal.bits > 1 else ""
            file.write(f"$var wire {signal.bits} {code} {signal.name}{size} $end\n")
        file.write("$upscope $end\n$enddefinitions $end\n")
        self._time: int | None = None

    def change(self, time: int, values: Mapping[Signal, int | None]) -> None:
        """Write what changes at a time, which must be later than the last one."""
        changed = {s: v for s, v in values.items() if self._values[s] != v}
        if self._time is not None and not changed:
            return
        self._values.update(changed)
        written = self._values if self._time is None else changed
        text = "\n".join(_line(signal, value, self._codes[signal]) for signal, value in written.items())
        self._file.write(f"#{time}\n$dumpvars\n{text}\n$end\n" if self._time is None else f"#{time}\n{text}\n")
        self._time = time

    def end(self, time: int) -> None:
        """Write the time at which the dump ends, if nothing changed then."""
        if self._time != time:
            self._file.write(f"#{time}\n")


def _line(signal: Signal, value: int | None, code: str) -> str:
    if signal.bits == 1:
        return f"{'x' if value is None else value}{code}"
    return f"b{'x' if value is None else format(value, 'b')} {code}"


def _code(number: int) -> str:
    """Return the short name of a signal in the file."""
    base, text = _LAST - _FIRST + 1, ""
    while number >= 0:
        number, digit = divmod(number, base)
        text += chr(_FIRST + digit)
        number -= 1
    return text
