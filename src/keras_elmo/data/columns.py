"""Several columns of tags at once, read from CoNLL columns and CoNLL-U."""

import re
from collections import Counter
from collections.abc import Iterator, Mapping
from pathlib import Path
from reprlib import repr as short
from typing import NamedTuple

from keras_elmo.data.column_lines import CONLLU
from keras_elmo.data.conll import COMMENTS, NumberedRow, is_conllu, read_blocks
from keras_elmo.files.lines import DataError, count
from keras_elmo.text.tags import to_bio

_METADATA = re.compile(r"#\s*(\S+?)\s*=\s*(.*)")


class ColumnSentence(NamedTuple):
    """A sentence with several tags for each token.

    Attributes:
        tokens: the words of the sentence.
        columns: name → a tag for each of the words.
        metadata: keys and values of comments above it such as `# intent = PlayMusic`.
        line: the line of the file where it begins.
    """

    tokens: list[str]
    columns: dict[str, list[str]]
    metadata: dict[str, str]
    line: int


def read_columns(
    path: str | Path,
    columns: Mapping[str, int | str],
    token_column: int | str | None = None,
    *,
    comments: str | None = None,
    skipped: Counter[str] | None = None,
) -> Iterator[ColumnSentence]:
    """Stream the sentences of a file with some of its columns; tags of spans become BIO.

    Args:
        path: a file in columns, see [`read_conll`][keras_elmo.data.conll.read_conll].
        columns: the name that each column gets → its number, from 0 or from -1 for the last. In
            CoNLL-U also the name of a field, such as `"UPOS"`, or a key in the field MISC.
        token_column: number or name of the column of tokens. The default is the first column, in
            CoNLL-U `"FORM"`.
        comments: beginning of comment lines; in CoNLL-U `"#"`.
        skipped: counts what is passed over, by reason; comments such as `# intent = x` are not.

    Raises:
        DataError: file and line of what cannot be read: no such column, a row without the key,
            broken columns, mixed tag schemes.

    Example:
        >>> for sentence in read_columns("train.conllu", {"pos": "UPOS", "slots": "Slot"}):
        ...     print(sentence.columns["pos"], sentence.metadata.get("intent"))
    """
    if token_column is None:
        token_column = "FORM" if is_conllu(path) else 0
    for rows, above in read_blocks(path, comments, skipped):
        tokens = _column(path, rows, token_column)
        found = {}
        for name, column in columns.items():
            try:
                found[name] = to_bio(_column(path, rows, column))
            except ValueError as error:
                if isinstance(error, DataError):
                    raise
                raise DataError.at(path, rows[0][0], f"column {name!r}: {error}") from error
        matches = [match for match in map(_METADATA.fullmatch, above) if match]
        count(skipped, COMMENTS, len(above) - len(matches))
        yield ColumnSentence(tokens, found, {m[1]: m[2] for m in matches}, rows[0][0])


def _column(path: str | Path, rows: list[NumberedRow], column: int | str) -> list[str]:
    values = [_value(path, line, fields, column) for line, fields in rows]
    for value, (line, fields) in zip(values, rows, strict=True):
        if not value:
            raise DataError.at(path, line, f"empty token or tag. Received: {short(fields)}")
    return values


def _value(path: str | Path, line: int, fields: list[str], column: int | str) -> str:
    width = len(fields)
    if isinstance(column, int):
        if -width <= column < width:
            return fields[column]
        message = f"a column must be from {-width} to {width - 1}. Received: {column}"
        raise DataError.at(path, line, f"{message} for {short(fields)}")
    if not is_conllu(path) or width != len(CONLLU):
        message = "columns have names in CoNLL-U alone (*.conllu, ten columns), else numbers"
        raise DataError.at(path, line, f"{message}. Received: {column!r} for {width} columns")
    if column in CONLLU:
        return fields[CONLLU.index(column)]
    parts = [part.partition("=") for part in fields[-1].split("|")]
    pairs = {key: value for key, _, value in parts}
    if column not in pairs:
        message = f"a column must be one of {', '.join(CONLLU)}, or a key in MISC"
        raise DataError.at(path, line, f"{message}. Received: {column!r} for {short(fields[-1])}")
    return pairs[column]
