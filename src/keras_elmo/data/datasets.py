"""Labelled files as data sets: the kind of their task, their classes, and splits."""

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any, Self

import numpy as np

from keras_elmo.data.formats import (
    CONLL,
    RECORDS,
    TSV,
    TXT,
    format_of,
    read_examples,
    read_records,
    read_tagged,
)
from keras_elmo.data.readers import read_pairs
from keras_elmo.data.records import Example, NoColumnError
from keras_elmo.files.lines import STANDARD_INPUT, DataError
from keras_elmo.text.tags import convert_tags, marks_spans, scheme_labels

# What is predicted: a label a text, any number of labels a text, a tag a token, another text.
CLASSIFICATION, MULTI_LABEL, TAGGING, SEQ2SEQ = _KINDS = (
    "classification",
    "multi-label",
    "tagging",
    "seq2seq",
)


@dataclass(frozen=True)
class Dataset:
    """A labelled file in memory.

    Attributes:
        path: the file that it was read from.
        kind: the kind of task that its labels are for.
        texts: a string or a token list for each example.
        labels: a label, a list of labels, a list of tags or another text for each example.
        lines: the line of the file where each example begins.
        scheme: what tags were converted to by `in_scheme`; None as they were read.
        skipped: what was passed over in the file, by reason.
    """

    path: str
    kind: str
    texts: list[Any]
    labels: list[Any]
    lines: list[int]
    scheme: str | None = None
    skipped: dict[str, int] = field(default_factory=dict)

    def __len__(self) -> int:
        return len(self.texts)

    def classes(self) -> Any:
        """All labels in a fixed order: `O` first, numbers by size, else by code points.

        With a scheme, all that it has for the types of spans that there are.

        Raises:
            DataError: fewer than two, which leaves nothing to learn.
        """
        found = {label for labels in self.labels for label in _as_list(labels)}
        if self.scheme:
            found = set(scheme_labels(found, self.scheme))
        if len(found) < 2:
            raise DataError(
                f"{self.path}: training needs at least two different labels. "
                f"Received: {', '.join(map(repr, found))} only. Is it the right label column?"
            )
        return sorted(found, key=lambda x: (x != "O", len(x) if x.isdigit() else 0, x))

    def require(self, classes: Any) -> None:
        """Make sure that this data set has no other labels than `classes`.

        Raises:
            DataError: file and line of the first label that was not there in training.
        """
        known = set(classes)
        for labels, line in zip(self.labels, self.lines, strict=True):
            for label in _as_list(labels):
                if label not in known:
                    shown = ", ".join(list(classes)[:20]) + (", …" if len(classes) > 20 else "")
                    message = f"the model knows the labels {shown}. Received: {label!r}, which"
                    raise DataError.at(self.path, line, f"{message} was not there in training.")

    def in_scheme(self, scheme: str | None) -> Self:
        """The data set with tags of spans in a scheme, see `convert_tags`; None changes nothing.

        Raises:
            ValueError: an unknown scheme, or labels that mark no spans.
        """
        if scheme is None:
            return self
        found = {label for labels in self.labels for label in _as_list(labels)}
        if self.kind != TAGGING or not marks_spans(sorted(found)):
            shown = ", ".join(sorted(found)[:5])
            raise ValueError(
                f"{self.path}: a tag scheme is for tags that mark spans, such as B-PER and I-PER. "
                f"Received: {self.kind}, {shown}"
            )
        labels = [convert_tags(tags, scheme) for tags in self.labels]
        return replace(self, labels=labels, scheme=scheme)

    def known_to(self, labels: Any, scheme: Any = None) -> Self:
        """The data set as a trained task takes it: tags in its scheme, and no other labels.

        Args:
            labels: those that the task knows.
            scheme: of its tags; None for none.

        Raises:
            DataError: file and line of the first label that was not there in training.
            ValueError: the file does not fit the task.
        """
        rows = self.in_scheme(scheme)
        rows.require(labels)
        return rows

    def split(self, share: float, seed: int) -> tuple[Self, Self]:
        """Two parts in a seeded order: the second holds `share` of the rows.

        Raises:
            ValueError: one of them would be empty.
        """
        order = np.random.default_rng(seed).permutation(len(self))
        cut = len(self) - round(len(self) * share)
        if not 0 < cut < len(self):
            raise ValueError(
                "the development share must leave rows on both sides. "
                f"Received: {share} of the {len(self)} rows of {self.path}"
            )
        return self.rows(order[:cut]), self.rows(order[cut:])

    def sentences(self) -> list[Any]:
        """All texts, as words are counted in them."""
        return self.texts

    def rows(self, rows: Sequence[int] | np.ndarray) -> Self:
        """The data set of some rows."""
        texts, labels, lines = ([x[i] for i in rows] for x in (self.texts, self.labels, self.lines))
        return replace(self, texts=texts, labels=labels, lines=lines)


class SequenceDataset(Dataset):
    """Texts, in `labels` another text each."""

    def require(self, classes: Any) -> None:
        """New symbols of a target are no error: they are counted as wrong."""


class OpenDataset(Dataset):
    """A labelled file whose labels are no classes: any label may be right."""

    def classes(self) -> list[str]:
        """An empty list."""
        return []

    def require(self, classes: Any) -> None:
        """Do nothing: a model may meet any label."""

    def in_scheme(self, scheme: str | None) -> Self:
        """The data set itself.

        Raises:
            ValueError: a scheme.
        """
        if scheme is not None:
            message = f"its labels ({self.kind}) are no tags of spans"
            raise ValueError(f"{self.path}: {message}. Received: scheme={scheme!r}")
        return self


def read_dataset(
    path: str | Path,
    file_format: str | None = None,
    kind: str | None = None,
    text: str | None = None,
    label: str | None = None,
    *,
    header: bool | None = None,
) -> Dataset:
    """Read a labelled file.

    Args:
        path: the file, or a data set of the hub, `hf://user/name:train`.
        file_format: by default that of the ending of its name.
        kind: by default it follows from the data: CoNLL columns, and JSON Lines (or Parquet) with a
            list of tags beside a list of tokens, are tagging; with lists of labels multi-label.
        text, label: columns or keys, by name or (CSV, TSV, CoNLL) by number from 0. The defaults
            are `text` and `label`; `tokens` and `tags`; in CoNLL the first and the last column.
            For seq2seq without them, a file of any name but CSV or JSON Lines is read by
            `read_pairs`: two columns and no header.
        header: whether the first row of CSV or TSV holds names, see `read_table`.

    Raises:
        DataError: the file and line of what cannot be used.
        ValueError: the format is unknown, or holds no labels of this kind.
    """
    file_format = format_of(path, file_format)
    skipped = Counter[str]()
    if kind == SEQ2SEQ and file_format in (None, TSV, TXT) and not (text or label or header):
        pairs = read_pairs(path, skipped=skipped)
        texts, labels, lines = (list(x) for x in zip(*pairs, strict=True))
        return SequenceDataset(str(path), SEQ2SEQ, texts, labels, lines, skipped=skipped)
    if file_format is None or file_format == TXT:
        raise ValueError(
            f"{path} must be in a format that holds labels: csv, tsv, jsonl, conll or "
            "parquet. Received: none. Name the format, on the command line with `--format`."
        )
    if kind not in (None, *_KINDS):
        raise ValueError(f"a task is one of {', '.join(_KINDS)}. Received: {kind!r}")
    if kind is None and (file_format == CONLL or _has_tags(path, file_format, text, label)):
        kind = TAGGING
    fitting: list[str | None] = [None, CLASSIFICATION, MULTI_LABEL, SEQ2SEQ]
    if file_format == CONLL:
        fitting = [TAGGING]
    elif file_format in RECORDS:
        fitting += [TAGGING]
    if kind not in fitting:
        raise ValueError(f"{path}: a {file_format} file cannot be used for {kind}.")
    if kind == TAGGING:
        rows = list(read_tagged(path, file_format, text, label, skipped))
        tokens, tags, lines = (list(column) for column in zip(*rows, strict=True))
        return Dataset(str(path), TAGGING, tokens, tags, lines, skipped=skipped)
    rows = read_examples(path, file_format, text, label or "label", header, skipped)
    return _labelled(path, kind, list(rows), skipped)


def _labelled(
    path: str | Path, kind: str | None, rows: list[Example], skipped: Counter[str]
) -> Dataset:
    if kind is None:
        several = any(isinstance(row.label, list) for row in rows)
        kind = MULTI_LABEL if several else CLASSIFICATION
    for row in rows:
        if kind in (CLASSIFICATION, SEQ2SEQ) and isinstance(row.label, list):
            raise DataError.at(path, row.line, f"expected one label. Received: {row.label}")
    texts, labels, lines = (list(column) for column in zip(*rows, strict=True))
    if kind == MULTI_LABEL:
        labels = [_as_list(names) for names in labels]
    dataset = SequenceDataset if kind == SEQ2SEQ else Dataset
    return dataset(str(path), kind, texts, labels, lines, skipped=skipped)


def _has_tags(path: str | Path, file_format: str, text: str | None, label: str | None) -> bool:
    """Whether the first record of a file holds as many tags as tokens."""
    if file_format not in RECORDS or str(path) == STANDARD_INPUT:  # which can be read only once
        return False
    keys = text or "tokens", label or "tags"
    try:
        _, record = next(read_records(path, file_format, keys))
    except NoColumnError:
        return False
    tokens, tags = map(record.get, keys)
    if not (isinstance(tokens, list) and isinstance(tags, list)):
        return False
    return len(tokens) == len(tags) or (text, label) == (None, None)


def skipped_facts(skipped: Mapping[str, int]) -> dict[str, int]:
    """How much of a file was passed over, in all and by reason; empty where nothing was."""
    if not skipped:
        return {}
    reasons = {f"skipped, {reason}": count for reason, count in skipped.items()}
    return {"skipped": sum(skipped.values()), **reasons}


def _as_list(labels: Any) -> list[str]:
    return [labels] if isinstance(labels, str) else labels
