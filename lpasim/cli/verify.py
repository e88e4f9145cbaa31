"""``lpasim verify``: check what an array computed for a layer, word for word."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from lpasim.cli.values import read_count

if TYPE_CHECKING:
    from lpasim.formats import LogPosit
    from lpasim.inference.dump import LayerSetting
    from lpasim.inference.verification import Difference, Output, Verification

DIFFERENT = 1
"""Exit code where a word is not what it must be."""
ALL = "all"


def verify(
    file: Annotated[
        Path, typer.Argument(help="A layer's code words, as lpasim infer --dump-layer writes them.", show_default=False)
    ],
    reference: Annotated[
        str,
        typer.Option(
            metavar=f"N|{ALL}", help="Words, spread evenly, that the plain reference computes as well; it is slow."
        ),
    ] = "2000",
    quiet: Annotated[bool, typer.Option("--quiet", "-q", help="Print the outcome alone.")] = False,
) -> None:
    """Compute all words of a layer again, and show the first that differs.

    The compiled datapath computes every word. The plain reference computes the word that differs, or else some of them.
    """
    from lpasim.cli.output import write
    from lpasim.cli.progress import VERIFICATION, progress_bar
    from lpasim.inference.dump_file import read_dump
    from lpasim.inference.verification import verify as verified

    most = _most(reference)
    dump = read_dump(file)
    with progress_bar(quiet, VERIFICATION) as progress:
        outcome = verified(dump, most, progress)
    write(f"{_told(outcome, dump.setting)}\n")
    if outcome.difference is not None:
        raise typer.Exit(DIFFERENT)


def _most(text: str) -> int | None:
    """Read how many words the plain reference computes at most; None: all."""
    if text == ALL:
        return None
    try:
        return read_count(text)
    except typer.BadParameter:
        raise typer.BadParameter(f"--reference must be a whole number from 1 on or {ALL}, got {text!r}") from None


def _told(outcome: Verification, setting: LayerSetting) -> str:
    """Say in one line what came out."""
    difference, fmt = outcome.difference, setting.output_format
    if difference is None:
        return (
            f"verified all {outcome.words} words of {setting}, accumulator {setting.accumulator}: "
            f"equal to the compiled datapath, {outcome.recomputed} of them also to the plain reference"
        )
    told = _disagreement(difference, fmt) if difference.internal else _mistake(difference, fmt)
    return f"{told} ({setting})"


def _mistake(difference: Difference, fmt: LogPosit) -> str:
    """Say where a word of the file or its sum is wrong, and how."""
    place, expected, found = _place(difference), difference.plain, difference.found
    sums = f"must be {expected.sum!r}, got {found.sum!r}"
    if found.word == expected.word:
        return f"sum {place} {sums}; its word is {_word(found.word, fmt)}"
    return f"word {place} must be {_word(expected.word, fmt)}, got {_word(found.word, fmt)}; its sum {sums}"


def _disagreement(difference: Difference, fmt: LogPosit) -> str:
    """Say that lpasim contradicts itself."""

    def spell(output: Output) -> str:
        return f"{_word(output.word, fmt)} of sum {output.sum!r}"

    return (
        f"INTERNAL ERROR of lpasim, please report it with the file: word {_place(difference)} is "
        f"{spell(difference.plain)} by the plain reference, {spell(difference.compiled)} by the compiled datapath, "
        f"and {spell(difference.found)} in the file"
    )


def _place(difference: Difference) -> str:
    return f"[{', '.join(map(str, difference.index))}]"


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
