"""From files to files: reading a network and images, quantizing, and writing the trace and the corrected network."""

from __future__ import annotations

import os
from collections.abc import Sequence
from dataclasses import dataclass, replace
from math import prod
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from lpasim.errors import OutputError, SearchError
from lpasim.inference.images import LabelledImages, read_images
from lpasim.inference.runners import input_and_output
from lpasim.lpq.chosen_images import Take, chosen_places, picked
from lpasim.lpq.measured import Measured, measure
from lpasim.lpq.plan import PROBE_IMAGES, Plan
from lpasim.lpq.quantize import FEWEST_IMAGES, Outcome, Progress, quantize
from lpasim.lpq.result import Origin, check_rewritable, corrected_model, is_corrected, quantized_trace
from lpasim.lpq.rewrite import model_file
from lpasim.lpq.state import DOCUMENT as STATE
from lpasim.lpq.subject import Subject
from lpasim.lpq.warm_start import warm_start
from lpasim.networks.printable import file_name, printable
from lpasim.networks.zoo import CATALOGUE
from lpasim.quantization.preprocess import Preprocess
from lpasim.quantization.preprocess_file import find_preprocess
from lpasim.quantization.provenance import Calibration
from lpasim.quantization.targets import check_target
from lpasim.quantization.trace import Trace
from lpasim.quantization.trace_file import DOCUMENT, SUFFIX, format_trace
from lpasim.quantization.trained import TRAINED, find_network
from lpasim.quantization.workload import load_trace
from lpasim.whole_file import Whole, write_together

MODEL_SUFFIX = ".onnx"
STATE_SUFFIX = ".search.json"


@dataclass(frozen=True, slots=True)
class Request:
    """What ``lpasim quantize`` is asked for.

    Attributes
    ----------
    model : str
        The network's file, or its name.
    out : Path
        Where the trace goes.
    calibration : Calibration
        The images.
    plan : Plan
        How to quantize.
    warm_start : Path, optional
        A trace whose bits the search starts from.
    labels : Path, optional
        Labels of the images, for the plan's fallback.
    input_shape : str, optional
        Sizes that the file leaves open.
    threads : int
        Parts of the work that run side by side.
    test, test_labels : Path, optional
        Other images, and their labels, on which the answers are counted at last.
    take : str
        Which images are taken where there are more than the limit.
    """

    model: str
    out: Path
    calibration: Calibration
    plan: Plan
    warm_start: Path | None = None
    labels: Path | None = None
    input_shape: str | None = None
    threads: int = 2
    test: Path | None = None
    test_labels: Path | None = None
    take: Take = "spread"

    @property
    def model_file(self) -> Path:
        """Where the corrected network goes."""
        return self.out.with_suffix(MODEL_SUFFIX)

    @property
    def state_file(self) -> Path:
        """Where the search is kept until it is done."""
        return self.out.with_suffix(STATE_SUFFIX)

    def command(self) -> str:
        """Return the command that does the same, its files without their folders."""
        plan, default = self.plan, Plan()
        search, usual = plan.search, default.search
        options = {
            "limit": self.calibration.limit,
            "take": _unless(self.take, "spread"),
            "preprocess": printable(Path(self.calibration.preprocess).name),
            "weight-bits": _unless(plan.weight_bits, default.weight_bits),
            "activation-bits": plan.activation_bits,
            "bits": None if plan.bits == default.bits else "any",
            "granularity": _unless(plan.granularity, default.granularity),
            "batchnorm": _unless(plan.batchnorm, default.batchnorm),
            "objective": _unless(plan.fitness.objective, default.fitness.objective),
            "pooling": _unless(plan.fitness.pooling, default.fitness.pooling),
            "temperature": plan.fitness.temperature,
            "lambda": _unless(plan.fitness.lam, default.fitness.lam),
            "population": _unless(search.population, usual.population),
            "passes": _unless(search.passes, usual.passes),
            "newcomers": _unless(search.newcomers, usual.newcomers),
            "search-images": _unless(search.images, usual.images),
            "screening": _unless(search.screening, usual.screening),
            "start": _unless(search.start, usual.start),
            "rounding": _unless(plan.rounding, default.rounding),
            "warm-start": self.warm_start and printable(self.warm_start.name),
            "fallback": plan.fallback,
            "labels": self.labels and printable(self.labels.name),
            "test": self.test and printable(self.test.name),
            "test-labels": self.test_labels and printable(self.test_labels.name),
            "seed": _unless(search.seed, usual.seed),
            "input-shape": self.input_shape,
        }
        given = " ".join(f"--{name} {value}" for name, value in options.items() if value is not None)
        images = "" if self.calibration.brought else f" --images {printable(self.calibration.images.name)}"
        correct = "" if plan.reconstruct else " --no-correct"
        model = printable(Path(self.model).name)
        return f"python -m lpasim quantize {model}{images} {given}{correct} -o {printable(self.out.name)}"


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
    _check_places(request, path)
    warm = None if request.warm_start is None else warm_start(load_trace(str(request.warm_start)))
    rule = find_preprocess(request.calibration.preprocess)
    whole, places = _calibration_images(request, rule)
    found = picked(whole, places)
    test = _test_images(request, rule, places)
    subject = Subject(path, batchnorm=request.plan.batchnorm, input_shape=request.input_shape)
    input_and_output(subject.network)  # which refuses results that are no class scores
    if request.plan.reconstruct:
        check_rewritable(subject)
    _check_labels(request, subject, found, test)
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
    )
    on_calibration = measure(subject, outcome, replace(found, labels=None), request.threads)
    on_test = None if test is None else measure(subject, outcome, test, request.threads)
    known = TRAINED.get(request.model) or CATALOGUE.get(request.out.stem) or CATALOGUE.get(path.stem)
    origin = Origin(
        title=known.title if known else printable(path.stem),
        reference=known.reference if known else "none given",
        images=_observed(request, rule, len(images), len(whole)),
        corrected_on=len(images),
        command=request.command(),
        preprocess=rule,
        accuracy=(on_test or on_calibration).describe(),
    )
    trace, files = _written(request, outcome, origin)
    request.state_file.unlink(missing_ok=True)
    return Fulfilled(request, outcome, trace, on_calibration, on_test, files)


def _calibration_images(request: Request, rule: Preprocess) -> tuple[LabelledImages, tuple[int, ...]]:
    """Find images, enough of them to tell apart, and which of them are taken."""
    calibration = request.calibration
    read = calibration.limit if request.take == "first" else None
    whole = read_images(calibration.images, request.labels, rule, read)
    places = chosen_places(len(whole), calibration.limit, request.take)
    if len(places) < FEWEST_IMAGES:
        limit = f" of a limit of {calibration.limit}" if calibration.limit < FEWEST_IMAGES else ""
        raise SearchError(
            f"images must be at least {FEWEST_IMAGES}, for the objective tells them apart, got {len(places)}{limit} "
            f"({printable(calibration.images)})"
        )
    return whole, places


def _check_labels(request: Request, subject: Subject, found: LabelledImages, test: LabelledImages | None) -> None:
    """Refuse labels, and test images, that do not fit the network, before anything is searched."""
    classes = prod(subject.network.shape(subject.output)[1:])
    if request.plan.fallback is not None:
        found.check_labels(classes)
    if test is not None:
        test.check_labels(classes)
        next(test.batches(1, subject.image_shape, subject.path))


def _test_images(request: Request, rule: Preprocess, calibrated: Sequence[int]) -> LabelledImages | None:
    """Find the images on which answers are counted; those of the same set that formats are fitted to are none."""
    if request.test is None:
        return None
    found = read_images(request.test, request.test_labels, rule)
    if not request.test.samefile(request.calibration.images):
        return found
    rest = sorted(set(range(len(found))) - set(calibrated))
    if not rest:
        rule_text = f"test images must be others than the {len(calibrated)} that formats are fitted to"
        raise SearchError(f"{rule_text}, got the same ({printable(request.test)})")
    return picked(found, rest)


def _observed(request: Request, rule: Preprocess, taken: int, total: int) -> str:
    """Return in words the images that formats of activations are fitted to."""
    count = min(taken, PROBE_IMAGES)
    if request.take == "first" or taken == total:
        return replace(request.calibration, limit=count).describe(rule)
    return f"{count} images, evenly spread, of {file_name(request.calibration.images)}, {rule.describe()}"


def _written(request: Request, outcome: Outcome, origin: Origin) -> tuple[Trace, tuple[Path, ...]]:
    """Write the trace and, if it is corrected, the network: both or none."""
    model = corrected_model(outcome) if outcome.plan.reconstruct else None
    trace = quantized_trace(outcome, origin, request.out.stem, model)
    files = [Whole(format_trace(trace).encode(), request.out, DOCUMENT.what)]
    if model is not None:
        files.append(model_file(model, request.model_file))
    write_together(*files)
    return trace, tuple(file.path for file in files)


def prepared_images(found: LabelledImages, subject: Subject) -> NDArray[np.float32]:
    """Return all images as the network takes them [N, ...]."""
    (batch,) = found.batches(len(found), subject.image_shape, subject.path)
    return batch[0]


def _fitting(plan: Plan, images: int) -> Plan:
    """Return a plan whose search looks at no more images than there are."""
    search = plan.search
    if search.images <= images:
        return plan
    screening = search.screening if search.screening < images else 0
    return replace(plan, search=replace(search, images=images, screening=screening))


def _check_places(request: Request, path: Path) -> None:
    """Refuse places where files cannot be written, or are in the way."""
    if request.out.suffix.lower() != SUFFIX:
        raise OutputError(f"trace must be written to a {SUFFIX} file, got {str(request.out)!r}")
    inputs: dict[str, str | Path | None] = {
        "network": str(path),
        "images": request.calibration.images,
        "trace to start from": request.warm_start,
        "labels": request.labels,
        "test images": request.test,
        "labels of the test": request.test_labels,
    }
    check_target(DOCUMENT, request.out, inputs)
    if not os.access(request.out.parent, os.W_OK):
        raise OutputError(f"{DOCUMENT.what} must be written to a writable folder, got {str(request.out.parent)!r}")
    check_target(STATE, request.state_file, inputs)
    file, what = request.model_file, "corrected network"
    if not request.plan.reconstruct or not file.exists():
        return
    if file.is_file() and file.samefile(path):
        raise OutputError(f"{what} must go to a file of its own, got that of the network ({printable(file)})")
    if not file.is_file() or (file.stat().st_size and not is_corrected(file)):
        raise OutputError(f"{what} must go to a new file or an earlier {what}, got another file ({printable(file)})")


def _unless(value: object, usual: object) -> object | None:
    return None if value == usual else value
