"""Tables: CSV, TSV and their kin, a row an example or a row a token."""

import csv
import re
from collections.abc import Iterator, Sequence
from itertools import groupby
from typing import Any

from keras_elmo.data.bad_rows import RowError
from keras_elmo.data.reading import Reading, Record, Source
from keras_elmo.data.roles import TOKEN_NAMES, column_name, is_known_name

_DELIMITERS = "\t,;|"
_SHARE = 0.9  # of the first rows that must fit a delimiter which the name does not tell
_ROWS = 50  # that are looked at
_SENTENCE = re.compile(r"(?i)sent(ence)?[ _]?(#|id|idx|no|number)")
_NUMBER = re.compile(r"(?i)(sentence:?\s*)?#?\d+(\.0)?")
csv.field_size_limit(2**31 - 1)  # what fits in memory is no error

Row = tuple[int, list[str]]


def read_table(source: Source) -> Iterator[Record]:
    """Stream the rows of a table; quoting is as `csv.writer` and pandas write it.

    Raises:
        DataError: no rows, no such column of sentences, two columns of a name that is asked for.
    """
    usual = "\t" if source.file_format == "tsv" else ","
    reading = source.reading
    source.delimiter = reading.delimiter or told_delimiter(
        source.text.head(), usual, quotes=reading.quotes is not False
    )
    if source.delimiter != (reading.delimiter or usual):
        source.note(f"delimiter {source.delimiter!r}, as the first rows have it (--delimiter)")
    source.quotes = reading.quotes
    if source.quotes is None:
        source.quotes = source.delimiter != "\t" or told_quotes(source.text.head())
        if not source.quotes:
            source.note(
                "quotes are characters like any other, as the first rows have it (--quotes)"
            )
    rows = source.not_empty(_rows(source), "rows")
    line, first = next(rows)
    source.header = has_header(first, reading)
    if source.header and not _names_a_column(reading):
        source.note(f"the first row holds names: {', '.join(first)} (--no-header)")
    numbers = [str(i) for i in range(len(first))]
    source.names = [name.strip() for name in first] if source.header else numbers
    records = _records(source.names, rows, None if source.header else (line, first))
    sentences = _sentence_column(source)
    if sentences is not None:
        records = _sentences(source, records, sentences)
    yield from source.not_empty(records, "rows below its header")


def told_delimiter(head: str, usual: str, *, quotes: bool = True) -> str:
    """The character between the fields of the first rows; `usual` where they do not tell."""
    lines, shares = _whole_lines(head), {}
    for delimiter in (usual, *_DELIMITERS.replace(usual, "")):
        try:
            rows = [row for row in _reader(lines[: 4 * _ROWS], delimiter, quotes=quotes) if row][
                :_ROWS
            ]
        except csv.Error:
            rows = []
        width = len(rows[0]) if rows else 0
        fitting = sum(len(row) == width for row in rows) / len(rows) if width > 1 else 0.0
        shares[delimiter] = fitting
    best = max(shares, key=lambda delimiter: shares[delimiter])
    return best if shares[best] >= _SHARE and not shares[usual] else usual


def told_quotes(head: str) -> bool:
    """Whether quotes enclose fields between tabs; not where all rows are whole only without them.

    Other tables are written with quotes, or they could not hold their delimiter.
    """
    lines = _whole_lines(head)
    bare = {line.count("\t") for line in lines if line.strip()}
    if len(bare) != 1:
        return True
    try:
        rows = list(_reader(lines, "\t", quotes=True, strict=True))
    except csv.Error:
        return False
    return not any(_swallowed(row, "\t", max(bare) + 1) for row in rows)


def _whole_lines(head: str) -> list[str]:
    """Those lines of the beginning of a file that end in it."""
    lines = head.splitlines(keepends=True)
    return lines if len(lines) < 2 or head.endswith("\n") else lines[:-1]


def has_header(first: Sequence[str], reading: Reading) -> bool:
    """Whether the first row holds names: as is said, else where a column has to be named."""
    if reading.header is not None:
        return reading.header
    if _names_a_column(reading):
        return True
    numbers = [int(number) for number in _given(reading)]
    usual = reading.usual
    trained = _given(usual) if usual and usual.header is not False else []
    return all(
        -len(first) <= i < len(first) and (is_known_name(first[i]) or first[i].strip() in trained)
        for i in numbers
    )


def _names_a_column(reading: Reading) -> bool:
    return not all(re.fullmatch(r"-?\d+", name) for name in _given(reading))


def _given(reading: Reading) -> list[str]:
    given = [reading.text or "text", *([reading.label] if reading.label else [])]
    return [name.strip() for names in given for name in names.split(",")]


def _reader(lines: Any, delimiter: str, *, quotes: bool, strict: bool = False) -> Any:
    quoting = csv.QUOTE_MINIMAL if quotes else csv.QUOTE_NONE
    return csv.reader(lines, delimiter=delimiter, quoting=quoting, strict=strict)


def _rows(source: Source) -> Iterator[Row]:
    """The rows with the line on which each begins: a quoted field may go on over several."""
    delimiter, width = source.delimiter or ",", 0
    lines = (f"{line}\n" for _, line in source.text.lines())
    reader = _reader(lines, delimiter, quotes=source.quotes is not False, strict=True)
    while True:
        line = reader.line_num + 1
        try:
            row = next(reader)
        except StopIteration:
            return
        except csv.Error as error:
            source.bad.add(line, _broken(str(error)))
            continue
        if len(row) < 2 and not "".join(row).strip():
            source.bad.skipped["blank lines"] += 1
            continue
        width = width or len(row)
        if reader.line_num > line and _swallowed(row, delimiter, width):
            source.bad.add(line, _broken("a field in quotes holds whole rows"), row)
        elif len(row) == width:
            yield line, row
        else:
            message = (
                f"expected {width} fields, as in the first row. Received: {len(row)}. "
                "Quote fields that hold the delimiter."
            )
            source.bad.add(line, RowError("number of fields", message), row)


def _broken(error: str) -> RowError:
    message = (
        f"broken row ({error}). Is a quote left open, or not doubled inside quotes? Where quotes "
        "are characters like any other, say so with `--no-quotes` (`quotes=False`)."
    )
    return RowError("broken quotes", message)


def _swallowed(row: Sequence[str], delimiter: str, width: int) -> bool:
    """Whether a field of several lines holds what looks like rows, behind a quote left open."""
    lines = [line for field in row if "\n" in field for line in field.split("\n")[1:-1]]
    return bool(lines) and any(line.count(delimiter) == width - 1 for line in lines)


def _records(names: list[str], rows: Iterator[Row], first: Row | None) -> Iterator[Record]:
    if first:
        yield Record(first[0], dict(zip(names, first[1], strict=True)))
    for line, row in rows:
        yield Record(line, dict(zip(names, row)))  # noqa: B905 equal lengths were checked


# === A token a row ===


def _sentence_column(source: Source) -> str | None:
    said = source.reading.sentence
    if said is not None:
        return column_name(source.path, source.names, said, "--sentence")
    has_tokens = any(name.lower() in TOKEN_NAMES for name in source.names)
    found = [name for name in source.names if _SENTENCE.fullmatch(name)]
    return found[0] if found and has_tokens else None


def _sentences(source: Source, records: Iterator[Record], column: str) -> Iterator[Record]:
    """A record for each sentence: it begins where the column holds something new."""
    source.note(f"a token a row; sentences as the column {column!r} tells (--sentence)")
    source.names = [name for name in source.names if name != column]
    state = _Sentence()
    for _, rows in groupby(records, key=lambda record: state.number(record.fields[column])):
        tokens = list(rows)
        fields = {name: [row.fields[name] for row in tokens] for name in source.names}
        yield Record(tokens[0].line, fields)


class _Sentence:
    """Numbers sentences; rows without a value belong to the one before."""

    def __init__(self) -> None:
        self._value, self._number = "", 0

    def number(self, value: str) -> int:
        if value.strip() and value != self._value:
            self._value = value
            self._number += 1
        return self._number


def check_delimiter(delimiter: str | None) -> None:
    r"""Raise for what cannot stand between fields; `\t` may be written as it is read.

    Raises:
        ValueError: more or fewer than one character, a line end or a double quote.
    """
    if delimiter is not None and (len(delimiter) != 1 or delimiter in '"\r\n'):
        raise ValueError(
            "a delimiter (--delimiter) is one character, such as ';' or '@', and no quote. "
            f"Received: {delimiter!r}"
        )
