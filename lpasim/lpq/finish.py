"""What follows the search: weights are corrected, and bits raised until a bound holds."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np
from numpy.typing import NDArray

from lpasim.errors import SearchError
from lpasim.formats import NumberFormat
from lpasim.lpq.answers import answers, quantized_run
from lpasim.lpq.crowd import Team
from lpasim.lpq.fallback import Check, Held, Target, most_harmful
from lpasim.lpq.plan import Plan
from lpasim.lpq.preparation import Prepared
from lpasim.lpq.quantized_run import Quantized
from lpasim.lpq.reconstruction import Reconstructed, reconstruct
from lpasim.lpq.stages import Clock
from lpasim.lpq.subject import Subject


class Finish:
    """What follows the search: correction, and raising bits until a bound holds.

    Attributes
    ----------
    formats, widths, activations : mapping
        Formats of weights by layer, widths of activations by group, and formats of tensors.
    corrected : Reconstructed or None
        What the correction gives, if it is asked for.
    raised : tuple of str
        What got more bits, in words.
    held : Held or None
        The bound that holds, once it does.
    """

    def __init__(
        self,
        subject: Subject,
        images: NDArray[np.float32],
        plan: Plan,
        prepared: Prepared,
        members: Team,
        clock: Clock,
    ) -> None:
        self._subject, self._images, self._plan, self._prepared = subject, images, plan, prepared
        self._members, self._clock = members, clock
        self.formats: Mapping[str, NumberFormat] = {}
        self.widths: Mapping[str, int] = {}
        self.activations: Mapping[str, NumberFormat] = {}
        self.corrected: Reconstructed | None = None
        self.raised: tuple[str, ...] = ()
        self.held: Held | None = None

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

    def raise_bits(self, bound: float, labels: NDArray[np.int64] | None, kept: str = "") -> None:
        """Raise what does most harm, again and again, until no more than `bound` points are lost.

        Raises
        ------
        SearchError
            If no width is large enough; `kept` says in the message where the search is kept, if it is.
        """
        check = Check(self._answers(Quantized()), labels)
        while (lost := check.drop(self._answers(self._run()))) > bound:
            targets = self._next()
            if not targets:
                got = f"{lost:.4g} with all at {self._plan.bits[-1]} bits"
                raise SearchError(f"{check.what} must drop by at most {bound:g} points, got {got} (fallback{kept})")
            self.raised += tuple(map(str, targets))
            self._raise(set(targets))
        self.held = Held(check.what, check.why, bound, lost)

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
