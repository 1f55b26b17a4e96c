"""Several columns of tags and labels of the sentence, from one file, as a data set."""

import re
from collections import Counter
from collections.abc import Collection, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, replace
from itertools import chain
from pathlib import Path
from typing import Any, NamedTuple, Self

from keras_elmo.data.columns import CONLLU, read_columns
from keras_elmo.data.conll import is_conllu
from keras_elmo.data.datasets import CLASSIFICATION, TAGGING, Dataset
from keras_elmo.data.formats import CONLL, RECORDS, column_of, format_of, read_records
from keras_elmo.data.records import label_string, strings, tags_of, value_of
from keras_elmo.files.lines import DataError
from keras_elmo.text.tags import convert_tags, marks_spans

JOINT = "joint"  # what is predicted: several things at once
_NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9_.-]*")
_TAKEN = ("text", "tokens")  # beside which a prediction has the names of the columns


class _Row(NamedTuple):
    tokens: list[str]
    labels: dict[str, Any]
    line: int


@dataclass(frozen=True)
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

    def in_schemes(self, schemes: Mapping[str, str]) -> Self:
        """The data set with each of these columns in a scheme of its own."""
        labels = [
            row | {name: convert_tags(row[name], scheme) for name, scheme in schemes.items()}
            for row in self.labels
        ]
        return replace(self, labels=labels)


def is_joint(path: str | Path, file_format: str | None, label: str | None) -> bool:
    """Whether a file is asked for several columns, by commas in `label`."""
    several = label is not None and "," in label
    return several and format_of(path, file_format) in (CONLL, *RECORDS)


def read_joint(
    path: str | Path,
    file_format: str | None = None,
    text: str | None = None,
    label: str | None = None,
) -> JointDataset:
    """Read several columns of a file.

    Args:
        path, file_format, text: as of `read_dataset`.
        label: columns or keys with commas between them, each perhaps with a name of its own:
            `"slots=1,pos=2"`. Lists in JSON Lines and the like are tags, other values are labels of
            the sentence. In CoNLL-U fields and keys in MISC are tags, and what the comments above
            the first sentence have (`# intent = PlayMusic`) are labels of the sentence; in
            other CoNLL files numbers are tags, and names are comments.

    Raises:
        DataError: the file and line of what cannot be used.
        ValueError: the format holds no tags, or `label` cannot be used.

    Example:
        >>> data = read_joint("train.conllu", label="UPOS,Slot,intent")
        >>> data.labels[0]["intent"]
    """
    columns, file_format = parse_columns(label), format_of(path, file_format)
    if text is None:
        text = "tokens" if file_format != CONLL else "FORM" if is_conllu(path) else "0"
    if text in columns.values():
        raise ValueError(
            f"{path}: tokens and tags must be different columns. Received: {text!r} as both"
        )
    skipped = Counter[str]()
    if file_format == CONLL:
        rows = _conll_rows(path, columns, text, skipped)
    elif file_format in RECORDS:
        rows = _record_rows(path, file_format, columns, text, skipped)
    else:
        raise ValueError(
            f"{path}: several columns of tags are read from {CONLL}, {', '.join(RECORDS)}. "
            f"Received: {file_format or 'none'}. Name one, on the command line with `--format`."
        )
    texts, labels, lines = (list(part) for part in zip(*rows, strict=True))
    if not any(isinstance(value, list) for value in labels[0].values()):
        raise ValueError(
            f"{path}: at least one column must hold a tag for each token. Received: labels of the "
            f"sentence only, {', '.join(columns)}"
        )
    return JointDataset(str(path), JOINT, texts, labels, lines, skipped=dict(skipped))


def parse_columns(label: str | None) -> dict[str, str]:
    """`"slots=1,UPOS"` as the name of each column → where it is.

    Raises:
        ValueError: no column, a name that is there twice or cannot be one.
    """
    parts = [part.strip().rpartition("=") for part in (label or "").split(",")]
    pairs = [(name.strip() or column.strip(), column.strip()) for name, _, column in parts]
    names = [name for name, _ in pairs]
    for name, column in pairs:
        if not column or not _NAME.fullmatch(name) or name in _TAKEN or names.count(name) > 1:
            raise ValueError(
                "several columns are named with commas between them, each once, with letters, "
                "digits and `_`, `.`, `-`: --label UPOS,XPOS or --label slots=1,pos=2 (not "
                f"{' or '.join(_TAKEN)}). Received: {label!r}"
            )
    return dict(pairs)


def _record_rows(
    path: str | Path,
    file_format: str,
    columns: Mapping[str, str],
    text: str,
    skipped: Counter[str],
) -> Iterator[_Row]:
    are_tags: dict[str, bool] = {}
    for line, record in read_records(path, file_format, (text, *columns.values()), skipped):
        tokens = strings(path, line, record, text)
        labels: dict[str, Any] = {}
        for name, key in columns.items():
            value = value_of(path, line, record, key)
            if are_tags.setdefault(name, isinstance(value, list)):
                labels[name] = tags_of(path, line, record, key, len(tokens))
            elif label := label_string(value):
                labels[name] = label
            else:
                message = f"{key!r} must be a string or a number, as in the first record"
                raise DataError.at(path, line, f"{message}. Received: {value!r:.80}")
        yield _Row(tokens, labels, line)


def _conll_rows(
    path: str | Path, columns: Mapping[str, str], text: str, skipped: Counter[str]
) -> Iterator[_Row]:
    places = {name: column_of(column) for name, column in columns.items()}
    in_comments = _comment_keys(path, places)
    tags = {name: place for name, place in places.items() if name not in in_comments}
    comments = "# " if in_comments and not is_conllu(path) else None  # a `#` may be a token
    for row in read_columns(path, tags, column_of(text), comments=comments, skipped=skipped):
        labels: dict[str, Any] = {}
        for name, place in places.items():
            found = row.metadata.get(str(place)) if name in in_comments else row.columns[name]
            if not found:
                message = f"the sentence must have a comment `# {place} = …` above it"
                raise DataError.at(path, row.line, f"{message}. Received: {row.metadata or 'none'}")
            labels[name] = found
        yield _Row(row.tokens, labels, row.line)


def _comment_keys(path: str | Path, places: Mapping[str, int | str]) -> set[str]:
    """The names of what stands in comments."""
    names = {name for name, place in places.items() if isinstance(place, str)}
    if is_conllu(path):
        first = next(read_columns(path, {}))
        names = {n for n in names if places[n] in first.metadata and places[n] not in CONLLU}
    return names


def _has_spans(column: Dataset) -> bool:
    return column.kind == TAGGING and marks_spans(sorted(set(chain(*column.labels))))


@contextmanager
def _naming(column: str) -> Iterator[None]:
    """Name the column in errors about its labels."""
    try:
        yield
    except DataError as error:
        raise DataError(f"{error} Column: {column!r}") from error
