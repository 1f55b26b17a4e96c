"""Sentences through the biLM without padding: each lane reads one sentence after another.

A batch is a number of lanes. Where a sentence ends, the lane's next step begins the next sentence,
from the state that every sentence begins with: that of having read `<S>` (or `</S>`, backwards),
computed once. So the matrix products always have as many rows, nothing is computed for padding or
boundaries, and the cost of a token depends neither on its sentence's length nor on its neighbours.
"""

from collections import deque
from typing import NamedTuple

import numpy as np

from keras_elmo.embedding.engines.engine import Block, Engine, State

MAX_LANES = 64
# Of a block of all lanes: bounds the memory of the input part, of which a step has 8 · units a row.
STEPS = 16


class Job:
    """A sentence on its way.

    Attributes:
        features: float32 `(steps, layers + 1, 2P)`; layer 0 is there, the others come.
        at: how many steps are done.
    """

    __slots__ = ("at", "features")

    def __init__(self, words: np.ndarray, num_layers: int):
        steps, size = words.shape
        self.features = np.empty((steps, num_layers + 1, 2 * size), np.float32)
        self.features[:, 0, :size] = words
        self.features[:, 0, size:] = words
        self.at = 0

    @property
    def left(self) -> int:
        """How many steps are to be done."""
        return len(self.features) - self.at


class _Run(NamedTuple):
    """Steps `first` to `last` of a job, at `step` of a lane in the block."""

    job: Job
    first: int
    last: int
    lane: int
    step: int


class Lanes:
    """Runs jobs through an engine.

    Args:
        engine: computes the blocks.
        start: the state that a sentence begins with.
        max_lanes: rows of a block at most.
    """

    def __init__(self, engine: Engine, start: State, max_lanes: int = MAX_LANES):
        self._engine, self._start, self._max_lanes = engine, start, max_lanes
        self._waiting: deque[Job] = deque()
        self._jobs: list[Job | None] = []  # of each lane
        self._state: State = [part[:0] for part in start]

    def add(self, jobs: list[Job], *, last: bool) -> None:
        """Let jobs wait for a lane.

        Args:
            jobs: the next sentences.
            last: no more will come: then the longest go first, so that all lanes end together.
        """
        self._waiting.extend(job for job in jobs if job.left)
        if last:
            self._waiting = deque(sorted(self._waiting, key=lambda job: -job.left))

    def advance(self) -> None:
        """Run one block."""
        self._fit()
        plan, steps = self._plan()
        engine, size = self._engine, self._engine.config["projection_dim"]
        words = np.zeros((2, steps, len(self._jobs), size), np.float32)
        begins = np.zeros((steps, len(self._jobs)), bool)
        for job, first, last, lane, step in plan:
            there, read = slice(step, step + last - first), job.features[:, 0, :size]
            words[0, there, lane] = read[first:last]
            words[1, there, lane] = read[::-1][first:last]
            begins[step, lane] = first == 0
        outputs, self._state = engine.advance(Block(words, begins), self._state, self._start)
        half = len(outputs) // 2
        for job, first, last, lane, step in plan:
            there = slice(step, step + last - first)
            for i in range(half):
                job.features[first:last, i + 1, :size] = outputs[i][there, lane]
                job.features[::-1][first:last, i + 1, size:] = outputs[half + i][there, lane]

    def _plan(self) -> tuple[list[_Run], int]:
        """What each lane reads in the next block, and its number of steps."""
        self._jobs = [job or self._next() for job in self._jobs]
        steps = self._steps()
        plan = []
        for lane, job in enumerate(self._jobs):
            step = 0
            while job and step < steps:
                count = min(steps - step, job.left)
                plan.append(_Run(job, job.at, job.at + count, lane, step))
                job.at += count
                step += count
                job = job if job.left else self._next()
            self._jobs[lane] = job
        return plan, steps

    def _steps(self) -> int:
        """Steps of the next block: the more, the fewer lanes, until the first of them ends."""
        if self._waiting:
            return STEPS
        left = [job.left for job in self._jobs if job]
        most = STEPS * max(1, MAX_LANES // len(self._jobs))  # as many rows as all lanes have
        if min(left) >= most:
            return most
        if self._engine.static_shapes:  # each number of steps costs a compilation
            return STEPS
        return min(max(STEPS, min(left)), max(left))

    def _next(self) -> Job | None:
        return self._waiting.popleft() if self._waiting else None

    def _fit(self) -> None:
        """Have as many lanes as there is work for."""
        busy = [lane for lane, job in enumerate(self._jobs) if job]
        count = min(self._max_lanes, len(busy) + len(self._waiting))
        if self._engine.static_shapes:
            count = 1 << (count - 1).bit_length()  # powers of two: there are few
        if count == len(self._jobs):
            return
        free = count - len(busy)
        self._jobs = [self._jobs[lane] for lane in busy] + [None] * free
        self._state = [np.pad(part[busy], ((0, free), (0, 0))) for part in self._state]
