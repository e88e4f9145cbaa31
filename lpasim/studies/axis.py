"""One direction of a space: a key of the hardware description, or several that move together, and their values."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from lpasim.errors import HardwareError, StudyError
from lpasim.hardware.keys import Key, find_key, unknown_key
from lpasim.hardware.loader import HardwareFile
from lpasim.reports.study_folder import column_of

Value = int | float | bool | str
"""A value as a table holds it: in the unit of its key."""
LINK = "x"
"""Parts the values of linked keys on the command line: 8x8."""


@dataclass(frozen=True, slots=True)
class Axis:
    """What is varied.

    Attributes
    ----------
    keys : tuple of str
        Paths of the hardware description; more than one are linked.
    texts : tuple of tuple of str
        For each step of the axis, the value of each key as ``--set`` reads it.
    values : tuple of tuple of Value
        The same, in the units of the keys.
    """

    keys: tuple[str, ...]
    texts: tuple[tuple[str, ...], ...]
    values: tuple[tuple[Value, ...], ...]

    @property
    def label(self) -> str:
        """Name of the axis."""
        return ",".join(self.keys)

    @property
    def columns(self) -> tuple[str, ...]:
        """Columns of a table, one a key, with their units."""
        return tuple(column_of(key) for key in self.keys)

    @property
    def unit(self) -> str | None:
        """Unit of the values; None without one, or where linked keys differ in theirs."""
        units = {self.unit_of(place) for place in range(len(self.keys))}
        return units.pop() or None if len(units) == 1 else None

    def unit_of(self, place: int) -> str:
        """Return the unit of one of the keys; empty without one."""
        found = find_key(self.keys[place])
        return "" if found is None else found.unit

    def settings(self, step: int) -> tuple[str, ...]:
        """Return what sets a step: ``array.rows=8``."""
        return tuple(f"{key}={text}" for key, text in zip(self.keys, self.texts[step], strict=True))


def parse_axis(text: str, base: HardwareFile) -> Axis:
    """Read an axis of the command line: ``array.rows=4,8`` or ``array.rows,array.cols=8x8,16x16``.

    Values that hold commas themselves, such as tables of lanes, are parted by semicolons instead, and a single one ends
    with one.

    Raises
    ------
    StudyError
        If it has another form, or a value is none of its key.
    """
    names, equals, listed = text.partition("=")
    keys = [key.strip() for key in names.split(",")]
    parts = [part.strip() for part in listed.strip().removesuffix(";").split(";" if ";" in listed else ",")]
    if not equals or not all(keys) or not all(parts):
        raise StudyError(f"--axis must have the form key=value,value, got {text!r} (for example: array.rows=8,16)")
    steps = [part.split(LINK) if len(keys) > 1 else [part] for part in parts]
    return make_axis(keys, steps, base, f"--axis {text}")


def make_axis(keys: Sequence[str], steps: Sequence[Sequence[str]], base: HardwareFile, where: str) -> Axis:
    """Check an axis, value by value, before anything is simulated.

    Parameters
    ----------
    keys : sequence of str
    steps : sequence of sequence of str
        For each step, the value of each key.
    base : HardwareFile
        What is varied.
    where : str
        Where the axis stands, for messages.

    Raises
    ------
    StudyError
        If a key is unknown, given twice, or has a value that it cannot take, or a step is given twice.
    """
    for key in keys:
        if find_key(key) is None:
            raise StudyError(unknown_key(key, where))
        if list(keys).count(key) > 1:
            raise StudyError(f"an axis must name each key once, got {key} {list(keys).count(key)} times ({where})")
    values = []
    for step in steps:
        if len(step) != len(keys):
            rule = f"give {len(keys)} values, one a key, parted by {LINK!r}"
            raise StudyError(f"each step of an axis must {rule}, got {LINK.join(step)!r} ({where})")
        values.append(tuple(_value(key, text.strip(), base, where) for key, text in zip(keys, step, strict=True)))
    for value, step in zip(values, steps, strict=True):
        if values.count(value) > 1:
            raise StudyError(f"an axis must give each value once, got {LINK.join(step)!r} twice ({where})")
    return Axis(tuple(keys), tuple(tuple(text.strip() for text in step) for step in steps), tuple(values))


def _value(key: str, text: str, base: HardwareFile, where: str) -> Value:
    """Read the value of a key in its unit."""
    found = find_key(key)
    if found is not None and found.quantity is not None:
        try:
            return found.quantity(text)
        except ValueError as error:
            raise StudyError(f"{key} {error} ({where})") from None
    return _word(key, text, base, where, found)


def _word(key: str, text: str, base: HardwareFile, where: str, found: Key | None) -> Value:
    """Read a flag or a text: what the description takes, it takes at any point that is possible at all."""
    try:
        tree = base.variant([f"{key}={text}"]).hardware.model_dump(by_alias=True)
    except HardwareError as error:
        wrong = [line for line in str(error).splitlines() if line.startswith(f"{key} must")]
        if wrong:
            raise StudyError(wrong[0].replace(f"(--set {key}={text})", f"({where})")) from None
        flag = found is not None and isinstance(found.default, bool)
        return text.lower() == "true" if flag else text
    for part in key.split("."):
        tree = tree[part]
    value: Value = tree  # type: ignore[assignment]
    return value
