"""The way in and the ways out: exit codes, and one line on stderr in place of a traceback.

====  ============================================================================
0     done
1     what was to be verified is wrong
2     wrong usage, wrong input, or a result that cannot be written
129   hung up (SIGHUP: the terminal went away)
130   interrupted (SIGINT: Ctrl-C)
141   whoever read standard output went away, as for any program in a pipe
143   terminated (SIGTERM: kill, or a batch system out of time)
====  ============================================================================
"""

from __future__ import annotations

import errno
import os
import sys

TYPE_CHECKING = False  # as typing has it, which takes its time: until `main` runs, Ctrl-C would print a traceback
if TYPE_CHECKING:
    from collections.abc import Sequence

WRONG_INPUT = 2
INTERRUPTED = 130
BROKEN_PIPE = 141
FULL = (errno.ENOSPC, errno.EDQUOT, errno.EFBIG)
"""What a write meets where there is no room. Whoever writes a file names it; what has no name is standard output."""


def main(args: Sequence[str] | None = None) -> None:
    """Run the command line and exit."""
    try:
        code = _stoppable(args)
    except KeyboardInterrupt:  # before signals are taken over, or after
        code = _fail("interrupted", INTERRUPTED)
    if code != 0:
        _drop_output()
    sys.exit(code)


def _stoppable(args: Sequence[str] | None) -> int:
    """Run the command line; return the exit code, whatever ends it."""
    from lpasim.cli.stops import Stops

    _open_streams()
    with Stops() as stops:
        try:
            code = _run(args)
            if code == INTERRUPTED:
                raise KeyboardInterrupt
            sys.stdout.flush()
        except KeyboardInterrupt:
            return _fail(stops.reason, stops.code)
        except BrokenPipeError:
            return BROKEN_PIPE
        except MemoryError:
            return _fail("memory must be enough for what is asked for, got too little", WRONG_INPUT)
        except OSError as error:
            place = error.filename or ("standard output" if error.errno in FULL else "")
            where = f" ({place})" if place else ""
            if error.errno == errno.ENAMETOOLONG:
                return _fail(
                    f"file name must be one that the file system takes, got too long a one{where}", WRONG_INPUT
                )
            return _fail(f"{(error.strerror or str(error)).lower()}{where}", WRONG_INPUT)
    return code


def _open_streams() -> None:
    """Send what is for a stream that the caller closed (``>&-``) nowhere, before a file of ours takes its place."""
    for name, number in (("stdout", 1), ("stderr", 2)):
        if getattr(sys, name) is None:
            nowhere = os.open(os.devnull, os.O_WRONLY)
            if nowhere != number:
                os.dup2(nowhere, number)
                os.close(nowhere)
            setattr(sys, name, open(number, "w", encoding="utf-8"))  # noqa: SIM115 (open as long as the program runs)


def _run(args: Sequence[str] | None) -> int:
    import typer

    from lpasim.cli.app import app
    from lpasim.cli.letters import PLAIN_LETTERS
    from lpasim.errors import LpasimError

    for stream in (sys.stdout, sys.stderr):
        getattr(stream, "reconfigure", lambda **_: None)(errors=PLAIN_LETTERS)
    try:
        code = app(args=args, prog_name="lpasim", standalone_mode=False)
    except typer.TyperException as error:
        return _fail(" ".join(error.format_message().split()), WRONG_INPUT)
    except LpasimError as error:
        return _fail(str(error), WRONG_INPUT)
    except SystemExit:
        # typer and rich exit by themselves for one reason only: nobody reads what they print.
        return BROKEN_PIPE
    return code if isinstance(code, int) else 0


def _fail(message: str, code: int) -> int:
    try:
        for line in message.splitlines():
            sys.stderr.write(f"lpasim: {line}\n")
    except OSError:  # the terminal may have gone away
        pass
    return code


def _drop_output() -> None:
    """Send what is still buffered for standard output nowhere, or the interpreter trips over it at exit."""
    try:
        sys.stdout.flush()
    except OSError:
        with open(os.devnull, "wb") as nowhere:
            os.dup2(nowhere.fileno(), sys.stdout.fileno())
