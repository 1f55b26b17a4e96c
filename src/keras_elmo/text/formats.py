"""Labelled and plain files by their format, whatever reader it takes."""

import re
from collections.abc import Iterator
from pathlib import Path

from keras_elmo.text.conll import TaggedSentence, read_conll
from keras_elmo.text.lines import STANDARD_INPUT, DataError, not_empty, numbered_lines
from keras_elmo.text.readers import (
    Column,
    Example,
    read_jsonl,
    read_lines,
    read_table,
    read_tagged_jsonl,
)
from keras_elmo.text.tokenizers import get_tokenizer

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


def read_token_lists(
    path: str | Path,
    file_format: str | None = None,
    text: str | None = None,
    *,
    header: bool | None = None,
    tokenizer: str = "whitespace",
) -> Iterator[list[str]]:
    """As `read_texts`, as tokens; a blank line of plain text is an error as in `read_sentences`."""
    split = get_tokenizer(tokenizer)
    for sentence in _numbered_texts(path, file_format, text, header):
        yield split(sentence) if isinstance(sentence, str) else sentence


def count_sentences(
    path: str | Path,
    file_format: str | None = None,
    text: str | None = None,
    *,
    header: bool | None = None,
) -> int | None:
    """How many sentences `read_token_lists` will give; None for what can be read only once.

    Raises:
        DataError: as it does.
    """
    is_pipe = Path(path).exists() and not (Path(path).is_file() or Path(path).is_dir())
    if is_pipe or str(path) == STANDARD_INPUT:
        return None
    return sum(1 for _ in _numbered_texts(path, file_format, text, header))


def _numbered_texts(
    path: str | Path, file_format: str | None, text: str | None, header: bool | None
) -> Iterator[str | list[str]]:
    if (format_of(path, file_format) or TXT) == TXT:
        return read_sentences(path)
    return read_texts(path, file_format, text, header=header)


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
