"""Columns of tags as a whole: how they spell spans is told from all of them."""

import re
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from itertools import chain
from typing import Any

from keras_elmo.data.reading import Source
from keras_elmo.data.roles import no_columns
from keras_elmo.files.lines import DataError
from keras_elmo.text.tag_spellings import TagSpelling, why_plain

_COLUMN_NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9_.-]*")


def labels_in_bio(source: Source, lines: list[int], labels: list[Any]) -> list[Any]:
    """Tags of spans as BIO: those of the file, or of each of its columns."""
    if not isinstance(labels[0], dict):
        return tags_in_bio(source, lines, labels)
    check_columns(source, labels[0])
    for name, value in labels[0].items():
        kinds = {isinstance(row[name], list) for row in labels}
        if len(kinds) > 1:
            odd = next(i for i, x in enumerate(labels) if not isinstance(x[name], type(value)))
            raise mixed_column(source, lines[odd], name)
        if isinstance(value, list):
            column = tags_in_bio(source, lines, [row[name] for row in labels], name)
            labels = [row | {name: tags} for row, tags in zip(labels, column, strict=True)]
    return labels


def check_columns(source: Source, first: Mapping[str, Any]) -> None:
    """Look at the names of several columns, and at what the first record has in them.

    Raises:
        ValueError: a name that cannot be one of a column; no column of tags.
    """
    for name in first:
        _check_name(name)
    if not any(isinstance(value, list) for value in first.values()):
        raise ValueError(
            f"{source.path}: at least one column must hold a tag for each token. Received: labels "
            f"of the sentence only, {', '.join(first)}"
        )


def mixed_column(source: Source, line: int, name: str) -> DataError:
    """The error of a record that has one label where the first has tags, or the other way round."""
    message = f"{name!r} must be tags or one label, as in the first record"
    return DataError.at(source.path, line, message)


def tags_in_bio(
    source: Source, lines: list[int], sentences: list[list[Any]], column: str = ""
) -> list[list[Any]]:
    """The tags of all sentences in BIO where they mark spans, however these are spelt.

    Raises:
        DataError: a span's sentence with a token that has no tag; tags that are not of the scheme
            that is asked for.
    """
    found = Counter(chain.from_iterable(sentences))
    missing = found.pop(None, 0)
    spelling = told_spelling(source, found, column)
    if spelling is None:
        return sentences
    if missing:
        odd = next(i for i, tags in enumerate(sentences) if None in tags)
        message = "tags of spans must be there for each token. Received: a token without one"
        raise DataError.at(source.path, lines[odd], f"{message}. Write O for those outside.")
    converted = []
    for tags, line in zip(sentences, lines, strict=True):
        try:
            converted.append(spelling.convert(tags))
        except ValueError as error:
            message = f"in the sentence that begins here, {error}"
            raise DataError.at(source.path, line, message) from error
    return converted


def told_spelling(source: Source, tags: Mapping[str, int], column: str = "") -> TagSpelling | None:
    """How the tags of spans are spelt; None where tags are plain classes.

    Raises:
        DataError: they are not of the scheme that is asked for.
    """
    where = f"{column}: " if column else ""
    scheme, usual = source.reading.file_scheme, source.reading.usual
    spelling = _usual_spelling(usual.spellings.get(column), tags) if usual and not scheme else None
    try:
        spelling = spelling or TagSpelling.of(tags, scheme)
    except ValueError as error:
        raise DataError(f"{source.path}: {where}{error} Say so with --file-scheme.") from error
    if spelling is not None:
        source.spellings[column] = (spelling.scheme, spelling.layout)
        source.note(f"{where}tags of spans in {spelling} (--file-scheme)")
    elif scheme is None and (why := why_plain(tags)):
        source.note(f"{where}tags are plain classes, without spans: {why} (--file-scheme)")
    elif scheme is None and all(tag.isdigit() for tag in tags):
        source.note(f"{where}tags are numbers, whose names and spans are not known")
    return spelling


def _usual_spelling(known: Sequence[str] | None, tags: Iterable[str]) -> TagSpelling | None:
    """The spelling of the training's tags, if all tags are of it: few tags may not tell it."""
    if known is None:
        return None
    spelling = TagSpelling(*known)  # pyright: ignore[reportArgumentType]
    try:
        for tag in tags:
            spelling.convert([tag])
    except ValueError:
        return None
    return spelling


def _check_name(name: str) -> None:
    if not _COLUMN_NAME.fullmatch(name):
        raise no_columns(name)
