"""The columns of a study that were varied, and values as the page's scripts take them."""

from __future__ import annotations

from dataclasses import dataclass
from math import isfinite
from typing import TYPE_CHECKING, Any

from lpasim.hardware.export import with_unit
from lpasim.hardware.keys import find_key
from lpasim.reports.study_folder import Study

if TYPE_CHECKING:
    import pandas as pd


@dataclass(frozen=True, slots=True)
class AxisColumn:
    """A column that was varied.

    Attributes
    ----------
    name : str
        The column; it names the unit.
    key : str
        What ``--set`` calls it.
    """

    name: str
    key: str

    def text(self, value: Any) -> str:
        """Write a value with its unit, as people write it: 65536 B as 64 KiB."""
        key, value = find_key(self.key), _plain(value)
        if value is None:
            return "none"
        return with_unit(value, key) if key is not None and isinstance(value, int | float) else str(value)


def axis_columns(study: Study) -> tuple[AxisColumn, ...]:
    """Return the columns of all axes, each once."""
    pairs = {name: key for axis in study.axes for name, key in zip(axis.columns, axis.keys, strict=True)}
    return tuple(AxisColumn(name, key) for name, key in pairs.items())


def plain_values(column: pd.Series[Any]) -> list[Any]:
    """Return a column as JSON types; what is missing or no finite number is None."""
    return [_plain(value) for value in column.tolist()]


def _plain(value: Any) -> Any:
    """Return a value of a column, plain or of numpy, as a JSON type."""
    value = value.item() if hasattr(value, "item") else value
    return None if isinstance(value, float) and not isfinite(value) else value
