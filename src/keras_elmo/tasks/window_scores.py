"""Scores of all windows of passages, each distinct text through a frozen ELMo once."""

from collections.abc import Callable, Iterator, Sequence
from typing import Any

import numpy as np

from keras_elmo.elmo.inference import compiled_call
from keras_elmo.embedding.embedder import ElmoEmbedder
from keras_elmo.tasks.batches import FEATURES
from keras_elmo.tasks.pair_batches import PairBatches
from keras_elmo.tasks.pair_encoder import OTHER
from keras_elmo.tasks.question_batches import Pair, Row, WindowBatches, make_rows, window_texts

# Tokens whose features are held at a time: 200 MB for a small ELMo, 800 MB for the original.
_TOKENS_IN_MEMORY = 2**16

# Of each window of a passage its first token and float `(1 + tokens, 2)`.
Scores = list[tuple[int, np.ndarray]]


class WindowScores:
    """Runs a question answerer on pairs.

    Args:
        model: it.
    """

    def __init__(self, model: Any):
        self._model = model
        self._calls: dict[bool, Callable[[Any], Any]] = {}  # compiled, without and with features

    def __call__(self, pairs: Sequence[Pair], batch_size: int = 32) -> list[Scores]:
        """The scores of each pair; windows of a batch are `batch_size`."""
        model = self._model
        rows = make_rows(pairs, model.window, model.window_step)
        found: list[Scores] = [[] for _ in pairs]
        for part in _parts(pairs, rows):
            texts = window_texts(pairs, part)
            batches = WindowBatches(texts, model.preprocessor, model.input, batch_size=batch_size)
            call = self._ready(batches)
            for i, numbers in enumerate(batches.rows):
                for number, scores in zip(numbers, call(*batches[i]), strict=True):
                    row = part[number]
                    found[row.pair].append((row.start, scores[: row.end - row.start + 1]))
        return [sorted(scores, key=lambda window: window[0]) for scores in found]

    def _ready(self, batches: PairBatches) -> Callable[[Any], Any]:
        """What computes the batches: on features, where ELMo can give them without the model."""
        backbone = self._model.backbone
        can_embed = backbone.encoder == "bilm" and not backbone.stateful
        more = {}
        if can_embed:
            embedder = ElmoEmbedder(backbone, self._model.preprocessor)
            batches.features = embedder.embed(batches.sentences)
            shape = (None, None, backbone.num_layers + 1, 2 * backbone.projection_dim)
            more = {FEATURES: shape, OTHER + FEATURES: shape}
        if can_embed not in self._calls:
            self._calls[can_embed] = compiled_call(self._model, more)
        return self._calls[can_embed]


def _parts(pairs: Sequence[Pair], rows: Sequence[Row]) -> Iterator[list[Row]]:
    """Rows in parts of which memory holds the features, those of one window together."""
    places = {text: i for i, text in enumerate(dict.fromkeys(pair.text for pair in pairs))}
    part: list[Row] = []
    tokens, last = 0, None
    for row in sorted(rows, key=lambda row: (places[pairs[row.pair].text], row.start)):
        window = places[pairs[row.pair].text], row.start
        new = len(pairs[row.pair].question) + (0 if window == last else row.end - row.start)
        if part and tokens + new > _TOKENS_IN_MEMORY:
            yield part
            part, tokens = [], 0
        part.append(row)
        tokens, last = tokens + new, window
    if part:
        yield part
