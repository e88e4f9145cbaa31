"""Saying where a trace comes from, in words that let it be made again."""

from __future__ import annotations

import hashlib
import re
import shlex
from dataclasses import dataclass
from pathlib import Path

from lpasim import __version__
from lpasim.networks.printable import file_name, printable
from lpasim.quantization.bits import BitAssignment
from lpasim.quantization.formats import Formats
from lpasim.quantization.preprocess import Preprocess
from lpasim.quantization.trace import Provenance

METHOD = (
    "least squared error between values and rounded values over es, rs and sf (in steps of 1/256); weights rounded to "
    "the nearest value, activations to the nearest logarithm; one format a tensor; samples of at most 65536 weights of "
    "a layer, and 4096 elements of an activation and image"
)
ASSUMED_WEIGHTS = "assumed: normal with standard deviation sqrt(2 / fan-in)"
ASSUMED_ACTIVATIONS = "assumed: normal with variance 1"
NAMED = 3
"""Most layers or tensors that are named with the reason why they were not fitted."""


@dataclass(frozen=True, slots=True)
class Calibration:
    """Images on which activations are observed, and what `find_preprocess` takes for them.

    Attributes
    ----------
    brought : bool
        Whether they are those that come with the network, so that a command need not name them.
    """

    images: Path
    limit: int = 32
    preprocess: str = "imagenet"
    brought: bool = False

    def describe(self, rule: Preprocess) -> str:
        """Return the source of the activations in words."""
        return f"the first {self.limit} images of {file_name(self.images)}, {rule.describe()}"

    def options(self) -> str:
        """Return the command's options."""
        images = "" if self.brought else f" --images {portable(self.images)}"
        return f"{images} --limit {self.limit} --preprocess {portable(self.preprocess)}"


def portable(path: str | Path) -> str:
    """Return a path as a command in a file names it: as it was typed, but an absolute one without its folders."""
    return in_shell(Path(path).name if Path(path).is_absolute() else path)


def in_shell(word: object) -> str:
    """Return a word of a command as a shell reads it."""
    return shlex.quote(printable(str(word)))


def provenance(
    *,
    topology: str,
    reference: str,
    weights: str,
    activations: str,
    bits: BitAssignment,
    command: str,
) -> Provenance:
    """Fill in what is the same for all traces of this version."""
    return Provenance(
        topology=topology,
        reference=reference,
        weights=weights,
        activations=activations,
        bit_assignment=bits.describe(),
        method=METHOD,
        command=command,
        lpasim_version=__version__,
    )


def source_of(formats: Formats, fitted: str, assumed: str) -> str:
    """Say where formats come from: from `fitted`, from the rule `assumed`, or some from each, and why."""
    found = formats.by_name.values()
    if not found:
        return "none: there are no such tensors"
    count = sum(entry.basis == "fitted" for entry in found)
    if count == len(found):
        return f"fitted to {fitted}"
    source = assumed if count == 0 else f"{count} of {len(found)} fitted to {fitted}; others {assumed}"
    reasons = [f"{printable(name)}: {reason}" for name, reason in formats.doubts.items()]
    more = f"; and {len(reasons) - NAMED} more" if len(reasons) > NAMED else ""
    return f"{source}; not fitted: {'; '.join(reasons[:NAMED])}{more}" if reasons else source


def fingerprint(path: Path) -> str:
    """Name a file by its own name and what it holds."""
    return f"{printable(path.name)} {digest(path)}"


def names_file(text: str, path: Path) -> bool:
    """Tell whether a text that names files by what they hold names this one; one that names none may mean any."""
    named = re.findall(r"\(sha256 [0-9a-f]+\)", text)
    return not named or digest(path) in named


def corrected_digest(topology: str) -> str | None:
    """Return what a trace's topology names its corrected network by, if it has one."""
    found = re.search(r", corrected (\(sha256 [0-9a-f]+\))", topology)
    return found and found[1]


def digest(path: Path) -> str:
    """Name a file by what it holds."""
    with path.open("rb") as file:
        return _short(hashlib.file_digest(file, "sha256").hexdigest())


def digest_of(content: bytes) -> str:
    """Name what a file will hold as `digest` names the file."""
    return _short(hashlib.sha256(content).hexdigest())


def _short(digest: str) -> str:
    return f"(sha256 {digest[:16]})"
