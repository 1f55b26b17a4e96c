"""Records, that is rows with names: of JSON Lines, Parquet and data sets of the hub."""

import json
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from pathlib import Path
from reprlib import repr as short
from typing import Any, NamedTuple

from keras_elmo.data.conll import TaggedSentence
from keras_elmo.files.json_files import loads
from keras_elmo.files.lines import DataError, not_blank, not_empty, numbered_lines
from keras_elmo.text.tags import BIO, convert_tags

NumberedRecord = tuple[int, Mapping[str, Any]]  # its line or row, from 1


class NoColumnError(DataError):
    """A file without a column that is asked for."""


class Example(NamedTuple):
    """A text (or its tokens), its label (several for multi-label, "" for none), its line."""

    text: str | list[str]
    label: str | list[str]
    line: int


def json_records(
    path: str | Path, skipped: Counter[str] | None = None
) -> Iterator[tuple[int, dict[str, Any]]]:
    """Stream the objects of JSON Lines; blank lines are counted in `skipped`.

    Raises:
        DataError: a line that is no JSON object, an empty file.
    """
    for line, content in not_empty(not_blank(numbered_lines(path), skipped), path, "JSON objects"):
        try:
            record = loads(content)
        except ValueError as error:
            message = f"not JSON ({_reason(error)}). Put one object on each line."
            raise DataError.at(path, line, message) from error
        if not isinstance(record, dict):
            raise DataError.at(path, line, f"expected a JSON object. Received: {short(record)}")
        yield line, record


def _reason(error: ValueError) -> str:
    if isinstance(error, json.JSONDecodeError):
        return f"{error.msg}, column {error.colno}"
    return str(error)


def examples(
    path: str | Path, records: Iterable[NumberedRecord], text: str, label: str | None
) -> Iterator[Example]:
    """Texts and labels of records; arguments and errors as of `read_jsonl`."""
    for line, record in records:
        value = value_of(path, line, record, text)
        is_text = isinstance(value, str) and value.strip()
        if not (is_text or _is_tokens(value)):
            message = f"{text!r} must be a text or a list of tokens, none of them empty"
            raise DataError.at(path, line, f"{message}. Received: {short(value)}")
        yield Example(value, "" if label is None else _label(path, line, record, label), line)


def tagged_sentences(
    path: str | Path,
    records: Iterable[NumberedRecord],
    tokens: str,
    tags: str,
    scheme: str | None = None,
) -> Iterator[TaggedSentence]:
    """Tagged sentences of records; arguments and errors as of `read_tagged_jsonl`."""
    for line, record in records:
        words = strings(path, line, record, tokens)
        yield TaggedSentence(words, tags_of(path, line, record, tags, len(words), scheme), line)


def value_of(path: str | Path, line: int, record: Mapping[str, Any], key: str) -> Any:
    """The value of a key.

    Raises:
        DataError: there is no such key.
    """
    if key not in record:
        message = f"the key must be one of {', '.join(record)}. Received: {key!r}"
        raise DataError.at(path, line, message)
    return record[key]


def require_columns(path: str | Path, there: Sequence[str], columns: Sequence[str]) -> None:
    """Make sure that there are such columns.

    Raises:
        NoColumnError: one is missing.
    """
    for column in columns:
        if column not in there:
            message = f"the column must be one of {', '.join(there)}. Received: {column!r}"
            raise NoColumnError(f"{path}: {message}")


def strings(path: str | Path, line: int, record: Mapping[str, Any], key: str) -> list[str]:
    """A list of strings.

    Raises:
        DataError: anything else, an empty list, an empty string in it.
    """
    value = value_of(path, line, record, key)
    if not _is_tokens(value):
        message = f"{key!r} must be a list of strings, not empty. Received: {short(value)}"
        raise DataError.at(path, line, message)
    return value


def tags_of(
    path: str | Path,
    line: int,
    record: Mapping[str, Any],
    key: str,
    tokens: int,
    scheme: str | None = None,
) -> list[str]:
    """A tag for each of so many tokens; tags of spans become BIO.

    Raises:
        DataError: more or fewer tags, or such as are not of the scheme.
    """
    tags = strings(path, line, record, key)
    if len(tags) != tokens:
        message = f"expected a tag for each token. Received: {tokens} tokens, {len(tags)} tags"
        raise DataError.at(path, line, message)
    try:
        return convert_tags(tags, BIO, scheme=scheme)
    except ValueError as error:
        raise DataError.at(path, line, f"{key!r}: {error}") from error


def label_string(value: Any) -> str:
    """A label as a string, numbers and booleans as JSON has them; "" for what cannot be one."""
    if isinstance(value, str):
        return value.strip()
    is_number = isinstance(value, bool | int | float) and value == value  # NaN is no label
    return json.dumps(value) if is_number else ""


def _label(path: str | Path, line: int, record: Mapping[str, Any], key: str) -> str | list[str]:
    value = value_of(path, line, record, key)
    labels = [label_string(item) for item in (value if isinstance(value, list) else [value])]
    if not all(labels):
        message = f"{key!r} must be a string, a number, or a list of them. Received: {short(value)}"
        raise DataError.at(path, line, message)
    return labels if isinstance(value, list) else labels[0]


def _is_tokens(value: Any) -> bool:
    """Whether this is a list of strings and neither it nor one of them is empty."""
    return bool(isinstance(value, list) and value and all(isinstance(x, str) and x for x in value))


def name_classes(
    path: str | Path, records: Iterator[NumberedRecord], features: Mapping[str, Any]
) -> Iterator[NumberedRecord]:
    """Records with names for numbers of classes, in lists too.

    Args:
        path: for errors.
        records: with numbers.
        features: column → its description, as `datasets.Features.to_dict` makes it: of classes
            `{"names": [...], "_type": "ClassLabel"}`, of lists of them that in `"feature"`.

    Raises:
        DataError: a number without a name, such as the -1 of what has no label.
    """
    for row, record in records:
        try:
            yield row, {key: _named(value, features.get(key)) for key, value in record.items()}
        except IndexError as error:
            raise DataError.at(path, row, str(error)) from error


def _named(value: Any, feature: Any) -> Any:
    if isinstance(feature, list) and feature:  # as older versions write it
        feature = {"feature": feature[0]}
    if not isinstance(feature, Mapping):
        return value
    if isinstance(value, list):
        return [_named(item, feature.get("feature")) for item in value]
    names = feature.get("names")
    if names is None or not isinstance(value, int):
        return value
    if 0 <= value < len(names):
        return names[value]
    hint = " It stands for no label: choose data with labels." if value == -1 else ""
    raise IndexError(
        f"a label must be a number from 0 to {len(names) - 1}. Received: {value}.{hint}"
    )
