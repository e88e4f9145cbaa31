"""The post-processing unit: one output tile at a time, in order."""

from __future__ import annotations

from lpasim.simulation.stepped.channel import Channel
from lpasim.simulation.stepped.jobs import NEVER, OutputTile


class Ppu:
    """Takes an output tile when the first word of its last fold has passed the encoders.

    It is done when its passes are done, and one cycle after the last word and the last word of the operand are there.
    """

    def __init__(self, outputs: list[OutputTile], makers: list[tuple[int, ...]]) -> None:
        self._outputs, self._makers = outputs, makers
        self._next = 0
        self._worked = 0
        self.current: OutputTile | None = None

    def settle(self, now: int) -> OutputTile | None:
        """Finish the output tile that is done at `now`, if one is, and return it."""
        output = self.current
        if output is not None and self._is_done(output, now):
            output.ppu_end = now
            self.current = None
            return output
        return None

    def start(self) -> bool:
        """Start the next output tile, if it is there."""
        if self.current is not None or self._next == len(self._outputs):
            return False
        output = self._outputs[self._next]
        if output.first_word_encoded == NEVER:
            return False
        self.current, self._worked = output, 0
        self._next += 1
        return True

    def request(self, channel: Channel, stored: list[bool], now: int) -> bool:
        """Request the operand of the output tile that has started, once its makers have stored; say whether it was."""
        operand = self.current.operand if self.current is not None else None
        if operand is None or operand.requested != NEVER:
            return False
        if not all(stored[maker] for maker in self._makers[operand.layer]):
            return False
        channel.request(operand, now)
        return True

    @property
    def at_work(self) -> OutputTile | None:
        """The output tile that has passes left."""
        return self.current if self.current is not None and self._worked < self.current.work_cycles else None

    def waits_for_operand(self, now: int) -> bool:
        """Whether the passes are done but for the last words of an operand, which are on their way."""
        output = self.current
        if output is None or output.operand is None or self.at_work is not None:
            return False
        return not NEVER < output.operand.landed <= now

    def step(self) -> None:
        """Work for one cycle."""
        self._worked += self.current is not None

    def _is_done(self, output: OutputTile, now: int) -> bool:
        if self._worked < output.work_cycles:
            return False
        if output.operand is not None and not NEVER < output.operand.landed < now:
            return False
        return not output.is_folded or NEVER < output.last_word_encoded < now
