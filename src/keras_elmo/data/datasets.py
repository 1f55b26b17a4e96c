"""Labelled files in memory: texts, labels, where each stands, and splits."""

from collections.abc import Collection, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from typing import Any, ClassVar, Self

import numpy as np

from keras_elmo.data.bad_rows import BadRow
from keras_elmo.data.reading import Reading
from keras_elmo.files.lines import DataError
from keras_elmo.text.tags import convert_tags, marks_spans, scheme_labels

# What is predicted: a label a text, any number of labels a text, a tag a token, another text.
CLASSIFICATION, MULTI_LABEL, TAGGING, SEQ2SEQ = (
    "classification",
    "multi-label",
    "tagging",
    "seq2seq",
)
# A label for two texts, a number for one or two, several things at once, a stretch of a passage.
PAIR, REGRESSION, PAIR_REGRESSION = "pair", "regression", "pair-regression"
JOINT, QA = "joint", "qa"


@dataclass(frozen=True)
class Dataset:
    """A labelled file in memory.

    Attributes:
        path: the file that it was read from.
        kind: the kind of task that its labels are for.
        texts: a string or a token list for each example, or several texts as a tuple.
        labels: a label, a list of labels, a list of tags (None where a token has none) or another
            text for each example.
        lines: the line of the file where each example begins.
        scheme: what tags were converted to by `in_scheme`; None as they were read.
        skipped: how many rows and lines were passed over, by reason.
        bad_rows: the rows that were left out because they cannot be used.
        reading: how the file was read, with all that its content told.
        notes: what its content told and may be said otherwise, a line each.
        ids: what identifies each example; empty where the file has nothing such.
        has_classes: whether labels are some of a few, which they share.
    """

    has_classes: ClassVar[bool] = True

    path: str
    kind: str
    texts: list[Any]
    labels: list[Any]
    lines: list[int]
    scheme: str | None = None
    skipped: dict[str, int] = field(default_factory=dict)
    bad_rows: list[BadRow] = field(default_factory=list, repr=False)
    reading: Reading = field(default_factory=Reading)
    notes: tuple[str, ...] = ()
    ids: list[str] = field(default_factory=list, repr=False)

    def __len__(self) -> int:
        return len(self.texts)

    def found_labels(self) -> set[str]:
        """All labels that occur."""
        found = {label for labels in self.labels for label in _as_list(labels)}
        return found - {None}

    def lone_labels(self) -> list[str]:
        """What is the same in all rows, in words: the label; of several columns those of each."""
        found = self.found_labels() if self.has_classes else set()
        if len(found) != 1 or not all(self.labels):
            return []
        return [f"the {'tag' if self.kind == TAGGING else 'label'} {found.pop()!r} alone"]

    def classes(self) -> Any:
        """All labels in a fixed order: `O` first, numbers by size, else by code points.

        With a scheme, all that it has for the types of spans that there are.

        Raises:
            DataError: fewer than two, which leaves nothing to learn.
        """
        found = self.found_labels()
        if self.scheme:
            found = set(scheme_labels(found, self.scheme))
        if len(found) < 2:
            raise DataError(
                f"{self.path}: training needs at least two different labels. "
                f"Received: {', '.join(map(repr, found))} only. Is it the right label column?"
                + "".join(
                    f" {note[0].upper()}{note[1:]}." for note in self.notes if "--label" in note
                )
            )
        return sorted(found, key=lambda x: (x != "O", len(x) if x.isdigit() else 0, x))

    def require(self, classes: Any) -> None:
        """Make sure that this data set has no other labels than `classes`.

        Raises:
            DataError: file and line of the first label that was not there in training.
        """
        known = {*classes, None}
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
        if self.kind != TAGGING or not marks_spans(sorted(self.found_labels())):
            shown = ", ".join(sorted(self.found_labels())[:5])
            raise ValueError(
                f"{self.path}: a tag scheme is for tags that mark spans, such as B-PER and I-PER. "
                f"Received: {self.kind}, {shown}"
            )
        labels = [convert_tags(tags, scheme) for tags in self.labels]
        return replace(self, labels=labels, scheme=scheme)

    def span_types(self) -> set[str]:
        """The types of spans that tags mark; empty where they mark none."""
        marks = self.found_labels() - {"O"} if _has_spans(self) else ()
        return {mark[2:] for mark in marks}

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
                f"Received: {share} of the {len(self)} rows of {self.path}.{self._why_few()}"
            )
        return self.rows(order[:cut]), self.rows(order[cut:])

    def _why_few(self) -> str:
        if self.kind != TAGGING or len(self) > 1:
            return ""
        return f" It is one sentence of {len(self.labels[0]):,} tokens: are blank lines missing?"

    def sentences(self) -> list[Any]:
        """All texts, as words are counted in them."""
        return self.texts

    def rows(self, rows: Sequence[int] | np.ndarray) -> Self:
        """The data set of some rows."""
        names = ("texts", "labels", "lines", *(("ids",) if self.ids else ()))
        parts = {name: [getattr(self, name)[i] for i in rows] for name in names}
        return replace(self, **parts)


class SequenceDataset(Dataset):
    """Texts, in `labels` another text each."""

    has_classes = False

    def require(self, classes: Any) -> None:
        """New symbols of a target are no error: they are counted as wrong."""


class PairDataset(Dataset):
    """Labelled pairs, in `texts` as `(text, other text)`."""

    def sentences(self) -> list[Any]:
        """All texts of both sides."""
        return [text for pair in self.texts for text in pair]


class OpenDataset(Dataset):
    """A labelled file whose labels are no classes: any label may be right."""

    has_classes = False

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


class NumberDataset(OpenDataset):
    """Texts, in `labels` a float each."""

    def classes(self) -> list[str]:
        """An empty list.

        Raises:
            DataError: all numbers are the same, which leaves nothing to learn.
        """
        if len(set(self.labels)) < 2:
            raise DataError(
                f"{self.path}: training needs different numbers. Received: {self.labels[0]} only. "
                "Is it the right label column?"
            )
        return []


class NumberPairDataset(NumberDataset, PairDataset):
    """Pairs of texts, in `labels` a float each."""


class QuestionDataset(OpenDataset):
    """Questions, in `texts` with their passages as `(question, passage)`.

    `labels` has of each the places of its answers, `(start, end)` in characters of the passage.
    """

    def sentences(self) -> list[str]:
        """Each distinct question and passage."""
        return list(dict.fromkeys(text for pair in self.texts for text in pair))

    def split(self, share: float, seed: int) -> tuple[Self, Self]:
        """Two parts in a seeded order, about `share` of the questions in the second.

        All questions on a passage stay together: what is held out is new.
        """
        places: dict[str, list[int]] = {}
        for i, (_, passage) in enumerate(self.texts):
            places.setdefault(passage, []).append(i)
        groups = list(places.values())
        order = np.random.default_rng(seed).permutation(len(groups))
        counts = np.cumsum([len(groups[i]) for i in order])
        cut = int(np.searchsorted(counts, len(self) * (1.0 - share)) + 1)
        parts = [sorted(i for k in part for i in groups[k]) for part in (order[:cut], order[cut:])]
        if not all(parts):
            raise ValueError(
                "the development share must leave passages on both sides. "
                f"Received: {share} of the {len(groups)} passages of {self.path}"
            )
        return self.rows(parts[0]), self.rows(parts[1])


class JointDataset(Dataset):
    """Sentences, in `texts` as tokens, with a dict for each in `labels`.

    A dict holds, by the name of each column, a list of tags or the label of the sentence.
    """

    def column(self, name: str) -> Dataset:
        """One of the columns, as a data set of its own."""
        labels = [row[name] for row in self.labels]
        kind = TAGGING if isinstance(labels[0], list) else CLASSIFICATION
        column = Dataset(self.path, kind, self.texts, labels, self.lines)
        return replace(column, scheme=self.scheme) if _has_spans(column) else column

    def lone_labels(self) -> list[str]:
        """See `Dataset.lone_labels`."""
        columns = {name: self.column(name).lone_labels() for name in self.labels[0]}
        return [f"{one} in the column {name!r}" for name, lone in columns.items() for one in lone]

    def classes(self) -> dict[str, list[str]]:
        """The labels of each column, in a fixed order; see `Dataset.classes`."""
        found = {}
        for name in self.labels[0]:
            with _naming(name):
                found[name] = self.column(name).classes()
        return found

    def require(self, classes: Any) -> None:
        """Make sure that there are these columns, and no other labels in them.

        Raises:
            DataError: file and line of the first label that was not there in training.
            ValueError: other columns.
        """
        self.require_columns(classes)
        for name, labels in classes.items():
            with _naming(name):
                self.column(name).require(labels)

    def require_columns(self, names: Collection[str]) -> None:
        """Make sure that there are these columns and no others.

        Raises:
            ValueError: there are not.
        """
        if set(self.labels[0]) != set(names):
            raise ValueError(
                f"{self.path}: the model knows the columns {', '.join(names)}. Received: "
                f"{', '.join(self.labels[0])}. Name the same ones, on the command line with "
                "`--label name=column,…`."
            )

    def known_to(self, labels: Any, scheme: Any = None) -> Self:
        """As of `Dataset`; `labels` and `scheme` by the names of the columns."""
        self.require_columns(labels)
        rows = self.in_schemes(scheme or {})
        rows.require(labels)
        return rows

    def in_scheme(self, scheme: str | None) -> Self:
        """The data set with all columns of spans in a scheme; None changes nothing.

        Raises:
            ValueError: an unknown scheme, or no column that marks spans.
        """
        if scheme is None:
            return self
        names = [name for name in self.labels[0] if _has_spans(self.column(name))]
        if not names:
            raise ValueError(
                f"{self.path}: a tag scheme is for tags that mark spans, such as B-PER and I-PER. "
                f"Received: none in the columns {', '.join(self.labels[0])}"
            )
        return replace(self.in_schemes(dict.fromkeys(names, scheme)), scheme=scheme)

    def span_types(self) -> set[str]:
        """See `Dataset.span_types`; those of all columns."""
        return {x for name in self.labels[0] for x in self.column(name).span_types()}

    def in_schemes(self, schemes: Mapping[str, str]) -> Self:
        """The data set with each of these columns in a scheme of its own."""
        labels = [
            row | {name: convert_tags(row[name], scheme) for name, scheme in schemes.items()}
            for row in self.labels
        ]
        return replace(self, labels=labels)


def _has_spans(column: Dataset) -> bool:
    return column.kind == TAGGING and marks_spans(sorted(column.found_labels()))


@contextmanager
def _naming(column: str) -> Iterator[None]:
    """Name the column in errors about its labels."""
    try:
        yield
    except DataError as error:
        raise DataError(f"{error} Column: {column!r}") from error


def skipped_facts(skipped: Mapping[str, int]) -> dict[str, int]:
    """How much of a file was passed over, in all and by reason; empty where nothing was."""
    if not skipped:
        return {}
    reasons = {f"skipped, {reason}": count for reason, count in skipped.items()}
    return {"skipped": sum(skipped.values()), **reasons}


def _as_list(labels: Any) -> list[Any]:
    return labels if isinstance(labels, list) else [labels]
