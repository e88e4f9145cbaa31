"""From files to files: reading a network and images, quantizing, and writing the trace and the corrected network."""

from __future__ import annotations

from dataclasses import dataclass, replace
from pathlib import Path

from lpasim.errors import SearchError
from lpasim.inference.floating import input_and_output
from lpasim.lpq.chosen_images import picked
from lpasim.lpq.measured import Measured, measure
from lpasim.lpq.places import check_places
from lpasim.lpq.plan import Plan
from lpasim.lpq.quantize import Outcome, quantize
from lpasim.lpq.request import Request
from lpasim.lpq.requested_images import (
    calibration_images,
    check_labels,
    observed_in_words,
    other_images,
    prepared_images,
)
from lpasim.lpq.result import Origin, check_rewritable, corrected_model, quantized_trace
from lpasim.lpq.rewrite import model_file
from lpasim.lpq.settings import GeneticSettings
from lpasim.lpq.stages import Progress
from lpasim.lpq.subject import Subject
from lpasim.lpq.warm_start import warm_start
from lpasim.networks.printable import printable
from lpasim.quantization.catalogued import catalogued
from lpasim.quantization.preprocess_file import find_preprocess
from lpasim.quantization.trace import Trace
from lpasim.quantization.trace_file import DOCUMENT, format_trace
from lpasim.quantization.trained import TRAINED, find_network
from lpasim.quantization.workload import load_trace
from lpasim.whole_file import Whole, write_together


@dataclass(frozen=True)
class Fulfilled:
    """What came of a request.

    Attributes
    ----------
    calibration, test : Measured
        Answers on the calibration images, and on others, if there are any.
    files : tuple of Path
        What was written.
    """

    request: Request
    outcome: Outcome
    trace: Trace
    calibration: Measured
    test: Measured | None
    files: tuple[Path, ...]


def fulfil(request: Request, progress: Progress | None = None) -> Fulfilled:
    """Quantize a network and write what comes of it.

    The search is kept in a file beside the trace and goes on from there if it is interrupted; the file goes when the
    trace is written.

    Raises
    ------
    NetworkError
        If the network or the images cannot be read, or do not fit each other; if the first result is no class scores,
        or weights that are to be corrected cannot be written anew.
    SearchError
        If there are too few images, the network has nothing to quantize, or the bits asked for cannot be met.
    TraceError
        If the trace to start from cannot be read.
    OutputError
        If a file cannot be written, or its place is taken by something else.
    """
    path = find_network(request.model)
    check_places(request, path)
    warm = None if request.warm_start is None else warm_start(load_trace(str(request.warm_start)))
    rule = find_preprocess(request.calibration.preprocess)
    whole, places = calibration_images(request, rule)
    found = picked(whole, places)
    test = other_images(request, rule, places)
    subject = Subject(path, batchnorm=request.plan.batchnorm, input_shape=request.input_shape)
    input_and_output(subject.network)  # which refuses results that are no class scores
    if request.plan.reconstruct:
        check_rewritable(subject)
    check_labels(request, subject, found, test)
    images = prepared_images(found, subject)
    outcome = quantize(
        subject,
        images,
        _fitting(request.plan, len(images)),
        threads=request.threads,
        state_file=request.state_file,
        warm=warm,
        labels=found.labels,
        progress=progress,
        source=printable(request.calibration.images),
    )
    on_calibration = measure(subject, outcome, replace(found, labels=None), request.threads)
    on_test = None if test is None else measure(subject, outcome, test, request.threads)
    known = TRAINED.get(request.model) or catalogued(subject.graph, request.out.stem, path.stem)
    origin = Origin(
        title=known.title if known else printable(path.stem),
        reference=known.reference if known else "none given",
        images=observed_in_words(request, rule, len(images), len(whole)),
        corrected_on=len(images),
        command=request.portable_command(),
        preprocess=rule,
        accuracy=(on_test or on_calibration).describe(),
    )
    trace, files = _written(request, outcome, origin)
    request.state_file.unlink(missing_ok=True)
    return Fulfilled(request, outcome, trace, on_calibration, on_test, files)


def _written(request: Request, outcome: Outcome, origin: Origin) -> tuple[Trace, tuple[Path, ...]]:
    """Write the trace and, if it is corrected, the network: both or none."""
    model = corrected_model(outcome) if outcome.plan.reconstruct else None
    trace = quantized_trace(outcome, origin, request.out.stem, model)
    files = [Whole(format_trace(trace).encode(), request.out, DOCUMENT.what)]
    if model is not None:
        files.append(model_file(model, request.model_file))
    write_together(*files)
    return trace, tuple(file.path for file in files)


def _fitting(plan: Plan, images: int) -> Plan:
    """Return a plan whose search looks at no more images than there are, and at the usual few of them first if it can.

    Raises
    ------
    SearchError
        If it is to look at as many first.
    """
    search = plan.search
    if search.images <= images:
        return plan
    screening = search.screening
    if screening >= images:
        if screening != GeneticSettings().screening:
            rule = f"screening must be fewer than all {images} images"
            raise SearchError(f"{rule}, got {screening} (search)")
        screening = 0
    return replace(plan, search=replace(search, images=images, screening=screening))
