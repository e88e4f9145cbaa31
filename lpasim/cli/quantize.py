"""``lpasim quantize``: find a logarithmic posit for every layer of a trained network."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING

import typer

from lpasim.cli import quantize_options as options
from lpasim.cli.quantize_options import ANY, MODES
from lpasim.cli.trace import BATCHNORMS, InputShape, Normalizations, Preprocessing, calibration_of, no_images
from lpasim.cli.values import FORMS, AsJson, Form, PageForm, TrainedNetwork, one_of, printed_form

if TYPE_CHECKING:
    from lpasim.lpq.request import Request


def quantize(
    model: TrainedNetwork,
    out: options.Out,
    images: options.Images = None,
    limit: options.Limit = 512,
    take: options.TakenImages = "spread",
    preprocess: Preprocessing = None,
    weight_bits: options.WeightBits = 4.2,
    activation_bits: options.ActivationBits = None,
    bits: options.Bits = MODES,
    granularity: options.ScaleOf = "layer",
    batchnorm: Normalizations = "ppu",
    objective: options.ComparedBy = "global-local-contrastive",
    pooling: options.PooledBy = "mean",
    temperature: options.Temperature = None,
    lam: options.Lambda = 0.002,
    population: options.Population = 15,
    passes: options.Passes = 2,
    newcomers: options.Newcomers = 2,
    search_images: options.SearchImages = 64,
    screening: options.Screening = None,
    start: options.StartFrom = "fitted",
    rounding: options.RoundedBy = "compensated",
    correct: options.Correct = True,
    warm_start: options.WarmStart = None,
    fallback: options.Fallback = None,
    labels: options.Labels = None,
    test: options.Test = None,
    test_labels: options.TestLabels = None,
    seed: options.Seed = 0,
    threads: options.Threads = 2,
    input_shape: InputShape = None,
    form: PageForm = Form.TABLE,
    as_json: AsJson = False,
    quiet: options.Quiet = False,
) -> None:
    """Find a logarithmic posit for every layer of a trained network (LPQ), and correct its weights."""
    from lpasim.cli.output import write_json, write_rich
    from lpasim.cli.progress import note, stages
    from lpasim.lpq.chosen_images import TAKES
    from lpasim.lpq.evaluator import Fitness
    from lpasim.lpq.fulfil import fulfil
    from lpasim.lpq.objective import OBJECTIVES
    from lpasim.lpq.plan import ANY as ALL_WIDTHS
    from lpasim.lpq.plan import GRANULARITIES, Plan
    from lpasim.lpq.plan import MODES as WIDTHS_OF_MODES
    from lpasim.lpq.pooling import POOLINGS
    from lpasim.lpq.quantize import FEWEST_IMAGES
    from lpasim.lpq.request import Request
    from lpasim.lpq.rounding import ROUNDINGS
    from lpasim.lpq.settings import STARTS, GeneticSettings
    from lpasim.reports.quantize_rows import quantization_data
    from lpasim.reports.quantize_table import render_quantization

    chosen = printed_form(form, as_json, FORMS)
    calibration = calibration_of(model, images, limit, preprocess)
    if calibration is None:
        raise no_images(model)
    if labels is not None and fallback is None:
        raise typer.BadParameter("--labels must come with --fallback, got no bound")
    if test_labels is not None and test is None:
        raise typer.BadParameter("--test-labels must come with --test, got no images")
    if search_images < FEWEST_IMAGES:
        raise typer.BadParameter(f"--search-images must be at least {FEWEST_IMAGES}, got {search_images}")
    search = GeneticSettings(
        population=population,
        passes=passes,
        newcomers=newcomers,
        images=search_images,
        screening=_screening(search_images) if screening is None else screening,
        start=one_of(STARTS, "--start", start),
        average_bits=weight_bits,
        seed=seed,
    )
    plan = Plan(
        bits=ALL_WIDTHS if one_of((MODES, ANY), "--bits", bits) == ANY else WIDTHS_OF_MODES,
        weight_bits=weight_bits,
        activation_bits=activation_bits,
        granularity=one_of(GRANULARITIES, "--granularity", granularity),
        batchnorm=one_of(BATCHNORMS, "--batchnorm", batchnorm),
        rounding=one_of(ROUNDINGS, "--rounding", rounding),
        reconstruct=correct,
        fitness=Fitness(
            one_of(OBJECTIVES, "--objective", objective), one_of(POOLINGS, "--pooling", pooling), temperature, lam
        ),
        search=search,
        fallback=fallback,
    )
    request = Request(
        model,
        out,
        calibration,
        plan,
        warm_start,
        labels,
        input_shape,
        threads,
        test,
        test_labels,
        one_of(TAKES, "--take", take),
    )
    with _told_to_go_on(request, quiet), stages(quiet) as progress:
        done = fulfil(request, progress)
    if chosen is Form.JSON:
        write_json(quantization_data(done))
    else:
        write_rich(*render_quantization(done))
    for file in done.files:
        note(f"written: {file}", quiet)


def _screening(images: int) -> int:
    """Return on how many images children are compared first where nothing is said."""
    from lpasim.lpq.settings import GeneticSettings

    usual = GeneticSettings().screening
    return usual if usual < images else 0


@contextmanager
def _told_to_go_on(request: Request, quiet: bool) -> Iterator[None]:
    """Say of a search that is interrupted how it goes on."""
    from lpasim.cli.progress import note

    try:
        yield
    except KeyboardInterrupt:
        if request.state_file.is_file():
            note(f"kept: {request.state_file}; the same command goes on from there", quiet)
        raise
