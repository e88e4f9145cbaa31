"""``lpasim inspect mac``: every step of one multiply-accumulate, in bits and in value."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Annotated

import typer

from lpasim.cli.values import HardwareName, Settings

if TYPE_CHECKING:
    from lpasim.datapath.parameters import Datapath
    from lpasim.datapath.reference import Operand, PartialSum
    from lpasim.formats import LogPosit

Row = tuple[str, str, str]
"""What it is, its bits, its value."""

LARGEST_PSUM = 2.0**1000
"""Far beyond any product of two words, and small enough that no sum with one overflows."""


def inspect_mac(
    weight: Annotated[str, typer.Option("--weight", help="The weight's code word: 0x5A, 0b1011010 or 90.")],
    activation: Annotated[str, typer.Option("--activation", help="The activation's code word.")],
    format_w: Annotated[str, typer.Option("--format-w", help="The weight's number format, as in lp8,2,3,0.5.")],
    format_a: Annotated[str, typer.Option("--format-a", help="The activation's number format, as in lp8,1,4,-1.")],
    psum: Annotated[
        str, typer.Option("--psum", help="The partial sum that comes in, without scale; truncated to its bits.")
    ] = "0",
    hardware: HardwareName = "lpa",
    overrides: Settings = None,
) -> None:
    """Show every step of one multiply-accumulate of the datapath (docs/datapath.md)."""
    from rich.table import Table

    from lpasim.cli.inspect import read_code
    from lpasim.cli.output import write_rich
    from lpasim.datapath import reference, reference_sums
    from lpasim.hardware import datapath_of, load_hardware

    datapath = datapath_of(load_hardware(hardware, overrides or []).hardware)
    incoming = _partial_sum(psum)
    formats = _format(format_w, "--format-w"), _format(format_a, "--format-a")
    codes = read_code(weight), read_code(activation)
    w, a = (reference.decode_word(code, fmt) for code, fmt in zip(codes, formats, strict=True))
    product = reference.multiply(w, a)
    bits = max(_integer_bits(operand) for operand in (w, a, product))

    rows = [*_word("weight", codes[0], formats[0], w, bits), *_word("activation", codes[1], formats[1], a, bits)]
    rows += _product(product, bits, datapath)
    if product.kind != "nar":
        total, term = reference_sums.hold(incoming, datapath), reference.convert(product, datapath)
        rows += _addition(total, term, datapath)
        rows += _outcome(reference_sums.add(total, term, datapath), incoming, product, formats)

    table = Table.grid(padding=(0, 2, 0, 0))
    table.add_column(style="dim", no_wrap=True)
    table.add_column(no_wrap=True)
    table.add_column()
    for row in rows:
        table.add_row(*row)
    write_rich(table)


def _partial_sum(text: str) -> float:
    try:
        value = float(text)
    except ValueError:
        value = math.nan
    if not abs(value) <= LARGEST_PSUM:
        raise typer.BadParameter(f"partial sum must be a real of at most 2^1000 in magnitude, got {text!r} (--psum)")
    return value


def _format(text: str, where: str) -> LogPosit:
    from lpasim.errors import FormatError
    from lpasim.formats import LogPosit, parse_format

    chosen = parse_format(text)
    if not isinstance(chosen, LogPosit):
        raise FormatError(f"number format must be a logarithmic posit such as lp8,2,3,0, got {text!r} ({where})")
    return chosen


def _word(name: str, code: int, fmt: LogPosit, operand: Operand, bits: int) -> list[Row]:
    """Return the fields of a word, and the logarithm that its decoder makes of them."""
    fields = fmt.fields(code)
    rows = [(name, fields.bits, f"{code:#04x} of {fmt}, value {fields.value!r}")]
    if fields.kind == "negative":
        rows.append(("  magnitude", fields.magnitude_bits, "two's complement, from which the fields are read"))
    rows += [(f"  {part.name}", part.bits or "-", part.meaning) for part in fields.parts]
    if operand.kind == "number":
        rows.append(("  log", _fixed(operand, bits), f"{_log(operand)!r} = 2^es k + e + f, without sf"))
    return rows


def _product(product: Operand, bits: int, datapath: Datapath) -> list[Row]:
    """Return the product as a logarithm, and what the converter sees and makes of it."""
    from lpasim.datapath.reference import round_log, significand

    if product.kind == "nar":
        return [("product", "-", "NaR: so is every sum with it")]
    if product.kind == "zero":
        return [("product", "-", "zero: nothing is added")]
    rounded = round_log(product, datapath)
    integer, fraction = divmod(rounded.log, 1 << rounded.fraction_bits)
    out_bits = datapath.converter_out_bits
    result = significand(fraction, rounded.fraction_bits, out_bits)
    exponent = integer - (out_bits - 1)
    signed = -result if product.sign else result
    width = rounded.fraction_bits
    return [
        ("product", "", "the signs are compared, the logs are added"),
        ("  sign", str(product.sign), "negative" if product.sign else "positive"),
        ("  log", _fixed(product, bits), f"{_log(product)!r}"),
        ("converter", "", f"from log to linear, at most {datapath.converter_in_bits} bits to {out_bits} bits"),
        ("  rounded log", _fixed(rounded, bits), f"{_log(rounded)!r}"),
        ("  fraction in", f"{fraction:0{width}b}" if width else "-", f"f = {fraction / (1 << width)!r}"),
        ("  significand", f"{result:b}", f"{result} = round(2^f * {1 << (out_bits - 1)})"),
        ("  value", "", _linear(signed, exponent)),
    ]


def _addition(total: PartialSum, term: PartialSum, datapath: Datapath) -> list[Row]:
    """Return both addends before and after alignment, their sum, and the partial sum that goes on."""
    from lpasim.datapath.reference_sums import add, align

    width = datapath.psum_fraction_bits
    exponent, left, right = align(total, term)
    left, right = (-left if total.sign else left), (-right if term.sign else right)
    after = add(total, term, datapath)

    def before(name: str, number: PartialSum) -> Row:
        fraction = -number.fraction if number.sign else number.fraction
        return name, _signed(fraction, width), _linear(fraction, number.exponent)

    return [
        ("addition", "", f"sign, and a fraction of {width} bits"),
        before("  partial sum", total),
        before("  product", term),
        ("  aligned sum", _signed(left, width), _linear(left, exponent)),
        ("  aligned product", _signed(right, width), _linear(right, exponent)),
        ("  added", _signed(left + right, width), _linear(left + right, exponent)),
        before("  normalised", after),
    ]


def _outcome(after: PartialSum, psum: float, product: Operand, formats: tuple[LogPosit, LogPosit]) -> list[Row]:
    """Return the real value of the partial sum, and how far it is from what exact arithmetic gives."""
    scale = formats[0].sf + formats[1].sf
    magnitude = 2.0 ** _log(product) if product.kind == "number" else 0.0
    exact = psum + (-magnitude if product.sign else magnitude)
    value = float(after.value)
    error = "0" if value == exact else f"{(value - exact) / abs(exact):+.3e}" if exact else "infinite"
    return [
        ("result", "", "the partial sum that leaves the lane"),
        ("  without scale", "", repr(value)),
        ("  scale", "", f"2^{0.0 - scale!r}, from sf_w + sf_a = {scale!r}"),
        ("  real value", "", repr(value * 2.0**-scale)),
        ("  exact", "", f"{exact * 2.0**-scale!r}, by real arithmetic on the same words"),
        ("  relative error", "", error),
    ]


def _log(operand: Operand) -> float:
    return operand.log / (1 << operand.fraction_bits)


def _integer_bits(operand: Operand) -> int:
    """Return the bits of a logarithm's integer part in two's complement."""
    integer = operand.log >> operand.fraction_bits
    return 1 + (integer if integer >= 0 else ~integer).bit_length()


def _fixed(operand: Operand, integer_bits: int) -> str:
    """Spell a logarithm in two's complement with a binary point."""
    width = operand.fraction_bits
    digits = f"{operand.log % (1 << (integer_bits + width)):0{integer_bits + width}b}"
    return f"{digits[:integer_bits]}.{digits[integer_bits:]}" if width else digits


def _signed(fraction: int, width: int) -> str:
    return f"{'-' if fraction < 0 else '+'}{abs(fraction):0{width}b}"


def _linear(fraction: int, exponent: int) -> str:
    return f"{math.ldexp(fraction, exponent)!r} = {fraction} * 2^{exponent}" if fraction else "0"
