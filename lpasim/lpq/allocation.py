"""Sharing bits out: those that prevent most harm for what they cost come first."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass

from lpasim.errors import SearchError


@dataclass(frozen=True, slots=True)
class Share:
    """Something that bits are shared out to.

    Attributes
    ----------
    size : int
        Elements that have these bits.
    harm : mapping
        Width -> harm that it does; the keys are the widths that may be taken.
    """

    size: int
    harm: Mapping[int, float]

    def among(self, widths: Collection[int]) -> Share:
        """Return the share with those of its widths alone that are among some."""
        return Share(self.size, {n: harm for n, harm in self.harm.items() if n in widths})


def allocate(shares: Mapping[str, Share], average_bits: float, what: str) -> dict[str, int]:
    """Choose a width for each share, so that the harm is small and the average within a bound.

    Everything begins with its smallest width. Then the step to a larger width that prevents most harm a bit is taken,
    again and again, as long as one fits. `what` is for messages.

    Raises
    ------
    SearchError
        If the smallest widths are above the bound.
    """
    widths = {name: min(share.harm) for name, share in shares.items()}
    total = sum(share.size for share in shares.values())
    used = sum(width * shares[name].size for name, width in widths.items())
    if used > average_bits * total * (1 + 1e-12):
        least = used / total
        raise SearchError(f"average bits of {what} must be at least {least:.4g}, got {average_bits:g}")
    while True:
        left = average_bits * total * (1 + 1e-12) - used
        steps = [
            (_gain(share, widths[name], width), name, width)
            for name, share in shares.items()
            for width in share.harm
            if width > widths[name] and (width - widths[name]) * share.size <= left
        ]
        best = max(steps, key=lambda step: step[0], default=None)
        if best is None or best[0] <= 0:
            return widths
        _, name, width = best
        used += (width - widths[name]) * shares[name].size
        widths[name] = width


def _gain(share: Share, width: int, wider: int) -> float:
    """Return the harm that a step prevents, for each bit that it costs."""
    return (share.harm[width] - share.harm[wider]) / ((wider - width) * share.size)
