"""The controller of the array: when a tile and a fold start."""

from __future__ import annotations

from lpasim.hardware.model import Array
from lpasim.simulation.stepped.buffers import Buffer
from lpasim.simulation.stepped.jobs import NEVER, Fold, Job
from lpasim.simulation.stepped.output import OutputBuffer


class Sequencer:
    """Starts tiles and folds in order, each as soon as the state of the chip lets it."""

    def __init__(self, jobs: list[Job], array: Array, weights: Buffer, inputs: Buffer, outputs: OutputBuffer) -> None:
        self.jobs, self._array = jobs, array
        self._weights, self._inputs, self._outputs = weights, inputs, outputs
        self.folds = [fold for job in jobs for fold in job.folds]
        self.loading: Fold | None = None
        self.load_step = 0
        self.streams: list[tuple[Fold, int]] = []
        self._next_job = 0
        self._loaded = 0
        self._streamed = 0
        self._drained_at = 0

    @property
    def next_job(self) -> Job | None:
        """The next tile to start."""
        return self.jobs[self._next_job] if self._next_job < len(self.jobs) else None

    @property
    def is_drained(self) -> bool:
        """Whether every fold that streamed has left the array."""
        return self._outputs.finished_folds == self._streamed

    @property
    def is_moving(self) -> bool:
        """Whether words are on their way into or through the array."""
        return self.loading is not None or not self.is_drained or bool(self.streams)

    def settle(self, now: int) -> Job | None:
        """Do what the state at `now` allows; return the tile that starts, if one does."""
        if self.is_drained and self._drained_at == NEVER:
            self._drained_at = now
        self._retire(now)
        if self.loading is not None and self.load_step == self._array.rows:
            self.loading = None
            self._loaded += 1
        job = self.next_job
        if job is not None and not job.folds and self._may_begin(job, now):
            return self._start(job)
        started = None
        if self._streamed < self._loaded and self._may_stream(self.folds[self._streamed], now):
            started = self._stream(self.folds[self._streamed], now)
        if self.loading is None and self._loaded == self._streamed < len(self.folds):
            fold = self.folds[self._loaded]
            if self._may_load(fold, now):
                self.loading, self.load_step = fold, 0
                started = self._start(fold.job) if fold.first and fold.job.first_of_layer else started
        return started

    def is_done(self, layer: int) -> bool:
        """Whether all results of a layer have left the array."""
        job, position = self.next_job, self._streamed
        started = job is None or job.layer > layer
        streamed = position == len(self.folds) or self.folds[position].job.layer > layer
        return started and streamed and self.is_drained

    def ready(self, now: int) -> bool:
        """Whether the next tile has nothing to wait for but its blocks and its output half."""
        job = self.next_job
        if job is None or not self._all_streamed_before(job):
            return False
        if job.first_of_layer or not job.folds:
            return self.is_drained
        _, since = self._last_stream
        if self._array.fold_overlap:
            return self._row_is_free(now) and now - since >= self._array.rows
        if self._array.weight_double_buffer:
            return self.is_drained and now - since >= self._array.rows
        return self.is_drained and now - self._drained_at >= self._array.rows

    def weights_are_in(self, job: Job, now: int) -> bool:
        """Whether the weights of the tile that is ready block it no more."""
        if job.weights is None:
            return True
        if job.first_of_layer:
            return self._weights.usable(job.weights, now)
        return self._loaded > self._streamed

    def _start(self, job: Job) -> Job:
        if job.tile.opens:
            self._outputs.take_half(job.output)
        self._next_job += 1
        return job

    def _stream(self, fold: Fold, now: int) -> Job | None:
        self.streams.append((fold, now))
        self._last_stream = (fold, now)
        self._streamed += 1
        self._drained_at = NEVER
        job = fold.job
        if fold.last and job.weights is not None and job.weights.last_tile == job.index:
            self._weights.release(job.weights)
        return self._start(job) if fold.first and not job.first_of_layer else None

    def _retire(self, now: int) -> None:
        """Drop streams whose last row has read its last word, and release their input halves."""
        for fold, start in list(self.streams):
            if now - start < fold.job.tile.words + self._array.rows - 1:
                continue
            self.streams.remove((fold, start))
            block = fold.job.inputs
            if fold.last and block is not None and block.last_tile == fold.job.index:
                self._inputs.release(block)

    def _all_streamed_before(self, job: Job) -> bool:
        position = self._streamed
        return position == len(self.folds) or self.folds[position].job.index >= job.index

    def _row_is_free(self, now: int) -> bool:
        fold, since = self._last_stream
        return now - since >= fold.job.tile.words

    def _blocks_are_there(self, job: Job, now: int) -> bool:
        there = job.inputs is None or self._inputs.usable(job.inputs, now)
        return there and (not job.tile.opens or self._outputs.blocker is None)

    def _may_begin(self, job: Job, now: int) -> bool:
        """Whether the array is empty and everything is there: how a layer begins."""
        weights = job.weights is None or self._weights.usable(job.weights, now)
        return self._all_streamed_before(job) and self.is_drained and weights and self._blocks_are_there(job, now)

    def _may_load(self, fold: Fold, now: int) -> bool:
        job = fold.job
        if fold.first and job.first_of_layer:
            return job is self.next_job and self._may_begin(job, now)
        if not self._array.weight_double_buffer and not self.is_drained:
            return False
        return job.weights is None or self._weights.usable(job.weights, now)

    def _may_stream(self, fold: Fold, now: int) -> bool:
        job = fold.job
        if fold.first and job.first_of_layer:
            return True
        if fold.first and not self._blocks_are_there(job, now):
            return False
        return self._row_is_free(now) if self._array.fold_overlap else self.is_drained
