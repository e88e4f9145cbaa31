"""``lpasim infer``: run a network on images in number formats, and count its answers."""

from __future__ import annotations

from contextlib import nullcontext
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from lpasim.cli.infer_choices import (
    ACCUMULATORS,
    ALL,
    accumulators_of,
    check_activity,
    dumped_accumulator,
    network_of,
    preprocess_of,
    trace_of,
)
from lpasim.cli.values import (
    FORMS,
    AsJson,
    Form,
    HardwareName,
    PageForm,
    Settings,
    TrainedNetwork,
    printed_form,
    read_count,
    read_folder,
)

if TYPE_CHECKING:
    from lpasim.hardware import ResolvedHardware
    from lpasim.inference.dump import LayerDump
    from lpasim.inference.evaluate import Evaluation
    from lpasim.inference.images import LabelledImages
    from lpasim.inference.products import Arithmetic
    from lpasim.quantization.activity import Activity
    from lpasim.quantization.trace import Trace
    from lpasim.reports.inference_folder import InferenceArguments


def infer(
    model: TrainedNetwork,
    images: Annotated[
        Path | None,
        typer.Option(
            help="A folder of images, or an .npz file of images or features, and labels; a network or reference "
            "that is named brings its own.",
            show_default=False,
        ),
    ] = None,
    trace: Annotated[
        str | None,
        typer.Option(
            help="Number formats: a trace file (.json), or a name (lpasim list workloads); by default the one made of "
            "this file."
        ),
    ] = None,
    labels: Annotated[Path | None, typer.Option(help="CSV file with the columns file and label.")] = None,
    reference: Annotated[
        str | None,
        typer.Option(
            metavar="MODEL",
            help="The network that results are compared with, as unquantized: that before its weights were corrected.",
            show_default=False,
        ),
    ] = None,
    preprocess: Annotated[
        str | None,
        typer.Option(
            help="How an image becomes an input: a name or a YAML file; by default as the trace records, else imagenet."
        ),
    ] = None,
    accumulator: Annotated[
        str, typer.Option(metavar="|".join((*ACCUMULATORS, ALL)), help="How products are added up.")
    ] = ALL,
    limit: Annotated[
        int | None,
        typer.Option(parser=read_count, metavar="N", help="Use the first of the images.", show_default=False),
    ] = None,
    batch: Annotated[int, typer.Option(parser=read_count, metavar="N", help="Images at a time.")] = 8,
    hardware: HardwareName = "lpa",
    overrides: Settings = None,
    threads: Annotated[int, typer.Option(parser=read_count, metavar="N", help="Parts of a batch side by side.")] = 2,
    out: Annotated[
        Path | None,
        typer.Option("--out", "-o", parser=read_folder, metavar="DIR", help="Folder of class scores and layers."),
    ] = None,
    dump_layer: Annotated[
        str | None,
        typer.Option(
            "--dump-layer",
            metavar="NAME",
            help="Write this layer's code words for the first image, for lpasim verify: as layer.safetensors into the "
            "folder of --out, else as NAME.safetensors into this one. Needs --accumulator wide or paper.",
            show_default=False,
        ),
    ] = None,
    activity: Annotated[
        Path | None,
        typer.Option(
            metavar="FILE",
            help="Write what the words do to wires; lpasim run prices it. Needs one --accumulator, not all.",
            show_default=False,
        ),
    ] = None,
    form: PageForm = Form.TABLE,
    as_json: AsJson = False,
    quiet: Annotated[bool, typer.Option("--quiet", "-q", help="Print the results alone.")] = False,
) -> None:
    """Run a network on labelled images on the datapath of the accelerator, bit for bit."""
    from lpasim.cli.infer_origins import origin_notes
    from lpasim.cli.progress import note
    from lpasim.hardware import load_hardware
    from lpasim.inference.images import read_images
    from lpasim.quantization.trained import find_network
    from lpasim.reports.inference_folder import DUMP, InferenceArguments

    accumulators = accumulators_of(accumulator)
    network, source = network_of(model, images, reference)
    before = None if reference is None else find_network(reference)
    chosen = printed_form(form, as_json, FORMS)
    if activity is not None:
        inputs = {"network": network, "trace": trace, "images": source, "labels": labels, "preprocessing": preprocess}
        check_activity(activity, accumulators, {**inputs, "accelerator": hardware, "reference": before})
    if dump_layer is not None:
        dumped_accumulator(accumulators)
    resolved = load_hardware(hardware, overrides or [])
    arguments = InferenceArguments(
        network, trace, source, labels, preprocess, accumulator, limit, batch, threads, dump_layer, activity, hardware,
        tuple(overrides or ()), before,
    )  # fmt: skip
    formats = trace_of(network, trace)
    rule, origin = preprocess_of(preprocess, formats)
    job = _Job(arguments, formats, read_images(source, labels, rule, limit), origin, accumulators, resolved)
    place = _dump_place(job, out)
    evaluation, measured = _run(job, out, place, quiet)
    _show(evaluation, measured, job, chosen)
    for text in () if quiet else origin_notes(network, formats, before):
        note(text, quiet)
    if activity is not None:
        note(f"activity: {activity}", quiet)
    if dump_layer is not None:
        note(f"layer dump: {place if out is None else out / DUMP}", quiet)
    if out is not None:
        note(f"results: {out}", quiet)


@dataclass(frozen=True, slots=True)
class _Job:
    """What is asked for, and what of it is found: number formats, images, who chose their preprocessing, the chip."""

    arguments: InferenceArguments
    formats: Trace
    images: LabelledImages
    preprocess_from: str
    accumulators: tuple[Arithmetic, ...]
    resolved: ResolvedHardware


def _dump_place(job: _Job, out: Path | None) -> Path | None:
    """Return the file of a dump that has no place in a folder of results."""
    from lpasim.inference.dump_file import file_for

    layer = job.arguments.dump_layer
    return None if layer is None or out is not None else file_for(job.formats.name, layer)


def _run(job: _Job, out: Path | None, dump_place: Path | None, quiet: bool) -> tuple[Evaluation, Activity | None]:
    """Do what is asked for, and write what is to be written once all has gone well."""
    from lpasim.inference.dump_file import write_dump
    from lpasim.quantization.activity_file import write_activity
    from lpasim.reports.inference_folder import open_inference_folder

    with nullcontext() if out is None else open_inference_folder(out, job.resolved, job.arguments) as folder:
        dump = None if job.arguments.dump_layer is None else _dump(job, job.arguments.dump_layer)
        evaluation, measured = _evaluate(job, quiet)
        if folder is not None:
            folder.fill(evaluation, job.preprocess_from, dump)
    if dump is not None and dump_place is not None:
        write_dump(dump, dump_place)
    if measured is not None and job.arguments.activity is not None:
        write_activity(measured, job.arguments.activity)
    return evaluation, measured


def _dump(job: _Job, layer: str) -> LayerDump:
    """Take the code words of a layer's product for the first image."""
    from lpasim.hardware import datapath_of
    from lpasim.inference.dump_layer import dump_layer

    accumulator, datapath = dumped_accumulator(job.accumulators), datapath_of(job.resolved.hardware)
    return dump_layer(job.arguments.model, job.formats, job.images, layer, accumulator, datapath)


def _evaluate(job: _Job, quiet: bool) -> tuple[Evaluation, Activity | None]:
    """Run the network over the images, and measure its activity if that is asked for."""
    from lpasim.cli.progress import INFERENCE, progress_bar
    from lpasim.hardware import datapath_of
    from lpasim.inference.activity import ActivityMeter, make_activity
    from lpasim.inference.evaluate import evaluate

    hardware, asked = job.resolved.hardware, job.arguments
    datapath = datapath_of(hardware)
    meter = None if asked.activity is None else ActivityMeter(datapath, hardware.array.cols)
    with progress_bar(quiet, INFERENCE) as progress:
        evaluation = evaluate(
            asked.model,
            job.formats,
            job.images,
            job.accumulators,
            batch=asked.batch,
            datapath=datapath,
            threads=asked.threads,
            progress=progress,
            meter=meter,
            reference=asked.reference,
        )
    if meter is None:
        return evaluation, None
    return evaluation, make_activity(meter, asked.model, job.formats, job.images, job.accumulators[0])


def _show(evaluation: Evaluation, measured: Activity | None, job: _Job, form: Form) -> None:
    """Print the results."""
    from lpasim.cli.output import write_json, write_rich
    from lpasim.reports.activity_table import render_activity
    from lpasim.reports.inference_rows import summary, with_speed
    from lpasim.reports.inference_table import render_inference

    name = job.resolved.hardware.name
    if form is Form.JSON:
        write_json(with_speed(summary(evaluation, job.preprocess_from, name), evaluation))
        return
    write_rich(*render_inference(evaluation, job.preprocess_from, name))
    if measured is not None:
        write_rich(*render_activity(measured))
