"""Labelled and plain text from files, streamed: CSV, TSV, JSON Lines, plain lines, CoNLL columns.

All files are UTF-8, with or without a byte order mark, with any line end, plain or `*.gz`; `-` is
standard input. Blank lines are passed over, and counted in `skipped`. A bad row raises `DataError`
with its file and line when the iteration reaches it.
"""

import csv
from collections import Counter
from collections.abc import Iterator, Sequence
from pathlib import Path
from reprlib import repr as short

from keras_elmo.data.conll import TaggedSentence, read_conll
from keras_elmo.data.records import Example, examples, json_records, tagged_sentences
from keras_elmo.files.lines import DataError, count, not_blank, not_empty, numbered_lines

__all__ = [
    "DataError",
    "Example",
    "TaggedSentence",
    "read_conll",
    "read_jsonl",
    "read_lines",
    "read_pairs",
    "read_table",
    "read_tagged_jsonl",
]

Column = str | int


def read_table(
    path: str | Path,
    text: Column = "text",
    label: Column | None = None,
    delimiter: str | None = None,
    *,
    header: bool | None = None,
    skipped: Counter[str] | None = None,
) -> Iterator[Example]:
    """Stream the rows of a CSV or TSV file.

    Tab-separated files have no quoting: a `"` is a character like any other. In other files a field
    may stand in double quotes, and then hold delimiters, line ends and doubled quotes.

    Args:
        path: the file.
        text, label: columns, by name or by number from 0. `label=None`: no labels.
        delimiter: one character. The default is a tab for `*.tsv` and `*.tab`, else a comma.
        header: whether the first row holds names. The default is yes if a column is given by name.
        skipped: counts what is passed over, by reason.

    Raises:
        DataError: no such column, a row with more or fewer fields than the first, broken quoting,
            an empty text or label, an empty file.

    Example:
        >>> for example in read_table("reviews.csv", text="review", label="stars"):
        ...     print(example.label, example.text)
    """
    named = isinstance(text, str) or isinstance(label, str)
    has_header = named if header is None else header
    rows = not_empty(table_rows(path, delimiter or _delimiter(path), skipped), path, "rows")
    line, first = next(rows)
    names = [name.strip() for name in first] if has_header else [str(i) for i in range(len(first))]
    text_column = column_position(path, line, names, text)
    label_column = None if label is None else column_position(path, line, names, label)

    def below() -> Iterator[Example]:
        if not has_header:
            yield _example(path, line, first, text_column, label_column)
        for number, row in rows:
            yield _example(path, number, row, text_column, label_column)

    yield from not_empty(below(), path, "rows below its header")


def read_jsonl(
    path: str | Path,
    text: str = "text",
    label: str | None = None,
    *,
    skipped: Counter[str] | None = None,
) -> Iterator[Example]:
    """Stream JSON Lines: one object a line.

    Args:
        path: the file.
        text: key of a string, or of a list of tokens.
        label: key of a string, number or boolean, or of a list of these (multi-label). Numbers and
            booleans become strings as they are written in JSON. None: no labels.
        skipped: counts what is passed over, by reason.

    Raises:
        DataError: a line that is no JSON object, a missing key, a value of another kind, an empty
            text, token or label, an empty file.
    """
    return examples(path, json_records(path, skipped), text, label)


def read_tagged_jsonl(
    path: str | Path,
    tokens: str = "tokens",
    tags: str = "tags",
    *,
    scheme: str | None = None,
    skipped: Counter[str] | None = None,
) -> Iterator[TaggedSentence]:
    """Stream tagged sentences from JSON Lines; tags become BIO as in `read_conll`.

    Args:
        path: the file.
        tokens, tags: keys of two lists of strings of equal length.
        scheme, skipped: see `read_conll`.

    Raises:
        DataError: as `read_jsonl`, and lists of unequal length.
    """
    return tagged_sentences(path, json_records(path, skipped), tokens, tags, scheme)


def read_lines(path: str | Path, *, skipped: Counter[str] | None = None) -> Iterator[Example]:
    """Stream plain text, one unlabelled example a line.

    Raises:
        DataError: bytes that are not UTF-8, no text at all.
    """
    lines = not_blank(numbered_lines(path), skipped)
    yield from not_empty((Example(text, "", line) for line, text in lines), path, "text")


def read_pairs(path: str | Path, *, skipped: Counter[str] | None = None) -> Iterator[Example]:
    """Stream pairs of texts: two columns with a tab between them, no header and no quoting.

    Blank lines are passed over, and counted in `skipped`.

    Returns:
        An example a line: its `text` is the source, its `label` the target.

    Raises:
        DataError: the file and line of a pair with more or fewer than one tab, or with one side
            empty; an empty file.
    """
    lines = not_blank(numbered_lines(path), skipped)
    yield from not_empty((_pair(path, line, text) for line, text in lines), path, "pairs")


def _pair(path: str | Path, line: int, text: str) -> Example:
    columns = text.split("\t")
    if len(columns) != 2:
        message = f"expected two columns with a tab between them. Received: {len(columns)}"
        if len(columns) > 2:
            message += ". Choose two with --text and --label, by number or name."
        raise DataError.at(path, line, f"{message} {short(text)}" if len(columns) < 2 else message)
    source, target = (column.strip() for column in columns)
    if not source or not target:
        side = "source" if target else "target"
        message = f"the {side} is empty. Received: {short(text)}. Fill it in or remove the line."
        raise DataError.at(path, line, message)
    return Example(source, target, line)


def _delimiter(path: str | Path) -> str:
    return "\t" if Path(path).name.removesuffix(".gz").endswith((".tsv", ".tab")) else ","


def table_rows(
    path: str | Path, delimiter: str, skipped: Counter[str] | None = None
) -> Iterator[tuple[int, list[str]]]:
    """Stream rows with the line on which each begins: a quoted field may go on over several.

    Blank lines are counted in `skipped`.

    Raises:
        DataError: broken quoting, a row with more or fewer fields than the first.
    """
    fields = 0
    quoting = csv.QUOTE_NONE if delimiter == "\t" else csv.QUOTE_MINIMAL
    lines = (f"{content}\n" for _, content in numbered_lines(path))
    rows = csv.reader(lines, delimiter=delimiter, quoting=quoting, strict=True)
    while True:
        line = rows.line_num + 1
        try:
            row = next(rows)
        except StopIteration:
            return
        except csv.Error as error:
            message = f"broken row ({error}). Is a quote left open, or not doubled inside quotes?"
            raise DataError.at(path, line, message) from error
        if len(row) < 2 and not "".join(row).strip():
            count(skipped, "blank lines")
            continue
        fields = fields or len(row)
        if len(row) != fields:
            message = (
                f"expected {fields} fields, as in the first row. Received: {len(row)}. "
                "Quote fields that hold the delimiter."
            )
            raise DataError.at(path, line, message)
        yield line, row


def column_position(path: str | Path, line: int, names: Sequence[str], column: Column) -> int:
    """The place of a column among the names of all.

    Raises:
        DataError: nowhere, or twice.
    """
    if isinstance(column, int) and 0 <= column < len(names):
        return column
    if isinstance(column, str) and names.count(column) == 1:
        return names.index(column)
    fix = "Give one of these names, or a number counted from 0."
    if len(names) == 1:
        fix = "Is the delimiter right?"
    elif column in names:
        fix = "Each name may stand only once."
    message = f"the column must be one of {', '.join(names)}. Received: {column!r}. {fix}"
    raise DataError.at(path, line, message)


def _example(
    path: str | Path, line: int, row: Sequence[str], text_column: int, label_column: int | None
) -> Example:
    text = row[text_column]
    label = "" if label_column is None else row[label_column].strip()
    if not text.strip():
        raise DataError.at(
            path, line, f"the text is empty. Received: {short(row)}. Remove the row."
        )
    if label_column is not None and not label:
        raise DataError.at(
            path, line, f"the label is empty. Received: {short(row)}. Label it or remove it."
        )
    return Example(text, label, line)
