"""What is wrong with a description, for whoever wrote it: one line a mistake, with the place where it was made."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Sequence

from pydantic import ValidationError

from lpasim.hardware.clashes import Clash, ClashError
from lpasim.hardware.dram import BANDWIDTH, BANKED
from lpasim.hardware.entries import Layer
from lpasim.hardware.keys import keys
from lpasim.hardware.presets import CUSTOM_DRAM, is_of_dram_preset
from lpasim.hardware.quantities import spelled

_OF_BANKS = ("dram.device.", "dram.timing.")


def missing_of_custom_memory(merged: Layer) -> tuple[str, ...]:
    """Return the keys that a `custom` memory must give and does not."""
    if "dram.preset" not in merged or merged["dram.preset"].value != CUSTOM_DRAM:
        return ()
    skipped = () if _model(merged) == BANKED else _OF_BANKS
    of_preset = (key for path, key in keys().items() if is_of_dram_preset(path) and not path.startswith(skipped))
    return tuple(key.path for key in of_preset if key.default is None and key.path not in merged)


def explain_missing(paths: Iterable[str], merged: Layer) -> str:
    """Say which keys a `custom` memory lacks, in one line."""
    names = ", ".join(path.removeprefix("dram.") for path in paths)
    rule = f"must give {names} where dram.preset is {CUSTOM_DRAM} and dram.model is {_model(merged)}"
    return f"dram {rule}, got none of them ({merged['dram.preset'].where})"


def _model(merged: Layer) -> str:
    entry = merged.get("dram.model")
    return str(entry.value) if entry else BANDWIDTH


def explain(
    error: ValidationError, layers: Sequence[Layer], merged: Layer, name: str, known: Collection[str] = ()
) -> tuple[list[str], list[str]]:
    """Spell what pydantic found.

    Parameters
    ----------
    error : pydantic.ValidationError
        Of the whole description.
    layers : sequence of dict of str to Entry
        What was given, the most general first.
    merged : dict of str to Entry
        The layers as one.
    name : str
        Of the description, where no other place is known.
    known : collection of str
        Keys that were refused before, and have stand-ins now.

    Returns
    -------
    lines : list of str
        One for each mistake.
    refused : list of str
        The keys whose values are no legal ones.
    """
    lines, refused = [], []
    for item in error.errors(include_url=False):
        path = ".".join(str(part) for part in item["loc"])
        cause = item.get("ctx", {}).get("error")
        if isinstance(cause, ClashError):
            lines += _explain_clashes(cause.clashes, layers, merged, name, known)
            continue
        rule = "must be given, got nothing" if item["type"] == "missing" else str(cause)
        lines.append(f"{path} {rule} ({_where(path, merged, name)})")
        refused.append(path)
    return lines, refused


def _explain_clashes(
    clashes: Sequence[Clash], layers: Sequence[Layer], merged: Layer, name: str, known: Collection[str]
) -> list[str]:
    """Give a line to each value that breaks rules: a value that was set over others answers for all that it breaks."""
    beyond = {clash.path for clash in clashes if not clash.others}
    broken: dict[str, list[Clash]] = {}
    for clash in clashes:
        if beyond.isdisjoint(clash.others):  # what follows from a value beyond its own bounds is no mistake of its own
            broken.setdefault(_cause(clash, layers, known), []).append(clash)
    lines = []
    for path, found in broken.items():
        own = [f"{clash} ({_where(path, merged, name)})" for clash in found if clash.path == path]
        elsewhere = [f"{clash} ({_where(clash.path, merged, name)})" for clash in found if clash.path != path]
        lines += own
        if elsewhere and not own:
            got = f"got {spelled(merged[path].value)} ({_where(path, merged, name)})"
            lines.append(f"{path} must go with the other values, {got}: {'; '.join(elsewhere)}")
    return lines


def _cause(clash: Clash, layers: Sequence[Layer], known: Collection[str]) -> str:
    """Return the key that was set last of those that a rule depends on; its own if that was."""
    paths = (clash.path, *(path for path in clash.others if path not in known))
    for layer in reversed(layers):
        for path in paths:
            if path in layer:
                return path
        if "dram.preset" in layer and any(is_of_dram_preset(path) for path in paths):
            return clash.path if is_of_dram_preset(clash.path) else "dram.preset"
    return clash.path


def _where(path: str, merged: Layer, name: str) -> str:
    return merged[path].where if path in merged else name
