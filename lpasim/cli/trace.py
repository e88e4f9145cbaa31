"""``lpasim trace``: make a workload trace of a network."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from lpasim.cli.values import Batch, one_of, read_count

if TYPE_CHECKING:
    from lpasim.networks.roles import BatchNorm
    from lpasim.quantization.provenance import Calibration
    from lpasim.quantization.trace import Trace

BATCHNORMS: tuple[BatchNorm, ...] = ("fold", "ppu")
Limit = Annotated[
    int, typer.Option(parser=read_count, metavar="N", help="Use the first of the images, at most that many.")
]
Preprocessing = Annotated[
    str | None,
    typer.Option(
        help="How an image becomes an input: imagenet, imagenet_256, inception, tflite, cifar10, cifar10_64, raw, "
        "none (stored features as they are), kws, fashion, or a YAML file; by default imagenet, or what comes with the "
        "network.",
        show_default=False,
    ),
]
Normalizations = Annotated[
    str,
    typer.Option(
        metavar="|".join(BATCHNORMS),
        help="Batch normalizations: folded into the weights, or scale and shift in the post-processing unit.",
    ),
]
InputShape = Annotated[str | None, typer.Option(help="Input sizes that the file leaves open: 1x3x224x224.")]
"""Options of every command that looks at a network and images."""


def trace(
    model: Annotated[str, typer.Argument(help="An ONNX file, a built-in topology, or a name (lpasim list networks).")],
    out: Annotated[Path, typer.Option("--out", "-o", help="The trace file to write (.json).", show_default=False)],
    images: Annotated[
        Path | None,
        typer.Option(
            help="Images or features (folder or .npz) that activations are fitted to; a network that is "
            "named brings its own.",
            show_default=False,
        ),
    ] = None,
    limit: Limit = 32,
    preprocess: Preprocessing = None,
    like: Annotated[
        Path | None,
        typer.Option(help="A trained ONNX file of the same topology, or a trace (.json), whose formats are borrowed."),
    ] = None,
    weight_bits: Annotated[int, typer.Option(parser=read_count, metavar="N", help="Bits of weights.")] = 4,
    activation_bits: Annotated[int, typer.Option(parser=read_count, metavar="N", help="Bits of activations.")] = 8,
    edge_bits: Annotated[
        int,
        typer.Option(
            parser=read_count, metavar="N", help="Bits of weights at the edges, and of depthwise convolutions."
        ),
    ] = 8,
    batchnorm: Normalizations = BATCHNORMS[0],
    batch: Batch = None,
    input_shape: InputShape = None,
) -> None:
    """Make a workload trace of a network.

    For the requests of a run to external memory, see: lpasim trace dram --help; for a run over time: lpasim trace
    timeline --help
    """
    from lpasim.cli.output import write
    from lpasim.cli.progress import note
    from lpasim.quantization.bits import BitAssignment
    from lpasim.quantization.build import build_trace
    from lpasim.quantization.targets import check_target
    from lpasim.quantization.trace_file import DOCUMENT, SUFFIX, write_trace
    from lpasim.reports.numbers import counted

    if out.suffix.lower() != SUFFIX:
        raise typer.BadParameter(f"--out must name a {SUFFIX} file, got {str(out)!r}")
    check_target(
        DOCUMENT, out, {"network": model, "images": images, "preprocessing": preprocess, "similar network": like}
    )
    made = build_trace(
        model,
        name=out.stem,
        batch=batch,
        input_shape=input_shape,
        bits=BitAssignment(weight_bits, activation_bits, edge_bits),
        calibration=calibration_of(model, images, limit, preprocess),
        like=like,
        batchnorm=one_of(BATCHNORMS, "--batchnorm", batchnorm),
    )
    write_trace(made, out)
    assumed = 0 if like is not None or not Path(model).is_file() else _assumed_weights(made)
    if assumed:
        layers = counted(assumed, "layer")
        note(f"weights of {layers}: formats are assumed, as values are missing; the trace says which", quiet=False)
    write(f"{out}: {counted(len(made.layers), 'layer')}, {counted(len(made.free), 'free operator')}\n")


def calibration_of(model: str, images: Path | None, limit: int, preprocess: str | None) -> Calibration | None:
    """Return what activations are fitted to: the images that are named, or else those that come with the network."""
    from lpasim.quantization.provenance import Calibration
    from lpasim.quantization.trained import TRAINED

    own = TRAINED.get(model)
    rule = preprocess or ("imagenet" if own is None else own.preprocess)
    if images is not None:
        return Calibration(images, limit, rule)
    return None if own is None else Calibration(own.calibration, limit, rule, brought=True)


def no_images(model: str) -> Exception:
    """Return the refusal of a network that needs images where none are named, or of one that is not there at all.

    Raises
    ------
    NetworkError
        If there is no network of that name.
    """
    from lpasim.errors import NetworkError
    from lpasim.quantization.trained import TRAINED, find_network

    if not find_network(model).exists():
        return NetworkError(f"network must be an existing file, got {model!r}")
    known = ", ".join(TRAINED)
    return typer.BadParameter(f"--images must name a folder or an .npz file, got none; only {known} brings its own")


def _assumed_weights(made: Trace) -> int:
    """Return how many formats of constant weights are not fitted to them: their values are not to be had."""
    formats = [layer.weight_format for layer in made.layers if layer.weights == "constant"]
    return sum(fmt is not None and fmt.basis == "assumed" for fmt in formats)
