"""Pairs of texts from files with a column for each of the two, with labels or without."""

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from contextlib import suppress
from itertools import chain
from pathlib import Path
from reprlib import repr as short
from typing import Any, NamedTuple

from keras_elmo.data.datasets import Dataset
from keras_elmo.data.formats import CSV, JSONL, RECORDS, TSV, TXT, format_of, read_records
from keras_elmo.data.readers import Column, column_position, table_rows
from keras_elmo.data.records import NoColumnError, NumberedRecord, label_string, value_of
from keras_elmo.files.lines import DataError, not_empty

PAIR = "pair"  # what is predicted: a label for two texts

# The names that the two columns have by default.
PAIR_COLUMNS = (
    ("text_a", "text_b"),
    ("premise", "hypothesis"),
    ("sentence1", "sentence2"),
    ("question1", "question2"),
)

_UNKNOWN = (
    "the two texts stand in columns named "
    f"{', '.join(' and '.join(pair) for pair in PAIR_COLUMNS)}, with their label in `label`. "
    "Name others, on the command line with `--text A,B` and `--label`."
)


class LabelledPair(NamedTuple):
    """Two texts (or their tokens), their label (several for multi-label, "" for none), the line."""

    texts: tuple[Any, Any]
    label: str | list[str]
    line: int


class PairDataset(Dataset):
    """Labelled pairs, in `texts` as `(text, other text)`."""

    def sentences(self) -> list[Any]:
        """All texts of both sides."""
        return [text for pair in self.texts for text in pair]


def read_pair_dataset(
    path: str | Path,
    file_format: str | None = None,
    text: str | None = None,
    label: str | None = None,
    *,
    header: bool | None = None,
) -> PairDataset:
    """Read labelled pairs; arguments and errors as of `read_text_pairs`."""
    skipped = Counter[str]()
    how = {"header": header, "skipped": skipped}
    rows = list(read_text_pairs(path, file_format, text, label or "label", **how))
    texts, labels, lines = (list(column) for column in zip(*rows, strict=True))
    if any(isinstance(names, list) for names in labels):
        labels = [names if isinstance(names, list) else [names] for names in labels]
    return PairDataset(str(path), PAIR, texts, labels, lines, skipped=skipped)


def read_text_pairs(
    path: str | Path,
    file_format: str | None = None,
    text: str | None = None,
    label: str | None = None,
    *,
    header: bool | None = None,
    skipped: Counter[str] | None = None,
) -> Iterator[LabelledPair]:
    """Stream pairs of texts.

    Args:
        path: the file.
        file_format: csv, tsv, jsonl or parquet; by default that of the ending of its name.
            Without a label also txt, two texts a line with a tab between them, as which an unknown
            ending and `-` for standard input are read.
        text: two columns or keys with a comma between them, by name or (CSV, TSV) by number from 0.
            The default is the first of `PAIR_COLUMNS` that is there.
        label: column or key, likewise; None for no labels.
        header: whether the first row of CSV or TSV holds names. The default is yes if a column is
            given by name, or none.
        skipped: counts what is passed over, by reason.

    Raises:
        DataError: the file and line of what cannot be used, an empty text among it.
        ValueError: another format, or not two columns.
    """
    file_format = format_of(path, file_format) or (TXT if label is None else None)
    columns = None if text is None else _two(text)
    if file_format in RECORDS:
        yield from _from_records(path, file_format, columns, label, skipped)
    elif file_format in (CSV, TSV):
        delimiter = "," if file_format == CSV else "\t"
        yield from _from_table(path, columns, label, delimiter, header, skipped)
    elif file_format == TXT and label is None:
        yield from _from_table(path, columns or ["0", "1"], None, "\t", header, skipped)
    else:
        raise ValueError(
            f"{path}: labelled pairs of texts are read from csv, tsv, jsonl or parquet. "
            f"Received: {file_format or 'no format'}. Name it, on the command line with `--format`."
        )


def _two(text: str) -> list[str]:
    columns = [name.strip() for name in text.split(",")]
    if len(columns) != 2 or not all(columns) or columns[0] == columns[1]:
        raise ValueError(
            "a pair stands in two columns: name both with a comma between them, such as "
            f"premise,hypothesis or 0,1. Received: {text!r}"
        )
    return columns


def _from_table(
    path: str | Path,
    columns: Sequence[str] | None,
    label: str | None,
    delimiter: str,
    header: bool | None,
    skipped: Counter[str] | None,
) -> Iterator[LabelledPair]:
    given = [_column(name) for name in (*(columns or ()), *([label] if label else ()))]
    named = columns is None or any(isinstance(column, str) for column in given)
    has_header = named if header is None else header
    rows = not_empty(table_rows(path, delimiter, skipped), path, "rows")
    line, first = next(rows)
    names = [name.strip() for name in first] if has_header else [str(i) for i in range(len(first))]
    chosen = _known(path, line, names) if columns is None else [_column(name) for name in columns]
    places = [column_position(path, line, names, column) for column in chosen]
    place = None if label is None else column_position(path, line, names, _column(label))

    def pairs() -> Iterator[LabelledPair]:
        for number, row in rows if has_header else chain([(line, first)], rows):
            texts = _texts(path, number, [row[i] for i in places])
            name = "" if place is None else _label(path, number, row[place])
            yield LabelledPair(texts, name, number)

    yield from not_empty(pairs(), path, "rows below its header")


def _from_records(
    path: str | Path,
    file_format: str,
    columns: Sequence[str] | None,
    label: str | None,
    skipped: Counter[str] | None,
) -> Iterator[LabelledPair]:
    labels = [label] if label else []
    records: Iterator[NumberedRecord]
    if columns or file_format == JSONL:
        records = read_records(path, file_format, (*(columns or ()), *labels), skipped)
    else:
        records = _known_records(path, file_format, labels)
    for line, record in records:
        columns = columns or _known(path, line, list(record))
        texts = _texts(path, line, [value_of(path, line, record, key) for key in columns])
        name = _label(path, line, value_of(path, line, record, label)) if label else ""
        yield LabelledPair(texts, name, line)


def _known_records(
    path: str | Path, file_format: str, labels: Sequence[str]
) -> Iterator[tuple[int, Mapping[str, Any]]]:
    """The records with the first of the known pairs of columns that is there."""
    for pair in PAIR_COLUMNS:
        records = read_records(path, file_format, (*pair, *labels))
        with suppress(NoColumnError):
            return chain([next(records)], records)
    raise DataError(f"{path}: {_UNKNOWN}")


def _texts(path: str | Path, line: int, texts: Sequence[Any]) -> tuple[Any, Any]:
    for which, text in zip(("first", "second"), texts, strict=True):
        is_tokens = isinstance(text, list) and all(isinstance(token, str) for token in text)
        if not (isinstance(text, str) or is_tokens):
            message = (
                f"the {which} text must be a text or a list of tokens. Received: {short(text)}"
            )
            raise DataError.at(path, line, message)
        if not (text.strip() if isinstance(text, str) else text):
            message = f"the {which} text is empty. Received: {short(list(texts))}. Remove the pair."
            raise DataError.at(path, line, message)
    return texts[0], texts[1]


def _label(path: str | Path, line: int, value: Any) -> str | list[str]:
    names = [label_string(name) for name in (value if isinstance(value, list) else [value])]
    if not all(names):
        message = (
            "the label must be a string or a number, or a list of them, not empty. "
            f"Received: {short(value)}. Label the pair or remove it."
        )
        raise DataError.at(path, line, message)
    return names if isinstance(value, list) else names[0]


def _known(path: str | Path, line: int, names: Sequence[str]) -> tuple[str, str]:
    for pair in PAIR_COLUMNS:
        if all(name in names for name in pair):
            return pair
    raise DataError.at(path, line, f"{_UNKNOWN} Received: {', '.join(names)}")


def _column(name: str) -> Column:
    return int(name) if name.isdigit() else name
