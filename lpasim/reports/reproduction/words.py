"""How a reproduction spells designs, workloads and values; the terminal, Markdown and the figure share it."""

from __future__ import annotations

from collections.abc import Iterable

from lpasim.reports.numbers import plain
from lpasim.reports.reproduction.study import Row, Study

DESIGNS = {
    "lpa": "LPA",
    "ant": "ANT",
    "bitfusion": "BitFusion",
    "adaptivfloat": "AdaptivFloat",
    "posit": "Posit",
    "lpa-8": "LPA-8",
    "lpa-2": "LPA-2",
}
WORKLOADS = {"resnet18": "ResNet-18", "resnet50": "ResNet-50", "vit_b": "ViT-B", "mean": "mean", "": ""}
CIRCULAR = "*"
"""Marks a value that comes back because it entered the model."""


def quantities(study: Study) -> list[str]:
    """Return what a study compares, in its order."""
    return list(dict.fromkeys(row.quantity for row in study.rows))


def letters(rows: Iterable[Row]) -> list[str]:
    """Return the settings of some rows, in order."""
    return sorted({row.setting for row in rows})


def named(row: Row) -> str:
    """Return a row's workload and design."""
    return ", ".join(part for part in (DESIGNS[row.design], WORKLOADS[row.workload]) if part)


def grouped(study: Study, quantity: str) -> list[list[Row]]:
    """Return the rows of a quantity, those of one published value together."""
    groups: dict[tuple[str, str], list[Row]] = {}
    for row in study.rows:
        if row.quantity == quantity:
            groups.setdefault((row.workload, row.design), []).append(row)
    return list(groups.values())


def share(part: float, digits: int = 0) -> str:
    """Write a share in per cent.

    >>> share(0.603, 1)
    '60.3 %'
    """
    return f"{100 * part:.{digits}f} %"


def listed(texts: Iterable[str]) -> str:
    """Join texts as people do.

    >>> listed(["a", "b", "c"])
    'a, b and c'
    """
    *most, last = texts
    return f"{', '.join(most)} and {last}" if most else last


def value(number: float, like: float) -> str:
    """Write a number with about as many digits as a published one is given with."""
    return f"{number:.2f}" if abs(like) < 10 else plain(number, 4)


def cell(row: Row) -> str:
    """Write what a setting gives, and its deviation."""
    mark = CIRCULAR if row.circular else ""
    return f"{value(row.simulated, row.published.value)}{mark} {deviation(row)}"


def deviation(row: Row) -> str:
    """Write a deviation in per cent."""
    percent = 100 * row.deviation
    return f"{percent:+.1f} %" if abs(percent) < 9.95 else f"{percent:+.0f} %"


def reasons(study: Study, quantity: str) -> list[str]:
    """Return why simulated and published differ, each reason once with what it is about."""
    about: dict[str, list[str]] = {}
    for row in study.rows:
        if row.quantity == quantity:
            about.setdefault(row.reason, []).append(f"{DESIGNS[row.design]} {row.setting}")
    return [f"{_joined(whom)}: {reason}" for reason, whom in about.items()]


def _joined(whom: list[str]) -> str:
    """Join designs and letters, or only letters where a reason is about all designs of a setting.

    >>> _joined(["LPA A", "ANT A", "LPA A"])
    'A'
    """
    found = list(dict.fromkeys(whom))
    settings = sorted({each.split()[-1] for each in found})
    designs = list(dict.fromkeys(each.rsplit(" ", 1)[0] for each in found))
    return f"{designs[0]} {', '.join(settings)}" if len(designs) == 1 else ", ".join(settings)
