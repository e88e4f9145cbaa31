"""A hardware description -> the datapath that it computes with."""

from __future__ import annotations

from lpasim.datapath.parameters import Datapath
from lpasim.errors import HardwareError
from lpasim.hardware.model import Hardware


def datapath_of(hardware: Hardware) -> Datapath:
    """Return the widths of a lane and the rows of the array, which together decide the bits of every result.

    Raises
    ------
    HardwareError
        If the accelerator does not compute with log posits, or `array.psum_bits` is too narrow for a partial sum: a
        sign, the fraction, and an exponent of 1 bit or more. It is asked here and not of every description, because
        cycles and energy do not need the fraction.
    """
    formats = hardware.words.formats
    if "lp" not in formats.split(", "):
        raise HardwareError(
            f"words.formats must hold lp for the datapath of log posits, got {formats} ({hardware.name})"
        )
    widths, psum_bits = hardware.datapath, hardware.array.psum_bits
    needed = 1 + widths.psum_fraction_bits + 1
    if psum_bits < needed:
        parts = f"a sign, {widths.psum_fraction_bits} bits of fraction (datapath.psum_fraction_bits) and an exponent"
        raise HardwareError(
            f"array.psum_bits must be at least {needed} bit for {parts}, got {psum_bits} bit ({hardware.name})"
        )
    return Datapath(hardware.array.rows, **widths.model_dump())
