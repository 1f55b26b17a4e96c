"""JSON as records: lines, arrays, records inside an object, SQuAD's and annotation tools' files."""

import io
import json
from collections.abc import Iterable, Iterator, Sequence
from itertools import chain, islice
from reprlib import repr as short
from typing import Any

from keras_elmo.data.annotation.parts import Annotations
from keras_elmo.data.annotation.tools import AnnotationTool, annotation_records, annotation_tool
from keras_elmo.data.bad_rows import RowError
from keras_elmo.data.readers.squad import is_squad, squad_records
from keras_elmo.data.reading import Record, Source
from keras_elmo.files.json_files import loads
from keras_elmo.files.lines import DataError

_LOOKED_AT = 100  # values, by which an annotation tool is known
_HOLDERS = ("data", "examples", "records", "rows", "items", "instances", "train", "documents")


def read_json(source: Source) -> Iterator[Record]:
    """Stream the records of a file, one a line or in an array, which may stand inside an object.

    What annotation tools write becomes records with `text` and `spans`, see `annotation_records`;
    SQuAD's nested questions become a record each.

    Raises:
        DataError: the file is no JSON, holds no objects, or is nested otherwise.
    """
    lines = source.not_empty(_not_blank(source), "JSON objects")
    first = list(islice(lines, 2))
    lines = chain(first, lines)
    if _are_lines([text for _, text in first]):
        values = _lines(source, lines)
    else:
        values = _document(source, lines)
    begun = list(islice(values, _LOOKED_AT))
    tools = (annotation_tool(value) for _, value in begun)
    tool = next((tool for tool in tools if tool), None)
    if tool:
        source.note(f"written by {tool.name}")
    values = chain(begun, values)
    yield from source.not_empty(_records(source, values, tool), "JSON objects")


def _not_blank(source: Source) -> Iterator[tuple[int, str]]:
    for line, text in source.text.lines():
        if text.strip():
            yield line, text
        else:
            source.bad.skipped["blank lines"] += 1


def _are_lines(first: Sequence[str]) -> bool:
    """Whether each line is a value of its own, told by the first two."""
    try:
        return len(first) > 1 and not isinstance(loads(first[0]), list)
    except ValueError:  # a broken line, or a value on several
        return all(line.lstrip().startswith("{") for line in first)


def _lines(source: Source, lines: Iterable[tuple[int, str]]) -> Iterator[tuple[int, Any]]:
    for line, content in lines:
        try:
            yield line, loads(content)
        except ValueError as error:
            message = f"not JSON ({_reason(error)}). Put one object on each line."
            source.bad.add(line, RowError("no JSON", message), content)


def _document(source: Source, lines: Iterable[tuple[int, str]]) -> Iterator[tuple[int, Any]]:
    """The values of a whole file, each with its line if they stand in an array."""
    line, text = 1, io.StringIO()
    for number, content in lines:
        text.write("\n" * (number - line) + content)  # blank lines were left out
        line = number
    line, text = 1, text.getvalue()
    del source.bad.skipped["blank lines"]  # which separate nothing here
    try:
        value = loads(text)
    except json.JSONDecodeError as error:
        message = f"not JSON ({error.msg}, column {error.colno})"
        hint = "A file holds one object or array, or one object on each line."
        raise DataError.at(source.path, line + error.lineno - 1, f"{message}. {hint}") from error
    except ValueError as error:
        raise DataError(f"{source.path}: not JSON that can be used. Received: {error}.") from error
    if isinstance(value, list):
        yield from zip(_array_lines(text, len(value), line), value, strict=True)
        return
    if is_squad(value):
        yield from squad_records(source, value)
        return
    holder = next((key for key in _HOLDERS if _holds_records(value, key)), None)
    if holder is None:
        yield line, value
        return
    source.note(f"the records stand in {holder!r}")
    yield from enumerate(value[holder], 1)


def _holds_records(value: Any, key: str) -> bool:
    found = value.get(key) if isinstance(value, dict) else None
    return isinstance(found, list) and bool(found) and isinstance(found[0], dict)


def _array_lines(text: str, count: int, line: int) -> Iterator[int]:
    """The line on which each value of an array begins."""
    decoder, place, done = json.JSONDecoder(), text.index("[") + 1, 0
    for _ in range(count):
        while text[place] in " \t\r\n,":
            place += 1
        line += text.count("\n", done, place)
        done = place
        yield line
        _, place = decoder.raw_decode(text, place)


def _records(
    source: Source, values: Iterable[tuple[int, Any]], tool: AnnotationTool | None
) -> Iterator[Record]:
    """The records of values: one of each, unless an annotation tool keeps several in it."""
    reading = source.reading
    how = Annotations(reading.text, reading.offsets, source.bad.skipped, source.labelled)
    for line, value in values:
        try:
            for fields in annotation_records(value, tool, how) if tool else (value,):
                if not isinstance(fields, dict):
                    message = f"expected a JSON object. Received: {short(value)}"
                    raise RowError("no object", message)
                yield Record(line, fields)
        except RowError as error:
            source.bad.add(line, error, value)


def _reason(error: ValueError) -> str:
    if isinstance(error, json.JSONDecodeError):
        return f"{error.msg}, column {error.colno}"
    return str(error)
