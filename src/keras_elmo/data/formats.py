"""Labelled and plain files by their format, whatever reader it takes."""

import re
from collections import Counter
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import get_args

from keras_elmo._values import Format
from keras_elmo.data.columns import read_columns
from keras_elmo.data.conll import TaggedSentence, is_conllu, read_conll
from keras_elmo.data.readers import Column, read_lines, read_table
from keras_elmo.data.records import (
    Example,
    NumberedRecord,
    examples,
    json_records,
    tagged_sentences,
)
from keras_elmo.files.lines import STANDARD_INPUT, DataError, not_empty, numbered_lines
from keras_elmo.text.tokenizers import get_tokenizer

# `txt` is one text a line, without labels.
FORMATS: tuple[str, ...] = get_args(Format)
CSV, TSV, JSONL, CONLL, PARQUET, TXT = FORMATS
_SUFFIXES = {".csv": CSV, ".tsv": TSV, ".tab": TSV, ".jsonl": JSONL, ".ndjson": JSONL}
_SUFFIXES |= dict.fromkeys((".conll", ".conllu", ".bio", ".iob"), CONLL)
_SUFFIXES |= {".parquet": PARQUET, ".txt": TXT}
HUB = "hf"  # by the address alone
RECORDS = (JSONL, PARQUET, HUB)  # rows with names, whose values may be lists
_DELIMITERS = {CSV: ",", TSV: "\t"}


def format_of(path: str | Path, file_format: str | None = None) -> str | None:
    """The format asked for, else the one that the ending of the name tells, else None.

    Raises:
        ValueError: an unknown format is asked for, or one for a data set of the hub.
    """
    if file_format not in (None, *FORMATS):
        raise ValueError(f"a format is one of {', '.join(FORMATS)}. Received: {file_format!r}")
    if str(path).startswith("hf:/"):
        if file_format is not None:
            raise ValueError(f"a data set of the hub has no format. Received: {file_format!r}")
        return HUB
    ending = Path(Path(path).name.removesuffix(".gz")).suffix.lower()
    return file_format or _SUFFIXES.get(ending)


def read_texts(
    path: str | Path,
    file_format: str | None = None,
    text: str | None = None,
    *,
    header: bool | None = None,
    skipped: Counter[str] | None = None,
) -> Iterator[str | list[str]]:
    """Stream the texts (or token lists) of a file whose labels do not matter.

    Args: see `read_dataset`; an unknown ending, and `-` for standard input, are plain text.
        `skipped` counts what is passed over, by reason.
    """
    file_format = format_of(path, file_format) or TXT
    if file_format == CONLL:
        column = None if text is None else column_of(text)
        sentences = read_columns(path, {}, column, skipped=skipped)
        return (sentence.tokens for sentence in sentences)
    if file_format == TXT:
        return (example.text for example in read_lines(path, skipped=skipped))
    rows = read_examples(path, file_format, text, None, header, skipped)
    return (example.text for example in rows)


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
    """Stream texts as tokens; a blank line of plain text is an error, as in `read_sentences`."""
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
        DataError: as `read_token_lists`.
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
    path: str | Path,
    file_format: str,
    text: str | None,
    label: str | None,
    skipped: Counter[str] | None = None,
) -> Iterator[TaggedSentence]:
    """Stream tagged sentences; by default of keys `tokens`, `tags`, or first and last column.

    Raises:
        ValueError: CoNLL-U without `label`, where no column is that of the tags.
    """
    if file_format in RECORDS:
        tokens, tags = text or "tokens", label or "tags"
        records = read_records(path, file_format, (tokens, tags), skipped)
        return tagged_sentences(path, records, tokens, tags)
    if not is_conllu(path):
        columns = _number(path, text or "0"), _number(path, label or "-1")
        return read_conll(path, *columns, skipped=skipped)
    if label is None:
        raise ValueError(
            f"{path}: CoNLL-U has several columns of tags. Received: no label column. Name one, "
            "or several with commas: a field such as UPOS, or a key in MISC."
        )
    column = None if text is None else column_of(text)
    sentences = read_columns(path, {label: column_of(label)}, column, skipped=skipped)
    return (TaggedSentence(one.tokens, one.columns[label], one.line) for one in sentences)


def read_examples(
    path: str | Path,
    file_format: str,
    text: str | None,
    label: str | None,
    header: bool | None = None,
    skipped: Counter[str] | None = None,
) -> Iterator[Example]:
    """Stream texts of tables and records; the default of `text` is that name, no label is none."""
    text = text or "text"
    if file_format in RECORDS:
        keys = (text,) if label is None else (text, label)
        return examples(path, read_records(path, file_format, keys, skipped), text, label)
    columns = column_of(text), None if label is None else column_of(label)
    return read_table(path, *columns, _DELIMITERS[file_format], header=header, skipped=skipped)


def read_records(
    path: str | Path,
    file_format: str,
    keys: Sequence[str],
    skipped: Counter[str] | None = None,
) -> Iterator[NumberedRecord]:
    """Stream the records of one of the formats `RECORDS`, with these keys at least.

    Raises:
        ImportError: what reads this format is not installed.
    """
    if file_format == PARQUET:
        from keras_elmo.data.parquet import parquet_records

        return parquet_records(path, keys)
    if file_format == HUB:
        from keras_elmo.data.hub_datasets import hub_records

        return hub_records(path, keys)
    return json_records(path, skipped)


def column_of(name: str) -> Column:
    """A number where the name is one."""
    return int(name) if re.fullmatch(r"-?\d+", name) else name


def _number(path: str | Path, name: str) -> int:
    column = column_of(name)
    if isinstance(column, int):
        return column
    raise ValueError(f"{path}: CoNLL columns have numbers, from 0 or from -1. Received: {name!r}")
