"""What ``lpasim quantize`` is asked for, and the command that asks for the same."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from lpasim.lpq.chosen_images import Take
from lpasim.lpq.plan import Plan
from lpasim.quantization.provenance import Calibration, in_shell, portable

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
        """Return the command that does the same."""
        return self._command(in_shell)

    def portable_command(self) -> str:
        """Return it as files record it: absolute paths without their folders."""
        return self._command(portable)

    def _command(self, spelled: Callable[[str | Path], str]) -> str:
        plan, default = self.plan, Plan()
        search, usual = plan.search, default.search
        options = {
            "limit": self.calibration.limit,
            "take": _unless(self.take, "spread"),
            "preprocess": spelled(self.calibration.preprocess),
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
            "warm-start": self.warm_start and spelled(self.warm_start),
            "fallback": plan.fallback,
            "labels": self.labels and spelled(self.labels),
            "test": self.test and spelled(self.test),
            "test-labels": self.test_labels and spelled(self.test_labels),
            "seed": _unless(search.seed, usual.seed),
            "input-shape": self.input_shape and in_shell(self.input_shape),
        }
        given = " ".join(f"--{name} {value}" for name, value in options.items() if value is not None)
        images = "" if self.calibration.brought else f" --images {spelled(self.calibration.images)}"
        correct = "" if plan.reconstruct else " --no-correct"
        return f"python -m lpasim quantize {spelled(self.model)}{images} {given}{correct} -o {spelled(self.out)}"


def _unless(value: object, usual: object) -> object | None:
    return None if value == usual else value
