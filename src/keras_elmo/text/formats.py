"""Labelled and plain files by their format, whatever reader it takes."""

import re
from collections.abc import Iterator
from pathlib import Path

from keras_elmo.text.conll import TaggedSentence, read_conll
from keras_elmo.text.lines import DataError, not_empty, numbered_lines
from keras_elmo.text.readers import (
    Column,
    Example,
    read_jsonl,
    read_lines,
    read_table,
    read_tagged_jsonl,
)

# `txt` is one text a line, without labels.
CSV, TSV, JSONL, CONLL, TXT = FORMATS = ("csv", "tsv", "jsonl", "conll", "txt")
_SUFFIXES = {".csv": CSV, ".tsv": TSV, ".tab": TSV, ".jsonl": JSONL, ".ndjson": JSONL}
_SUFFIXES |= dict.fromkeys((".conll", ".conllu", ".bio", ".iob"), CONLL) | {".txt": TXT}
_DELIMITERS = {CSV: ",", TSV: "\t"}


def format_of(path: str | Path, file_format: str | None = None) -> str | None:
    """The format asked for, else the one that the ending of the name tells, else None.

    Raises:
        ValueError: an unknown format is asked for.
    """
    if file_format not in (None, *FORMATS):
        raise ValueError(f"a format is one of {', '.join(FORMATS)}. Received: {file_format!r}")
    ending = Path(Path(path).name.removesuffix(".gz")).suffix.lower()
    return file_format or _SUFFIXES.get(ending)


def read_texts(
    path: str | Path,
    file_format: str | None = None,
    text: str | None = None,
    *,
    header: bool | None = None,
) -> Iterator[str | list[str]]:
    """Stream the texts (or token lists) of a file whose labels do not matter.

    Args: as of `read_dataset`; an unknown ending, and `-` for standard input, are plain text.
    """
    file_format = format_of(path, file_format) or TXT
    if file_format == CONLL:
        column = 0 if text is None else _number(path, text)
        return (sentence.tokens for sentence in read_conll(path, column, None))
    if file_format == TXT:
        return (example.text for example in read_lines(path))
    return (example.text for example in read_examples(path, file_format, text, None, header))


def read_sentences(path: str | Path) -> Iterator[str]:
    """Stream one sentence a line, so that a sentence's number is its line's.

    Raises:
        DataError: a blank line, which would shift the numbers of all that follow; an empty file.
    """
    for line, text in not_empty(numbered_lines(path), path, "sentences"):
        if not text.strip():
            message = "empty sentence. Remove the line, or give it a word: lines number the output."
            raise DataError.at(path, line, message)
        yield text


def read_tagged(
    path: str | Path, file_format: str, text: str | None, label: str | None
) -> Iterator[TaggedSentence]:
    """Stream tagged sentences; by default of keys `tokens`, `tags`, or first and last column."""
    if file_format == JSONL:
        return read_tagged_jsonl(path, text or "tokens", label or "tags")
    columns = _number(path, text or "0"), _number(path, label or "-1")
    return read_conll(path, *columns)


def read_examples(
    path: str | Path,
    file_format: str,
    text: str | None,
    label: str | None,
    header: bool | None = None,
) -> Iterator[Example]:
    """Stream texts of CSV, TSV or JSONL; the default of `text` is that name, no label is none."""
    text = text or "text"
    if file_format == JSONL:
        return read_jsonl(path, text, label)
    columns = _column(text), None if label is None else _column(label)
    return read_table(path, *columns, _DELIMITERS[file_format], header=header)


def _column(name: str) -> Column:
    return int(name) if re.fullmatch(r"-?\d+", name) else name


def _number(path: str | Path, name: str) -> int:
    column = _column(name)
    if isinstance(column, int):
        return column
    raise ValueError(f"{path}: CoNLL columns have numbers, from 0 or from -1. Received: {name!r}")
