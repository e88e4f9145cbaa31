"""Quantizing a network: preparation, search, correction, and what comes of it."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from hashlib import sha256
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from lpasim.errors import SearchError
from lpasim.formats import NumberFormat
from lpasim.lpq.activation_formats import average_activation_bits
from lpasim.lpq.answers import quantized_run
from lpasim.lpq.channel_factors import channel_factors
from lpasim.lpq.channel_scales import scaled_channels
from lpasim.lpq.crowd import Team, team
from lpasim.lpq.evaluator import NetworkEvaluator
from lpasim.lpq.fallback import Held
from lpasim.lpq.finish import Finish
from lpasim.lpq.genes import Candidate, Space
from lpasim.lpq.genetic import evolve
from lpasim.lpq.plan import Plan
from lpasim.lpq.preparation import Prepared, prepare, space_of
from lpasim.lpq.quantized_run import Quantized
from lpasim.lpq.reconstruction import Reconstructed
from lpasim.lpq.stages import Clock, Progress
from lpasim.lpq.state import Spent, State
from lpasim.lpq.state_file import StateFile
from lpasim.lpq.subject import Subject
from lpasim.networks.printable import printable

FEWEST_IMAGES = 2
"""A contrastive objective tells images apart."""


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
    held : Held or None
        The bound that holds, if one was asked for.
    run_share : float
        Images that the search ran, each counted by the part of the network that was run.
    weight_harm : mapping
        Divergence of the answers when a layer's weights alone are rounded, to 4 bits or the nearest width that is
        allowed, by layer [nat]; empty if the search did not measure it.
    seconds : mapping
        Time of each stage. Both count all parts of a search that was interrupted, as far as its state was kept.
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
    held: Held | None
    run_share: float
    weight_harm: Mapping[str, float]
    seconds: Mapping[str, float]

    def run(self) -> Quantized:
        """Return the network as it runs quantized."""
        return quantized_run(self.subject, self.formats, self.activations, self.corrected)


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
    source: str = "calibration",
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
    source : str
        Where the images are from, for messages.

    Raises
    ------
    NetworkError
        If all weights are zero, or values in float32 are not finite.
    SearchError
        If there are too few images or all are alike, the averages cannot be met, or the state file is of another
        search.
    """
    if len(images) < max(FEWEST_IMAGES, plan.search.images):
        raise SearchError(f"images must be at least {max(FEWEST_IMAGES, plan.search.images)}, got {len(images)}")
    kept, identity = StateFile.opened(state_file), _identity(subject, images, plan, warm)
    kept.check_subject(identity)
    clock = Clock(progress, dict(kept.spent.seconds))
    with team(threads) as members:
        if plan.granularity == "channel":
            clock.begin("scaling channels")
            model = scaled_channels(subject.model, channel_factors(subject), subject.network)
            subject = Subject(subject.path, model, batchnorm=plan.batchnorm, sizes=subject.network.inputs)
        kept.check_steps(plan.search, space_of(subject, plan))
        prepared = prepare(subject, images, plan, members, warm=warm, stage=clock.begin, source=source)
        evaluator = evaluator_of(subject, images, plan, prepared, members)
        state = _search(prepared, plan, evaluator, kept, clock, identity)
        genes = zip(prepared.space.sites, state.best.candidate, strict=True)
        finish = Finish(subject, images, plan, prepared, members, clock)
        finish.correct({site.name: gene for site, gene in genes}, prepared.widths)
        if plan.fallback is not None:
            found = "" if kept.path is None else f"; the search is kept for another bound: {printable(str(kept.path))}"
            finish.raise_bits(plan.fallback, labels, found)
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
        finish.raised,
        finish.held,
        kept.spent.images_run + evaluator.run_share,
        prepared.weight_harm,
        clock.seconds,
    )


def evaluator_of(
    subject: Subject, images: NDArray[np.float32], plan: Plan, prepared: Prepared, members: Team
) -> NetworkEvaluator:
    """Return what scores the candidates of a search, on the first of the images [N, ...]."""
    return NetworkEvaluator(
        subject,
        images[: plan.search.images],
        prepared.rounder,
        prepared.fits.chosen(subject, prepared.widths),
        average_activation_bits(subject, prepared.widths),
        plan.fitness,
        members,
    )


def _search(
    prepared: Prepared, plan: Plan, evaluator: NetworkEvaluator, kept: StateFile, clock: Clock, identity: str
) -> State:
    """Search, and keep the state after every generation."""
    clock.begin("searching")

    def keep(state: State) -> None:
        kept.keep(state, Spent(kept.spent.images_run + evaluator.run_share, clock.spent()))

    return evolve(
        prepared.space,
        replace(plan.search, average_bits=plan.weight_bits),
        evaluator,
        kept.known,
        keep,
        lambda found, last: clock.tell("searching", found.generation, last),
        given=prepared.starts,
        subject=identity,
        where=kept.where,
    )


def _identity(
    subject: Subject, images: NDArray[np.float32], plan: Plan, warm: Callable[[Space], Candidate] | None
) -> str:
    """Return a text that differs whenever the fitness of a candidate may, or the search starts from another result."""
    model = sha256(subject.model.SerializeToString(deterministic=True)).hexdigest()
    start = None if warm is None else [gene.spec for gene in warm(space_of(subject, plan))]
    return json.dumps([model, sha256(np.ascontiguousarray(images).tobytes()).hexdigest(), plan.plain(), start])
