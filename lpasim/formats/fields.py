"""One code word of a log posit, taken apart field by field."""

from __future__ import annotations

import math
import operator
from dataclasses import dataclass
from typing import TYPE_CHECKING

from lpasim.errors import FormatError
from lpasim.formats.base import BitField, Fields, Neighbour

if TYPE_CHECKING:
    from lpasim.formats.log_posit import LogPosit


@dataclass(frozen=True, slots=True)
class LogPositFields(Fields):
    """The fields of a log posit's code word.

    Those of a negative word are read from its two's complement, whose bits are `magnitude_bits`. The numbers are None
    for zero and NaR, which have no fields.

    Parameters
    ----------
    kind
        "zero", "nar", "positive" or "negative".
    run
        Length of the regime's run of equal bits, m.
    regime
        The number that the run stands for, k.
    exponent
        Integer part of u, with the low bits that found no room read as zeros.
    fraction
        Fractional part of u, a fraction of the logarithm.
    log2
        2^es * k + u - sf, the base-2 logarithm of the magnitude, rounded to float64.
    """

    kind: str
    sign: int
    magnitude_bits: str
    run: int | None = None
    regime: int | None = None
    exponent: int | None = None
    fraction: float | None = None
    log2: float | None = None


def fields(fmt: LogPosit, code: int) -> LogPositFields:
    """Take a code word apart; see `LogPosit.fields`."""
    word = _word(fmt, code)
    bits = f"{word:0{fmt.n}b}"
    value = float(fmt.values()[word])
    parts: tuple[BitField, ...]
    if word == fmt.nar:
        parts = (BitField("word", bits, "NaR, not a real"),)
        return LogPositFields(word, bits, value, parts, None, None, "nar", 1, bits)
    below, above = _neighbour(fmt, word, -1), _neighbour(fmt, word, +1)
    if word == 0:
        parts = (BitField("word", bits, "zero"),)
        return LogPositFields(word, bits, value, parts, below, above, "zero", 0, bits)

    sign = word >> (fmt.n - 1)
    magnitude_bits = f"{(1 << fmt.n) - word if sign else word:0{fmt.n}b}"
    body = magnitude_bits[1:]
    run = min(len(body) - len(body.lstrip(body[0])), fmt.rs)
    width = run + (run < fmt.rs)
    regime = run - 1 if body[0] == "1" else -run
    regime_bits, exponent_bits, fraction_bits = body[:width], body[width : width + fmt.es], body[width + fmt.es :]
    exponent = int(exponent_bits.ljust(fmt.es, "0") or "0", 2)
    fraction = int(fraction_bits or "0", 2) / (1 << len(fraction_bits))
    parts = (
        BitField("sign", str(sign), "negative" if sign else "positive"),
        BitField("regime", regime_bits, f"k = {regime}"),
        BitField("exponent", exponent_bits, f"e = {exponent}"),
        BitField("fraction", fraction_bits, f"f = {fraction}"),
    )
    log2 = math.fsum((regime << fmt.es, exponent, fraction, -fmt.sf))
    kind = "negative" if sign else "positive"
    return LogPositFields(
        word, bits, value, parts, below, above, kind, sign, magnitude_bits, run, regime, exponent, fraction, log2
    )


def _word(fmt: LogPosit, code: int) -> int:
    word = operator.index(code)
    if not 0 <= word < 1 << fmt.n:
        raise FormatError(f"code must be in 0..{(1 << fmt.n) - 1}, got {word} ({fmt})")
    return word


def _neighbour(fmt: LogPosit, word: int, step: int) -> Neighbour | None:
    """Return the next code word up or down; read as signed integers, code words are in the order of their values."""
    code = (word + step) % (1 << fmt.n)
    return None if code == fmt.nar else Neighbour(code, float(fmt.values()[code]))
