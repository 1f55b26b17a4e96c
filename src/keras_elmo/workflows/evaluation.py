"""What a trained task is worth: the measures of its field, from predictions on labelled text."""

from collections.abc import Sequence
from contextlib import suppress
from itertools import chain
from typing import Any

import numpy as np

from keras_elmo.batching.labels import LabelEncoder
from keras_elmo.batching.question_batches import answer_texts
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
from keras_elmo.tasks.gate import Examples, read_examples
from keras_elmo.tasks.questions.question_answerer import ElmoQuestionAnswerer
from keras_elmo.tasks.sequences.seq_2_seq import ElmoSeq2Seq
from keras_elmo.tasks.tagging.joint_tagger import ElmoJointTagger
from keras_elmo.tasks.tagging.tag_head import LEFT_OUT, TagHead
from keras_elmo.tasks.tagging.token_classifier import ElmoTokenClassifier
from keras_elmo.tasks.task import ElmoTask
from keras_elmo.tasks.texts.text_classifier import ElmoTextClassifier
from keras_elmo.tasks.texts.text_regressor import ElmoTextRegressor
from keras_elmo.text.tags import convert_tags, marks_spans
from keras_elmo.workflows.data_facts import unknown_tokens


def evaluate_task(
    task: ElmoTask,
    sentences: Any,
    gold: Any = None,
    *,
    batch_size: int = 32,
    **search: Any,
) -> dict[str, Any]:
    """Measure a task by what it predicts.

    Args:
        task: a trained one.
        sentences, gold: as of the task's `fit`.
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
    examples = read_examples(task, sentences, gold)
    sentences, gold = examples.x, examples.y
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
    gold = gold_labels(task, examples)
    if isinstance(task, ElmoJointTagger):
        return report | _joint_report(task, gold, predicted)
    return report | _tag_report(task.head, gold, predicted)


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
    ids = encoder.encode(gold)
    matrix = confusion_matrix(ids, encoder.encode(predicted), len(encoder.labels))
    report = classification_report(encoder.decode(ids), predicted, encoder.labels)
    return {**report, "labels": encoder.labels, "confusion_matrix": matrix.tolist()}


def gold_labels(task: ElmoTask, examples: Examples) -> list[Any]:
    """What `predict_labels` would have to give; None for a tag that is left out."""
    if isinstance(task, ElmoJointTagger):
        columns = {
            name: _gold_tags(head, examples.x, [row[name] for row in examples.y])
            if isinstance(head, TagHead)
            else head.encoder.decode(head.encoder.encode([row[name] for row in examples.y]))
            for name, head in task.heads.items()
        }
        return [dict(zip(columns, row, strict=True)) for row in zip(*columns.values(), strict=True)]
    if isinstance(task, ElmoTokenClassifier):
        return _gold_tags(task.head, examples.x, examples.y)
    if isinstance(task, ElmoTextClassifier) and not task.multi_label:
        return task.label_encoder.decode(task.label_encoder.encode(examples.y))
    return examples.y


def _gold_tags(head: TagHead, sentences: list[Any], gold: list[Any]) -> list[list[Any]]:
    found = []
    for i, (tokens, tags) in enumerate(zip(sentences, gold, strict=True)):
        ids = head.read_tags(tags, tokens, i)
        own: list[Any] = [None if k == LEFT_OUT else head.encoder.labels[k] for k in ids]
        # What was read from a file is BIO.
        found.append(convert_tags(own, head.scheme) if head.scheme and None not in own else own)
    return found


def _tag_report(
    head: TagHead, gold: Sequence[Sequence[Any]], predicted: Sequence[Sequence[Any]]
) -> dict[str, Any]:
    pairs = list(zip(chain(*gold), chain(*predicted), strict=True))
    tokens, guesses = zip(*[pair for pair in pairs if pair[0] is not None], strict=True)
    report: dict[str, Any] = {"tokens": len(tokens)}
    if not marks_spans(head.encoder.names):
        return report | classification_report(tokens, guesses, head.encoder.labels)
    right = float(np.mean([x == y for x, y in zip(tokens, guesses, strict=True)]))
    if len(tokens) < len(pairs):  # what is left out is outside of all spans
        predicted = [
            ["O" if tag is None else guess for tag, guess in zip(*rows, strict=True)]
            for rows in zip(gold, predicted, strict=True)
        ]
        gold = [["O" if tag is None else tag for tag in tags] for tags in gold]
    report |= {"accuracy": right, **span_f1(gold, predicted, strict=False)}
    if all(label[:2] in ("O", "B-", "I-") for label in head.encoder.names):
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
            columns[name] = _tag_report(head, wanted, found)
            right &= list(map(_same_tags, wanted, found))
        else:
            columns[name] = _label_report(wanted, found, head.encoder)
            right &= [a == b for a, b in zip(wanted, found, strict=True)]
    return {"exact_match": float(right.mean()), "columns": columns}


def _same_tags(wanted: Sequence[Any], found: Sequence[Any]) -> bool:
    return all(tag in (None, guess) for tag, guess in zip(wanted, found, strict=True))
