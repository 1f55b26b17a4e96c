"""What a trained task is worth: the measures of its field, from predictions on labelled text."""

from collections.abc import Sequence
from itertools import chain
from typing import Any

import numpy as np

from keras_elmo.metrics.classification import (
    classification_report,
    confusion_matrix,
    multi_label_report,
)
from keras_elmo.metrics.spans import span_f1
from keras_elmo.tasks.task import ElmoTask
from keras_elmo.tasks.text_classifier import ElmoTextClassifier
from keras_elmo.text.datasets import CLASSIFICATION, MULTI_LABEL, TAGGING
from keras_elmo.text.tags import convert_tags, marks_spans


def evaluate_task(
    task: ElmoTask, sentences: Sequence[Any], gold: Sequence[Any], *, batch_size: int = 32
) -> dict[str, Any]:
    """Measure a classifier or tagger.

    Args:
        task: a trained `ElmoTextClassifier` or `ElmoTokenClassifier`.
        sentences: strings or token lists.
        gold: a label, a list of labels or a list of tags for each.

    Returns:
        Ready for JSON. One label: accuracy, macro_f1, micro_f1, per_class, labels,
        confusion_matrix (rows are gold). Several: subset_accuracy instead of accuracy, no matrix.
        Tags of spans: accuracy of tokens; precision, recall, f1 of spans and per_type, as conlleval
        counts them; strict_f1, without spans against the scheme. Other tags: as one label, counted
        over tokens. Always `examples`.
    """
    predicted: Any = task.predict_labels(sentences, batch_size=batch_size)
    report: dict[str, Any] = {"examples": len(gold)}
    kind = task_kind(task)
    if kind == MULTI_LABEL:
        return report | multi_label_report(gold, predicted, task.labels)
    if kind == CLASSIFICATION:
        encode = task.label_encoder.encode
        matrix = confusion_matrix(encode(gold), encode(predicted), len(task.labels))
        report |= classification_report(gold, predicted, task.labels)
        return report | {"labels": task.labels, "confusion_matrix": matrix.tolist()}
    if scheme := getattr(task, "scheme", None):  # what was read from a file is BIO
        gold = [convert_tags(tags, scheme) for tags in gold]
    tokens, guesses = list(chain(*gold)), list(chain(*predicted))
    report["tokens"] = len(tokens)
    if not marks_spans(task.labels):
        return report | classification_report(tokens, guesses, task.labels)
    right = float(np.mean([x == y for x, y in zip(tokens, guesses, strict=True)]))
    report |= {"accuracy": right, **span_f1(gold, predicted, strict=False)}
    if all(label[:2] in ("O", "B-", "I-") for label in task.labels):
        report["strict_f1"] = span_f1(gold, predicted)["f1"]
    return report


def task_kind(task: ElmoTask) -> str:
    """Which kind of labels a task predicts."""
    if not isinstance(task, ElmoTextClassifier):
        return TAGGING
    return MULTI_LABEL if task.multi_label else CLASSIFICATION
