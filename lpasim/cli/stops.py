"""Signals that end the program: each takes the way of Ctrl-C, so that whatever is half done is cleaned up."""

from __future__ import annotations

import signal
import sys
import threading
from types import FrameType, TracebackType
from typing import Any, Self

_REASONS = {"SIGINT": "interrupted", "SIGTERM": "terminated", "SIGHUP": "hung up"}
"""The signals that end a program. Windows has no SIGHUP."""
_AGAIN_S = 0.01
"""When a stop that was lost is tried again."""


class Stopped(KeyboardInterrupt):
    """What a signal raises.

    Python ends itself by SIGINT at last, whatever its exit code, once a plain KeyboardInterrupt has left code that was
    compiled from text, as that of data classes is; it does not look for classes below.
    """


class Stops:
    """While entered, SIGINT, and once SIGTERM and SIGHUP, raise `Stopped`. Signals that are ignored (nohup) stay so."""

    def __init__(self) -> None:
        self._number = int(signal.SIGINT)
        self._stopping = False
        self._before: dict[int, Any] = {}
        self._unraisable_before = sys.unraisablehook

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
            for number in (getattr(signal, name) for name in _REASONS if hasattr(signal, name)):
                if signal.getsignal(number) in (signal.SIG_DFL, signal.default_int_handler):
                    self._before[number] = signal.signal(number, self._stop)
            self._unraisable_before, sys.unraisablehook = sys.unraisablehook, self._unraisable
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        for number, handler in self._before.items():
            signal.signal(number, handler)
        if sys.unraisablehook == self._unraisable:
            sys.unraisablehook = self._unraisable_before

    def _stop(self, number: int, frame: FrameType | None) -> None:
        """Stop. A second signal does not disturb the clean-up, unless it is Ctrl-C: somebody is tired of that."""
        if self._stopping and number != signal.SIGINT:
            return
        self._number = number if not self._stopping else self._number
        self._stopping = True
        raise Stopped

    def _unraisable(self, lost: sys.UnraisableHookArgs) -> None:
        """Stop again where Python drops what is raised: it was running a destructor or a callback."""
        if isinstance(lost.exc_value, Stopped):
            self._stopping = False
            threading.Timer(_AGAIN_S, signal.pthread_kill, (threading.main_thread().ident, self._number)).start()
        else:
            self._unraisable_before(lost)
