"""Predictions as records that people and programs can read."""

from collections.abc import Iterable, Iterator
from itertools import islice
from typing import Any

from keras_elmo.tasks.task import ElmoTask
from keras_elmo.tasks.text_classifier import ElmoTextClassifier
from keras_elmo.tasks.token_classifier import ElmoTokenClassifier
from keras_elmo.text.tags import marks_spans

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
        label; for a tagger `text` (of a string), `tokens`, `tags`, the `probabilities` of these
        tags, and `entities` where the labels mark spans: see
        [`Entity`][keras_elmo.tasks.entities.Entity].
    """
    texts = iter(texts)
    while window := list(islice(texts, batch_size * _WINDOW)):
        if isinstance(task, ElmoTextClassifier):
            yield from _classified(task, window, batch_size)
        elif isinstance(task, ElmoTokenClassifier):
            yield from _tagged(task, window, batch_size)


def _classified(
    task: ElmoTextClassifier, texts: list[Any], batch_size: int
) -> Iterator[dict[str, Any]]:
    probabilities = task.predict(texts, batch_size=batch_size)
    key = "labels" if task.multi_label else "label"
    for text, row, label in zip(texts, probabilities, task.decode(probabilities), strict=True):
        shares = dict(zip(task.labels, _rounded(row), strict=True))
        yield {"text": text, key: label, "probabilities": shares}


def _tagged(
    task: ElmoTokenClassifier, texts: list[Any], batch_size: int
) -> Iterator[dict[str, Any]]:
    spans = marks_spans(task.labels)
    for text, found in zip(texts, task.annotate(texts, batch_size=batch_size), strict=True):
        record: dict[str, Any] = {"text": text} if isinstance(text, str) else {}
        record |= {"tokens": found.tokens, "tags": found.tags}
        record["probabilities"] = _rounded(found.probabilities)
        yield record | ({"entities": [e.record() for e in found.entities]} if spans else {})


def _rounded(probabilities: Iterable[float]) -> list[float]:
    return [round(float(p), 6) for p in probabilities]
