"""What the options of ``lpasim infer`` leave open, and what they must not say together."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING

import typer

from lpasim.cli.trace import no_images
from lpasim.cli.values import one_of

if TYPE_CHECKING:
    from lpasim.datapath.parameters import Accumulator
    from lpasim.inference.products import Arithmetic
    from lpasim.quantization.preprocess import Preprocess
    from lpasim.quantization.trace import Trace

ACCUMULATORS: tuple[Arithmetic, ...] = ("float", "wide", "paper")
ALL = "all"


def accumulators_of(text: str) -> tuple[Arithmetic, ...]:
    """Read ``--accumulator``.

    Raises
    ------
    typer.BadParameter
        If there is no such accumulator.
    """
    chosen = one_of((*ACCUMULATORS, ALL), "--accumulator", text)
    return tuple(name for name in ACCUMULATORS if chosen in (name, ALL))


def network_of(model: str, images: Path | None, reference: str | None = None) -> tuple[Path, Path]:
    """Return the network's file and its images: those that are named, or else come with it or with its reference.

    Raises
    ------
    typer.BadParameter
        If no images are named, and none come with it.
    NetworkError
        If there is no network of that name.
    """
    from lpasim.quantization.trained import TRAINED, find_network

    own = TRAINED.get(model) or TRAINED.get(reference or "")
    source = images if own is None or images is not None else own.images
    if source is None:
        raise no_images(model)
    return find_network(model), source


def check_activity(file: Path, accumulators: tuple[Arithmetic, ...], inputs: Mapping[str, str | Path | None]) -> None:
    """Make sure that there is one network whose activity can be measured, and a place for the file.

    Parameters
    ----------
    file : Path
        Where the activity is to be written.
    accumulators : tuple of str
        How products are added up.
    inputs : mapping
        What the command reads, by what messages call it.

    Raises
    ------
    typer.BadParameter
        If there are several networks.
    OutputError
        If there is no such place, or what is there is an input or another file.
    """
    from lpasim.quantization.activity_file import DOCUMENT
    from lpasim.quantization.targets import check_target

    if len(accumulators) > 1:
        allowed = f"{', '.join(ACCUMULATORS[:-1])} or {ACCUMULATORS[-1]}"
        raise typer.BadParameter(f"--activity must come with --accumulator {allowed}, got {ALL}")
    check_target(DOCUMENT, file, inputs)


def dumped_accumulator(accumulators: tuple[Arithmetic, ...]) -> Accumulator:
    """Return the accumulator whose code words ``--dump-layer`` writes.

    Raises
    ------
    typer.BadParameter
        If there are several, or no code words.
    """
    chosen = accumulators[0]
    if len(accumulators) > 1 or chosen == "float":
        got = ALL if len(accumulators) > 1 else chosen
        raise typer.BadParameter(f"--dump-layer must come with --accumulator wide or paper, got {got}")
    return chosen


def trace_of(model: Path, given: str | None) -> Trace:
    """Find the number formats: those asked for, or those that come with lpasim for this very file.

    Raises
    ------
    TraceError
        If nothing is asked for, and the file is of no built-in network.
    """
    from lpasim.errors import TraceError
    from lpasim.quantization.provenance import in_shell
    from lpasim.quantization.workload import load_trace, workload_of

    if given is not None:
        return load_trace(given)
    found = workload_of(model)
    if found is None:
        made = in_shell(f"{model.stem}.json")
        how = f"make one with: python -m lpasim trace {in_shell(model)} --images DIR --preprocess NAME --out {made}"
        raise TraceError(f"--trace must name the number formats of a network that is not built in, got none; {how}")
    return found


def preprocess_of(given: str | None, formats: Trace) -> tuple[Preprocess, str]:
    """Return the preprocessing and who chose it."""
    from lpasim.quantization.preprocess import PREPROCESSES
    from lpasim.quantization.preprocess_file import find_preprocess

    recorded = formats.preprocess
    if given is None:
        if recorded is None:
            return PREPROCESSES["imagenet"], "by default: the trace records none"
        return recorded, "as the trace records"
    chosen = find_preprocess(given)
    if recorded in (None, chosen):
        return chosen, "as given"
    other = "another of this name" if recorded.name == chosen.name else recorded.name
    return chosen, f"as given; the trace records {other}"
