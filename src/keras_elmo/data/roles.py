"""Roles: which columns of a file hold the text, the label, the tags …, and what may stand there."""

import ast
import json
import math
import re
from collections.abc import Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from reprlib import repr as short
from typing import Any, NamedTuple

from keras_elmo.data.bad_rows import RowError
from keras_elmo.data.reading import Fields, Reading
from keras_elmo.files.lines import DataError

# The names that columns have where none is said, the first that is there.
TEXT_NAMES = ("text", "sentence")
TOKEN_NAMES = ("tokens", "words", "token", "word", "form")
LABEL_NAMES = ("label", "labels")
TAG_NAMES = ("tags", "ner_tags", "tag", "ner")
ID_NAMES = ("sent_id", "id")  # CoNLL-U has a field ID, too
PAIR_COLUMNS = (
    ("text_a", "text_b"),
    ("premise", "hypothesis"),
    ("sentence1", "sentence2"),
    ("question1", "question2"),
)
_QUESTIONS, _PASSAGES = ("question",), ("context", "passage")
_OTHER_NAMES = "sentiment review stars rating class category target score pos comment content title"
_KNOWN = {*TEXT_NAMES, *TOKEN_NAMES, *LABEL_NAMES, *TAG_NAMES, *ID_NAMES, *_OTHER_NAMES.split()}
_KNOWN |= {name for pair in PAIR_COLUMNS for name in pair}
_TAKEN = ("text", "tokens")  # beside which a prediction has the names of the columns


def is_known_name(name: str) -> bool:
    """Whether a cell is a name that columns usually have."""
    return name.strip().lower() in _KNOWN


# === Values ===


def text(value: Any, column: str = "text") -> str | list[str]:
    """A text or a list of tokens, none of them empty.

    Args:
        value: what stands in the file.
        column: where it stands, for the error.

    Raises:
        RowError: anything else.
    """
    if (isinstance(value, str) and value.strip()) or is_tokens(value):
        return value
    if isinstance(value, str):
        message = f"the text is empty. Received: {value!r} as {column!r}. Remove the row."
        raise RowError("empty text", message)
    message = f"{column!r} must be a text or a list of tokens, none of them empty"
    raise RowError("no text", f"{message}. Received: {short(value)}")


def tokens(value: Any) -> list[str]:
    """A list of strings, not empty and with no empty string in it.

    Raises:
        RowError: anything else.
    """
    if is_tokens(value):
        return value
    message = "tokens must be a list of strings, not empty and none of them empty"
    raise RowError("empty token", f"{message}. Received: {short(value)}")


def is_tokens(value: Any) -> bool:
    """Whether this is a list of strings and neither it nor one of them is empty."""
    return bool(isinstance(value, list) and value and all(isinstance(x, str) and x for x in value))


def tags(value: Any, count: int) -> list[str | None]:
    """A tag for each of so many tokens; numbers as JSON has them, None where there is none.

    Raises:
        RowError: more or fewer, or what is no tag.
    """
    if not isinstance(value, list):
        raise RowError("no tags", f"tags must be a list. Received: {short(value)}")
    if len(value) != count:
        message = f"expected a tag for each token. Received: {count} tokens, {len(value)} tags"
        raise RowError("number of tags", message)
    found = [None if tag is None else label_string(tag) for tag in value]
    if "" in found:
        empty = value[found.index("")]
        raise RowError("empty tag", f"a tag is empty or no tag. Received: {short(empty)}")
    return found


def label_string(value: Any) -> str:
    """A label as a string, numbers and booleans as JSON has them; "" for what cannot be one."""
    if isinstance(value, str):
        return value.strip()
    is_number = isinstance(value, bool | int | float) and value == value  # NaN is no label
    return json.dumps(value) if is_number else ""


def labels(value: Any, separator: str | None = None) -> str | list[str]:
    """A label, or several of a list, also one that is written in a cell.

    Raises:
        RowError: what is no label, or an empty one.
    """
    if isinstance(value, str):
        if not separator and value[:1] != "[" and (label := value.strip()):
            return label  # as nearly all are
        if separator:
            value = [part for part in value.split(separator) if part.strip()]
        elif value.startswith("[") and value.endswith("]"):
            value = _list_in_cell(value)
    found = [label_string(item) for item in (value if isinstance(value, list) else [value])]
    if not all(found):
        if value is None or (isinstance(value, str) and not value.strip()):
            raise RowError("empty label", f"the label is empty. Received: {value!r}. Label it.")
        message = "a label must be a string, a number, or a list of them, none of them empty"
        raise RowError("no label", f"{message}. Received: {short(value)}")
    return found if isinstance(value, list) else found[0]


def _list_in_cell(cell: str) -> Any:
    """The list that pandas has written into a cell, such as `['a', 'b']`; else the cell."""
    with suppress(ValueError, SyntaxError, MemoryError, RecursionError):
        value = ast.literal_eval(cell)
        if isinstance(value, list):
            return value
    return cell


def number(value: Any) -> float:
    """A finite number.

    Raises:
        RowError: anything else.
    """
    label = labels(value)
    found = math.nan
    if isinstance(label, str) and "_" not in label:
        with suppress(ValueError):
            found = float(label)
    if not math.isfinite(found):
        message = f"the label must be a finite number, such as 3 or 0.25. Received: {label!r}"
        raise RowError("no number", message)
    return found


# === Columns ===


@dataclass(frozen=True)
class Columns:
    """The columns of a file by their roles.

    Attributes:
        inputs: names of what is read: one text, or two.
        target: names of the labels: one, or several, with the name that each gets.
        id: name of what identifies a row; None for nothing.
    """

    inputs: tuple[str, ...]
    target: Mapping[str, str]
    id: str | None = None


class Wanted(NamedTuple):
    """The columns that a kind of data has where none are said.

    Attributes:
        inputs: for each input the names that it may have; of two by pairs.
        target: the names that the label may have.
    """

    inputs: Sequence[Sequence[str]]
    target: Sequence[str]


def column_name(
    path: str | Path,
    names: Sequence[str],
    column: str,
    option: str,
    places: Sequence[str] = (),
) -> str:
    """The name of a column that is said by its name, or its number among `places` or all names.

    Raises:
        DataError: nowhere, or twice.
    """
    if names.count(column) == 1:
        return column
    own = places or names
    if re.fullmatch(r"-?\d+", column) and -len(own) <= int(column) < len(own):
        return own[int(column)]
    fix = f"Give one of these names, or a number counted from 0 (or -1, the last), with {option}."
    if len(names) == 1:
        fix = f"Is the delimiter right (--delimiter)? Else name the column with {option}."
    elif column in names:
        fix = "Each name may stand only once."
    shown = ", ".join(names[:30]) + (", …" if len(names) > 30 else "")
    raise DataError(f"{path}: the column must be one of {shown}. Received: {column!r}. {fix}")


def choose_columns(
    path: str | Path,
    names: Sequence[str],
    reading: Reading,
    wanted: Wanted,
    places: Sequence[str] = (),
    *,
    labelled: bool,
) -> Columns:
    """The columns that are said, else those of the training, else those of a usual name.

    Args:
        path: the file, for errors.
        names: all columns.
        reading: what is said.
        wanted: the usual names.
        places: names of the columns in order, the first of which holds the tokens and the last
            the tags if no name tells; none where no place tells anything.
        labelled: whether there are labels.

    Raises:
        DataError: there are none such.
        ValueError: a pair is not said by two columns.
    """
    said = _known_there(reading, names)
    inputs = _inputs(path, names, said.text, wanted, places)
    target: dict[str, str] = {}
    if labelled and said.label and said.label in names:
        target = {said.label: said.label}
    elif labelled and said.label:
        for name, column in parse_columns(said.label).items():
            target[name] = column_name(path, names, column, "--label", places)
    elif labelled:
        column = _first(names, wanted.target) or [wanted.target[0], *places][-1]
        target = {column: column_name(path, names, column, "--label")}
    return Columns(inputs, target, _first(names, ID_NAMES))


def _known_there(reading: Reading, names: Sequence[str]) -> Reading:
    """What is said of columns, else what the training said if the file has these columns."""
    usual = reading.usual or Reading()

    def known(said: str | None, then: str | None) -> str | None:
        if said or not then:
            return said
        return then if all(column in names for column in parse_columns(then).values()) else None

    text, label = known(reading.text, usual.text), known(reading.label, usual.label)
    return Reading(text=text, label=label)


def _inputs(
    path: str | Path,
    names: Sequence[str],
    said: str | None,
    wanted: Wanted,
    places: Sequence[str],
) -> tuple[str, ...]:
    if said is not None:
        given = [name.strip() for name in said.split(",")] if len(wanted.inputs) > 1 else [said]
        if len(given) != len(wanted.inputs) or not all(given) or len({*given}) < len(given):
            raise ValueError(
                "a pair stands in two columns: name both with a comma between them, such as "
                f"premise,hypothesis or 0,1. Received: {said!r}"
            )
        return tuple(column_name(path, names, name, "--text", places) for name in given)
    for pair in zip(*wanted.inputs, strict=False) if len(wanted.inputs) > 1 else ():
        if all(name in names for name in pair):
            return pair
    found = [_first(names, some) for some in wanted.inputs]
    if len(found) == 1 and found[0] is None:
        first = [*places, wanted.inputs[0][0]][0]
        return (column_name(path, names, first, "--text"),)
    if None in found:
        pairs = ", ".join(" and ".join(pair) for pair in zip(*wanted.inputs, strict=False))
        raise DataError(
            f"{path}: the two texts stand in columns named {pairs}. Received: {', '.join(names)}. "
            "Name others with --text A,B."
        )
    return tuple(name for name in found if name is not None)


def _first(names: Sequence[str], usual: Sequence[str]) -> str | None:
    """The first usual name that a column has, in whatever case."""
    lower = {name.lower(): name for name in reversed(names)}
    return next((lower[name] for name in usual if name in lower), None)


def parse_columns(label: str) -> dict[str, str]:
    """`"slots=1,UPOS"` as the name of each column → where it is.

    Raises:
        ValueError: no column, a name that is there twice or cannot be one.
    """
    if "," not in label:
        return {label.strip(): label.strip()}
    parts = [part.strip().rpartition("=") for part in label.split(",")]
    pairs = [(name.strip() or column.strip(), column.strip()) for name, _, column in parts]
    names = [name for name, _ in pairs]
    for name, column in pairs:
        if not column or not name or name in _TAKEN or names.count(name) > 1:
            raise no_columns(label)
    return dict(pairs)


def no_columns(received: str | None) -> ValueError:
    """The error of what names no several columns."""
    return ValueError(
        "several columns are named with commas between them, each once, with letters, digits and "
        "`_`, `.`, `-`: --label UPOS,XPOS or --label slots=1,pos=2 (not "
        f"{' or '.join(_TAKEN)}). Received: {received!r}"
    )


def value_of(fields: Fields, column: str) -> Any:
    """What stands in a column.

    Raises:
        RowError: the record has no such key.
    """
    if column in fields:
        return fields[column]
    message = f"the key must be one of {', '.join(map(str, fields))}. Received: {column!r}"
    raise RowError(f"no {column}", message)
