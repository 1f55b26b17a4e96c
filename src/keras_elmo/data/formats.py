"""The formats of files: what names they have, what their content looks like, what reads them."""

import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from keras_elmo.data.annotation.brat import brat_records
from keras_elmo.data.bad_rows import BadRows
from keras_elmo.data.readers.json_records import read_json
from keras_elmo.data.readers.tables import check_delimiter, read_table
from keras_elmo.data.readers.token_columns import read_token_columns
from keras_elmo.data.reading import Reader, Reading, Record, Source
from keras_elmo.files.lines import TextSource
from keras_elmo.text.tag_spellings import TagSpelling

_HUB = "hf:/"  # a `Path` has lost the second slash
_COMPRESSED = (".gz", ".xz", ".zst", ".bz2", ".zip")


@dataclass(frozen=True)
class FileFormat:
    """A format of labelled files.

    Attributes:
        read: makes records of a source.
        suffixes: of names, in lower case.
        looks: whether the first characters of a file, of whatever name, can be of it alone.
        takes: what may be said of it besides its columns, by the names of `Reading`.
    """

    read: Reader
    suffixes: tuple[str, ...] = ()
    looks: Callable[[str], bool] = lambda head: False
    takes: tuple[str, ...] = ()


def _read_lines(source: Source) -> Iterator[Record]:
    """Plain text, a text a line; blank lines are counted, and an error where lines are numbers."""

    def records() -> Iterator[Record]:
        for line, text in source.text.lines():
            if text.strip():
                yield Record(line, {"text": text})
            else:
                source.bad.skipped["blank lines"] += 1

    yield from source.not_empty(records(), "text")


def _read_fasttext(source: Source) -> Iterator[Record]:
    """fastText's lines: labels that begin with `__label__`, then the text."""
    for record in _read_lines(source):
        words = record.fields["text"].split()
        labels = [word.removeprefix("__label__") for word in words if word.startswith("__label__")]
        text = " ".join(word for word in words if not word.startswith("__label__"))
        yield Record(record.line, {"text": text, "label": labels})


def _read_brat(source: Source) -> Iterator[Record]:
    """brat's texts, a record a line; `file` is the one of several that it stands in."""
    for row in brat_records(source.path, source.bad.skipped):
        if row.error is None or not source.labelled:
            yield Record(row.line, {**row.fields, "file": str(row.path)})
        else:
            source.bad.add(row.line, row.error, row.fields["text"], row.path)


def _read_parquet(source: Source) -> Iterator[Record]:
    from keras_elmo.data.readers.parquet import read_parquet

    yield from read_parquet(source)


def _read_hub(source: Source) -> Iterator[Record]:
    from keras_elmo.data.readers.hub import read_hub

    yield from read_hub(source)


def _looks_like_json(head: str) -> bool:
    return bool(re.match(r'\s*(\{\s*("|\}|$)|\[\s*[\[{])', head))


def _looks_like_columns(head: str) -> bool:
    """Whether there are sentences of lines with as many columns, one of them of tags of spans."""
    lines = [line.rstrip(" \t\r") for line in head.split("\n")[:-1][:500]]
    rows = [line.split("\t") for line in lines if line and not line.startswith(("#", "-DOCSTART"))]
    if "" not in lines[1:-1] or len(rows) < 4 or len({len(row) for row in rows}) > 1:
        return False
    return any(TagSpelling.of(column) for column in list(zip(*rows, strict=True))[1:])


_TABLE = ("header", "delimiter", "quotes", "encoding", "sentence", "label_separator")
_COLUMNS = ("header", "comment", "encoding", "file_scheme")
_SPANS = ("align", "offsets", "tokenizer", "file_scheme", "label_separator")

FORMATS: dict[str, FileFormat] = {
    "csv": FileFormat(read_table, (".csv",), takes=(*_TABLE, "file_scheme")),
    "tsv": FileFormat(read_table, (".tsv", ".tab"), takes=(*_TABLE, "file_scheme")),
    "jsonl": FileFormat(
        read_json,
        (".jsonl", ".ndjson", ".json"),
        _looks_like_json,
        takes=("encoding", *_SPANS),
    ),
    "conll": FileFormat(
        read_token_columns, (".conll", ".bio", ".iob", ".iob2"), _looks_like_columns, takes=_COLUMNS
    ),
    "conllu": FileFormat(read_token_columns, (".conllu",), takes=("encoding", "file_scheme")),
    "parquet": FileFormat(
        _read_parquet, (".parquet",), lambda head: head.startswith("PAR1"), takes=_SPANS
    ),
    "fasttext": FileFormat(
        _read_fasttext, looks=lambda head: head.startswith("__label__"), takes=("encoding",)
    ),
    "brat": FileFormat(_read_brat, (".ann",), takes=("align", "tokenizer", "file_scheme")),
    "txt": FileFormat(_read_lines, (".txt",), takes=("encoding",)),
    "hf": FileFormat(_read_hub, takes=_SPANS),
}
NAMES = tuple(name for name in FORMATS if name != "hf")  # which an address says alone


def open_records(
    path: str | Path, reading: Reading, *, labelled: bool = True
) -> tuple[Source, Iterator[Record]]:
    """A file and its records, whatever its format; arguments as of `open_examples`.

    Raises:
        ValueError: an unknown format, or an option that is not for it.
        DataError: as its reader does, when the iteration reaches it.
    """
    if reading.file_format not in (None, *NAMES):
        received = f"Received: {reading.file_format!r}"
        raise ValueError(f"a format is one of {', '.join(NAMES)}. {received}")
    text = TextSource(path, reading.encoding)
    name, note = _format_of(path, text, reading)
    reading = with_usual(reading, name)
    _check(name, reading)
    source = Source(path, reading, name, text, BadRows(path, reading.skip_bad), labelled=labelled)
    if note:
        source.note(note)
    return source, FORMATS[name].read(source)


def _format_of(path: str | Path, text: TextSource, reading: Reading) -> tuple[str, str]:
    """The name of a file's format, and a line where its content tells more than its name."""
    if str(path).startswith(_HUB):
        if reading.file_format is not None:
            raise ValueError(
                f"a data set of the hub has no format. Received: {reading.file_format!r}"
            )
        return "hf", ""
    if reading.file_format:
        return reading.file_format, ""
    if Path(path).is_dir():
        return "brat", ""
    named = _by_name(path)
    if reading.delimiter and named in (None, "txt"):
        return "csv", ""
    if named in ("parquet", "brat"):
        return named, ""
    head = text.head()
    looks = next((name for name, one in FORMATS.items() if one.looks(head)), None)
    told = looks or named or "txt"
    if named in ("conll", "conllu") and told in ("conll", "txt"):
        told = named
    return told, f"format {told}, as its content tells (--format)" if told != named else ""


def _by_name(path: str | Path) -> str | None:
    names = Path(path).name.lower()
    for suffix in _COMPRESSED:
        names = names.removesuffix(suffix)
    suffix = Path(names).suffix
    return next((name for name, one in FORMATS.items() if suffix in one.suffixes), None)


def with_usual(reading: Reading, file_format: str) -> Reading:
    """What is said, with what was said of the training's data where these had the same format."""
    usual = reading.usual
    if usual is None or usual.file_format != file_format:
        return reading
    ordinary = Reading()
    names = {"delimiter", "quotes", "comment", "sentence", "label_separator"}
    if usual.header is False and not (reading.text or reading.label):
        names.add("header")  # a header is told by the names of columns, which a new file may lack
    taken: dict[str, Any] = {
        name: getattr(usual, name)
        for name in names & {*FORMATS[file_format].takes}
        if getattr(reading, name) == getattr(ordinary, name)
    }
    return replace(reading, **taken)


def _check(file_format: str, reading: Reading) -> None:
    """Refuse what is said of a file and cannot hold for its format."""
    check_delimiter(reading.delimiter)
    ordinary, allowed = Reading(), FORMATS[file_format].takes
    options = {name for one in FORMATS.values() for name in one.takes} - {"tokenizer"}
    for name in sorted(options - {*allowed}):
        value = getattr(reading, name)
        if value != getattr(ordinary, name):
            fitting = ", ".join(k for k, one in FORMATS.items() if name in one.takes)
            flag = f"--{'no-' if value is False else ''}{name.replace('_', '-')}"
            raise ValueError(
                f"{flag} is for files in {fitting}. Received: {name}={value!r} with {file_format}. "
                "Leave it out, or name the format with --format."
            )
