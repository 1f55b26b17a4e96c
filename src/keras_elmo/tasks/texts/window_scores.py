"""Scores of all windows of passages, each distinct text through a frozen ELMo once."""

from collections.abc import Iterator, Sequence
from typing import Any

from keras_elmo.batching.pair_batches import WindowBatches
from keras_elmo.runtime.answers import Scores
from keras_elmo.runtime.questions import Pair, Row, make_rows, window_texts
from keras_elmo.tasks.model_calls import TOKENS_IN_MEMORY, ModelCalls


class WindowScores:
    """Runs a question answerer on pairs.

    Args:
        model: it.
    """

    def __init__(self, model: Any):
        self._model = model
        self._calls = ModelCalls(model)

    def __call__(self, pairs: Sequence[Pair], batch_size: int = 32) -> list[Scores]:
        """The scores of each pair; windows of a batch are `batch_size`."""
        model = self._model
        rows = make_rows(pairs, model.window, model.window_step)
        found: list[Scores] = [[] for _ in pairs]
        for part in _parts(pairs, rows):
            texts = window_texts(pairs, part)
            batches = WindowBatches(texts, model.preprocessor, model.input, batch_size=batch_size)
            self._calls.embed(batches)
            for i, numbers in enumerate(batches.rows):
                for number, scores in zip(numbers, self._calls(*batches[i]), strict=True):
                    row = part[number]
                    found[row.pair].append((row.start, scores[: row.end - row.start + 1]))
        return [sorted(scores, key=lambda window: window[0]) for scores in found]


def _parts(pairs: Sequence[Pair], rows: Sequence[Row]) -> Iterator[list[Row]]:
    """Rows in parts of which memory holds the features, those of one window together."""
    places = {text: i for i, text in enumerate(dict.fromkeys(pair.text for pair in pairs))}
    part: list[Row] = []
    tokens, last = 0, None
    for row in sorted(rows, key=lambda row: (places[pairs[row.pair].text], row.start)):
        window = places[pairs[row.pair].text], row.start
        new = len(pairs[row.pair].question) + (0 if window == last else row.end - row.start)
        if part and tokens + new > TOKENS_IN_MEMORY:
            yield part
            part, tokens = [], 0
        part.append(row)
        tokens, last = tokens + new, window
    if part:
        yield part
