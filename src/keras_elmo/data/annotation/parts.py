"""The parts of which annotation tools make their JSON, each checked as it is read."""

from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from reprlib import repr as short
from typing import Any

from keras_elmo.data.annotation.offsets import in_characters
from keras_elmo.data.annotation.spans import checked_spans
from keras_elmo.data.bad_rows import RowError

Fields = Mapping[str, Any]


@dataclass(frozen=True)
class Annotations:
    """How the records of annotation tools are read.

    Attributes:
        text: key of the text; by default `"text"`, else the only string of a Label Studio task.
        offsets: what the places of spans count, `"characters"` or `"utf-16"`; None is an error
            where the two differ and the record does not tell.
        skipped: counts what is passed over, by reason.
        labelled: whether what is marked is read; else a record has its text alone, whether anybody
            has annotated it or not.
    """

    text: str | None = None
    offsets: str | None = None
    skipped: Counter[str] = field(default_factory=Counter)
    labelled: bool = True


def flat_record(
    text: str, spans: Iterable[Any], labels: Mapping[str, Any], others: Fields
) -> dict[str, Any]:
    """A text with its spans and the labels that it has, beside other fields."""
    found = checked_spans(text, spans)
    shown = {"spans": found} if found or not labels else {}
    return {**others, "text": text, **shown, **labels}


def without(record: Fields, *names: str) -> dict[str, Any]:
    """A record without some of its fields."""
    return {name: value for name, value in record.items() if name not in names}


def text_of(record: Any, how: Annotations) -> str:
    """The text of a record.

    Raises:
        RowError: there is none; so do the functions below where something else is there.
    """
    name = how.text or "text"
    text = record.get(name) if isinstance(record, Mapping) else None
    if not isinstance(text, str):
        raise RowError(
            "no text",
            f"{name!r} must be a string. Received: {short(record)}. Name the key of the text with "
            "`--text`.",
        )
    return text


def strings_of(value: Any, what: str) -> list[str]:
    """A list of strings, none of them empty."""
    if isinstance(value, list) and all(isinstance(item, str) and item for item in value):
        return value
    raise RowError(
        f"no {what}", f"{what} must be a list of strings, none empty. Received: {short(value)}."
    )


def list_of(value: Any, what: str) -> list[Any]:
    """A list."""
    if isinstance(value, list):
        return value
    raise RowError(f"no {what}", f"{what} must be a list. Received: {short(value)}.")


def object_of(value: Any, what: str) -> Fields:
    """An object."""
    if isinstance(value, dict):
        return value
    raise RowError(f"no {what}", f"expected {what}, an object. Received: {short(value)}.")


def refuse_relations(relations: Any) -> None:
    """Raise RowError where there are relations."""
    if relations:
        raise RowError(
            "relations",
            "relations between spans are not learned. Remove them from the file, or leave such "
            f"rows out with `--skip-bad`. Received: {short(relations)}.",
        )


def is_span(item: Any) -> bool:
    """Whether this is a span as doccano and Prodigy write it."""
    if isinstance(item, list):
        return len(item) == 3 and type(item[0]) is int and type(item[1]) is int
    return isinstance(item, dict) and "label" in item and bool({"start_offset", "start"} & {*item})


def span_of(text: str, item: Any, offsets: str | None) -> tuple[int, int, Any]:
    """A span that is a list of three, or an object with its place and label."""
    quoted = None
    if isinstance(item, list) and len(item) == 3:
        start, end, kind = item
    elif isinstance(item, dict):
        start = item.get("start_offset", item.get("start"))
        end = item.get("end_offset", item.get("end"))
        kind, quoted = item.get("label"), item.get("text")
    else:
        raise RowError(
            "no span", f"a span is [start, end, label], or an object. Received: {short(item)}."
        )
    quoted = quoted if isinstance(quoted, str) else None
    return *in_characters(text, start, end, quoted=quoted, offsets=offsets), kind
