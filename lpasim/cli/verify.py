"""``lpasim verify``: check what an array computed for a layer, word for word."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from lpasim.cli.values import read_count

if TYPE_CHECKING:
    from lpasim.formats import LogPosit
    from lpasim.inference.verification import Difference

DIFFERENT = 1
"""Exit code where a word is not what it must be."""


def verify(
    file: Annotated[
        Path, typer.Argument(help="A layer's code words, as lpasim infer --dump-layer writes them.", show_default=False)
    ],
    limit: Annotated[
        int, typer.Option(parser=read_count, metavar="N", help="Verify at most that many words, spread evenly.")
    ] = 2000,
    quiet: Annotated[bool, typer.Option("--quiet", "-q", help="Print the outcome alone.")] = False,
) -> None:
    """Compute a layer's words again with the plain reference, and show the first that differs."""
    from lpasim.cli.output import write
    from lpasim.cli.progress import VERIFICATION, progress_bar
    from lpasim.inference.dump_file import read_dump
    from lpasim.inference.verification import first_difference, outputs_to_verify

    dump = read_dump(file)
    with progress_bar(quiet, VERIFICATION) as progress:
        difference = first_difference(dump, limit, progress)
    if difference is not None:
        write(f"{_told(difference, dump.setting.output_format)} ({dump.setting})\n")
        raise typer.Exit(DIFFERENT)
    words, setting = f"{outputs_to_verify(dump, limit)} of {dump.words.size} words", dump.setting
    write(f"verified {words} of {setting}, accumulator {setting.accumulator}: all equal\n")


def _told(difference: Difference, fmt: LogPosit) -> str:
    """Say in one line where a word or its sum differs, and how."""
    place = f"[{', '.join(map(str, difference.index))}]"
    expected_sum, found_sum = difference.expected_sum, difference.found_sum
    sums = f"its sum must be {expected_sum!r}, got {found_sum!r}"
    if difference.found_word == difference.expected_word:
        return (
            f"sum {place} must be {expected_sum!r}, got {found_sum!r}; its word is {_word(difference.found_word, fmt)}"
        )
    expected, found = _word(difference.expected_word, fmt), _word(difference.found_word, fmt)
    return f"word {place} must be {expected}, got {found}; {sums}"


def _word(code: int, fmt: LogPosit) -> str:
    """Spell a code word with its value, where it has one.

    >>> from lpasim.formats import LogPosit
    >>> _word(0x40, LogPosit(8, 2, 3)), _word(0x40, LogPosit(4, 1, 3)), _word(0x8, LogPosit(4, 1, 3))
    ('0x40 (1.0)', '0x40 (no word of LP<4,1,3,0>)', '0x08 (NaR)')
    """
    if code >> fmt.n:
        return f"{code:#04x} (no word of {fmt})"
    value = "NaR" if code == fmt.nar else repr(float(fmt.values()[code]))
    return f"{code:#04x} ({value})"
