"""The options of ``lpasim quantize``: what each is called, and what it says in the help."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from lpasim.cli.values import read_count

MODES, ANY = "modes", "any"

Out = Annotated[
    Path,
    typer.Option(
        "--out",
        "-o",
        help="The trace to write (.json); corrected weights go to an .onnx beside it.",
        show_default=False,
    ),
]
Images = Annotated[
    Path | None,
    typer.Option(
        help="Images or features (folder or .npz), unlabelled; a network that is named brings its own.",
        show_default=False,
    ),
]
Limit = Annotated[int, typer.Option(parser=read_count, metavar="N", help="Use at most so many of the images.")]
TakenImages = Annotated[
    str, typer.Option(metavar="spread|first", help="Which of them: evenly spread over the set, or its first.")
]
WeightBits = Annotated[
    float, typer.Option(metavar="BITS", help="The most bits of a weight, averaged over the network.")
]
ActivationBits = Annotated[
    float | None,
    typer.Option(
        metavar="BITS",
        help="The most bits of a stored activation, averaged; by default 5.5/4.2 of a weight's.",
        show_default=False,
    ),
]
Bits = Annotated[
    str, typer.Option(metavar=f"{MODES}|{ANY}", help="Widths: the modes of the PE (2, 4, 8), or any of 2 to 8.")
]
ScaleOf = Annotated[
    str,
    typer.Option(
        metavar="layer|channel", help="What has a scale factor of its own; channel needs --batchnorm ppu and --correct."
    ),
]
ComparedBy = Annotated[
    str,
    typer.Option(
        metavar="global-local-contrastive|global-contrastive|kl|mse",
        help="What quantized and float are compared by.",
    ),
]
PooledBy = Annotated[
    str, typer.Option(metavar="mean|max|moments|kurtosis", help="How a layer's result becomes a short vector.")
]
Temperature = Annotated[float | None, typer.Option(metavar="T", help="Of a contrastive objective.", show_default=False)]
Lambda = Annotated[
    float, typer.Option("--lambda", metavar="L", help="Exponent of the compression ratio in the fitness.")
]
Population = Annotated[int, typer.Option(parser=read_count, metavar="N", help="Candidates that are kept.")]
Passes = Annotated[int, typer.Option(metavar="N", help="Times that each block of layers has its turn.")]
Newcomers = Annotated[int, typer.Option(metavar="N", help="Newcomers that a child is mated with.")]
SearchImages = Annotated[
    int, typer.Option(parser=read_count, metavar="N", help="Images that candidates are scored on.")
]
Screening = Annotated[
    int | None,
    typer.Option(
        metavar="N",
        help="Images that children are compared on first; 0: none. By default 16, where there are more.",
        show_default=False,
    ),
]
StartFrom = Annotated[
    str, typer.Option(metavar="fitted|random", help="The first candidates: closed forms, or drawn at random.")
]
RoundedBy = Annotated[str, typer.Option(metavar="compensated|nearest", help="How the search rounds weights.")]
Correct = Annotated[bool, typer.Option("--correct/--no-correct", help="Correct weights and biases, and write them.")]
WarmStart = Annotated[
    Path | None, typer.Option(metavar="TRACE", help="Start from another result's bits.", show_default=False)
]
Fallback = Annotated[
    float | None,
    typer.Option(
        metavar="DROP",
        help="Raise bits until at most so many points of answers change, or of accuracy are lost if there are labels.",
        show_default=False,
    ),
]
Labels = Annotated[
    Path | None, typer.Option(help="CSV file of labels (file, label), for --fallback.", show_default=False)
]
Test = Annotated[
    Path | None,
    typer.Option(metavar="IMAGES", help="Other images on which the answers are counted at last.", show_default=False),
]
TestLabels = Annotated[
    Path | None, typer.Option(help="CSV file of labels (file, label) of --test.", show_default=False)
]
Seed = Annotated[int, typer.Option(metavar="N", help="Of all random draws.")]
Threads = Annotated[
    int, typer.Option(parser=read_count, metavar="N", help="Threads; the result does not depend on them.")
]
Quiet = Annotated[bool, typer.Option("--quiet", "-q", help="Print the result alone.")]
