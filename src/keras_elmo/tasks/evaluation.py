"""What a trained task is worth: the measures of its field, from predictions on labelled text."""

from collections.abc import Sequence
from contextlib import suppress
from itertools import chain
from typing import Any

import numpy as np

from keras_elmo.metrics.calibration import expected_calibration_error
from keras_elmo.metrics.classification import (
    classification_report,
    confusion_matrix,
    multi_label_report,
)
from keras_elmo.metrics.question_answering import answer_report
from keras_elmo.metrics.regression import regression_report
from keras_elmo.metrics.sequences import (
    SacrebleuMissingError,
    sequence_report,
    translation_report,
)
from keras_elmo.metrics.spans import span_f1
from keras_elmo.tasks.data_facts import unknown_tokens
from keras_elmo.tasks.joint_tagger import ElmoJointTagger
from keras_elmo.tasks.labels import LabelEncoder
from keras_elmo.tasks.question_answerer import ElmoQuestionAnswerer
from keras_elmo.tasks.question_batches import answer_texts
from keras_elmo.tasks.seq_2_seq import ElmoSeq2Seq
from keras_elmo.tasks.tag_head import TagHead
from keras_elmo.tasks.task import ElmoTask
from keras_elmo.tasks.text_classifier import ElmoTextClassifier
from keras_elmo.tasks.text_regressor import ElmoTextRegressor
from keras_elmo.text.tags import convert_tags, marks_spans


def evaluate_task(
    task: ElmoTask,
    sentences: Sequence[Any],
    gold: Sequence[Any],
    *,
    batch_size: int = 32,
    **search: Any,
) -> dict[str, Any]:
    """Measure a task by what it predicts.

    Args:
        task: a trained one.
        sentences: strings or token lists; for a question answerer `(question, passage)`, for a
            task on pairs two texts.
        gold: for each a label, a number, a list of labels or a list of tags; for a joint tagger a
            dict; for seq2seq a text; for a question answerer the places of answers, as of its
            `fit`.
        search: for seq2seq, of `generate`.

    Returns:
        Ready for JSON, always with `examples`. One label: accuracy, calibration_error, macro_f1,
        micro_f1, per_class, labels and confusion_matrix (rows are gold). Several labels: what
        `multi_label_report` returns. Tags of spans: tokens, their accuracy; precision, recall, f1
        of spans and per_type, as conlleval counts them; strict_f1, without spans against the
        scheme. Other tags: what `classification_report` returns, over tokens. Joint: exact_match,
        the share of sentences that are right in everything, and `columns`, these measures by name.
        Seq2seq: what `sequence_report` returns, unknown_tokens (that the model cannot write), cut
        (targets without an end), and bleu and chrf where sacrebleu is installed. Questions: what
        `answer_report` returns; numbers: what `regression_report` returns.
    """
    if isinstance(task, ElmoSeq2Seq):
        search = {"batch_size": batch_size, **search}
        return {"examples": len(gold)} | _sequence_report(task, sentences, gold, search)
    report: dict[str, Any] = {"examples": len(gold)}
    if isinstance(task, ElmoQuestionAnswerer):
        predicted = task.predict_labels(sentences, batch_size=batch_size)
        return report | answer_report(answer_texts(sentences, gold), predicted)
    if isinstance(task, ElmoTextClassifier):
        return report | _classifier_report(task, sentences, gold, batch_size)
    if isinstance(task, ElmoTextRegressor):
        return report | regression_report(gold, task.predict(sentences, batch_size=batch_size))
    predicted: Any = task.predict_labels(sentences, batch_size=batch_size)
    if isinstance(task, ElmoJointTagger):
        return report | _joint_report(task, gold, predicted)
    return report | _tag_report(gold, predicted, task.labels, getattr(task, "scheme", None))


def _classifier_report(
    task: ElmoTextClassifier, sentences: Sequence[Any], gold: Sequence[Any], batch_size: int
) -> dict[str, Any]:
    shares = task.predict(sentences, batch_size=batch_size)
    predicted = task.decode(shares)
    if task.multi_label:
        return {**multi_label_report(gold, predicted, task.labels)}
    error = expected_calibration_error(shares, task.label_encoder.encode(gold))
    report = _label_report(gold, predicted, task.label_encoder)
    return {"accuracy": report["accuracy"], "calibration_error": error, **report}


def _sequence_report(
    task: ElmoSeq2Seq, sentences: Sequence[Any], gold: Sequence[Any], search: dict[str, Any]
) -> dict[str, Any]:
    wanted = [task.symbols.split(text) for text in gold]
    found = [candidates[0] for candidates in task.generate(sentences, **search)]
    report: dict[str, Any] = sequence_report(wanted, [one.symbols for one in found])
    report["unknown_tokens"] = unknown_tokens(task, sentences, gold)
    report["cut"] = sum(not one.complete for one in found)
    with suppress(SacrebleuMissingError):
        texts = [task.symbols.join(symbols) for symbols in wanted]
        report |= translation_report(texts, [one.text for one in found])
    return report


def _label_report(gold: Sequence[Any], predicted: Any, encoder: LabelEncoder) -> dict[str, Any]:
    matrix = confusion_matrix(encoder.encode(gold), encoder.encode(predicted), len(encoder.labels))
    report = classification_report(gold, predicted, encoder.labels)
    return {**report, "labels": encoder.labels, "confusion_matrix": matrix.tolist()}


def _tag_report(
    gold: Sequence[Sequence[str]],
    predicted: Sequence[Sequence[str]],
    labels: Sequence[str],
    scheme: str | None,
) -> dict[str, Any]:
    if scheme:  # what was read from a file is BIO
        gold = [convert_tags(tags, scheme) for tags in gold]
    tokens, guesses = list(chain(*gold)), list(chain(*predicted))
    report: dict[str, Any] = {"tokens": len(tokens)}
    if not marks_spans(labels):
        return report | classification_report(tokens, guesses, labels)
    right = float(np.mean([x == y for x, y in zip(tokens, guesses, strict=True)]))
    report |= {"accuracy": right, **span_f1(gold, predicted, strict=False)}
    if all(label[:2] in ("O", "B-", "I-") for label in labels):
        report["strict_f1"] = span_f1(gold, predicted)["f1"]
    return report


def _joint_report(
    task: ElmoJointTagger, gold: Sequence[Any], predicted: Sequence[dict[str, Any]]
) -> dict[str, Any]:
    """A report of each head, and how many sentences are right in all of them."""
    columns, right = {}, np.ones(len(gold), bool)
    for name, head in task.heads.items():
        wanted, found = [row[name] for row in gold], [row[name] for row in predicted]
        if isinstance(head, TagHead):
            if scheme := head.scheme:
                wanted = [convert_tags(tags, scheme) for tags in wanted]
            columns[name] = _tag_report(wanted, found, head.encoder.labels, None)
        else:
            columns[name] = _label_report(wanted, found, head.encoder)
        right &= [a == b for a, b in zip(wanted, found, strict=True)]
    return {"exact_match": float(right.mean()), "columns": columns}
