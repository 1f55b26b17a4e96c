"""Accuracy, F1 and the confusion matrix, for one label a text and for several."""

from collections.abc import Collection, Sequence
from typing import TypedDict

import numpy as np

from keras_elmo.metrics.scores import Scores, check_equal_length, scores


class ClassificationReport(TypedDict):
    """Measures of single-label classification; `micro_f1` equals `accuracy` there."""

    accuracy: float
    macro_f1: float
    micro_f1: float
    per_class: dict[str, Scores]
    labels: list[str]
    confusion_matrix: list[list[int]]


class MultiLabelReport(TypedDict):
    """Measures of multi-label classification."""

    subset_accuracy: float
    macro_f1: float
    micro_f1: float
    per_class: dict[str, Scores]


def confusion_matrix(
    gold_ids: Sequence[int] | np.ndarray,
    predicted_ids: Sequence[int] | np.ndarray,
    num_classes: int,
) -> np.ndarray:
    """Count which class was taken for which.

    Args:
        gold_ids, predicted_ids: integers `(examples,)` from 0 to `num_classes - 1`.
        num_classes: number of classes `K`.

    Returns:
        int64 `(K, K)`: a row is a gold class, a column a predicted one.

    Raises:
        ValueError: arrays of unequal length, or an id outside the range.
    """
    check_equal_length("labels", len(gold_ids), len(predicted_ids))
    pairs = np.stack([gold_ids, predicted_ids]).astype(np.int64)  # (2, examples)
    if pairs.min() < 0 or pairs.max() >= num_classes:
        raise ValueError(
            f"ids must be from 0 to {num_classes - 1}. "
            f"Received: ids from {pairs.min()} to {pairs.max()}"
        )
    counts = np.bincount(pairs[0] * num_classes + pairs[1], minlength=num_classes**2)
    return counts.reshape(num_classes, num_classes).astype(np.int64)


def classification_report(
    gold: Sequence[str], predicted: Sequence[str], labels: Sequence[str]
) -> ClassificationReport:
    """Measure predictions of one label an example.

    Args:
        gold, predicted: labels `(examples,)`.
        labels: all classes; `macro_f1` is the mean over those that occur in gold or predicted.

    Returns:
        `accuracy`, `macro_f1`, `micro_f1`, `per_class` scores by label, the `labels` and their
        `confusion_matrix` (rows are gold).

    Raises:
        ValueError: lists of unequal length, or a label that is not in `labels`.

    Example:
        >>> classification_report(["a", "b"], ["a", "a"], ["a", "b"])["accuracy"]
        0.5
    """
    matrix = confusion_matrix(_ids(gold, labels), _ids(predicted, labels), len(labels))
    report = _average(np.diag(matrix), matrix.sum(axis=0), matrix.sum(axis=1), labels)
    return {
        "accuracy": int(np.trace(matrix)) / len(gold),
        **report,
        "labels": list(labels),
        "confusion_matrix": matrix.tolist(),
    }


def multi_label_report(
    gold: Sequence[Collection[str]], predicted: Sequence[Collection[str]], labels: Sequence[str]
) -> MultiLabelReport:
    """Measure predictions of any number of labels an example.

    Args:
        gold, predicted: a collection of labels for each example, possibly empty.
        labels: all classes; `macro_f1` is the mean over those that occur in gold or predicted.

    Returns:
        `subset_accuracy` (all labels of an example right), `macro_f1`, `micro_f1`, and `per_class`
        scores by label.

    Raises:
        ValueError: lists of unequal length, or a label that is not in `labels`.
    """
    check_equal_length("examples", len(gold), len(predicted))
    is_gold, is_predicted = _indicators(gold, labels), _indicators(predicted, labels)
    correct = (is_gold & is_predicted).sum(axis=0)  # (K,)
    report = _average(correct, is_predicted.sum(axis=0), is_gold.sum(axis=0), labels)
    return {"subset_accuracy": float((is_gold == is_predicted).all(axis=1).mean()), **report}


class _Averages(TypedDict):
    macro_f1: float
    micro_f1: float
    per_class: dict[str, Scores]


def _average(
    correct: np.ndarray, predicted: np.ndarray, gold: np.ndarray, labels: Sequence[str]
) -> _Averages:
    """The averages of per-class counts `(K,)`; a class that occurs nowhere has no F1 to average."""
    counts = zip(correct.tolist(), predicted.tolist(), gold.tolist(), strict=True)
    per_class = {label: scores(*count) for label, count in zip(labels, counts, strict=True)}
    occurs = predicted + gold > 0
    f1 = np.array([score["f1"] for score in per_class.values()])[occurs]
    return {
        "macro_f1": float(f1.mean()) if len(f1) else 0.0,
        "micro_f1": scores(int(correct.sum()), int(predicted.sum()), int(gold.sum()))["f1"],
        "per_class": per_class,
    }


def _ids(values: Sequence[str], labels: Sequence[str]) -> list[int]:
    places = {label: place for place, label in enumerate(labels)}
    unknown = sorted(set(values) - places.keys())
    if unknown:
        raise ValueError(
            f"labels must be among {', '.join(labels)}. Received: {unknown[0]!r}. "
            "Was it missing in training?"
        )
    return [places[value] for value in values]


def _indicators(examples: Sequence[Collection[str]], labels: Sequence[str]) -> np.ndarray:
    """Which example has which label: bool `(examples, K)`."""
    if any(isinstance(example, str) for example in examples):
        raise ValueError("each example must be a collection of labels. Received: a string")
    indicators = np.zeros((len(examples), len(labels)), bool)
    for row, example in zip(indicators, examples, strict=True):
        row[_ids(list(example), labels)] = True
    return indicators
