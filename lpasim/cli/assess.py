"""``lpasim assess``: whether a network suits logarithmic posits, before any search."""

from __future__ import annotations

from contextlib import nullcontext
from pathlib import Path
from typing import Annotated

import typer

from lpasim.cli.trace import BATCHNORMS, InputShape, Limit, Normalizations, Preprocessing, calibration_of
from lpasim.cli.values import FORMS, AsJson, Form, PageForm, TrainedNetwork, one_of, printed_form, read_folder


def assess(
    model: TrainedNetwork,
    images: Annotated[
        Path | None,
        typer.Option(
            help="Images or features (folder or .npz) that activations are observed on; a network that is named brings "
            "its own.",
            show_default=False,
        ),
    ] = None,
    limit: Limit = 32,
    preprocess: Preprocessing = None,
    batchnorm: Normalizations = BATCHNORMS[0],
    input_shape: InputShape = None,
    out: Annotated[
        Path | None,
        typer.Option(
            "--out", "-o", parser=read_folder, metavar="DIR", help="Folder of the assessment: JSON, CSV and a figure."
        ),
    ] = None,
    form: PageForm = Form.TABLE,
    as_json: AsJson = False,
    quiet: Annotated[bool, typer.Option("--quiet", "-q", help="Print the assessment alone.")] = False,
) -> None:
    """Tell whether a network suits logarithmic posits: distributions, errors, difficult layers, a verdict."""
    from lpasim.cli.output import write_json, write_rich
    from lpasim.cli.progress import ASSESSMENT, note, progress_bar
    from lpasim.quantization.assessment import assess as assess_network
    from lpasim.quantization.trained import find_network
    from lpasim.quantization.verdict import judge
    from lpasim.reports.assess_folder import KIND, assessment_files
    from lpasim.reports.assess_rows import assessment_data
    from lpasim.reports.assess_table import render_assessment
    from lpasim.reports.staging import open_folder

    chosen = printed_form(form, as_json, FORMS)
    network, choice = find_network(model), one_of(BATCHNORMS, "--batchnorm", batchnorm)
    with nullcontext() if out is None else open_folder(out, KIND) as folder:
        with progress_bar(quiet, ASSESSMENT) as progress:
            assessment = assess_network(
                network,
                batchnorm=choice,
                calibration=calibration_of(model, images, limit, preprocess),
                input_shape=input_shape,
                progress=progress,
            )
        verdict = judge(assessment)
        if folder is not None:
            folder.write(assessment_files(assessment, verdict))
    if chosen is Form.JSON:
        write_json(assessment_data(assessment, verdict))
    else:
        write_rich(*render_assessment(assessment, verdict))
    if out is not None:
        note(f"assessment: {out}", quiet)
