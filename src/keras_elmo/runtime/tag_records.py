"""Tags as records, and the measures of their field."""

from collections.abc import Sequence
from itertools import chain
from typing import Any

import numpy as np

from keras_elmo.metrics.classification import classification_report, confusion_matrix
from keras_elmo.metrics.spans import span_f1
from keras_elmo.text.labels import LabelEncoder
from keras_elmo.text.tags import marks_spans, span_types

Tags = Sequence[Sequence[Any]]


def tokens_of(text: Any, tokens: list[str]) -> dict[str, Any]:
    """What was read, in a record: the text, if it was a string, and its tokens."""
    return ({"text": text} if isinstance(text, str) else {}) | {"tokens": tokens}


def tag_report(gold: Tags, predicted: Tags, encoder: LabelEncoder) -> dict[str, Any]:
    """The measures of tags; those whose gold tag is None are left out.

    Returns:
        Of spans `tokens`, their `accuracy`; `precision`, `recall`, `f1` and `per_type`, as
        conlleval counts them; `strict_f1`, without spans against the scheme; `labels`, `O` and the
        types, and their `confusion_matrix`, counted in tokens (rows are gold). Of other tags
        `tokens`, and what `classification_report` returns.
    """
    pairs = list(zip(chain(*gold), chain(*predicted), strict=True))
    tokens, guesses = zip(*[pair for pair in pairs if pair[0] is not None], strict=True)
    report: dict[str, Any] = {"tokens": len(tokens)}
    if not marks_spans(encoder.names):
        return report | classification_report(tokens, guesses, encoder.labels)
    right = float(np.mean([x == y for x, y in zip(tokens, guesses, strict=True)]))
    confusions = _confusions_of_types(tokens, guesses, encoder)
    if len(tokens) < len(pairs):  # what is left out is outside of all spans
        predicted = [
            ["O" if tag is None else guess for tag, guess in zip(*rows, strict=True)]
            for rows in zip(gold, predicted, strict=True)
        ]
        gold = [["O" if tag is None else tag for tag in tags] for tags in gold]
    report |= {"accuracy": right, **span_f1(gold, predicted, strict=False), **confusions}
    if all(label[:2] in ("O", "B-", "I-") for label in encoder.names):
        report["strict_f1"] = span_f1(gold, predicted)["f1"]
    return report


def _confusions_of_types(
    gold: Sequence[Any], predicted: Sequence[Any], encoder: LabelEncoder
) -> dict[str, Any]:
    """Which type of span was taken for which, by tokens."""
    types, numbers = span_types(encoder.names)
    gold_ids, ids = (numbers[encoder.encode(tags)] for tags in (gold, predicted))
    matrix = confusion_matrix(gold_ids, ids, len(types))
    return {"labels": types, "confusion_matrix": matrix.tolist()}
