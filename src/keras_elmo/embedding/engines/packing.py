"""Sentences through the biLM without padding: each row reads one sentence after another.

A batch is a number of rows. Where a sentence ends, the row's next step begins the next sentence,
from the state that every sentence begins with: that of having read `<S>` (or `</S>`, backwards),
computed once. So the matrix products always have as many rows, nothing is computed for padding or
boundaries, and the cost of a token depends neither on its sentence's length nor on its neighbours.
"""

from collections import deque
from typing import NamedTuple

import numpy as np

from keras_elmo.embedding.engines.engine import Block, Engine, State

MAX_ROWS = 64
# Steps of a full block: they bound the memory of the input part, 8 · units numbers a step and row.
STEPS = 16


class PackedSentence:
    """A sentence and its features, of which some steps are computed.

    Attributes:
        features: float32 `(steps, layers + 1, 2P)`; layer 0 is there, the others are filled in.
        at: number of steps that are done.
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
        """How many steps remain."""
        return len(self.features) - self.at


class _Run(NamedTuple):
    """Steps `first` to `last` of a sentence, which stand from `step` on in a row of the block."""

    sentence: PackedSentence
    first: int
    last: int
    row: int
    step: int


class SentencePacker:
    """Runs sentences through an engine.

    Args:
        engine: computes the blocks.
        start: the state that a sentence begins with.
    """

    def __init__(self, engine: Engine, start: State):
        self._engine, self._start = engine, start
        self._waiting: deque[PackedSentence] = deque()
        self._sentences: list[PackedSentence | None] = []  # of each row
        self._state: State = [part[:0] for part in start]

    def add(self, sentences: list[PackedSentence], *, last: bool) -> None:
        """Let sentences wait for a row.

        Args:
            sentences: the next sentences.
            last: whether no more will come: then the longest go first, so that all rows end
                together.
        """
        self._waiting.extend(sentence for sentence in sentences if sentence.left)
        if last:
            self._waiting = deque(sorted(self._waiting, key=lambda sentence: -sentence.left))

    def advance(self) -> None:
        """Run one block."""
        self._fit()
        plan, steps = self._plan()
        engine, size = self._engine, self._engine.config["projection_dim"]
        words = np.zeros((2, steps, len(self._sentences), size), np.float32)
        begins = np.zeros((steps, len(self._sentences)), bool)
        for sentence, first, last, row, step in plan:
            there, read = slice(step, step + last - first), sentence.features[:, 0, :size]
            words[0, there, row] = read[first:last]
            words[1, there, row] = read[::-1][first:last]
            begins[step, row] = first == 0
        outputs, self._state = engine.advance(Block(words, begins), self._state, self._start)
        half = len(outputs) // 2
        for sentence, first, last, row, step in plan:
            there = slice(step, step + last - first)
            for i in range(half):
                sentence.features[first:last, i + 1, :size] = outputs[i][there, row]
                sentence.features[::-1][first:last, i + 1, size:] = outputs[half + i][there, row]

    def _plan(self) -> tuple[list[_Run], int]:
        """What each row reads in the next block, and the number of steps of the block."""
        self._sentences = [sentence or self._next() for sentence in self._sentences]
        steps = self._steps()
        plan = []
        for row, sentence in enumerate(self._sentences):
            step = 0
            while sentence and step < steps:
                count = min(steps - step, sentence.left)
                plan.append(_Run(sentence, sentence.at, sentence.at + count, row, step))
                sentence.at += count
                step += count
                sentence = sentence if sentence.left else self._next()
            self._sentences[row] = sentence
        return plan, steps

    def _steps(self) -> int:
        """Steps of the next block: the more, the fewer rows, until the first of them ends."""
        if self._waiting:
            return STEPS
        left = [sentence.left for sentence in self._sentences if sentence]
        most = STEPS * max(
            1, MAX_ROWS // len(self._sentences)
        )  # as many tokens as a full block has
        if min(left) >= most:
            return most
        if self._engine.static_shapes:  # each number of steps costs a compilation
            return STEPS
        return min(max(STEPS, min(left)), max(left))

    def _next(self) -> PackedSentence | None:
        return self._waiting.popleft() if self._waiting else None

    def _fit(self) -> None:
        """Have as many rows as there is work for."""
        busy = [row for row, sentence in enumerate(self._sentences) if sentence]
        count = min(MAX_ROWS, len(busy) + len(self._waiting))
        if self._engine.static_shapes:
            count = 1 << (count - 1).bit_length()  # powers of two: there are few
        if count == len(self._sentences):
            return
        free = count - len(busy)
        self._sentences = [self._sentences[row] for row in busy] + [None] * free
        self._state = [np.pad(part[busy], ((0, free), (0, 0))) for part in self._state]
