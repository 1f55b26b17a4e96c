"""Predictions as records that people and programs can read."""

from collections.abc import Iterable, Iterator
from itertools import islice
from typing import Any

import numpy as np

from keras_elmo.tasks.task import ElmoTask
from keras_elmo.tasks.text_classifier import ElmoTextClassifier

_WINDOW = 32  # batches that are read ahead and sorted by length together


def prediction_records(
    task: ElmoTask, texts: Iterable[Any], *, batch_size: int = 32
) -> Iterator[dict[str, Any]]:
    """A record for each text, in order, holding only a window of them in memory.

    Args:
        task: a trained `ElmoTextClassifier` or `ElmoTokenClassifier`.
        texts: strings or token lists.

    Returns:
        For a classifier `text`, `label` (`labels` if it is multi-label) and `probabilities` by
        label; for a tagger `tokens`, `tags` and the `probabilities` of these tags.
    """
    texts = iter(texts)
    while window := list(islice(texts, batch_size * _WINDOW)):
        if isinstance(task, ElmoTextClassifier):
            yield from _classified(task, window, batch_size)
        else:
            yield from _tagged(task, window, batch_size)


def _classified(
    task: ElmoTextClassifier, texts: list[Any], batch_size: int
) -> Iterator[dict[str, Any]]:
    probabilities = task.predict(texts, batch_size=batch_size)
    key = "labels" if task.multi_label else "label"
    for text, row, label in zip(texts, probabilities, task.decode(probabilities), strict=True):
        shares = dict(zip(task.labels, _rounded(row), strict=True))
        yield {"text": text, key: label, "probabilities": shares}


def _tagged(task: Any, texts: list[Any], batch_size: int) -> Iterator[dict[str, Any]]:
    tokens = task.preprocessor.tokenize(texts)
    probabilities = task.predict(tokens, batch_size=batch_size)
    for words, rows, tags in zip(tokens, probabilities, task.decode(probabilities), strict=True):
        best = _rounded(rows.max(axis=-1)) if len(words) else []
        yield {"tokens": words, "tags": tags, "probabilities": best}


def _rounded(probabilities: np.ndarray) -> list[float]:
    return [round(float(p), 6) for p in probabilities]
