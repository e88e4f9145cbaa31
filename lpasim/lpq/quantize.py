"""Quantizing a network: preparation, search, correction, and what comes of it."""

from __future__ import annotations

import json
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from hashlib import sha256
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from lpasim.errors import SearchError
from lpasim.formats import NumberFormat
from lpasim.lpq.activation_formats import average_activation_bits
from lpasim.lpq.channel_factors import channel_factors
from lpasim.lpq.channel_scales import scaled_channels
from lpasim.lpq.crowd import Team, parts_of, team
from lpasim.lpq.evaluator import NetworkEvaluator
from lpasim.lpq.fallback import Check, Target, most_harmful
from lpasim.lpq.genes import Candidate, Space
from lpasim.lpq.genetic import evolve
from lpasim.lpq.plan import Plan
from lpasim.lpq.preparation import Prepared, prepare
from lpasim.lpq.quantized_run import Quantized
from lpasim.lpq.reconstruction import Reconstructed, reconstruct
from lpasim.lpq.rounding import Rounder
from lpasim.lpq.state import State
from lpasim.lpq.subject import Subject

FEWEST_IMAGES = 2
"""A contrastive objective tells images apart."""
Progress = Callable[[str, int, int], None]
"""Is told what is being done, how much of it is done, and how much there is."""


@dataclass(frozen=True, eq=False)
class Outcome:
    """A quantized network.

    Attributes
    ----------
    subject : Subject
        The network, with scaled channels if they were asked for.
    plan : Plan
        What was asked for.
    formats : mapping
        Format of each layer's weights.
    activations : mapping
        Format of each tensor that is stored.
    weight_bits, activation_bits : float
        Averages.
    state : State
        How the search ended.
    corrected : Reconstructed or None
        Weights and biases, if they are corrected.
    raised : tuple of str
        What got more bits by the fallback, some perhaps several times: "weights of ..." with the layer's name, or
        "activations of ..." with the tensor's.
    run_share : float
        Images that the search ran, each counted by the part of the network that was run.
    seconds : mapping
        Time of each stage.
    """

    subject: Subject
    plan: Plan
    formats: Mapping[str, NumberFormat]
    activations: Mapping[str, NumberFormat]
    weight_bits: float
    activation_bits: float
    state: State
    corrected: Reconstructed | None
    raised: tuple[str, ...]
    run_share: float
    seconds: Mapping[str, float]

    def run(self) -> Quantized:
        """Return the network as it runs quantized."""
        return quantized_run(self.subject, self.formats, self.activations, self.corrected)


@dataclass
class _Clock:
    """Times stages, and tells which one begins."""

    progress: Progress | None
    seconds: dict[str, float] = field(default_factory=dict)
    _current: tuple[str, float] | None = None

    def begin(self, stage: str) -> None:
        """End the stage before, and begin another."""
        self.end()
        self._current = stage, time.perf_counter()
        self.tell(stage, 0, 0)

    def end(self) -> None:
        """End the stage."""
        if self._current is not None:
            stage, started = self._current
            self.seconds[stage] = self.seconds.get(stage, 0.0) + time.perf_counter() - started
            self._current = None

    def tell(self, stage: str, done: int, total: int) -> None:
        """Pass progress on."""
        if self.progress is not None:
            self.progress(stage, done, total)


def quantize(
    subject: Subject,
    images: NDArray[np.float32],
    plan: Plan,
    *,
    threads: int = 2,
    state_file: Path | None = None,
    warm: Callable[[Space], Candidate] | None = None,
    labels: NDArray[np.int64] | None = None,
    progress: Progress | None = None,
) -> Outcome:
    """Find a format for every layer and tensor of a network, and correct its weights.

    Parameters
    ----------
    subject : Subject
        The network.
    images : ndarray [N, ...]
        Calibration images, as the network takes them; the search's `images` are the first of them.
    plan : Plan
        What is asked for.
    threads : int
        Parts of the images, and candidates, that run side by side; the result does not depend on it.
    state_file : Path, optional
        Where the search's state is kept after every generation; a search that was interrupted goes on from there.
    warm : callable, optional
        Gives the candidate to start from, in place of measured closed forms.
    labels : ndarray [N], optional
        The images' classes, for the plan's fallback; without them it looks at the answers that change.
    progress : callable, optional
        Is told what is being done.

    Raises
    ------
    SearchError
        If there are too few images, the averages cannot be met, or the state file is of another search.
    """
    if len(images) < max(FEWEST_IMAGES, plan.search.images):
        raise SearchError(f"images must be at least {max(FEWEST_IMAGES, plan.search.images)}, got {len(images)}")
    known = State.read(state_file) if state_file is not None and state_file.is_file() else None
    clock = _Clock(progress)
    with team(threads) as members:
        if plan.granularity == "channel":
            clock.begin("scaling channels")
            model = scaled_channels(subject.model, channel_factors(subject), subject.network)
            subject = Subject(subject.path, model, batchnorm=plan.batchnorm, sizes=subject.network.inputs)
        prepared = prepare(subject, images, plan, members, warm=warm, stage=clock.begin)
        state, share = _search(subject, images, plan, prepared, members, clock, state_file, known)
        genes = zip(prepared.space.sites, state.best.candidate, strict=True)
        finish = _Finish(subject, images, plan, prepared, members, clock)
        finish.correct({site.name: gene for site, gene in genes}, prepared.widths)
        raised = () if plan.fallback is None else finish.raise_bits(plan.fallback, labels)
        clock.end()
    return Outcome(
        subject,
        plan,
        finish.formats,
        finish.activations,
        prepared.space.average_bits(tuple(finish.formats[site.name] for site in prepared.space.sites)),
        average_activation_bits(subject, finish.widths),
        state,
        finish.corrected,
        raised,
        share,
        clock.seconds,
    )


class _Finish:
    """What follows the search: correction, and raising bits until a bound holds.

    Attributes
    ----------
    formats, widths, activations : mapping
        Formats of weights by layer, widths of activations by group, and formats of tensors.
    corrected : Reconstructed or None
        What the correction gives, if it is asked for.
    """

    def __init__(
        self,
        subject: Subject,
        images: NDArray[np.float32],
        plan: Plan,
        prepared: Prepared,
        members: Team,
        clock: _Clock,
    ) -> None:
        self._subject, self._images, self._plan, self._prepared = subject, images, plan, prepared
        self._members, self._clock = members, clock
        self.formats: Mapping[str, NumberFormat] = {}
        self.widths: Mapping[str, int] = {}
        self.activations: Mapping[str, NumberFormat] = {}
        self.corrected: Reconstructed | None = None

    def correct(self, formats: Mapping[str, NumberFormat], widths: Mapping[str, int]) -> None:
        """Take formats, and correct weights for them."""
        self.formats, self.widths = formats, widths
        self.activations = self._prepared.fits.chosen(self._subject, widths)
        if not self._plan.reconstruct:
            return
        stage = "correcting weights"
        self._clock.begin(stage)
        self.corrected = reconstruct(
            self._subject,
            self._images,
            formats,
            self.activations,
            self._prepared.tokens,
            self._members,
            seed=self._plan.search.seed,
            progress=lambda done, total: self._clock.tell(stage, done, total),
        )

    def raise_bits(self, bound: float, labels: NDArray[np.int64] | None) -> tuple[str, ...]:
        """Raise what does most harm, again and again, until no more than `bound` points are lost."""
        check = Check(self._answers(Quantized()), labels)
        raised: list[Target] = []
        while (lost := check.drop(self._answers(self._run()))) > bound:
            targets = self._next()
            if not targets:
                got = f"{lost:.4g} with all at {self._plan.bits[-1]} bits"
                raise SearchError(f"{check.what} must drop by at most {bound:g} points, got {got} (fallback)")
            raised += targets
            self._raise(set(targets))
        return tuple(str(target) for target in raised)

    def _run(self) -> Quantized:
        return quantized_run(self._subject, self.formats, self.activations, self.corrected)

    def _answers(self, run: Quantized) -> NDArray[Any]:
        found = answers(self._subject, self._images, run, self._members)
        return found.reshape(len(found), -1)

    def _next(self) -> list[Target]:
        """Return the layers and groups of activations that do most harm and can be raised."""
        weights = self._prepared.weight_shares
        now = {Target("weights", name): (share, self.formats[name].n) for name, share in weights.items()}
        for group, share in self._prepared.activation_shares.items():
            now[Target("activations", group)] = share, self.widths[group]
        raisable = [target for target, (share, width) in now.items() if width < max(share.harm)]
        return most_harmful({target: share.harm[width] for target, (share, width) in now.items()}, raisable)

    def _raise(self, targets: set[Target]) -> None:
        """Give layers and groups their next larger width, and correct weights anew."""
        space, formats, widths = self._prepared.space, dict(self.formats), dict(self.widths)
        for site in space.sites:
            if Target("weights", site.name) in targets:
                formats[site.name] = space.fitted(site, space.neighbours(formats[site.name], site)[-1])
        for group, share in self._prepared.activation_shares.items():
            if Target("activations", group) in targets:
                widths[group] = min(n for n in share.harm if n > widths[group])
        self.correct(formats, widths)


def _search(
    subject: Subject,
    images: NDArray[np.float32],
    plan: Plan,
    prepared: Prepared,
    members: Team,
    clock: _Clock,
    state_file: Path | None,
    known: State | None,
) -> tuple[State, float]:
    clock.begin("searching")
    evaluator = NetworkEvaluator(
        subject,
        images[: plan.search.images],
        prepared.rounder,
        prepared.fits.chosen(subject, prepared.widths),
        average_activation_bits(subject, prepared.widths),
        plan.fitness,
        members,
    )
    state = evolve(
        prepared.space,
        replace(plan.search, average_bits=plan.weight_bits),
        evaluator,
        known,
        None if state_file is None else lambda found: found.write(state_file),
        lambda found, last: clock.tell("searching", found.generation, last),
        given=prepared.starts,
        subject=_identity(subject, images, plan),
        where=f"{state_file}; to begin anew, delete it or write to another place",
    )
    return state, evaluator.run_share


def _identity(subject: Subject, images: NDArray[np.float32], plan: Plan) -> str:
    """Return a text that differs whenever the fitness of a candidate may."""
    model = sha256(subject.model.SerializeToString(deterministic=True)).hexdigest()
    return json.dumps([model, sha256(np.ascontiguousarray(images).tobytes()).hexdigest(), plan.plain()])


def answers(subject: Subject, images: NDArray[np.float32], run: Quantized, members: Team) -> NDArray[Any]:
    """Return the results of a network [N, ...] for images."""

    def one(part: NDArray[np.float32]) -> NDArray[Any]:
        executor = subject.executor(len(part))
        passage = run.start(executor, subject.input, part)
        run.advance(passage, executor)
        return passage.results[subject.output]

    return np.concatenate(members.map(one, parts_of(images, subject)))


def quantized_run(
    subject: Subject,
    formats: Mapping[str, NumberFormat],
    activations: Mapping[str, NumberFormat],
    corrected: Reconstructed | None,
) -> Quantized:
    """Return a network as it runs quantized: with corrected weights, or else with the nearest values."""
    if corrected is not None:
        return Quantized(corrected.layers, activations, corrected.shifts(subject).get)
    nearest = Rounder({})
    return Quantized({layer.name: nearest.rounded(layer, formats[layer.name]) for layer in subject.layers}, activations)
