"""Signals that end the program: each takes the way of Ctrl-C, so that whatever is half done is cleaned up."""

from __future__ import annotations

import signal
import threading
from types import FrameType, TracebackType
from typing import Any, Self

_REASONS = {"SIGINT": "interrupted", "SIGTERM": "terminated", "SIGHUP": "hung up"}
_TURNED = ("SIGTERM", "SIGHUP")
"""The signals that would end Python on the spot. Windows has no SIGHUP."""


class Stops:
    """While entered, SIGTERM and SIGHUP raise KeyboardInterrupt, once. Signals that are ignored (nohup) stay so."""

    def __init__(self) -> None:
        self._number = int(signal.SIGINT)
        self._before: dict[int, Any] = {}

    @property
    def code(self) -> int:
        """The exit code that shells give to a program that a signal ended."""
        return 128 + self._number

    @property
    def reason(self) -> str:
        """What happened, in a word or two."""
        return _REASONS[signal.Signals(self._number).name]

    def __enter__(self) -> Self:
        if threading.current_thread() is threading.main_thread():
            for number in (getattr(signal, name) for name in _TURNED if hasattr(signal, name)):
                if signal.getsignal(number) is signal.SIG_DFL:
                    self._before[number] = signal.signal(number, self._stop)
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        for number, handler in self._before.items():
            signal.signal(number, handler)

    def _stop(self, number: int, frame: FrameType | None) -> None:
        """Stop; a second signal does not disturb the clean-up."""
        self._number = number
        for other in self._before:
            signal.signal(other, signal.SIG_IGN)
        raise KeyboardInterrupt
