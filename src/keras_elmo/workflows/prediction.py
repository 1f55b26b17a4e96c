"""Predictions as records that people and programs can read."""

import json
from collections.abc import Iterable, Iterator, Sequence
from itertools import islice
from typing import Any

from keras_elmo.data.columns import conll_lines, conllu_lines
from keras_elmo.data.squad import Question
from keras_elmo.tasks.pairs.pair_task import ElmoPairTask
from keras_elmo.tasks.questions.question_answerer import ElmoQuestionAnswerer
from keras_elmo.tasks.sequences.seq_2_seq import ElmoSeq2Seq
from keras_elmo.tasks.tagging.entities import Annotation
from keras_elmo.tasks.tagging.joint_tagger import ElmoJointTagger
from keras_elmo.tasks.tagging.token_classifier import ElmoTokenClassifier
from keras_elmo.tasks.task import ElmoTask
from keras_elmo.tasks.text_data import is_generator
from keras_elmo.tasks.texts.text_classifier import ElmoTextClassifier
from keras_elmo.tasks.texts.text_regressor import ElmoTextRegressor
from keras_elmo.text.rows import as_rows
from keras_elmo.text.tags import marks_spans

_LINES = (ElmoTextClassifier, ElmoTextRegressor, ElmoSeq2Seq, ElmoQuestionAnswerer)  # not columns
_WINDOW = 32  # batches that are read ahead and sorted by length together


def prediction_records(
    task: ElmoTask, texts: Iterable[Any], *, batch_size: int = 32, **search: Any
) -> Iterator[dict[str, Any]]:
    """A record for each text, in order, holding only a window of them in memory.

    Args:
        task: a trained one.
        texts: strings or token lists, also one by one from an iterator; for a task on pairs two of
            them; for a question answerer pairs `(question, passage)`, or what `read_questions`
            gives.
        search: for seq2seq, of `generate`.

    Returns:
        For a classifier `text` (of pairs `text_a` and `text_b`), `label` (`labels` if it is
        multi-label) and `probabilities` by label; for a regressor the same with `value`; for a
        tagger `text` (of a string), `tokens`, `tags`, the `probabilities` of these tags, and
        `entities` where the labels mark spans: see
        [`Entity`][keras_elmo.tasks.tagging.entities.Entity]. For a joint tagger `text`, `tokens`,
        and by name the same of each column, `label` and `probability` of each sentence label. For
        seq2seq `text`, `prediction` (the best target), and `candidates`: of each its text, score,
        log_probability, and complete. For a question answerer `id`, `question`, `passage` and the
        fields of its [`Prediction`][keras_elmo.tasks.questions.answers.Prediction].
    """
    texts = texts if is_generator(texts) else iter(as_rows(texts, "texts"))
    while window := list(islice(texts, batch_size * _WINDOW)):
        if isinstance(task, ElmoTextClassifier):
            yield from _classified(task, window, batch_size)
        elif isinstance(task, ElmoTextRegressor):
            values = task.predict(window, batch_size=batch_size)
            rows = zip(window, values, strict=True)
            yield from ({**_shown(task, text), "value": float(value)} for text, value in rows)
        elif isinstance(task, ElmoTokenClassifier):
            yield from _tagged(task, window, batch_size)
        elif isinstance(task, ElmoJointTagger):
            yield from _joint(task, window, batch_size)
        elif isinstance(task, ElmoSeq2Seq):
            yield from _generated(task, window, batch_size=batch_size, **search)
        elif isinstance(task, ElmoQuestionAnswerer):
            yield from _answered(task, window, batch_size)


def prediction_lines(
    task: ElmoTask,
    texts: Iterable[Any],
    file_format: str,
    *,
    batch_size: int = 32,
    **search: Any,
) -> Iterator[str]:
    """Predictions as the text of a file, a record or a sentence at a time.

    Args:
        task: a trained one.
        texts: strings or token lists.
        file_format: `"jsonl"`, or of a tagger `"conll"` (tokens, then a column for each column of
            tags) or `"conllu"`. There, parts of speech are in UPOS, and tags of spans in MISC as
            `Tag=`; a joint tagger's columns are in the fields of their names (`UPOS`, …) or in
            MISC, and its labels in comments.
        search: for seq2seq, of `generate`.

    Raises:
        ValueError: another format, or columns of a classifier or seq2seq.
    """
    records = prediction_records(task, texts, batch_size=batch_size, **search)
    if file_format == "jsonl":
        yield from (json.dumps(record, ensure_ascii=False) + "\n" for record in records)
    elif file_format not in ("conll", "conllu"):
        raise ValueError(f"a format is jsonl, conll or conllu. Received: {file_format!r}")
    elif isinstance(task, _LINES):
        raise ValueError(f"what is no column of tags is written as jsonl. Received: {file_format}")
    else:
        yield from (_sentence(record, file_format, task) for record in records)


def _sentence(record: dict[str, Any], file_format: str, task: ElmoTask) -> str:
    if isinstance(task, ElmoJointTagger):
        found = {name: record[name] for name in task.heads}
    else:
        found = {"Tag" if marks_spans(list(map(str, task.labels))) else "UPOS": record}
    columns = {name: value["tags"] for name, value in found.items() if "tags" in value}
    if file_format == "conll":
        return conll_lines(record["tokens"], list(columns.values()))
    labels = {name: value["label"] for name, value in found.items() if "label" in value}
    return conllu_lines(record["tokens"], columns, labels)


def _classified(
    task: ElmoTextClassifier, texts: list[Any], batch_size: int
) -> Iterator[dict[str, Any]]:
    probabilities = task.predict(texts, batch_size=batch_size)
    key = "labels" if task.multi_label else "label"
    for text, row, label in zip(texts, probabilities, task.decode(probabilities), strict=True):
        shares = dict(zip(task.labels, _rounded(row), strict=True))
        yield {**_shown(task, text), key: label, "probabilities": shares}


def _shown(task: ElmoTask, text: Any) -> dict[str, Any]:
    """The input of a record."""
    if isinstance(task, ElmoPairTask):
        return {"text_a": text[0], "text_b": text[1]}
    return {"text": text}


def _tagged(
    task: ElmoTokenClassifier, texts: list[Any], batch_size: int
) -> Iterator[dict[str, Any]]:
    for text, found in zip(texts, task.annotate(texts, batch_size=batch_size), strict=True):
        record = _column(found, task.labels)
        yield ({"text": text} if isinstance(text, str) else {}) | {"tokens": found.tokens} | record


def _joint(task: ElmoJointTagger, texts: list[Any], batch_size: int) -> Iterator[dict[str, Any]]:
    for text, found in zip(texts, task.annotate(texts, batch_size=batch_size), strict=True):
        record: dict[str, Any] = {"text": text} if isinstance(text, str) else {}
        record["tokens"] = next(iter(found.columns.values())).tokens
        for name, column in found.columns.items():
            record[name] = _column(column, task.heads[name].encoder.labels)
        for name, label in found.labels.items():
            [share] = _rounded([found.probabilities[name]])
            record[name] = {"label": label, "probability": share}
        yield record


def _generated(task: ElmoSeq2Seq, texts: list[Any], **search: Any) -> Iterator[dict[str, Any]]:
    for text, found in zip(texts, task.generate(texts, **search), strict=True):
        candidates = [
            {
                "text": one.text,
                "score": round(one.score, 6),
                "log_probability": round(one.log_probability, 6),
                "complete": one.complete,
            }
            for one in found
        ]
        yield {"text": text, "prediction": found[0].text, "candidates": candidates}


def _answered(
    task: ElmoQuestionAnswerer, questions: list[Any], batch_size: int
) -> Iterator[dict[str, Any]]:
    ids = [question.id if isinstance(question, Question) else None for question in questions]
    pairs = [q[1:3] if isinstance(q, Question) else q for q in questions]
    predictions = task.predict(pairs, batch_size=batch_size)
    for name, (question, passage), found in zip(ids, pairs, predictions, strict=True):
        record = {"question": question, "passage": passage} | found.record()
        yield record if name is None else {"id": name} | record


def _column(found: Annotation, labels: Sequence[Any]) -> dict[str, Any]:
    record = {"tags": found.tags, "probabilities": _rounded(found.probabilities)}
    entities = [entity.record() for entity in found.entities]
    return record | ({"entities": entities} if marks_spans(list(map(str, labels))) else {})


def _rounded(probabilities: Iterable[float]) -> list[float]:
    return [round(float(p), 6) for p in probabilities]
