"""What ``lpasim infer`` says of files that may not belong together: network, trace and reference."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from lpasim.quantization.trace import Trace


def origin_notes(network: Path, formats: Trace, reference: Path | None) -> Iterator[str]:
    """Say what a reader of the results has to know of where network, trace and reference come from.

    Parameters
    ----------
    network : Path
        The network's file.
    formats : Trace
        Its number formats.
    reference : Path, optional
        The network that it is compared with.

    Yields
    ------
    str
        One line each: a trace of another file, the network before the correction that the trace goes with, a network
        whose weights were corrected, a reference that is not the network before its correction.
    """
    from lpasim.lpq.result import correction_of
    from lpasim.networks.printable import file_name, printable
    from lpasim.quantization.provenance import corrected_digest, digest, fingerprint, names_file

    made_of = formats.provenance.topology
    if not names_file(made_of, network):
        yield f"warning: trace {printable(formats.name)} was made of {made_of}, got {fingerprint(network)}"
    elif (wanted := corrected_digest(made_of)) is not None and wanted != digest(network):
        yield (
            f"{file_name(network)} is the network before its correction: trace {printable(formats.name)}, and the "
            f"accuracy that it records, go with the corrected one {wanted}"
        )
    corrected = correction_of(network)
    if corrected is None:
        return
    if reference is None:
        yield (
            f"{file_name(network)} is {corrected}: unquantized is this network, not the one before; "
            "--reference FILE compares with that"
        )
    elif not names_file(corrected, reference):
        yield f"warning: {file_name(network)} is {corrected}, got the reference {fingerprint(reference)}"
