"""A quantization on a terminal: a summary, and one line a layer."""

from __future__ import annotations

from collections.abc import Iterator

from rich import box
from rich.console import RenderableType
from rich.table import Table
from rich.text import Text

from lpasim import __version__
from lpasim.lpq.fulfil import Fulfilled
from lpasim.networks.printable import file_name, printable
from lpasim.quantization.provenance import in_shell
from lpasim.quantization.trained import TRAINED
from lpasim.reports.numbers import counted
from lpasim.reports.quantize_rows import layer_rows


def render_quantization(done: Fulfilled) -> Iterator[RenderableType]:
    """Draw a quantization as rich objects, from top to bottom."""
    outcome = done.outcome
    heading = Text()
    heading.append(file_name(outcome.subject.path), "bold")
    heading.append(
        f" in logarithmic posits: weights {outcome.weight_bits:.2f} bits, stored activations "
        f"{outcome.activation_bits:.2f} bits on average\n"
    )
    heading.append(f"{done.calibration.describe()} (calibration)\n")
    if done.test is not None:
        heading.append(f"{done.test.describe()}\n", "bold")
    heading.append(_search(done), "dim")
    yield heading
    yield _layers(done)
    if outcome.held is not None:
        listed = ", ".join(printable(name) for name in dict.fromkeys(outcome.raised)) or "none"
        yield Text(
            f"Bound of --fallback: {outcome.held.describe()}. Bits raised for it, beyond the averages if need be: "
            f"{listed}.",
            "dim",
        )
    if outcome.plan.reconstruct:
        trace, model = (in_shell(file) for file in done.files)
        images = "" if done.request.model in TRAINED else " --images DIR"
        yield Text(
            f"Weights and biases are corrected. Count the answers: python -m lpasim infer {model} --trace {trace} "
            f"--reference {in_shell(done.request.model)}{images}",
            "dim",
        )


def _search(done: Fulfilled) -> str:
    outcome = done.outcome
    history = outcome.state.history
    seconds = sum(outcome.seconds.values())
    return (
        f"{outcome.plan.fitness.objective}, {counted(history[-1].generation, 'generation')}: fitness "
        f"{history[0].best_fitness:.5g} to {history[-1].best_fitness:.5g}; "
        f"{counted(outcome.state.images_evaluated, 'image')} evaluated, of which {outcome.run_share:,.0f} were run; "
        f"{seconds:.0f} s; seed {outcome.plan.search.seed}; lpasim {__version__}"
    )


def _layers(done: Fulfilled) -> Table:
    table = Table(box=box.SIMPLE_HEAD, pad_edge=False, padding=(0, 1, 0, 0))
    table.add_column("layer", vertical="bottom", overflow="fold")
    table.add_column("weights", justify="right", vertical="bottom", no_wrap=True)
    table.add_column("format\nLP<n,es,rs,sf>", vertical="bottom", no_wrap=True)
    for header in ("input\nbits", "output\nbits"):
        table.add_column(header, justify="right", vertical="bottom", no_wrap=True)
    for row in layer_rows(done):
        outputs = str(row["output_bits"]) if row["output_bits"] else "-"
        cells = (f"{row['weights']:,}", row["weight_format"], str(row["input_bits"]), outputs)
        table.add_row(Text(row["layer"]), *cells)
    return table
