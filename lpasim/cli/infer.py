"""``lpasim infer``: run a network on images in number formats, and count its answers."""

from __future__ import annotations

import re
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from lpasim.cli.values import Form, HardwareName, Settings, read_count, read_folder

if TYPE_CHECKING:
    from lpasim.datapath.parameters import Datapath
    from lpasim.inference.activity import ActivityMeter
    from lpasim.inference.images import LabelledImages
    from lpasim.inference.products import Arithmetic
    from lpasim.quantization.preprocess import Preprocess
    from lpasim.quantization.trace import Trace

ACCUMULATORS: tuple[Arithmetic, ...] = ("float", "wide", "paper")
ALL = "all"
FORMS = (Form.TABLE, Form.JSON)


def infer(
    model: Annotated[Path, typer.Argument(help="An ONNX file with weights.", show_default=False)],
    images: Annotated[
        Path,
        typer.Option(help="A folder of images, or an .npz file of images or features, and labels.", show_default=False),
    ],
    trace: Annotated[
        str | None,
        typer.Option(
            help="Number formats: a trace, or a name (lpasim list workloads); by default the one made of this file."
        ),
    ] = None,
    labels: Annotated[Path | None, typer.Option(help="CSV file with the columns file and label.")] = None,
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
        Path | None, typer.Option(parser=read_folder, metavar="DIR", help="Folder of class scores and layers.")
    ] = None,
    dump_layer: Annotated[
        str | None,
        typer.Option(
            "--dump-layer",
            metavar="NAME",
            help="Write this layer's code words for the first image to NAME.safetensors; lpasim verify checks them.",
            show_default=False,
        ),
    ] = None,
    activity: Annotated[
        Path | None,
        typer.Option(
            metavar="FILE", help="Write what the words do to wires; lpasim run prices it.", show_default=False
        ),
    ] = None,
    form: Annotated[str, typer.Option("--format", metavar="|".join(FORMS), help="What to print.")] = Form.TABLE,
    quiet: Annotated[bool, typer.Option("--quiet", "-q", help="Print the results alone.")] = False,
) -> None:
    """Run a network on labelled images on the datapath of the accelerator, bit for bit."""
    from contextlib import nullcontext

    from lpasim.cli.output import write_json, write_rich
    from lpasim.cli.progress import INFERENCE, note, progress_bar
    from lpasim.hardware import datapath_of, load_hardware
    from lpasim.inference.activity import make_activity
    from lpasim.inference.evaluate import evaluate
    from lpasim.inference.images import read_images
    from lpasim.quantization.activity_file import write_activity
    from lpasim.reports.activity_table import render_activity
    from lpasim.reports.inference_folder import InferenceArguments, open_inference_folder
    from lpasim.reports.inference_rows import summary, with_speed
    from lpasim.reports.inference_table import render_inference

    accumulators = _accumulators(accumulator)
    if form not in FORMS:
        raise typer.BadParameter(f"--format must be one of {', '.join(FORMS)}, got {form!r}")
    resolved = load_hardware(hardware, overrides or [])
    datapath = datapath_of(resolved.hardware)
    arguments = InferenceArguments(
        model, trace, images, labels, preprocess, accumulator, limit, hardware, tuple(overrides or ())
    )
    formats = _trace(model, trace)
    rule, origin = _preprocess(preprocess, formats)
    found = read_images(images, labels, rule, limit)
    meter = None if activity is None else _meter(activity, accumulators, datapath, resolved.hardware.array.cols)
    if dump_layer is not None:
        _dump(dump_layer, model, formats, found, accumulators, datapath, quiet)
    with nullcontext() if out is None else open_inference_folder(out, resolved, arguments) as folder:
        with progress_bar(quiet, INFERENCE) as progress:
            evaluation = evaluate(
                model,
                formats,
                found,
                accumulators,
                batch=batch,
                datapath=datapath,
                threads=threads,
                progress=progress,
                meter=meter,
            )
        if folder is not None:
            folder.fill(evaluation, origin)
    measured = None
    if meter is not None and activity is not None:
        measured = make_activity(meter, model, formats, found, accumulators[0])
        write_activity(measured, activity)
    if form == Form.JSON:
        write_json(with_speed(summary(evaluation, origin, resolved.hardware.name), evaluation))
    else:
        write_rich(*render_inference(evaluation, origin, resolved.hardware.name))
        if measured is not None:
            write_rich(*render_activity(measured))
    if activity is not None:
        note(f"activity: {activity}", quiet)
    if folder is not None:
        note(f"results: {folder.path}", quiet)


def _accumulators(text: str) -> tuple[Arithmetic, ...]:
    chosen = tuple(name for name in ACCUMULATORS if text in (name, ALL))
    if not chosen:
        raise typer.BadParameter(f"--accumulator must be one of {', '.join((*ACCUMULATORS, ALL))}, got {text!r}")
    return chosen


def _meter(file: Path, accumulators: tuple[Arithmetic, ...], datapath: Datapath, cols: int) -> ActivityMeter:
    """Make what measures activity, once it is known that there is one network to measure and a place for the file."""
    from lpasim.errors import OutputError
    from lpasim.inference.activity import ActivityMeter

    if len(accumulators) > 1:
        raise typer.BadParameter(f"--activity must come with --accumulator {', '.join(ACCUMULATORS[:-1])} or paper")
    if file.is_dir() or not file.parent.is_dir():
        raise OutputError(f"activity must be written to a file in an existing folder, got {str(file)!r}")
    return ActivityMeter(datapath, cols)


def _dump(
    layer: str,
    model: Path,
    formats: Trace,
    images: LabelledImages,
    accumulators: tuple[Arithmetic, ...],
    datapath: Datapath,
    quiet: bool,
) -> None:
    """Write the code words of a layer's product for the first image."""
    from lpasim.cli.progress import note
    from lpasim.inference.dump_file import write_dump
    from lpasim.inference.dump_layer import dump_layer

    if len(accumulators) > 1 or accumulators[0] == "float":
        raise typer.BadParameter("--dump-layer must come with --accumulator wide or paper")
    file = Path(re.sub(r"[^\w.-]", "_", layer) + ".safetensors")  # names of layers may hold slashes
    write_dump(dump_layer(model, formats, images, layer, accumulators[0], datapath), file)
    note(f"layer dump: {file}", quiet)


def _trace(model: Path, given: str | None) -> Trace:
    """Find the number formats: those asked for, or those that come with lpasim for this very file."""
    from lpasim.errors import TraceError
    from lpasim.networks.printable import printable
    from lpasim.quantization.workload import load_workload, workload_of

    if given is not None:
        return load_workload(given)
    found = workload_of(model)
    if found is None:
        made = printable(f"{model.stem}.json")
        how = f"make one with: python -m lpasim trace {printable(str(model))} --images DIR --out {made}"
        raise TraceError(f"--trace must name the number formats of a network that is not built in, got none; {how}")
    return found


def _preprocess(given: str | None, formats: Trace) -> tuple[Preprocess, str]:
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
