"""``lpasim infer``: run a network on images in number formats, and count its answers."""

from __future__ import annotations

import re
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from lpasim.cli.values import Form, read_count, read_folder

if TYPE_CHECKING:
    from lpasim.datapath.parameters import Datapath
    from lpasim.inference.images import LabelledImages
    from lpasim.inference.products import Arithmetic
    from lpasim.quantization.trace import Trace

ACCUMULATORS: tuple[Arithmetic, ...] = ("float", "wide", "paper")
ALL = "all"
FORMS = (Form.TABLE, Form.JSON)


def infer(
    model: Annotated[Path, typer.Argument(help="An ONNX file with weights.", show_default=False)],
    images: Annotated[
        Path, typer.Option(help="A folder of images, or an .npz file with images and labels.", show_default=False)
    ],
    trace: Annotated[
        str | None,
        typer.Option(
            help="Number formats: a trace, or a name (lpasim list workloads); by default that of the model's file."
        ),
    ] = None,
    labels: Annotated[Path | None, typer.Option(help="CSV file with the columns file and label.")] = None,
    preprocess: Annotated[
        str | None,
        typer.Option(help="How an image becomes an input; by default as the trace records, else imagenet."),
    ] = None,
    accumulator: Annotated[
        str, typer.Option(metavar="|".join((*ACCUMULATORS, ALL)), help="How products are added up.")
    ] = ALL,
    limit: Annotated[
        int | None,
        typer.Option(parser=read_count, metavar="N", help="Use the first of the images.", show_default=False),
    ] = None,
    batch: Annotated[int, typer.Option(parser=read_count, metavar="N", help="Images at a time.")] = 8,
    rows: Annotated[int, typer.Option(parser=read_count, metavar="N", help="Rows of the array.")] = 8,
    threads: Annotated[int, typer.Option(parser=read_count, metavar="N", help="Threads of a product.")] = 2,
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
    form: Annotated[str, typer.Option("--format", metavar="|".join(FORMS), help="What to print.")] = Form.TABLE,
    quiet: Annotated[bool, typer.Option("--quiet", "-q", help="Print the results alone.")] = False,
) -> None:
    """Run a network on labelled images on the datapath of the accelerator, bit for bit."""
    from contextlib import nullcontext

    from lpasim.cli.output import write_json, write_rich
    from lpasim.cli.progress import INFERENCE, note, progress_bar
    from lpasim.datapath.parameters import Datapath
    from lpasim.inference.evaluate import evaluate
    from lpasim.inference.images import read_images
    from lpasim.reports.inference_folder import open_inference_folder
    from lpasim.reports.inference_rows import summary, with_speed
    from lpasim.reports.inference_table import render_inference

    accumulators = _accumulators(accumulator)
    if form not in FORMS:
        raise typer.BadParameter(f"--format must be one of {', '.join(FORMS)}, got {form!r}")
    formats = _trace(model, trace)
    name, origin = _preprocess(preprocess, formats)
    found = read_images(images, labels, name, limit)
    if dump_layer is not None:
        _dump(dump_layer, model, formats, found, accumulators, Datapath(rows=rows), quiet)
    with nullcontext() if out is None else open_inference_folder(out) as folder:
        with progress_bar(quiet, INFERENCE) as progress:
            evaluation = evaluate(
                model,
                formats,
                found,
                accumulators,
                batch=batch,
                datapath=Datapath(rows=rows),
                threads=threads,
                progress=progress,
            )
        if folder is not None:
            folder.fill(evaluation, origin)
    if form == Form.JSON:
        write_json(with_speed(summary(evaluation, origin), evaluation))
    else:
        write_rich(*render_inference(evaluation, origin))
    if folder is not None:
        note(f"results: {folder.path}", quiet)


def _accumulators(text: str) -> tuple[Arithmetic, ...]:
    chosen = tuple(name for name in ACCUMULATORS if text in (name, ALL))
    if not chosen:
        raise typer.BadParameter(f"--accumulator must be one of {', '.join((*ACCUMULATORS, ALL))}, got {text!r}")
    return chosen


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
    """Find the number formats: those asked for, or those that come with lpasim for a network of this name."""
    from lpasim.errors import TraceError
    from lpasim.networks.printable import printable
    from lpasim.quantization.workload import load_workload, workload_names

    if given is None and model.stem not in workload_names():
        made = printable(f"{model.stem}.json")
        how = f"make one with: python -m lpasim trace {printable(str(model))} --images DIR --out {made}"
        raise TraceError(f"--trace must name the number formats of a network that is not built in, got none; {how}")
    return load_workload(given if given is not None else model.stem)


def _preprocess(given: str | None, formats: Trace) -> tuple[str, str]:
    """Return the preprocessing's name and who chose it."""
    from lpasim.quantization.provenance import recorded_preprocess

    recorded = recorded_preprocess(formats.provenance)
    if given is not None:
        other = "" if recorded in (None, given) else f"; the trace records {recorded}"
        return given, f"as given{other}"
    return (recorded, "as the trace records") if recorded else ("imagenet", "by default: the trace records none")
